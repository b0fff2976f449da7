"""A simulated subscriber to Okanjo's webhooks: a listener as the published ones are, with their strictness.

Source: Okanjo's events, orders and constants references and its published listeners. The id's pattern, the listener's
answers beyond their status, and that a redirect keeps method and body are this simulator's reading.
"""

import re
from collections import Counter
from dataclasses import dataclass
from hashlib import blake2b
from typing import ClassVar

from outhaul_ops.simulators.exchange import UNREADABLE, Call, Identity, Judgement, Reply, section, wording
from outhaul_ops.simulators.okanjo.shapes import DATA, EVENT, PROBE, central, wrong_scalars
from outhaul_ops.simulators.record import Fate
from outhaul_ops.simulators.shapes import sifted, summary

MODES = ("ok", "400", "500", "slow", "redirect")
REDIRECT_STATUSES = (301, 302, 303, 307, 308)
MOST_REDIRECTS = 9

_OK = Reply.of(200, {"type": "success"})
_HOP = re.compile(r"(?P<before>.*)/hop/(?P<number>[1-9])")


@dataclass(frozen=True, slots=True)
class OkanjoSubscriber:
    """The subscriber the simulator plays.

    `mode` is how it answers: `ok`, `400`, `500`, `slow` (ok after `slow_seconds`) or `redirect`: `redirects` times with
    `redirect_status`, then ok. `redirect_to` is where the last redirect leads, empty for this simulator itself. With
    `strict_content_type` off any content type is taken.

    Raises:
        ValueError: the mode, the status or the number of redirects is not one of those.
    """

    mode: str = "ok"
    slow_seconds: float = 30.0
    redirects: int = 1
    redirect_status: int = 302
    redirect_to: str = ""
    strict_content_type: bool = True

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise ValueError(f"mode: expected {', '.join(MODES)}, got {self.mode!r}")
        if self.redirect_status not in REDIRECT_STATUSES:
            raise ValueError(f"redirect_status: expected {REDIRECT_STATUSES}, got {self.redirect_status}")
        if not 1 <= self.redirects <= MOST_REDIRECTS:
            raise ValueError(f"redirects: expected 1 to {MOST_REDIRECTS}, got {self.redirects}")


class Okanjo:
    """One simulated subscriber, at every path."""

    kind: ClassVar[str] = "okanjo"

    def __init__(self, subscriber: OkanjoSubscriber) -> None:
        self._subscriber = subscriber
        self.reset()

    def identify(self, call: Call) -> Identity:
        """Id, name and time are the Event's; the key is such as `order.updated/5001`."""
        event = call.member("type")
        subject = wording(section(call.members, "data"), "id")
        return Identity(event, call.member("id"), f"{event}/{subject}" if subject else "", _occurred_at(call))

    def judge(self, call: Call) -> Judgement:
        """Answer as the mode says; what is let through is checked and taken once."""
        if call.method != "POST":
            reason = f"expected POST, got {call.method}; a redirect keeps method and body"
            return Judgement(Reply.of(405, _error(reason), {"Allow": "POST"}), Fate.REFUSED, reason)
        if self._subscriber.mode == "redirect" and (onward := self._onward(call)):
            return onward
        if self._subscriber.mode in ("400", "500"):
            return _refused(int(self._subscriber.mode), f"told to answer {self._subscriber.mode}")
        return self._taken(call)

    def state(self) -> dict[str, object]:
        """How many different events of each type were taken, and how many probes."""
        return {"events": dict(self._events), "probes": self._probes}

    def reset(self) -> None:
        """Forget the events taken."""
        self._events: Counter[str] = Counter()
        self._seen: dict[str, bytes] = {}
        self._probes = 0

    def _onward(self, call: Call) -> Judgement | None:
        hop = _HOP.fullmatch(call.path)
        passed = int(hop["number"]) if hop else 0
        if passed >= self._subscriber.redirects:
            return None
        before = hop["before"] if hop else call.path.rstrip("/")
        last = passed + 1 == self._subscriber.redirects
        place = self._subscriber.redirect_to if last and self._subscriber.redirect_to else f"{before}/hop/{passed + 1}"
        reply = Reply.of(self._subscriber.redirect_status, {"type": "error"}, {"Location": place})
        return Judgement(reply, Fate.REFUSED, f"redirected to {place}")

    def _taken(self, call: Call) -> Judgement:
        breaches, remarks = self._examine(call)
        if breaches:
            return _refused(400, summary(breaches))
        pause = self._subscriber.slow_seconds if self._subscriber.mode == "slow" else 0.0
        if call.member("type") == PROBE:
            self._probes += 1
            return Judgement(_OK, Fate.NOT_STORED, "a probe of the address, no event", pause=pause)
        fingerprint = blake2b(call.body, digest_size=16).digest()
        first = self._seen.setdefault(call.member("id"), fingerprint)
        if first is not fingerprint:
            same = first == fingerprint
            return Judgement(_OK, Fate.DUPLICATE, "" if same else "the body differs from the first one's", pause=pause)
        self._events[call.member("type")] += 1
        return Judgement(_OK, Fate.STORED, summary(remarks), pause=pause)

    def _examine(self, call: Call) -> tuple[list[str], list[str]]:
        sent = call.headers.get("content-type", "")
        if self._subscriber.strict_content_type and sent != "application/json":
            return [f"content-type: expected exactly application/json, got {sent!r}"], []
        if call.document is UNREADABLE:
            return ["body: expected JSON"], []
        breaches, remarks = sifted(EVENT(call.document, ""))
        if breaches:
            return breaches, []
        data = call.members["data"]
        within, more = sifted(DATA[call.member("type")](data, "data"))
        return [*wrong_scalars(data), *within], [*remarks, *more]


def _occurred_at(call: Call) -> float | None:
    moment = central(call.members.get("occurred"))
    return moment.timestamp() if moment else None


def _error(reason: str) -> dict[str, str]:
    return {"type": "error", "description": reason}


def _refused(status: int, reason: str) -> Judgement:
    return Judgement(Reply.of(status, _error(reason)), Fate.REFUSED, reason)
