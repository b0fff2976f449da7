"""Comparing the three books: what was acknowledged, what arrived, what the ledger says."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from outhaul_ledger.model import State
from outhaul_ledger.record import DeliveryRecord, EventRecord
from outhaul_ledger.survey import Survey
from outhaul_ops.chaos.journal import Arrival, Handed
from outhaul_ops.chaos.scene import ATTEMPT_SECONDS, ENDPOINTS, SHAPES, line_of

FINAL = frozenset({State.DELIVERED, State.DEAD, State.SKIPPED, State.HELD, State.CANCELLED})
SLACK_SECONDS = 0.5  # between two clocks of one machine, and a line and what it speaks of

_ORDERED = frozenset(each.name for each in ENDPOINTS if each.ordered)

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Crash:
    """The server may have lost what it acknowledged between two moments (Unix seconds); the fault came at `at`."""

    fault: str
    since: float
    at: float
    until: float

    def cost_acknowledgement(self, at: float) -> bool:
        """True when what was acknowledged then may be gone."""
        return self.since - SLACK_SECONDS <= at <= self.until + SLACK_SECONDS

    def cost_settlement(self, arrived_at: float) -> bool:
        """True when the ledger may have forgotten what became of a request that arrived then."""
        return (
            self.since - ATTEMPT_SECONDS - SLACK_SECONDS <= arrived_at <= self.until + ATTEMPT_SECONDS + SLACK_SECONDS
        )


@dataclass(slots=True)
class Window:
    """What the crashes of one kind cost: events, the seconds before and after that they reach to, repetitions."""

    lost: int = 0
    before: float = 0.0
    after: float = 0.0
    repeated: int = 0

    def lose(self, seconds_before: float) -> None:
        """Count an event that was acknowledged so long before the crash; negative is after it."""
        self.lost += 1
        self.before = max(self.before, seconds_before)
        self.after = max(self.after, -seconds_before)

    def __add__(self, other: "Window") -> "Window":
        return Window(
            self.lost + other.lost,
            max(self.before, other.before),
            max(self.after, other.after),
            self.repeated + other.repeated,
        )


@dataclass(frozen=True, slots=True)
class LedgerBook:
    """What the ledger says of every event it has, and of every destination."""

    events: Mapping[str, EventRecord]
    survey: Survey


@dataclass(frozen=True, slots=True)
class Evidence:
    """The three books, and the moments at which the first and the last may differ."""

    handed: Mapping[str, Handed]
    arrivals: Sequence[Arrival]
    ledger: LedgerBook
    crashes: Sequence[Crash] = ()


@dataclass(slots=True)
class Books:
    """What comparing them came to. `findings` are the promises that were broken, in words.

    `events` counts acknowledged ones, `states` their deliveries by state. `windows` has, by fault, what may be lost
    where only the server had it, and not yet its disk, or not yet a replica.
    """

    events: int = 0
    unacknowledged: int = 0
    unacknowledged_stored: int = 0
    states: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    duplicates_marked: int = 0
    duplicates_unmarked: int = 0
    disorder: int = 0
    windows: dict[str, Window] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)

    def __add__(self, other: "Books") -> "Books":
        windows = {name: self.windows.get(name, Window()) + window for name, window in other.windows.items()}
        return Books(
            self.events + other.events,
            self.unacknowledged + other.unacknowledged,
            self.unacknowledged_stored + other.unacknowledged_stored,
            self.states + other.states,
            self.lost + other.lost,
            self.duplicates_marked + other.duplicates_marked,
            self.duplicates_unmarked + other.duplicates_unmarked,
            self.disorder + other.disorder,
            self.windows | windows,
            self.findings + other.findings,
        )


def reconcile(evidence: Evidence) -> Books:
    """Compare the books."""
    books = Books()
    for check in (
        _check_acknowledged,
        _check_deliveries,
        _check_totals,
        _check_arrivals,
        _check_order,
        _check_duplicates,
    ):
        check(evidence, books)
    return books


def _check_acknowledged(evidence: Evidence, books: Books) -> None:
    """Everything acknowledged is in the ledger; the rest may be."""
    for handed in evidence.handed.values():
        stored = handed.event_id in evidence.ledger.events
        if handed.acknowledged_at is None:
            books.unacknowledged += 1
            books.unacknowledged_stored += stored
            continue
        books.events += 1
        if not stored:
            _count_loss(handed, handed.acknowledged_at, evidence.crashes, books)
    for event_id in evidence.ledger.events.keys() - evidence.handed.keys():
        books.findings.append(f"{event_id}: is in the ledger, and nobody handed it over")


def _count_loss(handed: Handed, at: float, crashes: Sequence[Crash], books: Books) -> None:
    crash = _nearest((each for each in crashes if each.cost_acknowledgement(at)), at)
    if crash and not handed.durable:
        books.windows.setdefault(crash.fault, Window()).lose(crash.at - at)
    else:
        books.lost += 1
        books.findings.append(f"{handed.event_id}: was acknowledged at {at:.3f}, and the ledger does not have it")


def _nearest(crashes: Iterable[Crash], at: float) -> Crash | None:
    return min(crashes, key=lambda each: abs(each.at - at), default=None)


def _check_deliveries(evidence: Evidence, books: Books) -> None:
    """Each stored event has the deliveries it must have, and each of them has ended or waits for something."""
    for event_id, record in evidence.ledger.events.items():
        handed = evidence.handed.get(event_id)
        if handed is None:
            continue
        books.states.update(_state(delivery) for delivery in record.deliveries.values())
        if not record.fanned_out:
            books.states["pending"] += len(SHAPES[handed.shape].wanted)
            continue
        wanted = SHAPES[handed.shape].wanted
        if record.deliveries.keys() != wanted:
            missing, surplus = sorted(wanted - record.deliveries.keys()), sorted(record.deliveries.keys() - wanted)
            books.lost += len(missing)
            books.findings.append(f"{event_id}: deliveries missing for {missing}, unwanted for {surplus}")


def _state(delivery: DeliveryRecord) -> str:
    return delivery.state if delivery.state in FINAL else State.PENDING


def _check_totals(evidence: Evidence, books: Books) -> None:
    """The counters of every destination agree with the records one by one."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for record in evidence.ledger.events.values():
        for name, delivery in record.deliveries.items():
            found[name][_state(delivery)] += 1
    for name, standing in evidence.ledger.survey.standings.items():
        told = {
            State.DELIVERED: standing.delivered,
            State.DEAD: standing.dead,
            State.HELD: standing.held,
            State.SKIPPED: standing.skipped,
            State.CANCELLED: standing.cancelled,
            State.PENDING: standing.waiting + standing.in_flight,
        }
        counted = {state: found[name][state] for state in told}
        if told != counted or not standing.balanced:
            books.findings.append(f"{name}: the counters say {_words(told)}, the records {_words(counted)}")


def _words(counts: Mapping[State, int]) -> str:
    return ", ".join(f"{number} {state}" for state, number in counts.items() if number)


def _check_arrivals(evidence: Evidence, books: Books) -> None:
    """Nothing arrives that was not handed over before, and what the ledger calls delivered has arrived."""
    taken = set()
    for arrival in evidence.arrivals:
        handed = evidence.handed.get(arrival.event_id)
        if handed is None or arrival.destination not in SHAPES[handed.shape].wanted:
            books.findings.append(f"{arrival.event_id}: arrived at {arrival.destination}, which never was to get it")
        elif arrival.at < handed.intended_at - SLACK_SECONDS:
            books.findings.append(f"{arrival.event_id}: arrived at {arrival.destination} before it was handed over")
        if arrival.taken:
            taken.add((arrival.destination, arrival.event_id))
    for key, _ in _deliveries(evidence, State.DELIVERED):
        if key not in taken:
            books.lost += 1
            books.findings.append(f"{key[1]}: the ledger says {key[0]} has it, and it never arrived there")


def _deliveries(evidence: Evidence, state: State) -> Iterator[tuple[Key, DeliveryRecord]]:
    for event_id, record in evidence.ledger.events.items():
        for name, delivery in record.deliveries.items():
            if delivery.state is state:
                yield (name, event_id), delivery


def _check_order(evidence: Evidence, books: Books) -> None:
    """Where a destination wants order, it takes the events of a line in the order in which they were accepted."""
    lines: dict[Key, list[Arrival]] = defaultdict(list)
    seen: set[Key] = set()
    for arrival in evidence.arrivals:
        key = (arrival.destination, arrival.event_id)
        if arrival.destination in _ORDERED and arrival.taken and key not in seen:
            seen.add(key)
            lines[arrival.destination, line_of(arrival.event_id)].append(arrival)
    for (destination, line), taken in lines.items():
        for earlier, later in pairwise(taken):
            if _place(evidence, earlier) > _place(evidence, later) and not _forgotten(evidence, earlier, later):
                books.disorder += 1
                books.findings.append(
                    f"{later.event_id}: {destination} got it after {earlier.event_id}, which comes later in {line}"
                )


def _place(evidence: Evidence, arrival: Arrival) -> tuple[int, str]:
    """Return an event's place in the order of acceptance; those of one call have one moment and their numbers."""
    record = evidence.ledger.events.get(arrival.event_id)
    return (record.accepted_at if record else 0, arrival.event_id)


def _forgotten(evidence: Evidence, *arrivals: Arrival) -> bool:
    return any(crash.cost_settlement(arrival.at) for crash in evidence.crashes for arrival in arrivals)


def _check_duplicates(evidence: Evidence, books: Books) -> None:
    """What arrives after it was taken once is marked as a possible duplicate in the attempt log."""
    first: dict[Key, Arrival] = {}
    for arrival in evidence.arrivals:
        key = (arrival.destination, arrival.event_id)
        earlier = first.get(key)
        if earlier is None:
            if arrival.taken:
                first[key] = arrival
        elif _marked(evidence.ledger.events.get(arrival.event_id), arrival):
            books.duplicates_marked += 1
        elif crash := _nearest((each for each in evidence.crashes if each.cost_settlement(earlier.at)), earlier.at):
            books.windows.setdefault(crash.fault, Window()).repeated += 1
        else:
            books.duplicates_unmarked += 1
            books.findings.append(
                f"{arrival.event_id}: {arrival.destination} got attempt {arrival.attempt} after it had taken attempt"
                f" {earlier.attempt}, and it is not marked as a possible duplicate"
            )


def _marked(record: EventRecord | None, arrival: Arrival) -> bool:
    """True where a line of the same attempt is marked; a request sent twice in one attempt never is."""
    lines = record.logs.get(arrival.destination, ()) if record else ()
    return any(line.get("attempt") == arrival.attempt and line.get("possible_duplicate") for line in lines)
