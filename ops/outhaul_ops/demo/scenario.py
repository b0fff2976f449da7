"""What the demo plays and how it must end. All of it is data, in `outhaul_ops/samples`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Any, NamedTuple, TypeVar

import orjson

from outhaul_ledger.model import State
from outhaul_ops.simulators.record import Fate

T = TypeVar("T")


class Place(NamedTuple):
    """Which delivery is meant."""

    event_id: str
    destination: str

    def __str__(self) -> str:
        return f"{self.event_id} at {self.destination}"


class Standing(NamedTuple):
    """How a delivery stands: its state, all its attempts, the last HTTP status (0 without an answer)."""

    state: State
    attempts: int
    answer: int

    def __str__(self) -> str:
        attempts = f"{self.attempts} attempt{'' if self.attempts == 1 else 's'}"
        return f"{self.state} after {attempts}, last answer {self.answer or 'none'}"


@dataclass(frozen=True, slots=True)
class Expectation:
    """How one delivery must end.

    Args:
        name: what the vendor knows the event by; empty where none is sent.
        fates: what each attempt must come to at the vendor.
        warned: words of the warning in the vendor's last answer.
        unused: words of why the vendor makes no use of what it took.
        skipped: words of why the event is not sent.
    """

    name: str = ""
    fates: tuple[Fate, ...] = (Fate.STORED,)
    warned: str = ""
    unused: str = ""
    skipped: str = ""

    @property
    def standing(self) -> Standing:
        """How the delivery must stand in the ledger."""
        return Standing(State.SKIPPED, 1, 0) if self.skipped else Standing(State.DELIVERED, len(self.fates), 200)

    @property
    def note(self) -> str:
        """Words of what the ledger must say of it besides; empty where that is nothing."""
        return self.skipped or self.warned

    @property
    def remark(self) -> str:
        """Words of what the vendor's record must say of the last attempt; empty where that is nothing."""
        return self.warned or self.unused


@dataclass(frozen=True, slots=True)
class Scenario:
    """The sample events and the expectations.

    Args:
        events: one a line of the sample, as `enqueue_events` takes them.
        vendors: by destination, the kind of vendor to simulate.
        misbehaviour: by destination, what its vendor is told to do wrong, in the simulators' notation.
        repeated: the ids of lines that repeat an earlier one, once for each such line.
        dead_letters: what must lie dead until the vendors are mended.
        expected: every delivery there must be at the end.
    """

    events: tuple[dict[str, Any], ...]
    vendors: Mapping[str, str]
    misbehaviour: Mapping[str, str]
    repeated: tuple[str, ...]
    dead_letters: Mapping[Place, Standing]
    expected: Mapping[Place, Expectation]

    @property
    def event_ids(self) -> list[str]:
        """The ids in the order of the sample, each once."""
        return list(dict.fromkeys(event["id"] for event in self.events))

    @property
    def destinations(self) -> list[str]:
        """The destinations in the order of the sample."""
        return list(self.vendors)

    @property
    def endings(self) -> dict[Place, Standing]:
        """How every delivery must stand at the end."""
        return {place: expectation.standing for place, expectation in self.expected.items()}

    def occurred_at(self, event_id: str) -> float:
        """Return when a sample event happened, in Unix seconds."""
        event = next(event for event in self.events if event["id"] == event_id)
        return datetime.fromisoformat(event["occurred_at"]).timestamp()


def load_scenario() -> Scenario:
    """Read the shipped sample."""
    samples = files("outhaul_ops") / "samples"
    lines = (samples / "events.ndjson").read_bytes().splitlines()
    destinations = tomllib.loads((samples / "destinations.toml").read_text())["destinations"]
    expected = tomllib.loads((samples / "expected.toml").read_text())
    return Scenario(
        events=tuple(orjson.loads(line) for line in lines),
        vendors={name: table["kind"] for name, table in destinations.items()},
        misbehaviour=expected["misbehaviour"],
        repeated=tuple(expected["repeated"]),
        dead_letters={
            place: Standing(State.DEAD, **table) for place, table in _by_place(expected["dead_letters"]).items()
        },
        expected={place: _expectation(given) for place, given in _by_place(expected["deliveries"]).items()},
    )


def _by_place(tables: Mapping[str, Mapping[str, T]]) -> dict[Place, T]:
    return {Place(event_id, destination): each for event_id, row in tables.items() for destination, each in row.items()}


def _expectation(given: str | dict[str, Any]) -> Expectation:
    if isinstance(given, str):
        return Expectation(given)
    usual: tuple[Fate, ...] = (Fate.STORED,)
    if "unused" in given:
        usual = (Fate.NOT_STORED,)
    if "skipped" in given:
        usual = ()
    fates = tuple(Fate(fate) for fate in given.get("fates", usual))
    return Expectation(**{**given, "fates": fates})
