"""The demo's frame: signals, folder, stage, and how it all ends."""

from collections.abc import Sequence
from pathlib import Path

from outhaul_ledger.errors import LedgerUnavailable
from outhaul_ops.child import tail
from outhaul_ops.demo.folder import DemoFolder, demo_folder
from outhaul_ops.demo.lookaround import advice
from outhaul_ops.demo.scenario import Scenario
from outhaul_ops.demo.screen import Screen, open_screen
from outhaul_ops.demo.stage import Stage, set_up, wait_for_worker
from outhaul_ops.exits import Failure
from outhaul_ops.interruption import Interruption
from outhaul_ops.output import warn


def perform(scenario: Scenario, *, folder: Path | None = None, keep: bool = False) -> None:
    """Play the scenario on a stage of its own and end everything again. Call it in the main thread.

    Args:
        scenario: what to play, and how it must end.
        folder: where data and logs go; None for a temporary folder.
        keep: whether to leave all running, for people to look around, until there is a signal.

    Raises:
        Failure: something did not start or did not end as the scenario says; the message says what.
        KeyboardInterrupt: SIGINT, SIGTERM or SIGHUP; nothing runs any more.
    """
    screen = open_screen()
    with Interruption() as interruption:
        with demo_folder(folder, keep=keep) as place:
            _perform(scenario, place, screen, interruption, keep=keep)
        interruption.check()


def _perform(scenario: Scenario, place: DemoFolder, screen: Screen, interruption: Interruption, *, keep: bool) -> None:
    try:
        with set_up(place, scenario, screen, interruption) as stage:
            # Imported while the worker starts, so that it costs nobody any time.
            from outhaul_ops.demo.acts import play

            wait_for_worker(stage, screen)
            wrong = play(scenario, stage, screen)
            if keep:
                _wait_for_signal(stage, wrong, screen)
    except LedgerUnavailable as error:
        log = tail(place.data / "server.log")
        raise Failure(f"the server stopped answering: {error}; the end of its log:\n{log}") from error
    if wrong:
        raise Failure("\n".join(["expected the deliveries to end as samples/expected.toml says, but:", *wrong]))


def _wait_for_signal(stage: Stage, wrong: Sequence[str], screen: Screen) -> None:
    for line in wrong:
        warn(line)
    for step, text in advice(stage):
        screen.say(step, text)
    while True:
        stage.worker.require_alive()
        stage.interruption.pause(1.0)
