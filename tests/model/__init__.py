"""Explores every state that small sizes of the ledger's protocol can reach; see docs/model/README.md."""
