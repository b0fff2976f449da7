"""A whole installation on this machine: embedded server, worker and API, started in order and ended in reverse."""

import fcntl
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import click

from outhaul_config.settings import Settings, load_settings
from outhaul_ledger.keyring import Keyring, Scope
from outhaul_ledger.ledger import Ledger, connect
from outhaul_ops.child import Child, running
from outhaul_ops.embedded import EmbeddedServer, ServerMissing, free_port
from outhaul_ops.exits import Failure
from outhaul_ops.interruption import Interruption
from outhaul_ops.output import counted, plain

START_SECONDS = 60.0
END_SECONDS = 35.0
_LOOK_SECONDS = 0.05
_STEP_WIDTH = 13
_EXAMPLE = '{"type": "custom.hello", "properties": {"from": "curl"}}'
_NO_DESTINATIONS = "# Where events go, one table [destinations.<name>] each; `outhaul up` reads it when it starts.\n"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to run: the folder for data and logs, and how many worker processes."""

    folder: Path
    workers: int


@dataclass(frozen=True, slots=True)
class _Running:
    """What has been started."""

    settings: Settings
    ledger: Ledger
    children: tuple[Child, ...]


def run(plan: Plan) -> None:
    """Start everything, say how to use it, and wait until a signal or the end of one part ends all.

    Raises:
        Failure: something did not start, or ended.
        KeyboardInterrupt: there was a signal.
    """
    with Interruption() as interruption, ExitStack() as stack:
        stack.enter_context(_locked(plan.folder))
        started = _start(plan, stack, interruption)
        _wait_until_ready(started, interruption)
        _explain(plan, started)
        try:
            while True:
                for child in started.children:
                    child.require_alive()
                interruption.pause(0.2)
        finally:
            _say("ending", "API, worker and server; Ctrl-C again does not wait for them")


def _start(plan: Plan, stack: ExitStack, interruption: Interruption) -> _Running:
    server = stack.enter_context(_server(plan.folder, interruption))
    environment = _environment(plan.folder, server.url)
    settings = load_settings(environment)
    _say("server", f"{server.binary.name} at {server.url}, its data in {server.folder}")
    celery = (sys.executable, "-m", "celery", "-A", "outhaul_worker", "worker")
    commands = {
        "worker": (*celery, f"--concurrency={plan.workers}", "--hostname=up@%h", "--without-gossip"),
        "API": (sys.executable, "-m", "outhaul_ops", "api"),
    }
    children = [
        stack.enter_context(
            running(
                name,
                command,
                folder=Path.cwd(),
                log=plan.folder / f"{name.lower()}.log",
                environment=environment,
                interruption=interruption,
                end_seconds=END_SECONDS,
            )
        )
        for name, command in commands.items()
    ]
    return _Running(settings, connect(settings), tuple(children))


@contextmanager
def _server(folder: Path, interruption: Interruption) -> Iterator[EmbeddedServer]:
    interruption.check()
    try:
        server = EmbeddedServer(folder / "server", port=_port(folder)).start()
    except (ServerMissing, RuntimeError) as error:
        interruption.check()
        raise Failure(str(error)) from error
    with interruption.killing(server.pid):
        try:
            yield server
        finally:
            server.stop()


def _port(folder: Path) -> int:
    """Return the port of the last time, so that what connects to it can go on; another where it is taken."""
    kept = folder / "server.port"
    port = int(kept.read_text()) if kept.exists() else free_port()
    if not _is_free(port):
        port = free_port()
    kept.write_text(f"{port}\n")
    return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _environment(folder: Path, url: str) -> dict[str, str]:
    environment = {name: value for name, value in os.environ.items() if name != "OUTHAUL_BROKER_URL"}
    environment |= {"OUTHAUL_LEDGER_URL": url}
    destinations = load_settings(environment).destinations
    if not destinations.exists():
        destinations = folder / "destinations.toml"
        if not destinations.exists():
            destinations.write_text(_NO_DESTINATIONS)
    return {**environment, "OUTHAUL_DESTINATIONS": str(destinations.resolve())}


def _wait_until_ready(started: _Running, interruption: Interruption) -> None:
    worker, api = started.children
    limit = time.monotonic() + START_SECONDS
    while not (_is_beating(started.ledger, worker) and _answers(started.settings.api_bind)):
        for child in started.children:
            child.require_alive()
        if time.monotonic() > limit:
            late = api if _is_beating(started.ledger, worker) else worker
            raise late.failure(f"was not ready within {START_SECONDS:.0f} s")
        interruption.pause(_LOOK_SECONDS)


def _is_beating(ledger: Ledger, worker: Child) -> bool:
    return any(name.endswith(f":{worker.process.pid}") for name in ledger.workers())


def _answers(bind: str) -> bool:
    host, port = address_of(bind)
    connection = HTTPConnection(host, port, timeout=1)
    try:
        connection.request("GET", "/livez")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def address_of(bind: str) -> tuple[str, int]:
    """Return where this machine reaches an API that listens there.

    Raises:
        Failure: it is no host and port.
    """
    host, _, port = bind.rpartition(":")
    if host in ("", "unix") or not port.isdecimal():
        raise Failure(f"expected host:port as api_bind, got {bind}: `outhaul up` serves over TCP")
    host = host.strip("[]")
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), int(port)  # noqa: S104 -- for comparing only


def _explain(plan: Plan, started: _Running) -> None:
    host, port = address_of(started.settings.api_bind)
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    _say("worker", f"{counted(plan.workers, 'process', 'processes')}, its log in {plan.folder / 'worker.log'}")
    _say("API", f"{url}, documentation at {url}/docs, its log in {plan.folder / 'api.log'}")
    _say("destinations", str(started.settings.destinations))
    key = _first_key(started.ledger)
    if key:
        _say("key", f"{key}  (shown once; it allows everything)")
    else:
        _say("key", "one was made before; `outhaul keys create` makes another")
    click.echo()
    click.echo("Hand an event over:")
    click.echo(f"  curl {url}/v1/events -H 'Authorization: Bearer {key or 'ohk_...'}' \\")
    click.echo(
        """    -H 'Content-Type: application/json' -d '{"type": "custom.hello", "properties": {"from": "curl"}}'"""
    )
    click.echo("Use the same ledger from Python and the other commands:")
    click.echo(f"  export OUTHAUL_LEDGER_URL={started.settings.ledger_url}")
    click.echo("Ctrl-C ends all of it; the data stay.")


def _first_key(ledger: Ledger) -> str:
    keyring = Keyring(ledger.client, ledger.namespace)
    if keyring.all():
        return ""
    _, key = keyring.create("made by outhaul up", Scope)
    return key


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder / "outhaul.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        raise Failure(f"expected a folder that can be written, got {folder}: {error.strerror}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise Failure(f"`outhaul up` is running in {folder}: end it, or name another folder with --data") from None
    finally:
        os.close(lock)


def _say(step: str, text: str) -> None:
    click.echo(f"{step:<{_STEP_WIDTH}} {plain(text)}")
