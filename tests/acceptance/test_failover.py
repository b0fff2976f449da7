"""What must hold while the ledger's primary is lost and a replica takes its place."""

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from acceptance.site import Site
from eventually import eventually
from outhaul_config.connections import open_client
from outhaul_ledger.errors import LedgerUnavailable as NoAnswer
from outhaul_ledger.ledger import Ledger
from outhaul_ledger.model import Acceptance, Submission
from outhaul_ops.replicated import ReplicatedServer, freeze, thaw
from outhaul_producers import LedgerUnavailable, enqueue_event
from receiver import Ok, Receiver

EVENTS = 300
TIMEOUT = 1.0
MARGIN = 0.5


@pytest.fixture(scope="module")
def replicated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReplicatedServer]:
    """A primary, its replicas and Sentinels; each test costs it one server, and leaves another as the primary."""
    with ReplicatedServer(tmp_path_factory.mktemp("replicated")) as running:
        yield running


@pytest.fixture
def site_with_replicas(tmp_path: Path, replicated: ReplicatedServer) -> Iterator[Site]:
    """An installation whose ledger and broker are found through Sentinels."""
    made = Site(tmp_path, replicated.primary, {"OUTHAUL_LEDGER_URL": replicated.url, "OUTHAUL_REPLICAS": "1"})
    made.use()
    yield made
    made.close()


def test_workers_and_producers_follow_a_failover_and_no_accepted_event_is_lost(
    site_with_replicas: Site, replicated: ReplicatedServer, receiver: Receiver
) -> None:
    """Its machine is lost under load, a Sentinel with it: producers hear of it, and deliveries go on within 10 s."""
    site = site_with_replicas
    site.destination("hooks", receiver.url)
    receiver.always(Ok(after=0.05))
    site.start_worker()
    site.enqueue(EVENTS)
    receiver.wait_for(50)
    replicated.primary.kill()
    replicated.sentinels[0].stop()
    with pytest.raises(LedgerUnavailable):
        enqueue_event("custom.ping", id="ev_away")
    arrived = len(receiver.requests)
    receiver.wait_until(lambda seen: len(seen.requests) > arrived, timeout=10)
    eventually(lambda: accepts(EVENTS), within=10)
    eventually(lambda: site.finished("hooks", EVENTS + 1), within=40)
    arrivals = Counter(request.event_id for request in receiver.requests)
    assert len(arrivals) == EVENTS + 1
    assert [event_id for event_id, times in arrivals.items() if times > 1 and not marked(site, event_id)] == []


def test_a_frozen_primary_is_left_within_the_time_out_and_its_late_word_does_not_count(
    replicated: ReplicatedServer,
) -> None:
    """Each call meanwhile ends in time; awake, the old primary takes writes for a while, which no replica confirms."""
    ledger = Ledger(open_client(replicated.url, TIMEOUT))
    before = replicated.primary
    by_its_address = before.client()
    Ledger(by_its_address, replicas=1, confirm_timeout=TIMEOUT).accept([submission("ev_before")])
    freeze(before)
    assert not accepted_in_time(ledger)
    eventually(lambda: accepted_in_time(ledger), within=10)
    thaw(before)
    with pytest.raises(NoAnswer):
        Ledger(by_its_address, replicas=1, confirm_timeout=0.2).accept([submission("ev_astray")])
    assert ledger.accept([submission("ev_before")])[0].result is Acceptance.DUPLICATE
    assert ledger.status("ev_astray") is None


def submission(event_id: str) -> Submission:
    """An event as producers hand it in."""
    return Submission(event_id, "digest", "/", "custom.ping", b"{}")


def accepted_in_time(ledger: Ledger) -> bool:
    """True when an event was accepted; either way the answer was there in time."""
    began = time.monotonic()
    try:
        ledger.accept([submission("ev_meanwhile")])
    except NoAnswer:
        return False
    finally:
        assert time.monotonic() - began < TIMEOUT + MARGIN
    return True


def accepts(number: int) -> bool:
    """True when the event of that number is accepted."""
    try:
        enqueue_event("custom.ping", id=f"ev_{number:06d}", properties={})
    except LedgerUnavailable:
        return False
    return True


def marked(site: Site, event_id: str) -> bool:
    """True when an attempt at the event is marked as a possible duplicate."""
    record = site.ledger().status(event_id)
    return record is not None and any(line["possible_duplicate"] for line in record.attempts)
