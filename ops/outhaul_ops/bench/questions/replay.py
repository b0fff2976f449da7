"""The question `replay`: how fast do dead letters become due again, and does the server go on answering?"""

import time
from collections.abc import Mapping
from functools import partial

from outhaul_config.settings import load_settings
from outhaul_ledger import replay as replays
from outhaul_ledger.dead_letters import Selection
from outhaul_ledger.ledger import Ledger, connect
from outhaul_ledger.model import State
from outhaul_ops.bench.by_hand import Kept, attempt_all, small_event
from outhaul_ops.bench.question import Amount, Asked, Question
from outhaul_ops.bench.report import Mark, Metric, Results
from outhaul_ops.bench.rounds import Entrant
from outhaul_ops.bench.sites import Endpoint, site, transports
from outhaul_ops.bench.slow_log import LONGEST, longest_script, watch_scripts
from outhaul_ops.bench.stage import Stage

NAME = "replay by destination and type"
RATE = Metric("replayed", "1/s")
LEAST_RATE = 20_000.0
MOST_BLOCKED_MS = 10.0
EVENT_TYPE = "custom.bench"


class _Graveyard:
    """Dead letters of as many destinations as there are rounds: each round replays those of one."""

    def __init__(self, ledger: Ledger, letters: int, rounds: int) -> None:
        self._ledger = ledger
        self._letters = letters
        self._left = [f"dead-{number}" for number in range(rounds)]
        self._buried = False

    def replay_some(self, stage: Stage) -> Mapping[Metric, float]:
        """Replay the dead letters of the next destination."""
        if not self._buried:
            self._bury(stage)
        selection = Selection(State.DEAD, destinations=(self._left.pop(),), types=(EVENT_TYPE,))
        watch_scripts(stage.client)
        begun = time.perf_counter()
        replayed = sum(
            step.replayed for step in replays.carry_out(self._ledger, replays.begin(self._ledger, selection))
        )
        seconds = time.perf_counter() - begun
        return {RATE: replayed / seconds, LONGEST: longest_script(stage)}

    def _bury(self, stage: Stage) -> None:
        stage.clear()
        events = (small_event(number, EVENT_TYPE) for number in range(self._letters))
        dead = Kept(State.DEAD, "answered 400", 400)
        attempt_all(self._ledger, events, self._left, lambda _: dead)
        self._buried = True


def entrants(stage: Stage, asked: Asked) -> list[Entrant]:
    """Replay, as `outhaul dead-letters replay --destination ... --type ...` does."""
    stage.note(f"the dead letters belong to {asked.rounds} destinations in equal parts; a round replays those of one")
    names = [f"dead-{number}" for number in range(asked.rounds)]
    contender = site(stage, transports()[0], [Endpoint(name, stage.receiver.url) for name in names], name=NAME)
    graveyard = _Graveyard(connect(load_settings(contender.environment), timeout=60), asked.amount, asked.rounds)
    return [Entrant(NAME, partial(graveyard.replay_some, stage))]


def ratios(results: Results) -> dict[str, float]:  # noqa: ARG001 -- nobody else does this
    """Compare with nobody."""
    return {}


def marks(results: Results) -> list[Mark]:
    """Hold it to a rate, and to blocking nobody."""
    longest = max(results.find(NAME, LONGEST).rounds)
    return [
        Mark("replayed a second", results.median(NAME, RATE), "at least", LEAST_RATE),
        Mark("longest script of all rounds, ms", longest, "at most", MOST_BLOCKED_MS),
    ]


QUESTION = Question(
    "replay",
    "Time making dead letters due again",
    Amount("dead_letters", 1_000_000, 30_000, least=100),
    entrants,
    ratios,
    marks,
    quick_rounds=3,
)
