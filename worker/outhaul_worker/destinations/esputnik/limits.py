"""What eSputnik takes at most: requests a second, and bytes in one, which a payload is made to fit."""

from bisect import bisect_right
from collections.abc import Mapping
from typing import Any

from outhaul_producers.event import Event
from outhaul_worker.destinations.contract import Unserialisable
from outhaul_worker.destinations.encoding import encode
from outhaul_worker.destinations.esputnik.texts import text_of

LARGEST_PAYLOAD = 20_000
"""Most bytes of a request's body. The vendor's figure is 20 KB and not official, so this is the smaller reading."""

REQUESTS_PER_SECOND = 200
"""Of an organisation, by a figure that is not official either."""

_LIST = "items"
_NOTE = "itemsOmitted"


def fitted(payload: Mapping[str, Any], event: Event) -> bytes:
    """The payload in JSON; where it is too large, without the last of its items, and a parameter saying how many.

    Args:
        payload: with `params` still by name and in JSON's types.
        event: what the payload was made of, for the message.

    Raises:
        Unserialisable: it is too large even without any item.
    """
    whole = _written(payload)
    if len(whole) <= LARGEST_PAYLOAD:
        return whole
    params = payload["params"]
    items = params.get(_LIST) if isinstance(params, dict) else None
    if not isinstance(items, list):
        raise _too_large(event, len(whole))
    fitting = bisect_right(
        range(len(items) + 1), LARGEST_PAYLOAD, key=lambda kept: len(_written(_with_first(kept, payload, items)))
    )
    if not fitting:
        raise _too_large(event, len(whole))
    return _written(_with_first(fitting - 1, payload, items))


def _with_first(kept: int, payload: Mapping[str, Any], items: list[Any]) -> dict[str, Any]:
    shortened = {_LIST: items[:kept], _NOTE: len(items) - kept}
    return {**payload, "params": {**payload["params"], **shortened}}


def _written(payload: Mapping[str, Any]) -> bytes:
    params = payload["params"]
    if isinstance(params, dict):
        params = [{"name": name, "value": text_of(value)} for name, value in params.items() if value is not None]
    return encode({**payload, "params": params})


def _too_large(event: Event, size: int) -> Unserialisable:
    sizes = {name: len(encode(value)) for name, value in event.body.items() if isinstance(value, dict)}
    largest = max(sizes, key=sizes.__getitem__, default="id")
    return Unserialisable(
        largest, f"most is here of {size} bytes, and eSputnik takes {LARGEST_PAYLOAD}: leave out what it does not need"
    )
