"""What the demo plays and how it must end. All of it is data, in `outhaul_ops/samples`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Any, NamedTuple

import orjson

from outhaul_ledger.model import State


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
class Scenario:
    """The sample events and the expectations.

    Args:
        events: one a line of the sample, as `enqueue_events` takes them.
        misbehaviour: by destination, what its vendor is told to do wrong, in the simulators' notation.
        repeated: the ids of lines that repeat an earlier one, once for each such line.
        dead_letters: what must lie dead until the vendors are mended.
        endings: every delivery there must be at the end.
        stored_as: the name under which a vendor must have stored the event.
    """

    events: tuple[dict[str, Any], ...]
    misbehaviour: Mapping[str, str]
    repeated: tuple[str, ...]
    dead_letters: Mapping[Place, Standing]
    endings: Mapping[Place, Standing]
    stored_as: Mapping[Place, str]

    @property
    def event_ids(self) -> list[str]:
        """The ids in the order of the sample, each once."""
        return list(dict.fromkeys(event["id"] for event in self.events))

    @property
    def destinations(self) -> list[str]:
        """The destinations that get events, by name."""
        return sorted({place.destination for place in self.endings})

    def occurred_at(self, event_id: str) -> float:
        """Return when a sample event happened, in Unix seconds."""
        event = next(event for event in self.events if event["id"] == event_id)
        return datetime.fromisoformat(event["occurred_at"]).timestamp()


def load_scenario() -> Scenario:
    """Read the shipped sample."""
    samples = files("outhaul_ops") / "samples"
    lines = (samples / "events.ndjson").read_bytes().splitlines()
    expected = tomllib.loads((samples / "expected.toml").read_text())
    deliveries = _by_place(expected["deliveries"])
    return Scenario(
        events=tuple(orjson.loads(line) for line in lines),
        misbehaviour=expected["misbehaviour"],
        repeated=tuple(expected["repeated"]),
        dead_letters={
            place: Standing(State.DEAD, **table) for place, table in _by_place(expected["dead_letters"]).items()
        },
        endings={
            place: Standing(State(table["state"]), table["attempts"], table["answer"])
            for place, table in deliveries.items()
        },
        stored_as={place: table["stored_as"] for place, table in deliveries.items() if "stored_as" in table},
    )


def _by_place(tables: Mapping[str, Mapping[str, dict[str, Any]]]) -> dict[Place, dict[str, Any]]:
    return {
        Place(event_id, destination): table for event_id, row in tables.items() for destination, table in row.items()
    }
