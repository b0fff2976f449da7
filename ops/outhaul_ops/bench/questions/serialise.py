"""The question `serialise`: what does it cost a worker to turn an event into each kind's signed request?"""

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import orjson

from outhaul_config.destinations import Destination
from outhaul_ops.bench.contenders import SECRET
from outhaul_ops.bench.processes import BenchFailed
from outhaul_ops.bench.question import Amount, Asked, Question
from outhaul_ops.bench.report import Mark, Metric, Results
from outhaul_ops.bench.rounds import Entrant
from outhaul_ops.bench.sample import order_event
from outhaul_ops.bench.stage import Stage
from outhaul_producers.event import Event
from outhaul_producers.normalise import normalise
from outhaul_worker.destinations.contract import DestinationKind, Moment, Payload
from outhaul_worker.destinations.registry import kinds

WARM_UP_EVENTS = 50

PER_EVENT = Metric("per event", "us")
BARE = "bare JSON"

PASS_THROUGH_MICROSECONDS = 60.0
VENDOR_MICROSECONDS = 250.0
PASS_THROUGH = frozenset({"webhook", "cloudevents"})
"""Kinds that hand on the event as it is, and sign it."""

OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "cloudevents": {"url": "https://hooks.example/in", "secret": SECRET},
    "datareshape": {
        "base_url": "https://shop.datareshape.example",
        "script_id": "AAABBB01",
        "access_token": "bench-access-token",
        "currency": "EUR",
    },
    "esputnik": {"api_key": "bench-api-key", "time_zone": "Europe/Bucharest"},
    "okanjo": {"url": "https://hooks.example/in", "secret": SECRET, "statuses": {"P": 1}},
    "remarkety": {"store_id": "AAABBB", "api_key": "bench-api-key"},
    "simon": {"partner_id": "bench-partner", "partner_secret": "bench-partner-secret"},
    "webhook": {"url": "https://hooks.example/in", "secret": SECRET},
}
"""What each built-in kind is measured with: as a site would have it, and signed where the kind can sign."""


def sample_events(count: int) -> list[Event]:
    """Make so many different orders, as the ledger hands them to a worker."""
    return [Event(normalise(order_event(number), source="/").body) for number in range(count)]


def entrants(stage: Stage, asked: Asked) -> list[Entrant]:
    """Each kind makes a request of each event; beside them the least there is to do, which is to encode it."""
    stage.note("timed in processor time; neither server nor receiver takes part")
    events = sample_events(asked.amount)
    built = {name: _built(name) for name in OPTIONS}
    for name, kind in built.items():
        if not isinstance(kind.serialise(events[0]), Payload):
            raise BenchFailed(f"expected the kind {name} to have a use for {events[0].type}, it has none")
    return [
        Entrant(BARE, partial(_timed, lambda event: orjson.dumps(event.body), events)),
        *(Entrant(name, partial(_timed, partial(_request, kind), events)) for name, kind in built.items()),
    ]


def ratios(results: Results) -> dict[str, float]:
    """Compare each kind with bare encoding."""
    found: dict[str, float] = {}
    for name in OPTIONS:
        found |= results.compare(name, PER_EVENT, (BARE,))
    return found


def marks(results: Results) -> list[Mark]:
    """Hold each kind to a time that leaves sending the slower part."""
    return [
        Mark(
            f"{name}, us per event",
            results.median(name, PER_EVENT),
            "at most",
            PASS_THROUGH_MICROSECONDS if name in PASS_THROUGH else VENDOR_MICROSECONDS,
        )
        for name in OPTIONS
        if name in results.contenders(PER_EVENT)
    ]


def _built(name: str) -> DestinationKind:
    kind = kinds()[name]
    return kind(Destination("bench", name, ("*",), kind.policy, options=kind.options().load(OPTIONS[name])))


def _request(kind: DestinationKind, event: Event) -> None:
    payload = kind.serialise(event)
    assert isinstance(payload, Payload)  # noqa: S101 - the first event was looked at before anything is timed
    kind.request(event, payload, Moment(sent_at=time.time(), attempt=1))


def _timed(work: Callable[[Event], object], events: Sequence[Event]) -> Mapping[Metric, float]:
    """Time the work on every event, by the time this thread had a processor: others on the machine do not count."""
    for event in events[:WARM_UP_EVENTS]:
        work(event)
    before = time.thread_time_ns()
    for event in events:
        work(event)
    return {PER_EVENT: (time.thread_time_ns() - before) / 1000 / len(events)}


QUESTION = Question(
    "serialise",
    "Time turning an event into each kind's request, validated and signed",
    Amount("events", 2000, 500),
    entrants,
    ratios,
    marks,
    usual_rounds=5,
    quick_rounds=3,
)
