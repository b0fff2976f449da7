"""Every member that a contract names is of its documented JSON type, and a member it does not name is noticed."""

from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from outhaul_ops.simulators.desk import Desk
from outhaul_ops.simulators.exchange import Call
from outhaul_ops.simulators.record import Entry, Fate
from outhaul_ops.simulators.registry import simulated
from unit.simulators.complete import COMPLETE, HEADERS, Complete

Step = str | int


def receive(complete: Complete, document: object) -> Entry:
    """What becomes of a document at a simulator that has seen nothing before."""
    desk = Desk(simulated(complete.kind).build({}))
    desk.receive(Call("POST", complete.target, HEADERS, orjson.dumps(document), 1_763_600_000.0))
    (entry,) = desk.record
    return entry


def written(way: tuple[Step, ...]) -> str:
    """A way into a document as the simulators write it."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in way).removeprefix(".")


def members(complete: Complete, value: Any, way: tuple[Step, ...] = ()) -> Iterator[tuple[tuple[Step, ...], Any]]:
    """Every member that is read, with the way to it."""
    path = written(way)
    if path in complete.unread:
        return
    yield way, value
    if path in complete.free:
        return
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, member in inside:
        yield from members(complete, member, (*way, step))


def replaced(document: Any, way: tuple[Step, ...], value: object) -> Any:
    """A copy of a document with another value at the end of a way."""
    if not way:
        return value
    copy = document.copy()
    copy[way[0]] = replaced(document[way[0]], way[1:], value)
    return copy


def wrong(value: object, exact: bool) -> list[object]:
    """Values of another type than the given one."""
    if isinstance(value, bool):
        return ["true", 1]
    if isinstance(value, int | float):
        return ["7", ["x"]] if exact else ["seven", ["x"]]
    return [7, ["x"]] if isinstance(value, str) else ["x", 7]


@pytest.mark.parametrize("complete", COMPLETE, ids=str)
def test_a_document_with_every_documented_member_is_stored_without_a_remark(complete: Complete) -> None:
    """Nothing the contracts name is refused or strange."""
    entry = receive(complete, complete.document)
    assert (entry.fate, entry.reason) == (Fate.STORED, "")


@pytest.mark.parametrize("complete", COMPLETE, ids=str)
def test_a_member_of_another_type_is_never_stored(complete: Complete) -> None:
    """Whichever member is a string for a number, a number for a string, or a container for either, it is noticed."""
    stored = [
        f"{written(way)} = {value!r}"
        for way, right in members(complete, complete.document)
        if way
        for value in wrong(right, complete.exact)
        if receive(complete, replaced(complete.document, way, value)).fate is Fate.STORED
    ]
    assert stored == []


@pytest.mark.parametrize("complete", [each for each in COMPLETE if each.closed], ids=str)
def test_a_member_of_an_unknown_name_is_remarked_wherever_it_is(complete: Complete) -> None:
    """The vendor would pass over a misspelling; the record tells."""
    unremarked = () if complete.kind == "esputnik" else None  # the list of orders, not what it comes in, is judged
    for way, value in members(complete, complete.document):
        if isinstance(value, dict) and way != unremarked and written(way) not in complete.free:
            entry = receive(complete, replaced(complete.document, way, {**value, "strange": "x"}))
            assert (entry.fate, "strange: unknown member" in entry.reason) == (Fate.STORED, True), written(way)
