"""Handing events over to a real server: once each, never in limbo, from any thread and any process."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from eventually import eventually
from outhaul_config.settings import Settings
from outhaul_ops.embedded import EmbeddedServer, free_port
from outhaul_producers import (
    EventConflict,
    InvalidEvent,
    LedgerUnavailable,
    Receipt,
    client,
    enqueue_event,
    enqueue_events,
    get_status,
)
from strategies.examples import example

TIMEOUT = 0.4


@pytest.fixture
def producers(server: EmbeddedServer) -> Iterator[EmbeddedServer]:
    """An empty server that `enqueue_event` and its kin use."""
    client.configure(Settings(ledger_url=server.url, source="/shops/ro"))
    yield server
    client.configure(None)


@pytest.fixture
def own_producers(own_server: EmbeddedServer) -> Iterator[EmbeddedServer]:
    """The same with a server that the test may stop."""
    client.configure(Settings(ledger_url=own_server.url, ledger_timeout=TIMEOUT))
    yield own_server
    client.configure(None)


def keys_stored(server: EmbeddedServer) -> int:
    """Count what the server holds."""
    with server.client() as here:
        return int(here.dbsize())


def body_stored(server: EmbeddedServer, event_id: str) -> bytes:
    """Read an event's bytes past our own code."""
    with server.client() as here:
        return bytes(here.get(f"outhaul:{{0}}:event:{event_id}"))


def test_of_a_hundred_threads_with_one_id_one_is_accepted_and_ninety_nine_are_duplicates(
    producers: EmbeddedServer,
) -> None:
    """Callers that race with the same event store it once and all get the same receipt but for one word."""
    start = Barrier(100)

    def call(_: int) -> Receipt:
        start.wait()
        return enqueue_event("order.created", id="ev_race", order=example("order.created")["order"])

    with ThreadPoolExecutor(100) as threads:
        receipts = list(threads.map(call, range(100)))
    assert sorted(receipt.duplicate for receipt in receipts) == [False] + [True] * 99
    assert {(receipt.event_id, receipt.accepted_at) for receipt in receipts} == {("ev_race", receipts[0].accepted_at)}


def test_threads_with_ids_of_their_own_are_all_accepted(producers: EmbeddedServer) -> None:
    """One process's connection serves all its threads."""
    with ThreadPoolExecutor(32) as threads:
        receipts = list(threads.map(lambda _: enqueue_event("custom.ping"), range(500)))
    assert len({receipt.event_id for receipt in receipts}) == 500
    assert not any(receipt.duplicate for receipt in receipts)


def test_other_content_under_a_known_id_is_a_conflict_and_leaves_the_first_untouched(
    producers: EmbeddedServer,
) -> None:
    """The first event's bytes and time stay what they were."""
    first = enqueue_event("custom.ping", id="ev_1", properties={"n": 1})
    stored = body_stored(producers, "ev_1")
    with pytest.raises(EventConflict) as caught:
        enqueue_event("custom.ping", id="ev_1", properties={"n": 2})
    assert (caught.value.event_id, caught.value.accepted_at) == ("ev_1", first.accepted_at)
    assert body_stored(producers, "ev_1") == stored
    assert enqueue_event("custom.ping", id="ev_1", properties={"n": 1}).duplicate


@pytest.mark.parametrize(
    "bad",
    [
        {"type": "order.created"},
        {"type": "custom.ping", "properties": {"text": "x" * 70 * 1024}},
        {"type": "custom.ping", "ordr": {}},
        {"type": "custom.ping", "value": "1,50", "currency": "EUR"},
        {"type": "custom.ping", "occurred_at": "2026-03-05T10:15:00"},
        {"type": "custom.ping", "properties": {"text": "\ud800"}},
    ],
)
def test_what_is_refused_leaves_nothing_behind(producers: EmbeddedServer, bad: dict[str, Any]) -> None:
    """Neither call stores any part of an invalid event."""
    with pytest.raises(InvalidEvent):
        enqueue_event(**bad)
    assert isinstance(enqueue_events([bad]).results[0], InvalidEvent)
    assert keys_stored(producers) == 0


def test_one_call_is_one_round_trip(producers: EmbeddedServer) -> None:
    """Once the connection stands, an event costs the server one request and nothing beside it; so do 500 of them."""
    enqueue_event("custom.ping")
    with producers.client() as observer:
        for call in (
            lambda: enqueue_event("custom.ping"),
            lambda: enqueue_events({"type": "custom.ping"} for _ in range(500)),
        ):
            observer.config_resetstat()
            call()
            ran = {name.removeprefix("cmdstat_"): row["calls"] for name, row in observer.info("commandstats").items()}
            assert ran.pop("evalsha") == 1
            assert not {name for name in ran if name.startswith(("ping", "hello", "client", "select", "script"))}


def test_many_events_are_judged_one_by_one(producers: EmbeddedServer) -> None:
    """At the index of each stands its receipt or its error, and an invalid one costs the others nothing."""
    events: list[Any] = [{"type": "custom.ping", "id": f"ev_{index}"} for index in range(1201)]
    events[7] = {"type": "custom.ping", "ordr": {}}
    events[600] = "no event"
    events[900] = {"type": "custom.ping", "id": "ev_0"}
    events[901] = {"type": "custom.ping", "id": "ev_1", "properties": {"n": 1}}
    result = enqueue_events(events)
    assert len(result.results) == 1201
    assert {index: type(error) for index, error in result.errors.items()} == {
        7: InvalidEvent,
        600: InvalidEvent,
        901: EventConflict,
    }
    assert [index for index, receipt in result.receipts.items() if receipt.duplicate] == [900]
    assert all(receipt.event_id == f"ev_{index}" for index, receipt in result.receipts.items() if index != 900)


def test_large_events_go_in_several_calls_and_all_arrive(producers: EmbeddedServer) -> None:
    """Calls are bounded in bytes as well as in number."""
    events = [{"type": "custom.ping", "properties": {"text": "x" * 60_000}} for _ in range(60)]
    assert len(enqueue_events(events).receipts) == 60


def test_the_example_of_the_folder_s_readme_works(producers: EmbeddedServer) -> None:
    """What the README shows runs as it stands."""
    code = (Path(__file__).parents[2] / "producers" / "README.md").read_text().split("```python\n")[1].split("```")[0]
    names: dict[str, Any] = {}
    exec(code, names)
    assert names["receipt"].event_id == "order-5001-created"


def refused_within(seconds: float) -> LedgerUnavailable:
    """Return the error of a call that must fail in time."""
    started = time.monotonic()
    with pytest.raises(LedgerUnavailable) as caught:
        enqueue_event("custom.ping", id="ev_away")
    assert time.monotonic() - started < seconds
    return caught.value


def test_a_closed_port_is_reported_within_the_time_out() -> None:
    """Nobody waits for a server that is not there."""
    client.configure(Settings(ledger_url=f"redis://127.0.0.1:{free_port()}/0", ledger_timeout=TIMEOUT))
    assert refused_within(TIMEOUT + 0.3).event_id == "ev_away"
    client.configure(None)


def test_a_server_that_accepts_and_says_nothing_is_reported_within_the_time_out() -> None:
    """A hanging server holds a web request for the time-out and no longer."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        client.configure(Settings(ledger_url=url, ledger_timeout=TIMEOUT))
        assert "ev_away" in str(refused_within(TIMEOUT + 0.3))
        with pytest.raises(LedgerUnavailable):
            get_status("ev_away")
    client.configure(None)


def test_a_server_that_comes_back_is_used_again(own_producers: EmbeddedServer) -> None:
    """After an outage the same process goes on by itself, and the id of the failed call is good for another."""
    own_producers.stop()
    error = refused_within(TIMEOUT + 0.3)
    own_producers.start()
    receipt = eventually(lambda: _attempted(error.event_id), within=10)
    assert receipt
    assert (receipt.event_id, receipt.duplicate) == ("ev_away", False)


def _attempted(event_id: str) -> Receipt | None:
    try:
        return enqueue_event("custom.ping", id=event_id)
    except LedgerUnavailable:
        return None


def test_a_server_that_leaves_in_the_middle_of_many_events_loses_none(own_producers: EmbeddedServer) -> None:
    """What was stored has receipts; all others have ids to call again with, and that stores each once."""

    def events() -> Iterator[dict[str, Any]]:
        for index in range(1300):
            if index == 700:
                own_producers.stop()
            yield {"type": "custom.ping", "properties": {"n": index}}

    result = enqueue_events(events())
    assert list(result.receipts) == list(range(500))
    unknown = {index: error for index, error in result.errors.items() if isinstance(error, LedgerUnavailable)}
    assert list(unknown) == list(range(500, 1300))
    own_producers.start()
    eventually(lambda: _attempted("ev_probe"), within=10)
    again = [
        {"type": "custom.ping", "id": error.event_id, "properties": {"n": index}} for index, error in unknown.items()
    ]
    assert sum(not receipt.duplicate for receipt in enqueue_events(again).receipts.values()) == 800


FORKING = """
import os, sys
from outhaul_producers import enqueue_event
from outhaul_producers.client import connection

def storm(name):
    for number in range(40):
        assert enqueue_event("custom.ping", id=f"{name}_{number}").event_id == f"{name}_{number}"
    return connection().ledger.client.client_id()

before = storm("parent_before")
children = []
for child in range(4):
    pid = os.fork()
    if pid == 0:
        try:
            os._exit(0 if storm(f"child{child}") != before else 2)
        except BaseException as error:
            print(repr(error), file=sys.stderr)
            os._exit(1)
    children.append(pid)
assert storm("parent_after") == before
print([os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children])
"""


def test_forked_processes_never_share_a_connection(server: EmbeddedServer) -> None:
    """A pre-forking web server may enqueue before and after its fork; answers never cross."""
    run = subprocess.run(
        [sys.executable, "-c", FORKING],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        env={"OUTHAUL_LEDGER_URL": server.url},
    )
    assert (run.stdout.strip(), run.stderr) == ("[0, 0, 0, 0]", "")
    shared = ("inbox", "events", "sequence", "wake", "history")
    assert keys_stored(server) == 6 * 40 * 2 + len(shared)
