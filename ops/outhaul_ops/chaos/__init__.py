"""`outhaul chaos`: load, faults, and three books that must agree in the end."""
