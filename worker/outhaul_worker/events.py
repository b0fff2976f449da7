"""The events a drain has at hand: read once and put into a form once, however many destinations want them."""

from collections import OrderedDict
from collections.abc import Hashable, Mapping
from typing import Any, NamedTuple

from outhaul_producers.event import Event
from outhaul_worker.destinations.contract import DestinationKind, NotApplicable, Payload

MOST = 64  # many more, and most of what is looked at has left the processor's cache, which costs more than reading it


class _Known(NamedTuple):
    event: Event
    payloads: dict[Hashable, Payload | NotApplicable]


class Events:
    """Remembers the last events that were read, and the payloads that several destinations share."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        # Of a plain dictionary the oldest entry is found only by passing over all that were taken out before it.
        self._known: OrderedDict[str, _Known] = OrderedDict()

    def body(self, event_id: str, raw: bytes) -> Mapping[str, Any]:
        """Read an event's stored JSON.

        Raises:
            ValueError: it is none.
            KeyError: something is missing in it.
        """
        return self._read(event_id, raw).event.body

    def event(self, event_id: str, raw: bytes, kind: DestinationKind) -> Event:
        """Read an event for a kind; one that has not declared to share gets its own, whatever it may do to it.

        Raises:
            ValueError: the stored bytes are damaged.
            KeyError: something is missing in them.
        """
        if not hasattr(kind, "form"):
            return Event(raw)
        return self._read(event_id, raw).event

    def payload(self, event: Event, kind: DestinationKind) -> Payload | NotApplicable:
        """Serialise an event, or take what was made of it for a destination with the same form.

        Raises:
            Unserialisable: the event lacks something; kinds may raise anything else.
        """
        forms = getattr(kind, "form", None)
        form = forms(event) if forms else None
        known = self._known.get(event.id)
        if form is None or known is None or known.event is not event:
            return kind.serialise(event)
        payload = known.payloads.get(form)
        if payload is None:
            payload = known.payloads[form] = kind.serialise(event)
        return payload

    def _read(self, event_id: str, raw: bytes) -> _Known:
        known = self._known.get(event_id)
        if known is None or known.event.raw != raw:
            known = _Known(Event(raw), {})
            if len(self._known) >= self._most:
                self._known.popitem(last=False)
            self._known[event_id] = known
        return known
