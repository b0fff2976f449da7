"""All subscriptions as a process knows them: a copy that catches up with the ledger before it is relied upon."""

from collections.abc import Iterator, Mapping
from typing import Any

from outhaul_ledger.subscribing import SubscriptionLedger
from outhaul_producers.operational import OPERATIONAL
from outhaul_producers.subscriptions.model import Subscription

EVERYTHING = "*"


class SubscriptionBook:
    """A copy of all subscriptions, found by name and by event type. For use by one thread."""

    def __init__(self, ledger: SubscriptionLedger) -> None:
        """Begin empty; `catch_up` fills it."""
        self._ledger = ledger
        self._version = 0
        self._by_name: dict[str, Subscription] = {}
        self._by_pattern: dict[str, dict[str, Subscription]] = {}

    def __iter__(self) -> Iterator[Subscription]:
        return iter(list(self._by_name.values()))

    def __len__(self) -> int:
        return len(self._by_name)

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    @property
    def version(self) -> int:
        """Up to which change of the ledger's they are known."""
        return self._version

    def get(self, name: str) -> Subscription | None:
        """Return the one of this name, None where there is none."""
        return self._by_name.get(name)

    def catch_up(self, version: int | None = None) -> None:
        """Read what has changed, unless `version`, the ledger's, is what is known.

        Raises:
            outhaul_ledger.errors.LedgerUnavailable: no answer in time; what was known stays known.
        """
        if version == self._version:
            return
        for change in self._ledger.changes(self._version):
            if change.anew:
                self._by_name.clear()
                self._by_pattern.clear()
            for name in (*change.gone, *(entry.name for entry in change.entries)):
                self._remove(name)
            for entry in change.entries:
                self._add(Subscription.read(entry))
            self._version = change.upto

    def matching(self, event_type: str, body: Mapping[str, Any], accepted_at: int) -> list[str]:
        """Return the names of those that an event is for: its own patterns are looked at, not every subscription.

        Args:
            event_type: the event's type.
            body: the whole canonical event.
            accepted_at: when it was accepted, Unix ms of the server.
        """
        found: dict[str, None] = {}
        for pattern in _patterns(event_type):
            for name, each in self._by_pattern.get(pattern, {}).items():
                if name not in found and each.wants(body, accepted_at):
                    found[name] = None
        return list(found)

    def _add(self, subscription: Subscription) -> None:
        self._by_name[subscription.name] = subscription
        for pattern in subscription.draft.types:
            self._by_pattern.setdefault(pattern, {})[subscription.name] = subscription

    def _remove(self, name: str) -> None:
        known = self._by_name.pop(name, None)
        for pattern in known.draft.types if known else ():
            there = self._by_pattern[pattern]
            there.pop(name, None)
            if not there:
                del self._by_pattern[pattern]


def _patterns(event_type: str) -> Iterator[str]:
    """Yield every pattern that matches a type; `*` does not reach events about other people's subscriptions."""
    yield event_type
    stem = event_type
    while "." in stem:
        stem = stem.rpartition(".")[0]
        yield f"{stem}.*"
    if event_type not in OPERATIONAL:
        yield EVERYTHING
