"""What can go wrong with the ledger itself."""

import redis

_REFUSALS = (
    "OOM",
    "READONLY",
    "LOADING",
    "BUSY",
    "MISCONF",
    "NOREPLICAS",
    "MASTERDOWN",
    "CLUSTERDOWN",
    "UNKILLABLE",
    "NOAUTH",
    "WRONGPASS",
    "NOPERM",
)


class LedgerUnavailable(Exception):
    """The server cannot be reached, does not answer in time, or refuses to write.

    Whether the call took effect is unknown; every ledger operation is safe to call again.
    """


def is_refusal(error: redis.ResponseError) -> bool:
    """True when the server refused for a state of its own, not for what it was asked."""
    return isinstance(error, redis.BusyLoadingError | redis.ReadOnlyError | redis.OutOfMemoryError) or str(
        error
    ).removeprefix("-").startswith(_REFUSALS)
