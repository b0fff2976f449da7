"""Visits every situation that can be reached, breadth first, and checks it; then, that each can still end well."""

import time
import zlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import blake2b

import redis

from integration.ledger.books import check_books, read_books
from model.action import Action, Size, Violation
from model.actions import actions
from model.snapshot import Snapshot, put, take
from model.world import Budget, Situation, World
from model.writing import Names, read, write
from outhaul_ledger.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was visited. `complete` is false where the search was cut off at a number of situations."""

    situations: int
    transitions: int
    depth: int
    seconds: float
    complete: bool


@dataclass
class Explorer:
    """Explores a world of one size, over the real scripts on a server of its own."""

    client: redis.Redis
    size: Size
    budget: Budget
    most: int = 10_000_000
    on_progress: Callable[[Coverage], None] | None = None
    _known: dict[bytes, int] = field(default_factory=dict)
    _texts: list[bytes] = field(default_factory=list)
    _parents: list[tuple[int, str]] = field(default_factory=list)
    _depths: list[int] = field(default_factory=list)
    _fair: list[list[int]] = field(default_factory=list)
    _quiet: list[int] = field(default_factory=list)
    _transitions: int = 0

    def explore(self) -> Coverage:
        """Visit everything.

        Raises:
            Violation: a promise does not hold; the message tells the shortest way there.
        """
        self._ledger = Ledger(self.client)
        self._run = str(self.client.info("server")["run_id"])
        self._names = Names(self.size.events, self.size.destinations)
        self._began = time.monotonic()
        queue = deque([self._note(self._first(), -1, "nothing yet")])
        while queue and len(self._texts) < self.most:
            here = queue.popleft()
            for fresh in self._expand(here):
                queue.append(fresh)
            if self.on_progress and here % 1000 == 0:
                self.on_progress(self._coverage(complete=False))
        if not queue:
            self._check_ends()
        return self._coverage(complete=not queue)

    def _first(self) -> Situation:
        self.client.flushdb()
        if self.size.policy:
            self._ledger.configure((destination, self.size.policy) for destination in self.size.destinations)
        ledger = take(self.client)
        return Situation(World(budget=self.budget), ledger, ledger if self.budget.restarts else ())

    def _coverage(self, *, complete: bool) -> Coverage:
        spent = time.monotonic() - self._began
        return Coverage(len(self._texts), self._transitions, max(self._depths), spent, complete)

    def _expand(self, here: int) -> list[int]:
        situation = read(zlib.decompress(self._texts[here]).decode())
        fresh = []
        for action in actions(situation, self.size):
            self._transitions += 1
            try:
                after, checked = self._act(situation, action)
            except AssertionError as error:
                raise Violation(f"{error}\n{self._way(here)}\n{action.label}  <- here") from error
            known = len(self._texts)
            there = self._note(after, here, action.label)
            if action.fair:
                self._fair[there].append(here)
            if there == known:
                fresh.append(there)
                self._check(here, action, checked=checked)
        return fresh

    def _act(self, situation: Situation, action: Action) -> tuple[Situation, bool]:
        """Do it; the second value is true when the server now holds what came of it."""
        if action.jump:
            return action.jump(), False
        put(self.client, situation.ledger, self._run, int(time.time() * 1000))
        assert action.call
        world = action.call(self._ledger)
        ledger = take(self.client)
        return Situation(world, ledger, ledger if action.synced and self.budget.restarts else situation.durable), True

    def _check(self, here: int, action: Action, *, checked: bool) -> None:
        if not checked:
            return
        try:
            check_books(read_books(self.client))
        except AssertionError as error:
            raise Violation(f"{error}\n{self._way(here)}\n{action.label}  <- here") from error

    def _note(self, situation: Situation, parent: int, label: str) -> int:
        text = write(situation, self._names).encode()
        digest = blake2b(text, digest_size=16).digest()
        number = self._known.setdefault(digest, len(self._texts))
        if number == len(self._texts):
            self._texts.append(zlib.compress(text, 1))
            self._parents.append((parent, label))
            self._depths.append(self._depths[parent] + 1 if parent >= 0 else 0)
            self._fair.append([])
            if _is_quiet(situation.ledger) and not situation.world.drains:
                self._quiet.append(number)
        return number

    def _check_ends(self) -> None:
        """From everywhere, what goes on by itself can lead to where nothing is left to do, and nothing left behind."""
        ending = set(self._quiet)
        queue = deque(self._quiet)
        while queue:
            for before in self._fair[queue.popleft()]:
                if before not in ending:
                    ending.add(before)
                    queue.append(before)
        for number in range(len(self._texts)):
            if number not in ending:
                raise Violation(f"from here on something never ends:\n{self._way(number)}\n{self._told(number)}")

    def _way(self, number: int) -> str:
        steps: list[str] = []
        while number >= 0:
            number, label = self._parents[number]
            steps.append(label)
        return "\n".join(reversed(steps))

    def _told(self, number: int) -> str:
        return zlib.decompress(self._texts[number]).decode()


def _is_quiet(ledger: Snapshot) -> bool:
    busy = ("inbox", "routing", "lane", "lanes", "slow", "inflight", "drains", "leases", "expiring")
    return not any(entry.name.partition(":")[0] in busy for entry in ledger)
