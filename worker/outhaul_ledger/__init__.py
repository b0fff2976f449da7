"""The ledger: all state of events and deliveries, in Redis or Valkey, behind one Python face and one script per operation."""
