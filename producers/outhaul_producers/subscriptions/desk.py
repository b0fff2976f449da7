"""Where subscriptions are made, changed and found: what all the ways to subscribe have in common."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from outhaul_config.policy import Policy
from outhaul_config.subscribers import Subscribers
from outhaul_ledger.subscribing import Entry, SubscriptionLedger
from outhaul_producers.subscriptions.book import SubscriptionBook
from outhaul_producers.subscriptions.conditions import InvalidFilter, compile_filter
from outhaul_producers.subscriptions.model import Draft, Subscription, new_name

MOST_CONFLICTS = 5


@dataclass(frozen=True, slots=True)
class TrialAnswer:
    """What a receiver answered to a test event, redacted.

    `status` is the HTTP status, 0 without an answer; `outcome` is `accepted`, `refused` or `unanswered`.
    """

    outcome: str
    status: int
    duration_ms: float
    reason: str
    answer: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What deliveries go by, and what is wrong with the draft, by field; nothing where it can be delivered to."""

    policy: Policy
    problems: Mapping[str, str]


class Receivers(Protocol):
    """What is known of how subscriptions are delivered, which needs the destination kinds and a transport."""

    def check(self, draft: Draft) -> Checked:
        """Read a draft as a worker would."""
        ...

    def okanjo_types(self, name: str) -> tuple[str, ...]:
        """Return the event types that may go out as this Okanjo type, or as any with `*`; none for an unknown one."""
        ...

    def okanjo_probe(self) -> tuple[str, bytes]:
        """Make an Okanjo Event that no listener acts upon; returns its id and the document."""
        ...

    def probe(self, url: str, document: bytes) -> bool:
        """Post a document to an Okanjo listener; True when it takes it."""
        ...

    def try_out(self, subscription: Subscription) -> TrialAnswer:
        """Send a test event, as a worker would send any."""
        ...


class Refused(Exception):
    """A subscription cannot be as it was asked for; `problems` says why, by field."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {problem}" for field, problem in problems.items()))
        self.problems = dict(problems)


class Taken(Exception):
    """There is such a subscription already: `name`."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class SubscriptionDesk:
    """All that is done with subscriptions. Thread-safe.

    Every method raises `outhaul_ledger.errors.LedgerUnavailable` when the ledger does not answer.
    """

    def __init__(self, ledger: SubscriptionLedger, receivers: Receivers, subscribers: Subscribers) -> None:
        """Work on `ledger`; `subscribers` is what the site has configured for them."""
        self.ledger, self.receivers, self.subscribers = ledger, receivers, subscribers
        self._lock = threading.Lock()
        self._book = SubscriptionBook(ledger)

    def all(self) -> list[Subscription]:
        """Return every subscription, the oldest first."""
        with self._lock:
            self._book.catch_up()
            found = list(self._book)
        return sorted(found, key=lambda each: (each.entry.created_at, each.name))

    def find(self, name: str) -> Subscription | None:
        """Return one by its name."""
        with self._lock:
            self._book.catch_up()
            return self._book.get(name)

    def add(self, draft: Draft, identity: str = "") -> Subscription:
        """Make a subscription; it is in force when this returns.

        Raises:
            Refused: it cannot be delivered to, or its filter is none.
            Taken: another one has the identity.
        """
        policy = self.check(draft)
        document = draft.document()
        stored = self.ledger.subscribe(new_name(), document, identity=identity, policy=policy, patience=draft.patience)
        if stored.taken:
            raise Taken(stored.name)
        return Subscription.read(Entry(stored.name, stored.created_at, stored.version, document))

    def change(self, name: str, how: Callable[[Draft], Draft]) -> Subscription | None:
        """Change one, whatever others change at the same time; None where there is none.

        Raises:
            Refused: it could not be delivered to any more.
        """
        for _ in range(MOST_CONFLICTS):
            known = self.find(name)
            if known is None:
                return None
            draft = how(known.draft)
            policy = self.check(draft)
            document = draft.document()
            version = self.ledger.amend(known.entry, document, policy=policy, patience=draft.patience)
            if version is None:
                return None
            if version:
                return Subscription.read(Entry(name, known.entry.created_at, version, document))
        raise Refused({"name": "expected nobody else to change it all the time"})

    def check(self, draft: Draft) -> Policy:
        """Make sure that a draft can be used, and return what its deliveries go by.

        Raises:
            Refused: it cannot.
        """
        checked = self.receivers.check(draft)
        problems = dict(checked.problems)
        if draft.filter is not None:
            try:
                compile_filter(draft.filter)
            except InvalidFilter as error:
                path = f"filter.{error.path}" if error.path else "filter"
                problems[path] = f"expected {error.expected}"
        if problems:
            raise Refused(problems)
        return checked.policy
