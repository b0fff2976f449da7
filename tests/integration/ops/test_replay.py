"""Replaying dead letters, once each, however often the replay is cut short."""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress

import pytest

from eventually import eventually
from integration.ops.console import Console
from integration.ops.graveyard import Graveyard
from outhaul_config.moments import parse_point
from outhaul_ledger import replay
from outhaul_ledger.dead_letters import Selection
from outhaul_ledger.ledger import Ledger
from outhaul_ledger.model import State
from outhaul_ops.embedded import EmbeddedServer

REPLAYED = {"dry_run", "replayed", "gone", "resumed", "cutoff", "newer"}


def dead_count(graveyard: Graveyard) -> int:
    """Return how many dead letters the destination has."""
    return graveyard.ledger.survey().standings["shop-hooks"].dead


def test_a_replay_makes_everything_due_again(console: Console, graveyard: Graveyard) -> None:
    """Every dead letter is pending with a fresh retry budget, and the answer has the documented fields."""
    ids = graveyard.dead(1_203)
    told = console.json("dead-letters", "replay")
    assert set(told) == REPLAYED
    assert (told["replayed"], told["gone"], told["resumed"], told["newer"]) == (1_203, 0, False, 0)
    assert set(graveyard.states(ids).values()) == {State.PENDING}
    assert len(graveyard.ledger.lease("again", "worker", 2_000, 1_000).leases) == 1_203


def test_a_replay_takes_only_what_was_asked_for(console: Console, graveyard: Graveyard) -> None:
    """Filters and the limit leave the rest dead."""
    graveyard.dead(3)
    graveyard.dead(4, event_type="order.updated")
    assert (
        "replayed 2 dead letters"
        in console.run("dead-letters", "replay", "--type", "order.updated", "--limit", "2").stdout
    )
    assert dead_count(graveyard) == 5


def test_a_replay_of_held_deliveries_sends_them_again(console: Console, graveyard: Graveyard) -> None:
    """A person who decides that a held delivery is to be sent replays it."""
    ids = graveyard.dead(2, state=State.HELD)
    assert console.json("dead-letters", "replay", "--held")["replayed"] == 2
    assert set(graveyard.states(ids).values()) == {State.PENDING}


def test_a_killed_replay_goes_on_without_sending_twice(console: Console, graveyard: Graveyard) -> None:
    """Killed half-way and started again: what it sent and what died again since is left out, the rest is replayed."""
    ids = graveyard.dead(300)
    process = console.start("dead-letters", "replay", "--rate", "200/s")
    eventually(lambda: dead_count(graveyard) <= 250, within=20)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    first = {each for each, state in graveyard.states(ids).items() if state is State.PENDING}
    assert 0 < len(first) < 300
    graveyard.end_due()
    assert dead_count(graveyard) == 300

    told = console.json("dead-letters", "replay", "--rate", "200/s")

    assert (told["resumed"], told["replayed"], told["newer"]) == (True, 300 - len(first), len(first))
    after = graveyard.states(ids)
    assert {each for each, state in after.items() if state is State.DEAD} == first
    assert {each for each, state in after.items() if state is State.PENDING} == set(ids) - first


def test_a_finished_replay_is_forgotten(console: Console, graveyard: Graveyard) -> None:
    """The same command later is a new replay, which takes what has died in between."""
    graveyard.dead(2)
    console.json("dead-letters", "replay")
    graveyard.end_due()
    told = console.json("dead-letters", "replay")
    assert (told["resumed"], told["replayed"]) == (False, 2)


def test_relative_times_of_a_resumed_replay_stay_where_they_were(graveyard: Graveyard) -> None:
    """--since counts from the cut-off, so that going on later forgets nothing."""
    graveyard.dead()
    selection = Selection(since=parse_point("2h"))
    first = replay.begin(graveyard.ledger, selection)
    again = replay.begin(graveyard.ledger, selection)
    assert again.resumed
    assert again.reach == first.reach


def test_other_filters_are_another_replay(graveyard: Graveyard) -> None:
    """An unfinished replay holds nothing back from a replay with other filters."""
    assert not replay.begin(graveyard.ledger, Selection(types=("order.*",))).resumed
    assert not replay.begin(graveyard.ledger, Selection(types=("cart.*",))).resumed
    assert replay.begin(graveyard.ledger, Selection(types=("order.*",))).resumed


def test_a_restarted_replay_takes_what_died_since(console: Console, graveyard: Graveyard) -> None:
    """--restart forgets the unfinished replay and its cut-off."""
    begun = replay.begin(graveyard.ledger, Selection())
    eventually(lambda: graveyard.ledger.survey().now > begun.cutoff, within=1)
    graveyard.dead(2)
    assert console.json("dead-letters", "replay", "--restart")["replayed"] == 2


def test_a_resumed_replay_tells_what_it_leaves_out(console: Console, graveyard: Graveyard) -> None:
    """People learn that newer dead letters exist and that the same command will replay them."""
    begun = replay.begin(graveyard.ledger, Selection())
    eventually(lambda: graveyard.ledger.survey().now > begun.cutoff, within=1)
    graveyard.dead(2)
    result = console.run("dead-letters", "replay")
    assert "going on with the replay begun at" in result.stderr
    assert "replayed 0 dead letters" in result.stdout
    assert "2 more died after" in result.stdout
    assert console.json("dead-letters", "replay")["replayed"] == 2


def test_ctrl_c_stops_a_replay_that_can_go_on(console: Console, graveyard: Graveyard) -> None:
    """Interrupted, the command ends with 130, says how to go on, and the same command finishes."""
    graveyard.dead(60)
    process = console.start("dead-letters", "replay", "--rate", "20/s")
    eventually(lambda: dead_count(graveyard) < 60, within=20)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 130
    assert b"the same command goes on" in errors
    assert b"Traceback" not in errors
    assert console.json("dead-letters", "replay")["resumed"]
    assert dead_count(graveyard) == 0


def test_a_replay_survives_an_outage_of_the_server(
    console: Console, own_server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the server goes away the command ends with 2; with the server back, the same command finishes."""
    monkeypatch.setenv("OUTHAUL_LEDGER_URL", own_server.url)
    with own_server.client() as client:
        graveyard = Graveyard(Ledger(client))
        graveyard.dead(60)
        process = console.start("dead-letters", "replay", "--rate", "20/s")
        eventually(lambda: dead_count(graveyard) < 60, within=20)
        own_server.stop()
        _, errors = process.communicate(timeout=20)
        assert process.returncode == 2
        assert b"the same command goes on" in errors
        own_server.start()
        assert console.json("dead-letters", "replay")["resumed"]
        assert dead_count(graveyard) == 0


def test_people_see_how_far_a_replay_is(
    console: Console, graveyard: Graveyard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a terminal there is a progress bar, and the result still goes to standard output alone."""
    monkeypatch.setenv("TERM", "xterm")
    graveyard.dead(30)
    terminal, errors = os.openpty()
    process = console.start("dead-letters", "replay", "--rate", "60/s", errors=errors)
    os.close(errors)
    assert b"replaying" in b"".join(shown_on(terminal))
    result, _ = process.communicate(timeout=20)
    assert result == b"replayed 30 dead letters\n"
    os.close(terminal)


def shown_on(terminal: int) -> Iterator[bytes]:
    """Yield what a terminal gets until nobody has it open any more."""
    with suppress(OSError):
        while data := os.read(terminal, 4_096):
            yield data


@pytest.mark.parametrize("rate", ["0/s", "fast", "-1/s", "1/y"])
def test_a_rate_that_is_none_is_refused(console: Console, rate: str) -> None:
    """A mistyped rate is an error of usage before anything is replayed."""
    assert "expected a rate above zero" in console.run("dead-letters", "replay", "--rate", rate, status=2).stderr
