"""The API as it runs: real processes under gunicorn, real clients, and what happens when they misbehave or die."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from acceptance.api import Api, running_api
from acceptance.site import Site
from eventually import eventually
from integration.ops.graveyard import Graveyard
from outhaul_ledger.model import State
from outhaul_ops.embedded import EmbeddedServer, end_with_parent, free_port
from receiver import Receiver

JSON = ("-H", "Content-Type: application/json")


@pytest.fixture
def connections() -> Iterator[ExitStack]:
    """Connections of a test, closed in the end."""
    with ExitStack() as stack:
        yield stack


def connect(connections: ExitStack, api: Api, sent: bytes) -> socket.socket:
    """Open a connection and send the beginning of a request."""
    connection = connections.enter_context(socket.create_connection(("127.0.0.1", api.port), timeout=10))
    connection.sendall(sent)
    return connection


def head(api: Api, *lines: str) -> bytes:
    """The head of a request that hands an event over."""
    fields = ("Host: localhost", f"Authorization: Bearer {api.key}", "Content-Type: application/json", *lines)
    return "\r\n".join(("POST /v1/events HTTP/1.1", *fields, "", "")).encode()


def closed(connection: socket.socket) -> bytes | None:
    """Return all that the other side sent before it closed the connection; None while it is open."""
    connection.settimeout(0.05)
    answer = b""
    with suppress(TimeoutError, ConnectionResetError):
        while piece := connection.recv(4096):
            answer += piece
        return answer
    return None


def test_slow_endless_and_huge_requests_keep_nobody_out(site: Site, connections: ExitStack) -> None:
    """More connections than threads, each sending its request too slowly, are given up; too much is refused."""
    with running_api(
        site, OUTHAUL_API_REQUEST_TIMEOUT="2s", OUTHAUL_API_WORKERS="1", OUTHAUL_API_LARGEST_BODY="2048"
    ) as api:
        slow = [connect(connections, api, b"POST /v1/events HTTP/1.1\r\nX: ") for _ in range(4)]
        slow += [connect(connections, api, head(api, "Content-Length: 1000") + b"{") for _ in range(4)]
        slow += [connect(connections, api, head(api, "Transfer-Encoding: chunked") + b"5\r\nabc") for _ in range(4)]

        def drip() -> bool:
            for connection in slow:
                with suppress(OSError):
                    connection.send(b"a")
            return all(closed(connection) is not None for connection in slow)

        eventually(drip, within=20)
        assert api.curl("/v1/events", *JSON, "-d", '{"type": "custom.ping"}')[0] == 202
        large = b'"' + b"x" * 5_000 + b'"'
        for more in ((), ("-H", "Transfer-Encoding: chunked")):
            status, told = api.curl("/v1/events", *JSON, *more, "--data-binary", "@-", given=large)
            assert (status, told["type"]) == (413, "/problems/body-too-large")
        smuggled = head(api, "Content-Length: 10", "Transfer-Encoding: chunked") + b"0\r\n\r\n"
        answer = connect(connections, api, smuggled)
        eventually(lambda: closed(answer) is not None, within=10)
        stop_in_the_midst_of_a_request(api, connections)
    assert site.ledger().status("ev_late") is not None


def stop_in_the_midst_of_a_request(api: Api, connections: ExitStack) -> None:
    """A process that is killed is replaced; SIGTERM lets a request under way end, and the API leaves with 0."""
    (child,) = Path(f"/proc/{api.process.pid}/task/{api.process.pid}/children").read_text().split()
    os.kill(int(child), signal.SIGKILL)

    def served() -> bool:
        done = subprocess.run(["curl", "-s", f"{api.url}/livez"], capture_output=True, check=False, timeout=10)
        return done.stdout == b'{"status":"alive"}'

    eventually(served, within=20)
    body = b'{"type": "custom.ping", "id": "ev_late"}'
    under_way = connect(connections, api, head(api, f"Content-Length: {len(body)}", "Connection: close") + body[:5])
    eventually(lambda: api.curl("/v1/destinations")[0] == 200, within=5)
    api.process.send_signal(signal.SIGTERM)
    under_way.sendall(body[5:])
    under_way.settimeout(20)
    assert under_way.recv(4096).startswith(b"HTTP/1.1 202")
    assert api.process.wait(40) == 0
    assert b"Traceback" not in api.log.read_bytes()


def test_a_replay_survives_the_death_of_every_process_of_the_api(site: Site) -> None:
    """Killed in the midst of it, another process carries it on where it was; each delivery is replayed once."""
    graveyard = Graveyard(site.ledger())
    ids = graveyard.dead(120)
    with running_api(site, OUTHAUL_API_WORKERS="2") as api:
        status, job = api.curl("/v1/dead-letters/replay", *JSON, "-d", '{"rate": 100}')
        assert status == 202
        eventually(lambda: api.curl(f"/v1/replays/{job['id']}")[1]["replayed"] >= 30, within=10)
        api.kill()
    first = {each for each, state in graveyard.states(ids).items() if state is State.PENDING}
    assert 30 <= len(first) < 120
    graveyard.end_due()
    with running_api(site, OUTHAUL_API_WORKERS="1") as api:

        def finished() -> bool:
            return bool(api.curl(f"/v1/replays/{job['id']}")[1]["state"] == "finished")

        eventually(finished, within=30)
        assert api.curl(f"/v1/replays/{job['id']}")[1]["replayed"] == 120
    assert {each for each, state in graveyard.states(ids).items() if state is State.PENDING} == set(ids) - first


def test_up_runs_everything_and_finds_its_data_again(tmp_path: Path, receiver: Receiver) -> None:
    """One command takes events from curl and delivers them; started again, it still knows what became of them."""
    site = Site(tmp_path, EmbeddedServer(tmp_path / "unused"))
    site.destination("shop-hooks", receiver.url)
    site.write_destinations()
    with running_up(tmp_path, "first") as api:
        lines = b"".join(b'{"type": "custom.ping", "id": "ev_%03d"}\n' % number for number in range(200))
        ndjson = ("-H", "Content-Type: application/x-ndjson", "--data-binary", "@-")
        status, told = api.curl("/v1/events", *ndjson, given=lines)
        assert (status, told["accepted"]) == (207, 200)
        delivered = "/v1/deliveries?state=delivered&limit=500"
        eventually(lambda: len(api.curl(delivered)[1]["deliveries"]) == 200, within=30, every=0.2)
        key = api.key
    with running_up(tmp_path, "second") as api:
        assert api.key == ""
        api.key = key
        assert api.curl("/v1/events", *ndjson, given=lines)[1]["duplicates"] == 200
        (delivery,) = api.curl("/v1/events/ev_007")[1]["deliveries"]
        assert (delivery["state"], delivery["kind"]) == ("delivered", "webhook")
    assert len(receiver.requests) == 200


@contextmanager
def running_up(folder: Path, name: str) -> Iterator[Api]:
    """Run `outhaul up` in a folder until it says how to use it; ended by Ctrl-C, it leaves with 130."""
    port, log = free_port(), folder / f"{name}.log"
    environment = {key: value for key, value in os.environ.items() if not key.startswith("OUTHAUL_")}
    environment |= {"OUTHAUL_API_BIND": f"127.0.0.1:{port}", "OUTHAUL_API_WORKERS": "1"}
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", "outhaul_ops", "up", "--workers", "1"],
            cwd=folder,
            env=environment,
            stdout=sink,
            stderr=sink,
            start_new_session=True,
            preexec_fn=end_with_parent,
        )
    try:
        eventually(lambda: b"Ctrl-C ends" in log.read_bytes() or process.poll() is not None, within=60, what=str(log))
        words = log.read_text().partition("Hand an event over")[0].split()
        yield Api(process, port, next((word for word in words if word.startswith("ohk_")), ""), log)
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130, log.read_text()
