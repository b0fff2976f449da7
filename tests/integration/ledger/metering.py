"""Ledgers that count what they cost their server, or lose it, at calls that a test chooses."""

from collections import Counter
from typing import Any

from outhaul_ledger.errors import LedgerUnavailable
from outhaul_ledger.ledger import Ledger
from outhaul_ledger.replay_jobs import ReplayJobs
from outhaul_ledger.scripting import Scripts
from outhaul_ledger.subscribing import SubscriptionLedger

MOST_COMMANDS = 2_500
"""In one script. A server does about one a microsecond, so that it is held up for 2 or 3 ms and never for 5."""


class Meter(Scripts):
    """Counts the commands that each operation makes the server do at most, and its calls."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.most: Counter[str] = Counter()
        self.calls: Counter[str] = Counter()

    def _run(self, name: str, *arguments: Any, confirmed: bool = False) -> Any:
        before = self._done()
        answer = super()._run(name, *arguments, confirmed=confirmed)
        self.most[name] = max(self.most[name], self._done() - before)
        self.calls[name] += 1
        return answer

    def _done(self) -> int:
        return sum(each["calls"] for each in self.client.info("commandstats").values())


class Metered(Meter, Ledger):
    """A ledger that counts."""


class MeteredJobs(Meter, ReplayJobs):
    """Replays that count."""


class MeteredSubscriptions(Meter, SubscriptionLedger):
    """Subscriptions that count."""


def too_long(metered: Meter) -> dict[str, int]:
    """Which operations held the server up for too long, and how many commands they made it do."""
    return {name: most for name, most in metered.most.items() if most > MOST_COMMANDS}


class Dying(Ledger):
    """Loses its server for good at a call of an operation: before the server got it, or before its answer came."""

    def __init__(self, client: Any, operation: str, call: int, *, answered: bool) -> None:
        super().__init__(client)
        self.operation, self.left, self.answered = operation, call, answered

    def _run(self, name: str, *arguments: Any, confirmed: bool = False) -> Any:
        if name == self.operation:
            self.left -= 1
        if name != self.operation or self.left > 0:
            return super()._run(name, *arguments, confirmed=confirmed)
        if self.answered and self.left == 0:
            super()._run(name, *arguments, confirmed=confirmed)
        raise LedgerUnavailable("gone for good")
