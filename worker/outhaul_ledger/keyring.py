"""API keys: who may call the HTTP API, for what, and how often. Only digests of their secrets are kept."""

import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from outhaul_ledger.scripting import Scripts

PREFIX = "ohk_"
_WRITTEN = re.compile(rf"{PREFIX}([0-9a-f]{{16}})_([A-Za-z0-9_-]{{43}})")


class Scope(StrEnum):
    """What a key allows; each stands for itself, none includes another."""

    ENQUEUE = "enqueue"
    READ = "read"
    OPERATE = "operate"


@dataclass(frozen=True, slots=True)
class Allowance:
    """How often a key may be used: at most `most` requests at once, and as many per `seconds`."""

    most: int = 100
    seconds: float = 1.0

    def __post_init__(self) -> None:
        if not 1 <= self.most <= 1_000_000 or not 0.001 <= self.seconds <= 86_400:
            raise ValueError(
                f"expected 1 to 1000000 requests per 1 ms to 1 day, got {self.most} per {self.seconds:g} s"
            )


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is listed. Times are Unix ms of the server; `expires_at` and `used_at` are 0 for never."""

    id: str
    label: str
    scopes: frozenset[Scope]
    allowance: Allowance
    created_at: int
    expires_at: int
    used_at: int
    expired: bool


@dataclass(frozen=True, slots=True)
class Admission:
    """A request's key: what it allows, and the ms to wait first, 0 when the request is let in."""

    key_id: str
    label: str
    scopes: frozenset[Scope]
    wait_ms: int = 0


class Keyring(Scripts):
    """All API keys. Thread-safe and fork-safe, as its client is.

    Every method raises `LedgerUnavailable` when the server cannot be reached or refuses.
    """

    def create(
        self, label: str, scopes: Iterable[Scope], allowance: Allowance | None = None, *, lasts: float = 0.0
    ) -> tuple[str, str]:
        """Make a key and return its id and the whole key, which is kept nowhere else.

        Args:
            label: what it is for, as people will see it.
            scopes: what it allows; at least one.
            allowance: how often it may be used; by default 100 requests a second.
            lasts: seconds until it expires; 0 for never.

        Raises:
            ValueError: there is no scope.
        """
        wanted = frozenset(scopes)
        if not wanted:
            raise ValueError(f"expected at least one scope of {', '.join(Scope)}, got none")
        rate = allowance or Allowance()
        key_id, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
        rows = (label, " ".join(sorted(wanted)), rate.most, int(rate.seconds * 1000), int(lasts * 1000))
        if not self._run("create_key", key_id, _digest(secret), *rows):
            raise RuntimeError(f"the key id {key_id} is taken: random numbers of this machine repeat")
        return key_id, f"{PREFIX}{key_id}_{secret}"

    def all(self) -> list[ApiKey]:
        """Return every key, the oldest first."""
        now, rows = self._run("list_keys")
        found = [_read(now, *(each.decode() for each in row)) for row in rows]
        return sorted(found, key=lambda key: (key.created_at, key.id))

    def revoke(self, key_id: str) -> bool:
        """Forget a key, so that it is refused from now on; False when there is none of that id."""
        return bool(self._run("revoke_key", key_id))

    def admit(self, presented: str) -> Admission | None:
        """Count a request with a key against the key's allowance; None for what is no valid key."""
        match = _WRITTEN.fullmatch(presented)
        if match is None:
            return None
        digest = _digest(match[2])
        answer = self._run("admit_key", match[1], digest)
        if not answer:
            return None
        wait, stored, label, scopes = answer
        if not hmac.compare_digest(stored, digest.encode()):
            return None
        return Admission(match[1], label.decode(), _scopes(scopes.decode()), wait)


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


def _scopes(written: str) -> frozenset[Scope]:
    return frozenset(map(Scope, written.split()))


def _read(
    now: int, key_id: str, label: str, scopes: str, most: str, per: str, created: str, expires: str, used: str
) -> ApiKey:
    return ApiKey(
        id=key_id,
        label=label,
        scopes=_scopes(scopes),
        allowance=Allowance(int(most), int(per) / 1000),
        created_at=int(created),
        expires_at=int(expires),
        used_at=int(used),
        expired=0 < int(expires) <= now,
    )
