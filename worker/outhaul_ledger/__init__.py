"""The ledger: all state of events and deliveries, behind one Python face and one script per operation."""
