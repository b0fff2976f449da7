"""While the server is away, full, or refuses, the ledger says so in time; once it is back, nothing is missing."""

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import cast

import pytest
import redis

from eventually import eventually
from integration.ledger.scenario import DRAIN, LEASE_MS, accept, ids, key, lease, outcome, route, settle, submission
from outhaul_config.connections import open_client
from outhaul_ledger.errors import LedgerUnavailable
from outhaul_ledger.ledger import Ledger
from outhaul_ledger.model import Acceptance, Route, State
from outhaul_ledger.operations import names
from outhaul_ops.embedded import EmbeddedServer, free_port

TIMEOUT = 0.4


@contextmanager
def setting(client: redis.Redis, name: str, value: str, default: str) -> Iterator[None]:
    """Change a setting of a shared server for a while."""
    client.config_set(name, value)
    try:
        yield
    finally:
        client.config_set(name, default)


def impatient(url: str) -> Ledger:
    """A ledger as an application has it, with a short time-out."""
    return Ledger(open_client(url, TIMEOUT))


def refuses(call: Callable[[], object], match: str = "unavailable") -> None:
    """Check that the call raises `LedgerUnavailable`, and within its time-out."""
    began = time.monotonic()
    with pytest.raises(LedgerUnavailable, match=match):
        call()
    assert time.monotonic() - began < TIMEOUT + 0.3


def test_a_closed_port_is_unavailable_within_the_time_out() -> None:
    """Nobody listens: the caller knows at once."""
    ledger = impatient(f"redis://127.0.0.1:{free_port()}/0")
    refuses(lambda: accept(ledger, "ev_1"))
    refuses(lambda: ledger.wait_for_wake(0.1))


def test_a_server_that_never_answers_is_unavailable_within_the_time_out() -> None:
    """A connection that opens and stays silent does not hold the caller."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        ledger = impatient(f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        refuses(lambda: accept(ledger, "ev_1"))
        refuses(lambda: ledger.wait_for_wake(0.1))


def test_a_server_that_hangs_in_the_middle_is_unavailable_and_then_goes_on(own_server: EmbeddedServer) -> None:
    """A stopped server process costs the time-out and no more; continued, it is used again."""
    ledger = impatient(own_server.url)
    accept(ledger, "ev_1")
    os.kill(own_server.pid, signal.SIGSTOP)
    try:
        refuses(lambda: accept(ledger, "ev_2"))
    finally:
        os.kill(own_server.pid, signal.SIGCONT)
    assert accept(ledger, "ev_1")[0].result is Acceptance.DUPLICATE
    eventually(lambda: accept(ledger, "ev_2"), within=2)


def test_a_server_that_is_still_loading_its_data_is_unavailable() -> None:
    """The answer LOADING, given to every command, is an outage and not a fault of the call."""

    def serve(listener: socket.socket) -> None:
        try:
            while True:
                connection, _ = listener.accept()
                with connection:
                    while connection.recv(65536):
                        connection.sendall(b"-LOADING the dataset is being read into memory\r\n" * 8)
        except OSError:
            return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        refuses(lambda: accept(impatient(f"redis://127.0.0.1:{listener.getsockname()[1]}/0"), "ev_1"))
        listener.shutdown(socket.SHUT_RDWR)


def test_a_full_server_accepts_nothing_and_goes_on_delivering(ledger: Ledger) -> None:
    """Without memory no event comes in, not even half; what is in can be leased, settled, and so make room."""
    route(ledger, "ev_1", "ev_2")
    accept(ledger, "ev_3")
    before = sorted(cast("list[bytes]", ledger.client.keys()))
    with setting(ledger.client, "maxmemory", "1", "0"):
        refuses(lambda: ledger.accept([submission("ev_4"), submission("ev_5")]))
        assert sorted(cast("list[bytes]", ledger.client.keys())) == before
        one, two = lease(ledger)
        assert settle(ledger, outcome(one), outcome(two, State.DEAD)) == [True, True]
        ledger.lease_inbox(DRAIN, 10, LEASE_MS)
        assert ledger.fan_out(DRAIN, [("ev_3", [Route("shop")])]) == [True]
        assert ledger.replay([("shop", two.event_id)]) == [True]
        assert len(lease(ledger)) == 2
        assert ledger.survey().standings["shop"].balanced
    assert accept(ledger, "ev_4")[0].result is Acceptance.ACCEPTED


def test_a_replica_takes_no_events_and_can_be_read(ledger: Ledger) -> None:
    """A server that became a replica refuses every change as an outage, and answers what only reads."""
    route(ledger, "ev_1")
    ledger.client.replicaof("127.0.0.1", str(free_port()))
    try:
        refuses(lambda: accept(ledger, "ev_2"))
        refuses(lambda: lease(ledger))
        assert ledger.status("ev_1") is not None
        assert ledger.survey().standings["shop"].waiting == 1
        with setting(ledger.client, "replica-serve-stale-data", "no", "yes"):
            refuses(lambda: ledger.status("ev_1"))
    finally:
        ledger.client.replicaof("NO", "ONE")
    assert ids(lease(ledger)) == ["ev_1"]


def test_an_account_that_may_not_run_scripts_is_refused_as_unavailable(ledger: Ledger, server: EmbeddedServer) -> None:
    """What the server's access list or password forbids names itself in the error."""
    ledger.client.acl_setuser("reader", enabled=True, passwords=["+pw"], keys=["*"], commands=["+@all", "-evalsha"])
    try:
        for account, message in (("reader:pw", "no permissions"), ("reader:wrong", "invalid username-password")):
            stranger = impatient(server.url.replace("//", f"//{account}@"))
            refuses(partial(accept, stranger, "ev_1"), message)
    finally:
        ledger.client.acl_deluser("reader")


def test_a_server_busy_with_somebody_elses_script_is_unavailable(ledger: Ledger, server: EmbeddedServer) -> None:
    """A script that does not end makes the server answer BUSY, which is an outage like others."""
    with setting(ledger.client, "busy-reply-threshold", "10", "5000"), ThreadPoolExecutor(1) as other:
        endless = other.submit(lambda: server.client().eval("while true do end", 0))
        try:
            eventually(lambda: _is_busy(server), within=5)
            refuses(lambda: accept(impatient(server.url), "ev_1"), "BUSY|Timeout")
        finally:
            ledger.client.script_kill()
        assert isinstance(endless.exception(5), redis.ResponseError)


def _is_busy(server: EmbeddedServer) -> bool:
    with server.client() as client:
        try:
            client.get("any")
        except redis.ResponseError as error:
            return "BUSY" in str(error)
    return False


def test_operations_are_loaded_again_when_the_server_has_forgotten_them(ledger: Ledger) -> None:
    """After SCRIPT FLUSH every operation works on as if nothing had happened."""
    for _ in range(2):
        ledger.client.script_flush()
        accept(ledger, "ev_1")
        assert ledger.status("ev_1") is not None
        assert ledger.survey().standings == {}
    assert set(names()) >= {"accept", "status", "survey"}


def test_a_restarted_server_has_everything_and_knows_the_operations_again(own_server: EmbeddedServer) -> None:
    """Events, leases, retries and dead letters are as before; the same ledger object goes on."""
    ledger = impatient(own_server.url)
    route(ledger, "ev_1", "ev_2", "ev_3")
    one, two = lease(ledger, 2)
    settle(ledger, outcome(one, State.DEAD))
    own_server.stop()
    refuses(lambda: accept(ledger, "ev_4"))
    own_server.start()
    eventually(lambda: _answers(ledger), within=5)
    assert settle(ledger, outcome(two)) == [True]
    assert ids(lease(ledger)) == ["ev_3"]
    assert ledger.replay([("shop", one.event_id)]) == [True]
    assert ledger.survey().standings["shop"].balanced


def _answers(ledger: Ledger) -> bool:
    try:
        ledger.survey()
    except LedgerUnavailable:
        return False
    return True


def test_no_event_that_was_accepted_is_lost_when_the_server_is_killed(tmp_path: Path) -> None:
    """With appendfsync always, each event whose `accept` returned before kill -9 is there after the restart, whole."""
    with EmbeddedServer(tmp_path / "server", appendfsync="always") as server:
        accepted: list[str] = []
        with ThreadPoolExecutor(4) as producers:
            for name in "abcd":
                producers.submit(_produce, impatient(server.url), name, accepted)
            eventually(lambda: len(accepted) > 200, within=10)
            server.kill()
        server.start()
        ledger = impatient(server.url)
        assert all(content.body == b"{}" for content in ledger.contents([("shop", event_id) for event_id in accepted]))
        inbound = {one.event_id for one in ledger.lease_inbox(DRAIN, 100_000, LEASE_MS).events}
        assert inbound >= set(accepted)
        assert len(inbound) == len(ledger.client.keys(key("record") + "*"))


def _produce(ledger: Ledger, name: str, accepted: list[str]) -> None:
    for number in range(100_000):
        try:
            accept(ledger, f"{name}-{number}")
        except LedgerUnavailable:
            return
        accepted.append(f"{name}-{number}")


def test_a_server_that_became_a_replica_is_unavailable_and_its_connection_is_given_up(
    own_server: EmbeddedServer,
) -> None:
    """Where a name or a Sentinel leads to another server now, only a new connection gets there."""
    ledger, operator = impatient(own_server.url), own_server.client()
    accept(ledger, "ev_1")
    before = ledger.client.client_id()
    operator.replicaof("127.0.0.1", free_port())
    refuses(lambda: accept(ledger, "ev_2"))
    operator.replicaof("NO", "ONE")
    assert accept(ledger, "ev_2")[0].result is Acceptance.ACCEPTED
    assert ledger.client.client_id() != before


def test_an_event_that_too_few_replicas_confirm_is_not_accepted(server: EmbeddedServer) -> None:
    """The caller hears how many were missing, over any connection, and may call again."""
    for _ in range(2):
        with server.client() as client:
            ledger = Ledger(client, replicas=1, confirm_timeout=0.05)
            refuses(partial(accept, ledger, "ev_1"), match="expected 1 replicas to confirm within 50 ms, 0 did")


def test_a_server_is_reached_through_its_socket(tmp_path: Path) -> None:
    """On one machine no port is needed."""
    path = tmp_path / "s"
    with EmbeddedServer(tmp_path / "server", settings=("--unixsocket", str(path))):
        assert accept(impatient(f"unix://{path}?db=1"), "ev_1")[0].result is Acceptance.ACCEPTED
