"""What every answer and every fault comes to: one row each, through a real drain, over a real connection."""

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from outhaul_config.destinations import Destination
from outhaul_config.policy import Policy, Retry, Timeout
from outhaul_ledger.flow import Waiting
from outhaul_ledger.ledger import Ledger
from outhaul_ledger.model import State, Submission
from outhaul_ledger.record import EventRecord
from outhaul_producers.event import canonical
from outhaul_worker.attempt import Target
from outhaul_worker.attempt_log import AttemptLog
from outhaul_worker.destinations.registry import kinds
from outhaul_worker.drain import Drain
from outhaul_worker.routing import Router
from outhaul_worker.transports import open_transport
from receiver import GARBAGE, Behaviour, Hang, Receiver, Reset, Status, TooMany, UnansweredPort
from unit.destinations.canonical import SAMPLES
from unit.destinations.configured import destination

HOOKS = "hooks"
DAY = 86_400
EVENT = SAMPLES["order.created"]
# For what ends by itself, and for what only a time-out ends; there, connecting has all the time there is, so that a
# busy machine does not turn one fault into another.
AMPLE, SHORT, NO_CONNECTION = Timeout(5.0, 10.0), Timeout(1.0, 1.0), Timeout(0.2, 5.0)

# Long enough that one drain attempts a delivery once.
RETRY = Retry(schedule=(60.0,))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver that answers 200 until told otherwise."""
    with Receiver() as running:
        yield running


def attempted(ledger: Ledger, url: str, body: bytes = b"", *, timeout: Timeout = AMPLE, **policy: Any) -> EventRecord:
    """Accept an event and run one drain that attempts it once; returns what is recorded."""
    limits = Policy(timeout=timeout, retry=RETRY, **policy)
    options = {**destination("webhook").options, "url": url}
    endpoint = Destination(HOOKS, "webhook", ("*",), limits, allow_private_addresses=True, options=options)
    targets = {HOOKS: Target(endpoint, kinds()["webhook"](endpoint))}
    log = AttemptLog("worker", lambda **_: None, lambda *_: None)
    ledger.accept([Submission(EVENT.id, "digest", "/", EVENT.type, body or canonical(EVENT.body))])
    transport = open_transport("requests", 8)
    try:
        router = Router({HOOKS: endpoint})
        Drain(ledger, transport, targets, router, log, worker="worker", window=8, lease_ms=60_000).run()
    finally:
        transport.close()
    record = ledger.status(EVENT.id)
    assert record is not None
    return record


def wait_of(record: EventRecord) -> float:
    """How many seconds from now the delivery is due."""
    return (record.deliveries[HOOKS].due - record.now) / 1000


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (TooMany(3600), 3600),
        (None, 7200),
        (TooMany(999_999), DAY),
        (Status(425, headers={"Retry-After": "1200"}), 1200),
        (Status(503, headers={"Retry-After": "1200"}), 1200),
        (Status(500, headers={"Retry-After": "1200"}), 1200),
        (Status(404, headers={"Retry-After": "1200"}), 1200),
        (Status(302, headers={"Retry-After": "1200"}), 1200),
    ],
    ids=["429 seconds", "429 date", "429 too long", "425", "503", "500", "404", "302"],
)
def test_a_wait_that_is_asked_for_is_kept_in_full(
    ledger: Ledger, receiver: Receiver, answer: Behaviour | None, seconds: float
) -> None:
    """Whatever the status, in seconds or as a date, up to a day; the attempt log says until when."""
    receiver.always(TooMany(datetime.now(UTC) + timedelta(seconds=seconds)) if answer is None else answer)
    record = attempted(ledger, receiver.url)
    delivery = record.deliveries[HOOKS]
    assert (delivery.state, record.waiting_for(HOOKS), receiver.count) == (State.PENDING, Waiting.BACKOFF, 1)
    assert seconds - 30 < wait_of(record) <= seconds + 30
    (line,) = record.attempts
    assert line["outcome"] == "retry"
    assert abs(line["due_in_ms"] / 1000 - seconds) < 30


@pytest.mark.parametrize("status", [408, 425, 429, 500, 503])
def test_a_passing_refusal_is_tried_again(ledger: Ledger, receiver: Receiver, status: int) -> None:
    """Without a word on how long, by the destination's own schedule; it burns a try and is no possible duplicate."""
    receiver.always(Status(status))
    delivery = attempted(ledger, receiver.url).deliveries[HOOKS]
    assert (delivery.state, delivery.status, delivery.tries) == (State.PENDING, status, 1)
    assert (delivery.reason, delivery.possible_duplicate) == (f"HTTP {status}", False)


def test_an_endpoint_that_is_gone_pauses_its_destination_and_costs_no_delivery(
    ledger: Ledger, receiver: Receiver
) -> None:
    """410: the delivery waits with its whole retry budget for somebody to look."""
    receiver.always(Status(410))
    record = attempted(ledger, receiver.url)
    delivery = record.deliveries[HOOKS]
    assert (delivery.state, delivery.tries, record.waiting_for(HOOKS)) == (State.PENDING, 0, Waiting.PAUSED)
    assert ledger.survey().standings[HOOKS].paused == "HTTP 410: the endpoint is gone"


def fault_of(record: EventRecord) -> tuple[str, bool]:
    """The word for the fault in the attempt log, and whether the next attempt may be a duplicate."""
    (line,) = record.attempts
    assert (line["outcome"], line["status"]) == ("retry", 0)
    return line["reason"].partition(":")[0], record.deliveries[HOOKS].possible_duplicate


def test_a_name_without_an_address_is_logged_as_dns(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was sent."""

    resolve = socket.getaddrinfo

    def unknown(host: Any, *arguments: Any, **named: Any) -> Any:
        if host == "nowhere.example":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return resolve(host, *arguments, **named)

    monkeypatch.setattr("socket.getaddrinfo", unknown)
    record = attempted(ledger, "http://nowhere.example/in")
    assert fault_of(record) == ("dns", False)


def test_a_refused_connection_is_logged_as_connect(ledger: Ledger) -> None:
    """Nothing was sent."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert fault_of(attempted(ledger, f"http://127.0.0.1:{port}/in")) == ("connect", False)


def test_a_connection_that_does_not_come_about_is_logged_as_connect_timeout(ledger: Ledger) -> None:
    """Nothing was sent."""
    with UnansweredPort() as port:
        assert fault_of(attempted(ledger, f"http://127.0.0.1:{port}/in", timeout=NO_CONNECTION)) == (
            "connect_timeout",
            False,
        )


def test_an_endpoint_that_speaks_no_tls_is_logged_as_tls(ledger: Ledger) -> None:
    """Nothing was sent."""
    with Receiver(greeting=b"220 mail.example ESMTP\r\n") as receiver:
        assert fault_of(attempted(ledger, f"https://127.0.0.1:{receiver.port}/in")) == ("tls", False)


def test_an_endpoint_that_does_not_read_is_logged_as_write(ledger: Ledger) -> None:
    """The request did not get out as a whole."""
    large = canonical({**EVENT.body, "properties": {"text": "x" * 8 * 1024 * 1024}})
    with Receiver(silent=True) as receiver:
        assert fault_of(attempted(ledger, receiver.url, large, timeout=SHORT)) == ("write", False)


@pytest.mark.parametrize(("behaviour", "word"), [(Hang(), "read_timeout"), (Reset(), "reset"), (GARBAGE, "protocol")])
def test_an_answer_that_was_lost_is_logged_as_how_and_marks_what_follows(
    ledger: Ledger, receiver: Receiver, behaviour: Behaviour, word: str
) -> None:
    """The request was sent, so its fate is unknown: the next attempt is a possible duplicate."""
    receiver.always(behaviour)
    assert fault_of(attempted(ledger, receiver.url, timeout=SHORT)) == (word, True)


@pytest.mark.parametrize("behaviour", [Hang(), Reset()])
def test_an_unknown_fate_is_held_where_the_destination_says_so(
    ledger: Ledger, receiver: Receiver, behaviour: Behaviour
) -> None:
    """`on_ambiguous = "hold"`: neither tried again nor dead, but kept for a person."""
    receiver.always(behaviour)
    record = attempted(ledger, receiver.url, timeout=SHORT, on_ambiguous="hold")
    assert record.deliveries[HOOKS].state is State.HELD
    assert record.attempts[0]["outcome"] == "held"


def test_a_retry_that_an_endpoint_wants_after_the_expiry_ends_the_delivery(ledger: Ledger, receiver: Receiver) -> None:
    """The dead letter's reason is `expired`; the attempt's line keeps what the endpoint said."""
    expiring = {**EVENT.body, "expires_at": (datetime.now(UTC) + timedelta(hours=2)).isoformat()}
    receiver.always(TooMany(3 * 3600))
    record = attempted(ledger, receiver.url, canonical(expiring))
    delivery = record.deliveries[HOOKS]
    assert (delivery.state, delivery.reason, delivery.status) == (State.DEAD, "expired", 429)
    (line,) = record.attempts
    assert (line["outcome"], line["reason"]) == ("dead", "expired before the next try: HTTP 429")
