"""`outhaul demo`: the main job end to end on one machine, with everything it needs started and ended by itself."""
