"""An independent reading of everything the ledger has on the server, and the rules it must always keep."""

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple, cast

import redis

from integration.ledger.gates import Gates, read_gates
from outhaul_config import keys

_PREFIX = keys.prefix("outhaul")
UNFINISHED = ("pending", "leased")
KEPT = ("dead", "held")
_ROUNDING_MS = 0.01
Scores = dict[str, float]


class Entry(NamedTuple):
    """A packed delivery, column by column."""

    state: str
    attempts: int
    tries: int
    lost: int
    due: int
    since: int
    duplicate: bool
    status: int
    drain: str
    order: str
    reason: str

    @classmethod
    def read(cls, packed: bytes) -> "Entry":
        """Split the packed form."""
        state, attempts, tries, lost, due, since, duplicate, status, *texts = packed.decode().split("\t", 10)
        numbers = (int(attempts), int(tries), int(lost), int(due), int(since))
        return cls(state, *numbers, duplicate == "1", int(status), *texts)


@dataclass
class Books:
    """All keys of the ledger by name, without the prefix; `now` is the server's clock in ms, with a fraction."""

    now: float
    values: dict[str, object] = field(default_factory=dict)
    expiry: dict[str, int] = field(default_factory=dict)

    def scores(self, name: str) -> Scores:
        """A sorted set: member to score."""
        pairs = cast("list[tuple[bytes, float]]", self.values.get(name, []))
        return {member.decode(): score for member, score in pairs}

    def family(self, stem: str) -> list[str]:
        """What stands behind the stem in the names of a family."""
        return [name.removeprefix(stem) for name in self.values if name.startswith(stem)]

    def record(self, event_id: str) -> dict[str, bytes]:
        """An event's record; empty when there is none."""
        fields = cast("dict[bytes, bytes]", self.values.get(f"record:{event_id}", {}))
        return {name.decode(): value for name, value in fields.items()}

    def deliveries(self) -> dict[tuple[str, str], Entry]:
        """Every delivery there is, by destination and event."""
        return {
            (name[2:], event_id): Entry.read(value)
            for event_id in self.family("record:")
            for name, value in self.record(event_id).items()
            if name.startswith("d:")
        }

    def parked(self, destination: str, event_id: str) -> bool:
        """Whether a delivery waits for its turn in an order."""
        return self.scores(f"lane:{destination}").get(event_id) == math.inf

    def sequence(self, event_id: str) -> int:
        """The number an event got when it was accepted."""
        return int(self.record(event_id)["sequence"])

    def leases(self, drain: str) -> set[str]:
        """What a drain has leased, as `<destination> <event>`."""
        return {member.decode() for member in cast("set[bytes]", self.values.get(f"leases:{drain}", set()))}

    def settings(self, destination: str) -> dict[str, str]:
        """A destination's hash."""
        fields = cast("dict[bytes, bytes]", self.values.get(f"destination:{destination}", {}))
        return {name.decode(): value.decode() for name, value in fields.items()}

    def gates(self, destination: str) -> Gates:
        """What holds a destination's lane back."""
        return read_gates(self.settings(destination), self.now)


def read_books(client: redis.Redis) -> Books:
    """Read every key, at one moment."""
    names = sorted(cast("list[bytes]", client.keys(_PREFIX + "*")))
    with client.pipeline(transaction=True) as pipe:
        pipe.time()
        for name in names:
            pipe.pttl(name)
            _read(pipe, name.decode().removeprefix(_PREFIX))
        (seconds, micros), *answers = pipe.execute()
    books = Books(seconds * 1000 + micros / 1000)
    for name, left, value in zip(names, answers[::2], answers[1::2], strict=True):
        plain = name.decode().removeprefix(_PREFIX)
        books.expiry[plain], books.values[plain] = left, value
    return books


def _read(pipe: "redis.client.Pipeline", name: str) -> None:
    kind = keys.KEYS[name.partition(":")[0]].type
    if kind == "sorted set":
        pipe.zrange(_PREFIX + name, 0, -1, withscores=True)
    elif kind == "hash":
        pipe.hgetall(_PREFIX + name)
    elif kind == "set":
        pipe.smembers(_PREFIX + name)
    elif kind == "list":
        pipe.lrange(_PREFIX + name, 0, -1)
    else:
        pipe.get(_PREFIX + name)


def check_books(books: Books) -> None:
    """Assert every rule that holds between the keys at any moment."""
    deliveries = books.deliveries()
    _check_whereabouts(books, deliveries)
    _check_leases(books, deliveries)
    _check_events(books, deliveries)
    for destination in (
        {name for name, _ in deliveries} | set(books.family("lane:")) | {*books.scores("lanes"), *books.scores("slow")}
    ):
        _check_schedule(books, destination)
        _check_counters(books, deliveries, destination)
    check_order(books, deliveries)
    _check_expiry(books, deliveries)
    assert len(cast("list[bytes]", books.values.get("wake", []))) <= 1


def _check_whereabouts(books: Books, deliveries: dict[tuple[str, str], Entry]) -> None:
    """Each delivery is in the sets of its state and in no other, and nothing else is in them."""
    states = {"lane": UNFINISHED, "inflight": ("leased",), "dead": ("dead",), "held": ("held",)}
    for shelf, belonging in states.items():
        there = {(name, event_id) for name in books.family(f"{shelf}:") for event_id in books.scores(f"{shelf}:{name}")}
        assert there == {one for one, entry in deliveries.items() if entry.state in belonging}, shelf
    for (destination, event_id), entry in deliveries.items():
        if entry.state in UNFINISHED and not books.parked(destination, event_id):
            assert math.floor(books.scores(f"lane:{destination}")[event_id]) == entry.due
        if entry.state == "leased":
            assert books.scores(f"inflight:{destination}")[event_id] == entry.due


def _check_leases(books: Books, deliveries: dict[tuple[str, str], Entry]) -> None:
    """A drain's list names exactly what it has leased, and a drain with leases is known to `recover`."""
    drains = books.family("leases:")
    assert set(drains) <= set(books.scores("drains"))
    listed = {(drain, lease) for drain in drains for lease in books.leases(drain) if not lease.startswith(" ")}
    leased = {
        (entry.drain, f"{destination} {event_id}")
        for (destination, event_id), entry in deliveries.items()
        if entry.state == "leased"
    }
    assert listed == leased


def _check_events(books: Books, deliveries: dict[tuple[str, str], Entry]) -> None:
    """An accepted event is in the inbox or fanned out; its counts are right; it expires once it is finished."""
    events = books.family("record:")
    assert set(events) == set(books.family("event:"))
    inbox = unrouted(books)
    assert set(inbox) >= {event_id for event_id in events if "open" not in books.record(event_id)}
    assert all(books.sequence(event_id) == score for event_id, score in books.scores("inbox").items())
    for event_id in events:
        own = Counter(entry.state for (_, of), entry in deliveries.items() if of == event_id)
        unfinished, kept = (sum(own[state] for state in states) for states in (UNFINISHED, KEPT))
        record = books.record(event_id)
        fanning_out = event_id in inbox and "open" in record
        assert int(record.get("open", 0)) == unfinished + fanning_out
        assert int(record.get("kept", 0)) == kept
        assert not (event_id in inbox and own and not fanning_out)
        finished = event_id not in inbox and not unfinished and not kept
        for name in (f"{stem}:{event_id}" for stem in ("event", "record")):
            assert name not in books.expiry or (books.expiry[name] >= 0) == finished, name


def _check_schedule(books: Books, destination: str) -> None:
    """A lane with work is looked at just when something in it may be leased; a paused or empty one is not."""
    lane, inflight = (books.scores(f"{stem}:{destination}") for stem in ("lane", "inflight"))
    gates = books.gates(destination)
    own, other = ("slow", "lanes") if gates.slow else ("lanes", "slow")
    assert destination not in books.scores(other), destination
    looked_at = books.scores(own).get(destination)
    if not lane or "paused" in books.settings(destination):
        assert looked_at is None, destination
        return
    full = len(inflight) >= gates.limit
    leasable = max(min((inflight if full else lane).values()), gates.looked_for_at, gates.breaker_at(inflight))
    if leasable == math.inf:
        assert looked_at is None, destination
        return
    assert looked_at is not None, destination
    assert abs(looked_at - leasable) < _ROUNDING_MS or max(looked_at, leasable) <= books.now, destination


def _check_counters(books: Books, deliveries: dict[tuple[str, str], Entry], destination: str) -> None:
    """No ending is counted less often than the records that are left show it."""
    settings = books.settings(destination)
    own = Counter(entry.state for (of, _), entry in deliveries.items() if of == destination)
    if "." in destination and not settings:
        assert not any(own[state] for state in (*UNFINISHED, *KEPT)), "left by a subscription that is gone"
        return
    for counter in ("delivered", "skipped", "cancelled"):
        assert int(settings.get(counter, 0)) >= own[counter]
    ended = sum(int(settings.get(counter, 0)) for counter in ("delivered", "skipped", "cancelled"))
    there = sum(len(books.scores(f"{stem}:{destination}")) for stem in ("lane", "dead", "held"))
    assert int(settings.get("fanned", 0)) == there + ended


def unrouted(books: Books) -> list[str]:
    """Events without deliveries yet, in the order of acceptance."""
    waiting, leased = books.scores("inbox"), books.scores("routing")
    assert not waiting.keys() & leased.keys()
    return sorted((*waiting, *leased), key=books.sequence)


def check_order(books: Books, deliveries: dict[tuple[str, str], Entry]) -> None:
    """Only the first of an order may be tried, and only when it and all accepted before it are routed altogether."""
    members = {
        (order.partition(":")[0], event_id): (order, score)
        for order in books.family("order:")
        for event_id, score in books.scores(f"order:{order}").items()
    }
    assert members.keys() == {one for one, entry in deliveries.items() if entry.order}
    ahead = unrouted(books)
    for (destination, event_id), (order, score) in members.items():
        entry = deliveries[destination, event_id]
        assert order == f"{destination}:{entry.order.partition('/')[0]}"
        assert score == books.sequence(event_id)
        assert entry.state in UNFINISHED or (entry.state in KEPT and "/" not in entry.order)
        behind = score > min(books.scores(f"order:{order}").values())
        gated = bool(ahead) and books.sequence(ahead[0]) <= score
        assert (f"{destination} {event_id}" in books.scores("gate")) == gated, event_id
        assert books.parked(destination, event_id) == (behind or gated), event_id
    assert all(tuple(member.split(" ", 1)) in members for member in books.scores("gate"))


def _check_expiry(books: Books, deliveries: dict[tuple[str, str], Entry]) -> None:
    """An unfinished delivery of an event with an expiry will be looked at then; a finished event will not."""
    listed = books.scores("expiring")
    for (_, event_id), entry in deliveries.items():
        expires = int(books.record(event_id).get("expires", 0))
        if entry.state in UNFINISHED and entry.since < expires:
            assert event_id in listed
    noted = {event_id for event_id in books.family("record:") if "cancelling" in books.record(event_id)}
    assert noted == set(books.scores("cancelling"))
    for event_id in listed:
        record = books.record(event_id)
        assert "expires" in record
        assert int(record["open"]) + int(record.get("kept", 0)) > 0
