"""What must hold while workers and the server are ended, frozen and restarted under load."""

import signal
from collections import Counter

import pytest

from acceptance.site import Site
from eventually import eventually
from outhaul_producers import LedgerUnavailable, enqueue_event
from outhaul_worker.drain import OUTAGE_PATIENCE_SECONDS
from receiver import Ok, Receiver

EVENTS = 500


def arrivals(receiver: Receiver) -> Counter[str]:
    """Count the requests per event."""
    return Counter(request.event_id for request in receiver.requests)


def marked(site: Site, event_id: str) -> bool:
    """True when the log of an event's delivery has an attempt that is marked as a possible duplicate."""
    record = site.ledger().status(event_id)
    return record is not None and any(line["possible_duplicate"] for line in record.attempts)


def test_after_kill_9_of_the_only_worker_a_new_one_delivers_everything(site: Site, receiver: Receiver) -> None:
    """All 500 arrive, recovery begins within 15 s, and only what was in flight arrives twice, marked as such."""
    site.destination("hooks", receiver.url)
    receiver.always(Ok(after=0.2))
    worker = site.start_worker()
    site.enqueue(EVENTS)
    receiver.wait_for(100)
    in_flight = site.ledger().survey().standings["hooks"].in_flight
    worker.kill()
    arrived = len(receiver.requests)
    site.start_worker()
    receiver.wait_until(lambda seen: len(seen.requests) > arrived, timeout=15)
    eventually(lambda: site.finished("hooks", EVENTS), within=30)
    twice = [event_id for event_id, times in arrivals(receiver).items() if times > 1]
    assert len(arrivals(receiver)) == EVENTS
    assert len(twice) <= max(in_flight, 128)
    assert [event_id for event_id in twice if not marked(site, event_id)] == []


def test_after_kill_9_the_first_leased_delivery_is_taken_up_within_15_seconds(site: Site, receiver: Receiver) -> None:
    """A delivery whose worker died is due again once its drain has been silent for 10 s."""
    site.destination("hooks", receiver.url)
    receiver.answer(Ok(after=60))
    worker = site.start_worker()
    site.enqueue(1)
    receiver.wait_for(1)
    worker.kill()
    site.start_worker()
    receiver.wait_for(2, timeout=15)
    eventually(lambda: site.finished("hooks", 1), within=10)
    assert marked(site, "ev_000000")


@pytest.mark.parametrize("pool", ["prefork", "threads"])
def test_sigterm_loses_nothing_and_repeats_nothing(site: Site, receiver: Receiver, pool: str) -> None:
    """A warm shutdown finishes what is in flight, within about the longest request; a later worker does the rest."""
    site.destination("hooks", receiver.url)
    receiver.always(Ok(after=0.5))
    worker = site.start_worker(f"--pool={pool}")
    site.enqueue(EVENTS)
    receiver.wait_for(100)
    worker.terminate()
    assert worker.process.wait(timeout=10) == 0
    assert site.ledger().survey().standings["hooks"].in_flight == 0
    assert 100 <= len(receiver.requests) < EVENTS
    site.start_worker()
    eventually(lambda: site.finished("hooks", EVENTS), within=30)
    assert arrivals(receiver) == dict.fromkeys(arrivals(receiver), 1)
    assert len(receiver.requests) == EVENTS


def test_sigterm_to_the_whole_process_group_repeats_nothing_either(site: Site, receiver: Receiver) -> None:
    """A supervisor that signals pool processes too, as systemd does by default, costs no duplicate."""
    site.destination("hooks", receiver.url)
    receiver.always(Ok(after=0.5))
    worker = site.start_worker()
    site.enqueue(EVENTS)
    receiver.wait_for(100)
    worker.signal_group(signal.SIGTERM)
    worker.process.wait(timeout=15)
    site.start_worker()
    eventually(lambda: site.finished("hooks", EVENTS), within=30)
    assert len(receiver.requests) == EVENTS


def test_a_worker_of_threads_ends_when_told_though_the_ledger_is_away(site: Site, receiver: Receiver) -> None:
    """Nobody can tell its drain through the ledger, and there is no pool process to signal: it is told all the same."""
    site.destination("hooks", receiver.url)
    receiver.always(Ok(after=1))
    worker = site.start_worker("--pool=threads", concurrency=1)
    site.enqueue(1)
    receiver.wait_for(1)
    site.server.stop()
    worker.terminate()
    worker.process.wait(timeout=OUTAGE_PATIENCE_SECONDS + 15)
    site.server.start()
    site.start_worker()
    eventually(lambda: site.finished("hooks", 1), within=30)
    assert marked(site, "ev_000000")


def test_a_frozen_worker_cannot_overwrite_what_happened_meanwhile(site: Site, receiver: Receiver) -> None:
    """SIGSTOP long enough for its lease to be taken, then SIGCONT: the late result only adds a line to the log."""
    site.destination("hooks", receiver.url)
    receiver.answer(Ok(after=3))
    worker = site.start_worker(concurrency=1)
    site.enqueue(1)
    receiver.wait_for(1)
    worker.signal_group(signal.SIGSTOP)
    site.start_worker()
    eventually(lambda: site.finished("hooks", 1), within=20)
    worker.signal_group(signal.SIGCONT)

    def late_line() -> bool:
        record = site.ledger().status("ev_000000")
        return record is not None and any(line.get("stale") for line in record.attempts)

    eventually(late_line, within=20)
    assert site.finished("hooks", 1)


@pytest.mark.parametrize("pool", ["prefork", "threads"])
def test_a_server_restart_under_load_loses_nothing_and_all_recover_by_themselves(
    site: Site, receiver: Receiver, pool: str
) -> None:
    """Producers hear LedgerUnavailable while it is away; afterwards producers and workers go on within 10 s."""
    site.destination("hooks", receiver.url)
    receiver.always(Ok(after=0.05))
    site.start_worker(f"--pool={pool}")
    site.enqueue(EVENTS)
    receiver.wait_for(50)
    site.server.stop()
    with pytest.raises(LedgerUnavailable):
        enqueue_event("custom.ping", id="ev_away")
    site.server.start()
    arrived = len(receiver.requests)
    eventually(lambda: site.enqueue(1, start=EVENTS), within=10)
    receiver.wait_until(lambda seen: len(seen.requests) > arrived, timeout=10)
    eventually(lambda: site.finished("hooks", EVENTS + 1), within=40)
    assert len(arrivals(receiver)) == EVENTS + 1
    repeated = [event_id for event_id, times in arrivals(receiver).items() if times > 1]
    assert [event_id for event_id in repeated if not marked(site, event_id)] == []


CRASHING_KIND = """
from marshmallow import Schema
from outhaul_config.policy import Policy

class Crashing:
    name = "crashing"
    options = Schema
    policy = Policy()
    def __init__(self, destination): pass
    def serialise(self, event): raise RuntimeError("a bug for mara@shop.example")
    def request(self, event, payload, moment): raise AssertionError
    def classify(self, answer): raise AssertionError
"""


def test_a_serialiser_that_raises_costs_one_dead_letter_and_not_the_worker(site: Site, receiver: Receiver) -> None:
    """The dead letter says what was raised and where, without personal data; everything else is delivered."""
    site.install_kind("crashing", CRASHING_KIND, "Crashing")
    site.destination("hooks", receiver.url)
    site.table("broken", '[destinations.broken]\nkind = "crashing"\nsubscribe = ["*"]\n')
    worker = site.start_worker()
    site.enqueue(3)
    eventually(lambda: site.finished("hooks", 3), within=15)
    eventually(lambda: site.ledger().survey().standings["broken"].dead == 3, within=15)
    record = site.ledger().status("ev_000000")
    assert record is not None
    reason = record.deliveries["broken"].reason
    assert "serialise crashed: RuntimeError" in reason
    assert "crashing_kind.py:" in reason
    assert "mara@shop.example" not in reason
    assert worker.process.poll() is None
