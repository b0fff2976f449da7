"""Short words for stories about subscriptions: who subscribes to what, and drains that stop in the middle."""

from typing import Any

import orjson

from outhaul_config.destinations import TableReader
from outhaul_config.policy import Policy
from outhaul_config.subscribers import Subscribers
from outhaul_ledger.ledger import Ledger
from outhaul_ledger.model import State, Submission
from outhaul_ledger.subscribing import SubscriptionLedger
from outhaul_producers.operational import OPERATIONAL
from outhaul_producers.subscriptions.book import SubscriptionBook
from outhaul_producers.subscriptions.model import Draft, Signing, new_name, new_secret
from outhaul_producers.types import TYPES
from outhaul_worker.attempt import Target
from outhaul_worker.attempt_log import AttemptLog
from outhaul_worker.destinations.registry import kind_specs
from outhaul_worker.drain import Drain
from outhaul_worker.routing import Router
from outhaul_worker.targets import TargetBuilder, Targets
from outhaul_worker.transports.contract import Transport

TYPE = "custom.ping"
POLICY = Policy(concurrency=64)


def draft(*types: str, **more: Any) -> Draft:
    """A subscription to event types, signed with a secret of its own."""
    options = more.pop("options", {"url": "https://subscriber.example/in"})
    fields = {"owner": "api", "signing": (Signing(new_secret()),), **more}
    return Draft("webhook", types=types or (TYPE,), options=options, **fields)


def subscribe(ledger: Ledger, *drafts: Draft, name: str = "") -> list[str]:
    """Add subscriptions; returns their names."""
    return [
        SubscriptionLedger(ledger.client)
        .subscribe(name or new_name(), each.document(), policy=POLICY, patience=each.patience)
        .name
        for each in drafts
    ]


def unsubscribe(ledger: Ledger, name: str) -> bool:
    """Remove one."""
    return SubscriptionLedger(ledger.client).unsubscribe(name)


def accept(ledger: Ledger, *event_ids: str, event_type: str = TYPE, plain: bool = False, **body: Any) -> None:
    """Accept events."""
    fixed = {"source": "/", "occurred_at": "2026-03-05T08:15:00.000Z", "environment": "test", "type": event_type}
    ledger.accept(
        [
            Submission(event_id, "", "/", event_type, orjson.dumps({"id": event_id, **fixed, **body}), plain)
            for event_id in event_ids
        ]
    )


class Process:
    """A worker process's view of a ledger: its copy of the subscriptions, and drains over them."""

    def __init__(self, ledger: Ledger, transport: Transport, configured: dict[str, Target] | None = None) -> None:
        self.ledger, self.transport = ledger, transport
        subscriptions = SubscriptionLedger(ledger.client)
        self.book = SubscriptionBook(subscriptions)
        reader = TableReader(kind_specs(), (*TYPES, *OPERATIONAL))

        def keep(document_id: str, body: bytes) -> bytes:
            return subscriptions.keep_document(document_id, body, lasts=60.0)

        build = TargetBuilder(reader, Subscribers(allow_private_addresses=True), keep)
        self.targets = Targets(configured or {}, self.book, build)
        self.lines: list[dict[str, Any]] = []

    def drain(self, window: int = 64) -> None:
        """Deliver until nothing is due."""
        self.make_drain(window).run()

    def make_drain(self, window: int = 64) -> Drain:
        """A drain that is not started yet."""
        router = Router({name: each.destination for name, each in self.targets.configured.items()}, self.book)
        log = AttemptLog("worker", lambda **line: self.lines.append(line), lambda *_: None)
        return Drain(
            self.ledger, self.transport, self.targets, router, log, worker="worker", window=window, lease_ms=60_000
        )


def states(ledger: Ledger, event_id: str) -> dict[str, State]:
    """Where an event's deliveries stand, by destination."""
    record = ledger.status(event_id)
    assert record is not None
    return {name: each.state for name, each in record.deliveries.items()}


def all_balanced(ledger: Ledger) -> bool:
    """Whether every delivery of every destination is accounted for."""
    return all(standing.balanced for standing in ledger.survey().standings.values())


def many(ledger: Ledger, count: int, url: str = "https://subscriber.example/in") -> list[str]:
    """Add many subscriptions to one type."""
    names = [f"sub.{number:016d}" for number in range(count)]
    document = draft(options={"url": url}).document()
    subscriptions = SubscriptionLedger(ledger.client)
    for name in names:
        subscriptions.subscribe(name, document, policy=POLICY, patience=60.0)
    return names
