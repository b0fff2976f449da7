"""Which errors of a server are outages."""

import pytest
import redis

from outhaul_ledger.errors import DurabilityMissing, LedgerUnavailable, is_refusal


@pytest.mark.parametrize(
    "message",
    [
        "OOM command not allowed when used memory > 'maxmemory'.",
        "-OOM allow-oom flag is not set on the script",
        "MISCONF Errors writing to the AOF file: No space left on device",
        "NOREPLICAS Not enough good replicas to write.",
        "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)",
        "BUSY Redis is busy running a script.",
        "UNKILLABLE Sorry the script already executed write commands.",
        "MASTERDOWN Link with MASTER is down",
        "CLUSTERDOWN The cluster is down",
    ],
)
def test_an_answer_that_speaks_of_the_servers_own_state_is_an_outage(message: str) -> None:
    """Calling again later may succeed."""
    assert is_refusal(redis.ResponseError(message))


@pytest.mark.parametrize(
    "error",
    [
        redis.ReadOnlyError("You can't write against a read only replica."),
        redis.OutOfMemoryError("command not allowed"),
        redis.exceptions.NoPermissionError("User has no permissions to run the 'evalsha' command"),
        redis.exceptions.MasterDownError("Link with MASTER is down"),
    ],
)
def test_an_outage_is_known_also_where_the_client_took_its_word_away(error: redis.ResponseError) -> None:
    """The client turns some answers into errors of their own and shortens the message."""
    assert is_refusal(error)


@pytest.mark.parametrize("message", ["ERR wrong number of arguments", "WRONGTYPE Operation against a key", "ERR OOM"])
def test_an_answer_that_speaks_of_the_call_is_not_an_outage(message: str) -> None:
    """A fault of ours must show, not be repeated for ever."""
    assert not is_refusal(redis.ResponseError(message))


def test_missing_durability_is_an_outage_that_names_its_remedies() -> None:
    """Whoever handles outages handles it too; the message says what is needed and both ways out."""
    error = DurabilityMissing("unknown command 'WAITAOF'")
    assert isinstance(error, LedgerUnavailable)
    for part in ("OUTHAUL_DURABILITY", "7.2", "appendonly yes", "WAITAOF", 'durability = "server"'):
        assert part in str(error)
