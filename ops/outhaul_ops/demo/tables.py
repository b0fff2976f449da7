"""The rows of the demo's two tables, and the vendors' remarks."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from outhaul_ledger.model import State
from outhaul_ops.demo.scenario import Place, Scenario
from outhaul_ops.demo.sighting import Result, Sighting
from outhaul_ops.simulators.record import Entry, Fate

OK = "ok"
_FATES = {
    Fate.STORED: "stored",
    Fate.DUPLICATE: "duplicates",
    Fate.NOT_STORED: "accepted, not stored",
    Fate.REFUSED: "refused",
    Fate.DROPPED: "dropped as told",
}


def delivery_rows(scenario: Scenario, sighting: Sighting) -> list[list[str]]:
    """Return event x destination: `ok` for delivered, else the state or why it waits; attempts, and the last answer."""
    destinations = scenario.destinations
    rows = [
        [event_id, *(_cell(sighting, Place(event_id, name)) for name in destinations)]
        for event_id in scenario.event_ids
    ]
    return [["event", *destinations], *rows]


def vendor_rows(result: Result) -> list[list[str]]:
    """Return vendor x what became of the requests it got, by its own record, and of how many it got none."""
    skipped = Counter(place.destination for place in _skipped(result.sighting))
    rows = []
    for name, entries in result.received.items():
        fates = Counter(entry.fate for entry in entries)
        stored, *others = (str(fates[fate]) for fate in _FATES)
        warned = sum(entry.fate is Fate.STORED for entry in _remarked(entries))
        rows.append([name, stored, str(warned), *others, str(skipped[name])])
    first, *rest = _FATES.values()
    return [["vendor of", first, "of these warned", *rest, "skipped"], *rows]


def skips(scenario: Scenario, sighting: Sighting) -> Iterator[str]:
    """Yield for each destination the first reason why something was skipped there, and how often it was."""
    for name in scenario.destinations:
        reasons = [sighting.notes.get(place, "") for place in _skipped(sighting) if place.destination == name]
        if reasons:
            more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
            yield f"at {name}: {reasons[0]}{more}"


def remarks(received: Mapping[str, Sequence[Entry]]) -> Iterator[str]:
    """Yield what the vendors remarked about what they took."""
    for name, entries in received.items():
        for entry in _remarked(entries):
            yield f"{name} on {entry.event}: {entry.reason}"


def _skipped(sighting: Sighting) -> list[Place]:
    return [place for place, each in sighting.standings.items() if each.state is State.SKIPPED]


def _remarked(entries: Sequence[Entry]) -> list[Entry]:
    """The entries with a remark that was part of an answer, or says why it is as if there had been no request."""
    return [entry for entry in entries if entry.reason and entry.status and entry.fate is not Fate.DROPPED]


def _cell(sighting: Sighting, place: Place) -> str:
    standing = sighting.standings.get(place)
    if standing is None:
        return "-"
    if standing.state is State.SKIPPED:
        return str(standing.state)
    word = OK if standing.state is State.DELIVERED else sighting.waiting.get(place, standing.state)
    return f"{word} {standing.attempts}x {standing.answer or ''}".rstrip()
