"""The operator of a chaos run: `python -m outhaul_ops.chaos.operator [DESTINATION...]` replays what is dead or held.

It does so bit by bit. Called again after it was ended in the middle, it goes on where it was, as
`outhaul dead-letters replay` does.
"""

import sys

from outhaul_config.settings import load_settings
from outhaul_ledger.dead_letters import Selection
from outhaul_ledger.ledger import connect
from outhaul_ledger.model import State
from outhaul_ledger.replay import begin, carry_out
from outhaul_ops.chaos.points import watch_if_asked

RATE = 30.0  # makes pages of three


def main(*destinations: str) -> None:
    """Replay everything, or what these destinations have."""
    watch_if_asked()
    ledger = connect(load_settings())
    for state in (State.DEAD, State.HELD):
        for _ in carry_out(ledger, begin(ledger, Selection(state, destinations)), RATE):
            pass


if __name__ == "__main__":
    main(*sys.argv[1:])
