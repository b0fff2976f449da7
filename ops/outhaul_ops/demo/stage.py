"""What the demo runs on: a server, simulated vendors and a real worker, started in order and ended in reverse."""

import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass

from outhaul_config.settings import Settings
from outhaul_ledger.ledger import Ledger, connect
from outhaul_ops.child import Child, running
from outhaul_ops.demo.folder import DemoFolder
from outhaul_ops.demo.scenario import Scenario
from outhaul_ops.demo.screen import Screen
from outhaul_ops.embedded import EmbeddedServer, ServerMissing
from outhaul_ops.exits import Failure
from outhaul_ops.interruption import Interruption
from outhaul_ops.simulators import Simulator

WORKER_START_SECONDS = 60.0
WORKER_END_SECONDS = 8.0  # an attempt takes at most 5 s
PROCESSES = 2
_LOOK_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything that runs. `vendors` are the simulators, by destination."""

    folder: DemoFolder
    settings: Settings
    ledger: Ledger
    vendors: Mapping[str, Simulator]
    worker: Child
    interruption: Interruption


@contextmanager
def set_up(folder: DemoFolder, scenario: Scenario, screen: Screen, interruption: Interruption) -> Iterator[Stage]:
    """Start everything and say so step by step; ends it however the context is left. The worker may not be ready yet.

    Raises:
        Failure: something did not start.
        KeyboardInterrupt: there was a signal.
    """
    with ExitStack() as stack, _announced_end(screen):
        server = stack.enter_context(_running_server(folder, interruption))
        screen.say("server", f"{server.binary.name} at {server.url}, its append-only file in {folder.data}")
        vendors = {name: stack.enter_context(Simulator.start(kind)) for name, kind in scenario.vendors.items()}
        for name, vendor in vendors.items():
            screen.say("vendor", f"{name} is simulated at {vendor.url}{_told(vendor, scenario.misbehaviour.get(name))}")
        settings = folder.configure(server.url, {name: vendor.url for name, vendor in vendors.items()})
        worker = stack.enter_context(_running_worker(folder, interruption))
        yield Stage(folder, settings, connect(settings), vendors, worker, interruption)


def wait_for_worker(stage: Stage, screen: Screen) -> None:
    """Wait until the ledger knows the worker.

    Raises:
        Failure: it ended, or was not ready within a minute; the message holds the end of its log.
        KeyboardInterrupt: there was a signal.
    """
    worker, limit = stage.worker, stage.worker.started_at + WORKER_START_SECONDS
    while not any(name.endswith(f":{worker.process.pid}") for name in stage.ledger.workers()):
        worker.require_alive()
        if time.monotonic() > limit:
            raise worker.failure(f"was not ready within {WORKER_START_SECONDS:.0f} s")
        stage.interruption.pause(_LOOK_SECONDS)
    seconds = time.monotonic() - worker.started_at
    screen.say("worker", f"celery -A outhaul_worker worker, {PROCESSES} processes, ready after {seconds:.1f} s")


def _told(vendor: Simulator, misbehaviour: str | None) -> str:
    """Tell a vendor what to do wrong; returns the words for it."""
    if not misbehaviour:
        return ""
    vendor.misbehave(misbehaviour)
    return f"; told to misbehave: {misbehaviour}"


@contextmanager
def _announced_end(screen: Screen) -> Iterator[None]:
    hint = ""
    try:
        yield
    except KeyboardInterrupt:
        hint = "; Ctrl-C again does not wait for them"
        raise
    finally:
        # It may end because the terminal went away.
        with suppress(OSError):
            screen.say("ending", f"worker, vendors and server{hint}")


@contextmanager
def _running_server(folder: DemoFolder, interruption: Interruption) -> Iterator[EmbeddedServer]:
    interruption.check()
    try:
        server = EmbeddedServer(folder.data).start()
    except (ServerMissing, RuntimeError) as error:
        interruption.check()
        raise Failure(str(error)) from error
    with interruption.killing(server.pid):
        try:
            interruption.check()
            yield server
        finally:
            server.stop()


def _running_worker(folder: DemoFolder, interruption: Interruption) -> AbstractContextManager[Child]:
    return running(
        "worker",
        _worker_command(),
        folder=folder.path,
        log=folder.worker_log,
        environment=folder.environment(os.environ),
        interruption=interruption,
        end_seconds=WORKER_END_SECONDS,
    )


def _worker_command() -> list[str]:
    celery = (sys.executable, "-m", "celery", "-A", "outhaul_worker")
    return [*celery, "worker", f"--concurrency={PROCESSES}", "--hostname=demo@%h"]
