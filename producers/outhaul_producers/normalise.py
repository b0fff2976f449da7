"""From what a caller gives to what the ledger stores: validated, completed, in canonical JSON."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from marshmallow import ValidationError

from outhaul_ledger.model import Submission
from outhaul_producers.digest import digest
from outhaul_producers.errors import EventTooLarge, InvalidEvent
from outhaul_producers.event import ROUTING, canonical
from outhaul_producers.identity import new_event_id
from outhaul_producers.problems import flattened
from outhaul_producers.schema.envelope import ENVELOPE
from outhaul_producers.schema.moments import written
from outhaul_producers.types import requirements

LARGEST_EVENT = 64 * 1024
"""Most bytes of an event's canonical JSON: the size every CloudEvents system has to carry."""

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far in the future `occurred_at` may be, for callers whose clock is ahead."""

HORIZON = timedelta(days=90)
"""How far in the future `deliver_after` and `expires_at` may be: who plans further keeps the plan in a database."""

DEFAULTS: Mapping[str, Any] = {
    "specversion": "1.0",
    "schema_version": 1,
    "environment": "prod",
    "channel": "website",
}

_SUBJECTS = {
    "order": ("id", "order"),
    "item": ("order_id", "order"),
    "cart": ("id", "cart"),
    "product": ("product_id", "product"),
    "payout": ("id", "payout"),
    "customer": ("id", "customer"),
}
"""Section -> its key that names the subject, and what the subject is called; in order of preference."""


def normalise(given: Any, *, source: str, now: datetime | None = None) -> Submission:
    """Validate an event and turn it into what the ledger stores.

    Args:
        given: a mapping of the event's fields and sections, as `enqueue_event` takes them.
        source: the source of an event that names none.
        now: the aware time of the call; the default is the clock's.

    Raises:
        InvalidEvent: it does not fit the model.
        EventTooLarge: its canonical JSON is over 64 KiB.
    """
    moment = now or datetime.now(UTC)
    found = _validated(given, moment)
    fixed = {**DEFAULTS, **_subject(found)}
    body = {
        "id": found.get("id") or new_event_id(),
        "occurred_at": found.get("occurred_at") or written(moment),
        "source": source,
        **fixed,
        **found,
    }
    raw = canonical(body)
    if len(raw) > LARGEST_EVENT:
        raise EventTooLarge(_largest_part(body, len(raw)))
    plain = ROUTING.isdisjoint(found)
    return Submission(body["id"], digest(found, fixed), body["source"], body["type"], raw, plain)


def _validated(given: Any, now: datetime) -> dict[str, Any]:
    try:
        found = ENVELOPE.load(given)
    except ValidationError as error:
        raise InvalidEvent(flattened(error.messages)) from None
    problems = _later(found, ("occurred_at",), now + CLOCK_TOLERANCE, "5 min")
    problems |= _later(found, ("deliver_after", "expires_at"), now + HORIZON, "90 days")
    if problems:
        raise InvalidEvent(problems)
    return found


def _later(found: Mapping[str, Any], names: tuple[str, ...], latest: datetime, span: str) -> dict[str, str]:
    limit = written(latest)
    # times of the canonical form sort as the text they are
    late = [name for name in names if found.get(name, "") > limit]
    return {name: f"expected a time up to {limit} ({span} from now), got {found[name]}" for name in late}


def _subject(found: Mapping[str, Any]) -> dict[str, str]:
    for section in requirements(found["type"]) or _SUBJECTS:
        key, name = _SUBJECTS.get(section, ("", ""))
        if key and key in found.get(section, ()):
            return {"subject": f"{name}/{found[section][key]}"}
    return {}


def _largest_part(body: Mapping[str, Any], size: int) -> dict[str, str]:
    sizes = {name: len(orjson.dumps(value)) for name, value in body.items()}
    largest = max(sizes, key=sizes.__getitem__)
    return {
        largest: f"expected an event of at most {LARGEST_EVENT} bytes of canonical JSON, got {size} bytes, of which"
        f" {sizes[largest]} are here: keep what is large elsewhere and send a link to it"
    }
