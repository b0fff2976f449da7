"""Outhaul over HTTP: events in, states out, for applications in any language. Needs the extra `api`."""
