"""Situations as texts: equal for equal ones, and for those that differ only in names or the numbers of attempts."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from itertools import groupby, permutations
from typing import NamedTuple

from model.snapshot import Entry, Snapshot
from model.world import Budget, Drain, Held, Situation, World

FRESH = "drn_99"  # the name of a drain that has just begun; written, it becomes another
_FORGOTTEN = "drn_0"  # a drain that is gone, and that only finished deliveries still name
_NAME = re.compile(r"(?:ev|dst|drn)_\d+")
_DRAIN = re.compile(r"drn_\d+")
_ATTEMPTS = 1  # column of a packed delivery
_BETWEEN, _BESIDE = "|", "\x1f"


class Names(NamedTuple):
    """The names that may be exchanged for each other."""

    events: tuple[str, ...]
    destinations: tuple[str, ...]


def write(situation: Situation, names: Names) -> str:
    """Write a situation; of those that differ only in names, all are written alike."""
    plain = "\n".join(_lines(_renumbered(situation)))
    living = {drain.name for drain in situation.world.drains}
    return min(_named(plain, renaming, living) for renaming in _exchanges(names))


def read(text: str) -> Situation:
    """Read what `write` wrote."""
    facts: dict[str, list[list[str]]] = {}
    for line in text.split("\n"):
        what, *rest = line.split(_BETWEEN)
        facts.setdefault(what, []).append(rest)
    (numbers,) = facts["budget"]
    world = World(
        tuple(event for (event,) in facts.get("offered", ())),
        tuple(_read_drain(each, facts) for each in facts.get("drain", ())),
        tuple((to, event) for to, event in facts.get("taken", ())),
        tuple((to, event) for to, event in facts.get("marked", ())),
        tuple((to, event) for to, event in facts.get("settled", ())),
        tuple((to, event) for to, event in facts.get("stopped", ())),
        Budget(*map(int, numbers)),
    )
    return Situation(world, _read_entries(facts.get("ledger", ())), _read_entries(facts.get("durable", ())))


def _renumbered(situation: Situation) -> Situation:
    """Number each delivery's attempts so that the oldest anyone knows of is the first: only their order counts."""
    known: dict[tuple[str, str], list[int]] = {}
    for drain in situation.world.drains:
        for held in drain.held:
            known.setdefault(held[:2], []).append(held.attempt)
    for snapshot in (situation.ledger, situation.durable):
        for pair, attempts in _attempts(snapshot):
            known.setdefault(pair, []).append(attempts)
    spare = {pair: max(0, min(numbers) - 1) for pair, numbers in known.items()}
    drains = tuple(
        drain._replace(held=tuple(held._replace(attempt=held.attempt - spare[held[:2]]) for held in drain.held))
        for drain in situation.world.drains
    )
    lower = partial(_lowered, spare=spare)
    return Situation(replace(situation.world, drains=drains), lower(situation.ledger), lower(situation.durable))


def _attempts(snapshot: Snapshot) -> Iterator[tuple[tuple[str, str], int]]:
    for entry in snapshot:
        if entry.name.startswith("record:"):
            for field, packed in entry.value:
                if field.startswith("d:"):
                    yield (field[2:], entry.name[len("record:") :]), int(packed.split("\t")[_ATTEMPTS])


def _lowered(snapshot: Snapshot, spare: dict[tuple[str, str], int]) -> Snapshot:
    entries = []
    for entry in snapshot:
        if entry.name.startswith("record:"):
            event = entry.name[len("record:") :]
            rows = tuple((field, _lower(packed, spare.get((field[2:], event), 0))) for field, packed in entry.value)
            entry = Entry(entry.name, entry.kind, entry.expires, rows)  # noqa: PLW2901 - the same, renumbered
        entries.append(entry)
    return tuple(entries)


def _lower(packed: str, by: int) -> str:
    if not by:
        return packed
    columns = packed.split("\t")
    columns[_ATTEMPTS] = str(int(columns[_ATTEMPTS]) - by)
    return "\t".join(columns)


def _lines(situation: Situation) -> Iterator[str]:
    world = situation.world
    yield _line("budget", *map(str, world.budget))
    yield from (_line("offered", event) for event in world.offered)
    yield from (_line("taken", *pair) for pair in world.taken)
    yield from (_line("marked", *pair) for pair in world.marked)
    yield from (_line("settled", *pair) for pair in world.settled)
    yield from (_line("stopped", *pair) for pair in world.stopped)
    for drain in world.drains:
        yield _line("drain", drain.name, str(int(drain.closing)))
        yield from (_line("inbound", drain.name, event) for event in drain.inbound)
        yield from (
            _line("held", drain.name, *map(str, held[:4]), str(int(held.duplicate)), held.fate) for held in drain.held
        )
    for what, snapshot in (("ledger", situation.ledger), ("durable", situation.durable)):
        for entry in snapshot:
            for row in entry.value:
                yield _line(what, entry.name, entry.kind, str(int(entry.expires)), _BESIDE.join(row))


def _line(*parts: str) -> str:
    return _BETWEEN.join(parts)


def _read_drain(parts: list[str], facts: dict[str, list[list[str]]]) -> Drain:
    name, closing = parts
    inbound = tuple(event for of, event in facts.get("inbound", ()) if of == name)
    held = tuple(
        Held(to, event, int(attempt), int(tries), duplicate == "1", fate)
        for of, to, event, attempt, tries, duplicate, fate in facts.get("held", ())
        if of == name
    )
    return Drain(name, closing == "1", inbound, held)


def _read_entries(facts: Iterable[list[str]]) -> Snapshot:
    entries = []
    for (name, kind, expires), rows in groupby(facts, key=lambda parts: (parts[0], parts[1], parts[2])):
        entries.append(Entry(name, kind, expires == "1", tuple(tuple(parts[3].split(_BESIDE)) for parts in rows)))
    return tuple(entries)


def _exchanges(names: Names) -> Iterator[dict[str, str]]:
    for events in permutations(names.events):
        for destinations in permutations(names.destinations):
            yield dict(zip((*names.events, *names.destinations), (*events, *destinations), strict=True))


def _named(plain: str, renaming: dict[str, str], living: set[str]) -> str:
    text = _NAME.sub(lambda found: renaming.get(found[0], found[0]), plain)
    lines = text.split("\n")
    drains = {name: _signature(name, lines) for name in set(_DRAIN.findall(text))}
    bound = {name for line in lines if "leases:" in line or "|drains|" in line for name in _DRAIN.findall(line)}
    lasting = [name for name in drains if name in living or name in bound]
    ordered = sorted(lasting, key=lambda name: (name not in living, drains[name]))
    new = {name: f"drn_{number}" for number, name in enumerate(ordered, start=1)}
    return "\n".join(sorted(_DRAIN.sub(lambda found: new.get(found[0], _FORGOTTEN), text).split("\n")))


def _signature(name: str, lines: list[str]) -> list[str]:
    """What is said of a drain, its own name and others' left out."""
    return sorted(_DRAIN.sub(lambda found: "me" if found[0] == name else "it", line) for line in lines if name in line)
