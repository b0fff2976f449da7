"""A simulated receiver of CloudEvents 1.0 over HTTP, in structured, binary and batched mode.

Source: the CloudEvents specification 1.0, its JSON format and its HTTP binding. Which mistake gets which status, and
that a batch is taken whole or not at all, is the receiver's own choice.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import ClassVar

import orjson

from outhaul_ops.simulators.cloudevents.attributes import event
from outhaul_ops.simulators.cloudevents.binary import binary_breaches, from_headers, is_binary
from outhaul_ops.simulators.exchange import UNREADABLE, Call, Identity, Judgement, Part, Reply, wording
from outhaul_ops.simulators.record import Fate
from outhaul_ops.simulators.shapes import list_of, sifted, summary, zoned_moment
from outhaul_ops.simulators.signatures import Keyring
from outhaul_ops.simulators.signed import misheaded, unsigned

STRUCTURED, BATCHED = "application/cloudevents+json", "application/cloudevents-batch+json"
MODES = ("structured", "binary", "batched")

_OK = Reply.of(200, {"status": "ok"})
_batch = list_of(event)


@dataclass(frozen=True, slots=True)
class CloudEventsReceiver:
    """The receiver the simulator plays.

    `modes` are the modes it takes. With `secrets` (`whsec_…`) or `public_keys` (`whpk_…`) requests must be signed as
    Standard Webhooks has it, at most `tolerance` seconds ago or ahead. `max_bytes` is the largest body taken.

    Raises:
        ValueError: a mode is none of the three.
    """

    modes: tuple[str, ...] = MODES
    secrets: tuple[str, ...] = ()
    public_keys: tuple[str, ...] = ()
    tolerance: float = 300.0
    max_bytes: int = 65_536

    def __post_init__(self) -> None:
        if unknown := [mode for mode in self.modes if mode not in MODES]:
            raise ValueError(f"modes: expected {', '.join(MODES)}, got {', '.join(unknown)}")


class CloudEvents:
    """One simulated receiver, at every path."""

    kind: ClassVar[str] = "cloudevents"

    def __init__(self, receiver: CloudEventsReceiver) -> None:
        self._receiver = receiver
        signed = receiver.secrets or receiver.public_keys
        self._keyring = Keyring(receiver.secrets, receiver.public_keys) if signed else None
        self.reset()

    def identify(self, call: Call) -> Identity:
        """Id, type and time are the event's, of a batch the first one's; the key is such as `/shops/ro#ev_1`."""
        return next((_identity(members) for members in _events(call)), Identity())

    def judge(self, call: Call) -> Judgement:
        """Refuse, or take each event unless its source and id were taken before."""
        if refusal := self._undeliverable(call) or self._unbelieved(call) or self._unreadable(call):
            return refusal
        breaches, remarks = sifted(_CHECKS[_mode(call)](call))
        if breaches:
            return _refused(400, summary(breaches))
        parts = tuple(self._take(members, call, summary(remarks)) for members in _events(call))
        return Judgement(_OK, Fate.STORED, parts=parts) if parts else Judgement(_OK, Fate.NOT_STORED, "an empty batch")

    def state(self) -> dict[str, object]:
        """How many different events of each type were taken, and how many in each mode."""
        return {"events": dict(self._types), "modes": dict(self._modes)}

    def reset(self) -> None:
        """Forget the events taken."""
        self._types: Counter[str] = Counter()
        self._modes: Counter[str] = Counter()
        self._seen: dict[tuple[str, str], bytes] = {}

    def _undeliverable(self, call: Call) -> Judgement | None:
        if call.method != "POST":
            return _refused(405, f"only POST is taken; got {call.method}", {"Allow": "POST"})
        if len(call.body) > self._receiver.max_bytes:
            return _refused(413, f"body: expected at most {self._receiver.max_bytes} bytes, got {len(call.body)}")
        return None

    def _unbelieved(self, call: Call) -> Judgement | None:
        if self._keyring is None:
            return None
        breach = misheaded(call) or unsigned(call, self._keyring, self._receiver.tolerance)
        return _refused(*breach) if breach else None

    def _unreadable(self, call: Call) -> Judgement | None:
        mode = _mode(call)
        if mode not in self._receiver.modes:
            expected = ", ".join(self._receiver.modes)
            return _refused(
                415, f"expected a CloudEvent in mode {expected}; got {mode or call.media_type or 'neither'}"
            )
        if mode != "binary" and call.charset not in ("", "utf-8"):
            return _refused(415, f"content-type: expected charset UTF-8, got {call.headers['content-type']!r}")
        if mode != "binary" and call.document is UNREADABLE:
            return _refused(400, "body: expected JSON")
        return None

    def _take(self, members: Mapping[str, object], call: Call, remark: str) -> Part:
        identity, mode = _identity(members), _mode(call)
        fingerprint = blake2b(_content(members, call), digest_size=16).digest()
        first = self._seen.setdefault((str(members["source"]), str(members["id"])), fingerprint)
        if first is not fingerprint:
            return Part(
                identity, Fate.DUPLICATE, "" if first == fingerprint else "the event differs from the first one"
            )
        self._types[identity.event] += 1
        self._modes[mode] += 1
        return Part(identity, Fate.STORED, remark)


def _mode(call: Call) -> str:
    """The mode a call is in: the content type of a structured or batched one decides before any header."""
    by_type = {STRUCTURED: "structured", BATCHED: "batched"}
    if call.media_type in by_type:
        return by_type[call.media_type]
    foreign = call.media_type.startswith("application/cloudevents")
    return "binary" if is_binary(call) and not foreign else ""


_CHECKS = {
    "structured": lambda call: event(call.document, ""),
    "batched": lambda call: _batch(call.document, "batch"),
    "binary": binary_breaches,
}


def _events(call: Call) -> Iterator[Mapping[str, object]]:
    """The events of a call, as far as they can be read."""
    mode = _mode(call)
    if mode == "binary":
        yield from_headers(call)
    elif mode == "batched" and isinstance(call.document, list):
        yield from (member for member in call.document if isinstance(member, dict))
    else:
        yield call.members


def _content(members: Mapping[str, object], call: Call) -> bytes:
    # A batch holds other events too, and the order of members means nothing.
    own = call.body if _mode(call) == "binary" else b""
    return orjson.dumps(members, option=orjson.OPT_SORT_KEYS) + own


def _identity(members: Mapping[str, object]) -> Identity:
    source, event_id, time = (wording(members, name) for name in ("source", "id", "time"))
    key = f"{source}#{event_id}" if event_id else ""
    occurred_at = None if list(zoned_moment(time, "")) else datetime.fromisoformat(time).timestamp()
    return Identity(wording(members, "type"), event_id, key, occurred_at)


def _refused(status: int, reason: str, headers: dict[str, str] | None = None) -> Judgement:
    return Judgement(Reply.of(status, {"status": "error", "message": reason}, headers), Fate.REFUSED, reason)
