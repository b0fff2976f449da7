"""What operators do with workers: start them wrongly, look at them with Celery's own tools, run several."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
import redis

from acceptance.site import Site
from eventually import eventually
from outhaul_config import keys
from outhaul_ledger.ledger import Ledger
from outhaul_ledger.model import Lease, Route, Settlement, State, Submission
from outhaul_ops.embedded import end_with_parent, free_port
from receiver import Ok, Receiver

CELERY = (sys.executable, "-m", "celery", "-A", "outhaul_worker")
WAITING = 20_000
MEGABYTE = 1024 * 1024
WATCHED_SECONDS = 5.0
MOST_COMMANDS = 10  # a second


def inspected(site: Site, what: str) -> dict[str, object]:
    """Ask all workers with `celery inspect`."""
    command = [*CELERY, "inspect", what, "--json", "--timeout=5"]
    answer = subprocess.run(command, env=site.environment, capture_output=True, check=True, timeout=30)
    found: dict[str, object] = json.loads(answer.stdout)
    return found


def refused(site: Site, *arguments: str) -> str:
    """Start a worker that must refuse; returns what it said."""
    command = [*CELERY, "worker", "-c1", *arguments]
    ended = subprocess.run(command, env=site.environment, capture_output=True, check=False, cwd=site.folder)
    assert ended.returncode != 0
    return ended.stderr.decode()


@pytest.mark.parametrize("question", ["ping", "active", "stats"])
def test_celery_inspect_works_against_a_worker(site: Site, receiver: Receiver, question: str) -> None:
    """Remote control is Celery's own; nothing of Outhaul stands in its way."""
    site.destination("hooks", receiver.url)
    site.start_worker()
    (name,) = eventually(lambda: inspected(site, question), within=10)
    assert name.startswith("worker0@")


def test_flower_shows_the_worker(site: Site, receiver: Receiver) -> None:
    """Flower, pointed at the same application, lists the worker as alive."""
    site.destination("hooks", receiver.url)
    site.start_worker("-E")
    port = free_port()
    command = [*CELERY, "flower", f"--port={port}", "--address=127.0.0.1"]
    environment = {**site.environment, "FLOWER_UNAUTHENTICATED_API": "true"}
    with (site.folder / "flower.log").open("wb") as log:
        flower = subprocess.Popen(command, env=environment, stdout=log, stderr=log, preexec_fn=end_with_parent)
    try:

        def shown() -> bool:
            try:
                with urlopen(f"http://127.0.0.1:{port}/api/workers?refresh=true", timeout=10) as answer:
                    return any(name.startswith("worker0@") for name in json.load(answer))
            except URLError:
                return False

        eventually(shown, within=30, every=0.2)
    finally:
        flower.terminate()
        flower.wait()


def test_a_worker_without_work_leaves_the_server_alone(site: Site, receiver: Receiver) -> None:
    """Under ten commands a second, those inside scripts and those of Celery included."""
    site.destination("hooks", receiver.url)
    site.start_worker()
    site.enqueue(1)
    eventually(lambda: site.finished("hooks", 1), within=10)
    with site.server.client() as client:
        eventually(lambda: not client.exists(*(keys.stem(name, "outhaul") for name in ("drains", "asks"))), within=10)
        began, before = time.monotonic(), commands(client)
        eventually(lambda: time.monotonic() > began + WATCHED_SECONDS, within=2 * WATCHED_SECONDS)
        spent = commands(client) - before
    assert 0 < spent < MOST_COMMANDS * (time.monotonic() - began)


def commands(client: redis.Redis) -> int:
    """Return how many commands the server has carried out, those in scripts included, but for this one."""
    calls = {name: stats["calls"] for name, stats in client.info("commandstats").items()}
    return sum(number for name, number in calls.items() if name != "cmdstat_info")


def test_two_workers_share_the_work_and_send_nothing_twice(site: Site, receiver: Receiver) -> None:
    """Any number of workers against one ledger: each delivery is made by exactly one of them."""
    site.destination("hooks", receiver.url, "concurrency = 256")
    site.settings["OUTHAUL_WINDOW"] = "32"  # so that one process alone cannot take them all
    receiver.always(Ok(after=0.5))
    site.start_worker()
    site.start_worker()
    site.enqueue(1000)
    eventually(lambda: site.finished("hooks", 1000), within=30)
    assert len(receiver.requests) == 1000
    record_workers = {
        line["worker"]
        for number in range(0, 1000, 10)
        for line in (site.ledger().status(f"ev_{number:06d}") or pytest.fail("lost")).attempts
    }
    assert len(record_workers) == 2


def test_a_worker_refuses_a_server_that_may_evict_keys(site: Site, receiver: Receiver) -> None:
    """Eviction would lose accepted events: the message names the setting and the value it must have."""
    site.destination("hooks", receiver.url)
    site.write_destinations()
    with site.server.client() as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
    said = refused(site)
    assert "maxmemory-policy" in said
    assert "noeviction" in said
    assert "Traceback" not in said


def test_a_worker_refuses_mistakes_in_its_destinations_and_names_them_all(site: Site) -> None:
    """Each mistake with file, table, key and the nearest known name; no traceback."""
    site.table("one", '[destinations.one]\nkind = "webhok"\nsubscribe = ["*"]\n')
    site.table("two", '[destinations.two]\nkind = "webhook"\nsubscribe = ["*"]\nsecret = "whsec_x"\n')
    site.write_destinations()
    said = refused(site)
    assert "webhok" in said
    assert '"webhook"' in said or "webhook" in said
    assert "destinations.two" in said
    assert "Traceback" not in said


def test_a_worker_refuses_a_pool_that_its_drains_would_hold_up(site: Site, receiver: Receiver) -> None:
    """A drain takes minutes; where it keeps Celery's own loop from running, nothing answers and nothing stops."""
    site.destination("hooks", receiver.url)
    site.write_destinations()
    said = refused(site, "--pool=solo")
    assert "outhaul: --pool: expected prefork or threads, got solo" in said
    assert "Traceback" not in said


def test_deliveries_that_wait_for_a_retry_cost_the_worker_no_memory(site: Site, receiver: Receiver) -> None:
    """They wait in the ledger: a worker over 20 000 of them stays as small as over none."""
    site.destination("hooks", receiver.url)
    empty = site.start_worker()
    site.enqueue(1)
    eventually(lambda: site.finished("hooks", 1), within=10)
    without = resident(empty.process.pid)
    empty.kill()
    wait_for_retries(site.ledger(), WAITING)
    site.start_worker()
    full = site.workers[-1]
    site.enqueue(1, start=1)
    eventually(lambda: site.finished("hooks", 2) or site.ledger().survey().standings["hooks"].delivered == 2, within=20)
    assert resident(full.process.pid) < without + 20 * MEGABYTE
    assert resident(full.process.pid) < 300 * MEGABYTE


def resident(pid: int) -> int:
    """Return the resident bytes of a process and its children."""
    pids = [pid, *(int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]
    pages = sum(int(Path(f"/proc/{each}/statm").read_text().split()[1]) for each in pids)
    return pages * os.sysconf("SC_PAGE_SIZE")


def wait_for_retries(ledger: Ledger, count: int) -> None:
    """Put deliveries into the state after a failed attempt: due again in an hour."""
    body = b'{"id":"x","type":"custom.ping"}'
    ids = [f"ev_wait_{number:06d}" for number in range(count)]
    for start in range(0, count, 500):
        page = ids[start : start + 500]
        ledger.accept([Submission(each, each, "/", "custom.ping", body) for each in page])
        ledger.lease_inbox("seed", 500, 60_000)
        ledger.fan_out("seed", [(each, [Route("hooks")]) for each in page])
        leased = ledger.lease("seed", "seed", 500, 60_000).leases
        while leased:
            ledger.settle("seed", [failed(each) for each in leased])
            leased = ledger.lease("seed", "seed", 500, 60_000).leases


def failed(lease: Lease) -> Settlement:
    """Settle an attempt as failed for now."""
    line = b'{"destination":"hooks","outcome":"retry","reason":"HTTP 503"}'
    return Settlement(
        lease.destination, lease.event_id, lease.attempt, State.PENDING, "HTTP 503", 503, delay_ms=3_600_000, line=line
    )
