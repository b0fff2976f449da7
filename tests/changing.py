"""Variations of a JSON document, for tests that change one member at a time."""

from copy import deepcopy
from typing import Any

JsonObject = dict[str, Any]


def changed(document: JsonObject, path: str, value: object) -> JsonObject:
    """A copy with the member at a dotted path set or, with `...`, removed; numbers in the path count list members."""
    copy = deepcopy(document)
    *way, last = path.split(".")
    place: Any = copy
    for step in way:
        place = place[int(step)] if step.isdecimal() else place[step]
    if value is ...:
        del place[last]
    else:
        place[int(last) if last.isdecimal() else last] = value
    return copy
