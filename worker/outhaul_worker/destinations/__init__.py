"""Destination kinds: what Outhaul knows of the systems that events go to.

`contract` is what a kind is; `registry` finds the built-in kinds and those of other packages. A kind turns a canonical
event into the vendor's payload, addresses and signs the request of an attempt, and says what an answer means. It opens
no connection, keeps no state between events, and decides nothing about retries beyond its default policy.

Shared pieces: `encoding` (numbers, times, overrides, JSON), `verdicts` (HTTP statuses), `options` (configuration
fields), `standard_webhooks` (signatures). `reference` writes the generated parts of the documentation.
"""
