"""The rows of the demo's two tables."""

from collections import Counter
from collections.abc import Mapping, Sequence

from outhaul_ops.demo.scenario import Place, Scenario
from outhaul_ops.demo.sighting import Sighting
from outhaul_ops.simulators.record import Entry, Fate

_FATES = {
    Fate.STORED: "stored",
    Fate.DUPLICATE: "duplicates",
    Fate.NOT_STORED: "accepted, not stored",
    Fate.REFUSED: "refused",
    Fate.DROPPED: "turned away as told",
}


def delivery_rows(scenario: Scenario, sighting: Sighting) -> list[list[str]]:
    """Return event x destination: state, attempts, last answer, and of what is pending why it waits."""
    destinations = scenario.destinations
    rows = [
        [event_id, *(_cell(sighting, Place(event_id, name)) for name in destinations)]
        for event_id in scenario.event_ids
    ]
    return [["event", *destinations], *rows]


def vendor_rows(received: Mapping[str, Sequence[Entry]]) -> list[list[str]]:
    """Return vendor x what became of the requests it got, by its own record."""
    rows = []
    for name, entries in received.items():
        fates = Counter(entry.fate for entry in entries)
        rows.append([name, *(str(fates[fate]) for fate in _FATES)])
    return [["vendor of", *_FATES.values()], *rows]


def _cell(sighting: Sighting, place: Place) -> str:
    standing = sighting.standings.get(place)
    if standing is None:
        return "-"
    waits = f" ({sighting.waiting[place]})" if place in sighting.waiting else ""
    return f"{standing.state:<9} {standing.attempts}x {standing.answer or '-'}{waits}"
