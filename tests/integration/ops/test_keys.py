"""`outhaul keys`: making, listing and revoking the keys of the API."""

import pytest

from integration.ops.console import Console
from outhaul_ledger.keyring import Keyring, Scope
from outhaul_ledger.ledger import Ledger


def test_a_key_is_shown_once_and_works(console: Console, ledger: Ledger) -> None:
    """On standard output there is the key and nothing else, so that it can be piped."""
    result = console.run("keys", "create", "shop", "--scope", "enqueue", "--scope", "read", "--rate", "10/m")
    key = result.stdout.strip()
    admission = Keyring(ledger.client, ledger.namespace).admit(key)
    assert admission is not None
    assert admission.scopes == {Scope.ENQUEUE, Scope.READ}
    assert "only time" in result.stderr
    listed = console.run("keys", "list")
    assert key[21:] not in listed.stdout
    for part in ("shop", "enqueue, read", "10 per 60 s", "never"):
        assert part in listed.stdout


def test_a_key_expires_when_it_is_told_to(console: Console) -> None:
    """The list says when; without it never."""
    console.json("keys", "create", "visitor", "--scope", "read", "--expires", "90d")
    (told,) = console.json("keys", "list")
    assert told["expires_at"] > told["created_at"]
    assert (told["rate"], told["used_at"], told["expired"]) == ({"requests": 100, "seconds": 1.0}, None, False)


def test_a_revoked_key_is_gone(console: Console, ledger: Ledger) -> None:
    """An id that is none is refused with where to look."""
    made = console.json("keys", "create", "shop", "--scope", "read")
    console.run("keys", "revoke", made["id"])
    assert Keyring(ledger.client, ledger.namespace).admit(made["key"]) is None
    assert "keys list" in console.run("keys", "revoke", made["id"], status=1).stderr


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["shop"], 2, "--scope"),
        (["shop", "--scope", "write"], 2, "enqueue"),
        (["shop", "--scope", "read", "--rate", "fast"], 2, "10/m"),
        (["shop", "--scope", "read", "--rate", "0/s"], 2, "1 to 1000000"),
        (["shop", "--scope", "read", "--expires", "soon"], 2, "duration"),
        ([" ", "--scope", "read"], 1, "label"),
    ],
)
def test_a_key_that_is_not_understood_is_not_made(
    console: Console, arguments: list[str], status: int, said: str
) -> None:
    """What was meant is asked for."""
    assert said in console.run("keys", "create", *arguments, status=status).stderr
    assert console.json("keys", "list") == []
