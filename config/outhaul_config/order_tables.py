"""The keys of a destination's table that keep its deliveries in order: `order_by` and `order_on_failure`."""

from collections.abc import Iterable, Mapping
from typing import Any

from marshmallow import ValidationError, fields

from outhaul_config.fields import Expected, within
from outhaul_config.policy import Order

BLOCK = "block"
SKIP_AFTER = "skip_after"

_MOST_TRIES = 1000
_BY = 'the dotted path of one value in the event, such as "customer.id" or "properties.account"'
_ON_FAILURE = f'"{BLOCK}", or {{ {SKIP_AFTER} = N }} with a number of tries from 1 to {_MOST_TRIES}'
_ABOUT_BY = (
    "Deliver events with the same value there strictly in the order in which they were accepted, one at a time; events"
    " without it are not ordered."
)
_ABOUT_ON_FAILURE = (
    f"What the others do while the first of an order fails: `{BLOCK}`, the default, lets them wait until it is"
    f" delivered, or replayed or discarded when it is a dead letter; `{SKIP_AFTER}` lets them pass after so many tries."
)


def order_keys(paths: Iterable[str] = ()) -> dict[str, fields.Field[Any]]:
    """Make the fields of the keys; without `paths` only the form of a path is checked."""
    known = tuple(paths)
    about = {"metadata": {"description": _ABOUT_BY}}
    return {
        "order_by": Expected(lambda value: _path(value, known), _BY, choices=known, **about),
        "order_on_failure": Expected(_on_failure, _ON_FAILURE, metadata={"description": _ABOUT_ON_FAILURE}),
    }


def order_of(given: Mapping[str, Any]) -> Order | None:
    """Return what the keys, as loaded, come to; None where no order is asked for.

    Raises:
        ValidationError: `order_on_failure` stands alone.
    """
    if "order_by" in given:
        return Order(given["order_by"], given.get("order_on_failure"))
    if "order_on_failure" in given:
        raise ValidationError({"order_on_failure": ["no such key without order_by, which it is about"]})
    return None


def _path(value: Any, known: tuple[str, ...]) -> str:
    if not isinstance(value, str) or not all(value.split(".")):
        raise ValueError
    if known and not any(_leads_to(value, each) for each in known):
        raise ValueError
    return value


def _leads_to(path: str, known: str) -> bool:
    """Say whether a path is one that the event model has; `properties.*` stands for every path below `properties`."""
    return path == known or (known.endswith(".*") and path.startswith(known[:-1]))


def _on_failure(value: Any) -> int | None:
    if value == BLOCK:
        return None
    if not isinstance(value, Mapping) or list(value) != [SKIP_AFTER]:
        raise ValueError
    tries = value[SKIP_AFTER]
    if isinstance(tries, bool) or not isinstance(tries, int):
        raise ValueError
    return within(tries, 1, _MOST_TRIES)
