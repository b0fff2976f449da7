"""The attempt pipeline, step by step and as a whole, without a network."""

import random
from typing import Any, ClassVar

import orjson
import pytest
from marshmallow import Schema

from outhaul_config.destinations import Destination
from outhaul_config.policy import Policy
from outhaul_config.secret import Secret
from outhaul_ledger.model import Lease, Settlement, State
from outhaul_producers.event import Event
from outhaul_worker.attempt import Attempt, StageFailed, Target, abandon, conclude, prepare
from outhaul_worker.attempt_log import AttemptLog
from outhaul_worker.destinations.contract import (
    Meaning,
    Moment,
    NotApplicable,
    Payload,
    Unserialisable,
    Verdict,
)
from outhaul_worker.events import Events
from outhaul_worker.exchange import Answer, Fault, Request
from outhaul_worker.outcome import Outcome

NOW = 1_763_600_000.0
BODY = orjson.dumps(
    {
        "id": "ev_1",
        "type": "custom.ping",
        "source": "/",
        "occurred_at": "2026-03-05T08:15:00.000Z",
        "environment": "prod",
    }
)


class Recording:
    """A kind that does what the test puts into it."""

    name: ClassVar[str] = "recording"
    options: ClassVar[type[Schema]] = Schema
    policy: ClassVar[Policy] = Policy()

    def __init__(self, destination: Destination) -> None:
        """Nothing to configure."""
        self.moments: list[Moment] = []
        self.serialised: Any = Payload(b"{}")
        self.verdict: Any = Verdict(Meaning.DELIVERED)

    def serialise(self, event: Event) -> Payload | NotApplicable:
        """Give or raise what the test wants."""
        if isinstance(self.serialised, Exception):
            raise self.serialised
        return self.serialised  # type: ignore[no-any-return]

    def request(self, event: Event, payload: Payload, moment: Moment) -> Request:
        """Remember the moment."""
        self.moments.append(moment)
        return Request("http://127.0.0.1:1/", {}, payload.body)

    def classify(self, answer: Answer) -> Verdict:
        """Give or raise what the test wants."""
        if isinstance(self.verdict, Exception):
            raise self.verdict
        return self.verdict  # type: ignore[no-any-return]


Reports = list[tuple[str, str, str]]


@pytest.fixture
def kind() -> Recording:
    """The scripted kind of a test."""
    return Recording(Destination("shop", "recording", ("*",)))


@pytest.fixture
def attempt(kind: Recording) -> Attempt:
    """An attempt at a delivery of a small event."""
    lease = Lease("shop", "ev_1", 3, 2, int(NOW * 1000), int(NOW * 1000), possible_duplicate=True, body=BODY)
    destination = Destination("shop", "recording", ("*",), options={"key": Secret("hunter2-hunter2")})
    return Attempt(lease, Target(destination, kind), NOW)


@pytest.fixture
def wide_lines() -> list[dict[str, object]]:
    """What went to the worker's log."""
    return []


@pytest.fixture
def reports() -> Reports:
    """What went to people: destination, reason, kind."""
    return []


@pytest.fixture
def log(wide_lines: list[dict[str, object]], reports: Reports) -> AttemptLog:
    """The attempt log under test."""

    def emit(**fields: object) -> None:
        wide_lines.append(fields)

    return AttemptLog("worker-1", emit, lambda *report: reports.append(report))


def ended(attempt: Attempt, log: AttemptLog) -> Settlement:
    """Run the steps before the send, which must end the attempt, and settle it."""
    with pytest.raises(StageFailed) as failure:
        prepare(attempt, Events())
    return abandon(attempt, failure.value.decision, log)


def concluded(attempt: Attempt, answer: Answer, log: AttemptLog) -> Settlement:
    """Run the whole pipeline with a given answer."""
    return conclude(prepare(attempt, Events()), answer, log, now=NOW, draw=random.Random(1))


def test_a_prepared_attempt_carries_the_request_of_its_own_moment(attempt: Attempt, kind: Recording) -> None:
    """Signatures are made per attempt: the kind is told the attempt's number and the ledger's time."""
    assert prepare(attempt, Events()).request is not None
    assert kind.moments == [Moment(sent_at=NOW, attempt=3)]


def test_an_event_of_no_use_to_the_destination_ends_as_skipped(
    attempt: Attempt, kind: Recording, log: AttemptLog
) -> None:
    """Not applicable is a terminal state of its own, with its reason, and no failure."""
    kind.serialised = NotApplicable("no such event here")
    settlement = ended(attempt, log)
    assert (settlement.state, settlement.reason) == (State.SKIPPED, "no such event here")


def test_an_event_that_lacks_a_field_becomes_a_dead_letter_that_names_it(
    attempt: Attempt, kind: Recording, log: AttemptLog
) -> None:
    """Nothing is sent half-right, and a person sees which field to mend."""
    kind.serialised = Unserialisable("customer.email", "required")
    settlement = ended(attempt, log)
    assert (settlement.state, settlement.reason) == (State.DEAD, "serialise: customer.email: required")


def test_a_serialiser_that_crashes_makes_a_dead_letter_with_where_it_happened(
    attempt: Attempt, kind: Recording, log: AttemptLog, reports: Reports
) -> None:
    """A bug costs one delivery, not the worker, and is reported with type, place and scrubbed message."""
    kind.serialised = RuntimeError("no luck with mara@shop.example")
    settlement = ended(attempt, log)
    assert settlement.state is State.DEAD
    assert "serialise crashed: RuntimeError" in settlement.reason
    assert "test_attempt.py" in settlement.reason
    assert "mara@shop.example" not in settlement.reason
    assert reports == [("shop", settlement.reason, "recording")]


def test_a_damaged_event_becomes_a_dead_letter(attempt: Attempt, log: AttemptLog) -> None:
    """Stored bytes that cannot be read end the delivery with that reason."""
    lease = Lease("shop", "ev_1", 1, 1, 0, 0, possible_duplicate=False, body=b"\xff")
    assert "cannot be read" in ended(Attempt(lease, attempt.target, NOW), log).reason


def test_a_classifier_that_crashes_makes_a_dead_letter(attempt: Attempt, kind: Recording, log: AttemptLog) -> None:
    """The request was answered; sending it again would meet the same bug."""
    kind.verdict = KeyError("detail")
    settlement = concluded(attempt, Answer(status=200), log)
    assert (settlement.state, settlement.status) == (State.DEAD, 200)


def test_refused_credentials_pause_the_destination_and_burn_nothing(
    attempt: Attempt, kind: Recording, log: AttemptLog, reports: Reports
) -> None:
    """The delivery stays pending, its try is given back, people are told."""
    kind.verdict = Verdict(Meaning.DESTINATION_FAULT, "HTTP 401")
    settlement = concluded(attempt, Answer(status=401), log)
    assert (settlement.state, settlement.burned, settlement.pause) == (State.PENDING, False, "HTTP 401")
    assert reports == [("shop", "HTTP 401", "recording")]


def test_every_attempt_writes_one_wide_line_with_the_fixed_fields(
    attempt: Attempt, log: AttemptLog, wide_lines: list[dict[str, object]]
) -> None:
    """The fields operators search by are always there."""
    concluded(attempt, Answer(status=200, duration_ms=12.34), log)
    assert wide_lines == [
        {
            "event_id": "ev_1",
            "destination": "shop",
            "kind": "recording",
            "type": "custom.ping",
            "attempt": 3,
            "outcome": Outcome.DELIVERED,
            "status": 200,
            "duration_ms": 12.3,
            "due_in_ms": None,
            "reason": "",
            "worker": "worker-1",
            "possible_duplicate": True,
        }
    ]


def test_the_kept_answer_is_cut_and_scrubbed(attempt: Attempt, kind: Recording, log: AttemptLog) -> None:
    """An answer helps a person to understand a failure; secrets and addresses in it are masked."""
    kind.verdict = Verdict(Meaning.RETRY, "HTTP 500")
    body = b"token hunter2-hunter2 of mara@shop.example " + b"x" * 5000
    line = orjson.loads(concluded(attempt, Answer(status=500, body=body), log).line)
    assert len(line["answer"]) == 500
    assert "hunter2" not in line["answer"]
    assert "mara@shop.example" not in line["answer"]


def test_a_lost_answer_marks_the_next_attempt(attempt: Attempt, log: AttemptLog) -> None:
    """The ledger is told that the fate of this attempt is unknown."""
    settlement = concluded(attempt, Answer(fault=Fault.READ_TIMEOUT, detail="15 s", sent=True), log)
    assert (settlement.state, settlement.ambiguous) == (State.PENDING, True)


def test_what_a_vendor_warns_of_is_kept_with_the_attempt(attempt: Attempt, kind: Recording, log: AttemptLog) -> None:
    """Delivered with a warning is delivered, and the warning can be read later, scrubbed."""
    kind.verdict = Verdict(Meaning.DELIVERED, warnings=("no url for mara@shop.example",))
    settlement = concluded(attempt, Answer(status=200), log)
    (warning,) = orjson.loads(settlement.line)["warnings"]
    assert settlement.state is State.DELIVERED
    assert warning.startswith("no url for ")
    assert "mara@shop.example" not in warning


def test_the_id_a_vendor_knows_the_event_by_is_kept_with_the_attempt(
    attempt: Attempt, kind: Recording, log: AttemptLog
) -> None:
    """People find an event by what the vendor calls it; without such an id nothing is kept."""
    assert "vendor_id" not in orjson.loads(concluded(attempt, Answer(status=200), log).line)
    kind.serialised = Payload(b"{}", vendor_id="EV4tQm8sKzB2nWc7RfXa")
    assert orjson.loads(concluded(attempt, Answer(status=200), log).line)["vendor_id"] == "EV4tQm8sKzB2nWc7RfXa"
