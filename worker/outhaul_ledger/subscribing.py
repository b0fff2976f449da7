"""Subscriptions as the ledger keeps them: destinations that come and go while workers run."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import redis

from outhaul_config.policy import Policy
from outhaul_ledger.flow import pack_policy
from outhaul_ledger.record import AttemptLines, DeliveryRecord, read_log
from outhaul_ledger.scripting import Scripts

PAGE = 200  # subscriptions read at once
DEPARTED = 1000  # removed ones that readers are told of one by one; who is further behind begins anew
TIDY_COUNT = 100  # deliveries cancelled at once


@dataclass(frozen=True, slots=True)
class Entry:
    """What the ledger keeps of a subscription. `version` is that of its last change, `created_at` Unix ms."""

    name: str
    created_at: int
    version: int
    document: bytes


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a new subscription: its name, or with `taken` that of the one whose identity it has."""

    name: str
    created_at: int
    version: int
    taken: bool


class Change(NamedTuple):
    """A page of changes: all up to version `upto`; `anew` means that whoever reads must forget what it has first."""

    anew: bool
    upto: int
    entries: list[Entry]
    gone: list[str]


class Stopped(NamedTuple):
    """A subscription that was stopped of itself, since when (Unix ms), and why."""

    name: str
    since: int
    reason: str


class Standing(NamedTuple):
    """How a subscription stands: why and since when (Unix ms) it is stopped, since when it fails; else empty and 0."""

    reason: str
    since: int
    failing_since: int


class Recent(NamedTuple):
    """A delivery that was attempted lately (`at`, Unix ms), and its attempt lines."""

    event_id: str
    at: float
    type: str
    delivery: DeliveryRecord
    log: AttemptLines


class Tidied(NamedTuple):
    """What a step of `tidy` came to; `cursor` is where the next one goes on."""

    cursor: str
    cancelled: int
    stopped: list[Stopped]


class SubscriptionLedger(Scripts):
    """All subscriptions. Thread-safe and fork-safe, as its client is.

    Every method raises `LedgerUnavailable` when the server cannot be reached or refuses.
    """

    def __init__(self, client: redis.Redis, namespace: str = "outhaul", *, retention: float = 7 * 86400.0) -> None:
        """Use `client`, which must answer bytes; `retention` is as the ledger's, in seconds."""
        super().__init__(client, namespace)
        self._retention = str(int(retention * 1000))

    def subscribe(self, name: str, document: bytes, *, identity: str = "", policy: Policy, patience: float) -> Stored:
        """Add a subscription; it is in force when this returns.

        Args:
            name: of its own, with a dot in it.
            document: what it is; the ledger only stores it. Without line breaks.
            identity: what no two subscriptions may have in common, or empty.
            policy: what its deliveries go by.
            patience: seconds for which all deliveries may fail until it is stopped.

        Raises:
            ValueError: the name has no dot, so that it could be a configured destination's.
        """
        if "." not in name:
            raise ValueError(f"expected a subscription's name to hold a dot, got {name!r}")
        answer = self._run("subscribe", name, identity, pack_policy(policy), int(patience * 1000), document)
        version, created_at, found = answer
        return Stored(found.decode(), created_at, version, taken=version == 0)

    def amend(self, entry: Entry, document: bytes, *, policy: Policy, patience: float) -> int | None:
        """Change what was read as `entry`; its new version, 0 where it changed meanwhile, None where it is gone."""
        rules = (pack_policy(policy), int(patience * 1000))
        version: int = self._run("amend", entry.name, entry.version, *rules, document)
        return None if version == 0 else max(version, 0)

    def unsubscribe(self, name: str) -> bool:
        """Remove a subscription: nothing is routed to it or begun for it any more; False where there is none.

        What it has left, dead letters too, is cancelled by and by.
        """
        return bool(self._run("unsubscribe", name, DEPARTED))

    def changes(self, since: int) -> Iterator[Change]:
        """Read what changed after version `since` (0: all there are), page by page."""
        anchor, version = since, since + 1
        while since < version:
            version, upto, anew, rows = self._run("read_subscriptions", since, anchor, PAGE)
            if anew:
                anchor = version  # what was removed before this moment is not among what is read from now on
            entries = [Entry(name.decode(), at, changed, document) for name, at, changed, document in rows]
            there = [entry for entry in entries if entry.document]
            yield Change(bool(anew), upto, there, [entry.name for entry in entries if not entry.document])
            since = upto

    def standings(self, names: Sequence[str]) -> list[Standing]:
        """Read how subscriptions stand, in the order of their names."""
        rows = [row for start in range(0, len(names), PAGE) for row in self._standings(names[start : start + PAGE])]
        return [Standing(reason.decode(), since, failing) for reason, since, failing in rows]

    def _standings(self, names: Sequence[str]) -> list[Any]:
        rows: list[Any] = self._run("read_standings", *names)
        return rows

    def recent(self, name: str) -> list[Recent]:
        """Read the deliveries that the latest attempts were for, the latest first; at most 50."""
        rows = self._run("list_recent", name)
        return [
            Recent(
                event_id.decode(), float(at), kind.decode(), DeliveryRecord.unpack(name, packed), read_log(name, log)
            )
            for event_id, at, kind, packed, log in rows
        ]

    def tidy(self, cursor: str, *, parking: float) -> Tidied:
        """Do a step of clearing up behind subscriptions.

        Args:
            cursor: of the last step; "0" at first.
            parking: seconds that deliveries wait for a stopped subscription.
        """
        answer = self._run("tidy", self._retention, TIDY_COUNT, int(parking * 1000), cursor, PAGE)
        told = [Stopped(name.decode(), since, reason.decode()) for name, since, reason in answer[2]]
        return Tidied(answer[0].decode(), answer[1], told)

    def tell(self, stopped: Stopped) -> None:
        """Note that it was told of this stopped subscription."""
        self._run("tell_disabled", stopped.name, stopped.since)

    def keep_document(self, document_id: str, document: bytes, *, lasts: float) -> bytes:
        """Keep a document for `lasts` seconds and return it, or the one that was kept before under this id."""
        kept: bytes = self._run("keep_document", document_id, int(lasts * 1000), document)
        return kept

    def document(self, document_id: str) -> bytes:
        """Return a kept document, empty where there is none."""
        found: bytes = self._run("read_document", document_id)
        return found
