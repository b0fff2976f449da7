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
    "UNBLOCKED",  # a primary that becomes a replica lets go of who waits on it
    "CLUSTERDOWN",
    "UNKILLABLE",
    "NOAUTH",
    "WRONGPASS",
    "NOPERM",
)
# the client takes the word in front of these off their message
_REFUSING = (
    redis.ReadOnlyError,
    redis.OutOfMemoryError,
    redis.exceptions.NoPermissionError,
    redis.exceptions.ClusterDownError,
)


class LedgerUnavailable(Exception):
    """The server cannot be reached, does not answer in time, or refuses to write.

    Whether the call took effect is unknown; every ledger operation is safe to call again.
    """


class DurabilityMissing(LedgerUnavailable):
    """The server cannot confirm that its disk has what was written, as `durability = "fsync"` asks for."""

    def __init__(self, answer: str) -> None:
        super().__init__(
            'durability = "fsync" (OUTHAUL_DURABILITY) needs Redis or Valkey 7.2 or later with "appendonly yes", and '
            'Valkey with "appendfsync always", '
            f'this server answers: {answer}; give the ledger such a server, or set durability = "server"'
        )


def is_refusal(error: redis.ResponseError) -> bool:
    """True when the server refused for a state of its own, not for what it was asked."""
    return isinstance(error, _REFUSING) or str(error).removeprefix("-").startswith(_REFUSALS)
