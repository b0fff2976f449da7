"""A simulated Simon Data: the collect endpoint of Simon Signal, which takes invalid events in silence.

Source of the contract: Simon Data's event ingestion guide and OpenAPI files. The order of the checks, the limit's exact
number of bytes and what happens above it are this simulator's own.
"""

from collections import Counter, deque
from dataclasses import dataclass
from hmac import compare_digest
from typing import ClassVar

from outhaul_ops.simulators.exchange import Call, Identity, Judgement, Reply, section, wording
from outhaul_ops.simulators.record import Fate
from outhaul_ops.simulators.shapes import sifted, summary
from outhaul_ops.simulators.simon.identities import Identities
from outhaul_ops.simulators.simon.shapes import IDENTIFY, TRACK

PATH = "/http/v1/collect"
PLAUSIBLE_SECONDS = 300
LOSSES_KEPT = 1_000

_OK = Reply(200)


@dataclass(frozen=True, slots=True)
class SimonAccount:
    """The account the simulator plays.

    With `enabled` off the partner is known, but not in this environment. `max_bytes` is the largest body taken.
    """

    partner_id: str = "simulated-partner"
    partner_secret: str = "simulated-partner-secret"  # noqa: S105 - for trying out
    enabled: bool = True
    max_bytes: int = 100_000


class Simon:
    """One simulated account: answers 400, 401, 403, and in debug mode 412; without it, invalid events vanish."""

    kind: ClassVar[str] = "simon"

    def __init__(self, account: SimonAccount) -> None:
        self._account = account
        self.reset()

    def identify(self, call: Call) -> Identity:
        """The event id is `eventId` among the free properties, where senders put it; the vendor itself has none."""
        properties = section(call.members, "properties")
        extras = section(properties, "properties")
        key = f"{call.member('clientId')}/{wording(properties, 'transactionId')}".rstrip("/")
        return Identity(_name(call), wording(extras, "eventId"), key, _occurred_at(extras))

    def judge(self, call: Call) -> Judgement:
        """Refuse, swallow in silence, or take."""
        if refusal := self._unroutable(call) or self._wrong_partner(call):
            return refusal
        breaches, remarks = self._examine(call)
        if breaches:
            return self._invalid(call, summary(breaches))
        if call.member("type") == "identify":
            self._learn(call)
        elif self._anonymous(call):
            return self._unusable(call)
        self._events[_name(call)] += 1
        return Judgement(_OK, Fate.STORED, summary(remarks))

    def state(self) -> dict[str, object]:
        """What is kept, what was dropped in silence, what came without an identity, and who is known until when."""
        return {
            "events": dict(self._events),
            "dropped": list(self._dropped),
            "unusable": list(self._unused),
            "identities": self._identities.as_json(),
        }

    def reset(self) -> None:
        """Forget events, losses and identities."""
        self._events: Counter[str] = Counter()
        self._dropped: deque[dict[str, object]] = deque(maxlen=LOSSES_KEPT)
        self._unused: deque[dict[str, object]] = deque(maxlen=LOSSES_KEPT)
        self._identities = Identities()

    def _unroutable(self, call: Call) -> Judgement | None:
        if call.method != "POST" or call.path != PATH:
            return _refused(404, "Not found", f"expected POST {PATH}; got {call.method} {call.path}")
        if call.media_type != "application/json":
            return _refused(
                400, "Invalid JSON body", f"content-type: expected application/json, got {call.media_type!r}"
            )
        if not isinstance(call.document, dict):
            return _refused(400, "Invalid JSON body", "body: expected a JSON object")
        return None

    def _wrong_partner(self, call: Call) -> Judgement | None:
        partner, secret = (call.members.get(name) for name in ("partnerId", "partnerSecret"))
        if not _same(partner, self._account.partner_id) or not _same(secret, self._account.partner_secret):
            return _refused(401, "Unauthorized", "partnerId or partnerSecret is not this account's")
        if not self._account.enabled:
            return _refused(403, "Forbidden", "the partner is not enabled in this environment")
        return None

    def _examine(self, call: Call) -> tuple[list[str], list[str]]:
        if len(call.body) > self._account.max_bytes:
            return [f"body: expected at most {self._account.max_bytes} bytes, got {len(call.body)}"], []
        kind, event = call.member("type"), call.member("event")
        if kind == "identify":
            return sifted(IDENTIFY(call.document, ""))
        if kind != "track" or event not in TRACK:
            return [f"Unknown event type: {kind or 'none'}.{event or 'none'}"], []
        breaches, remarks = sifted(TRACK[event](call.document, ""))
        return breaches, [*remarks, *_implausible(call)]

    def _invalid(self, call: Call, reason: str) -> Judgement:
        if section(call.members, "context").get("debug") is True:
            return _refused(412, reason, reason)
        self._dropped.append(_loss(call, reason))
        return Judgement(_OK, Fate.NOT_STORED, f"dropped in silence: {reason}")

    def _learn(self, call: Call) -> None:
        email = wording(section(call.members, "traits"), "email")
        self._identities.learn(call.member("clientId"), email, call.received_at)

    def _anonymous(self, call: Call) -> bool:
        if "traits" in call.members or self._identities.email(call.member("clientId"), call.received_at):
            return False
        custom = call.member("event") == "custom"
        return not (custom and section(call.members, "properties").get("requiresIdentity") is False)

    def _unusable(self, call: Call) -> Judgement:
        reason = "received, unusable: no traits.email, and no identify call for this clientId in the last 7 days"
        self._unused.append(_loss(call, reason))
        return Judgement(_OK, Fate.NOT_STORED, reason)


def _implausible(call: Call) -> list[str]:
    sent = call.members.get("sentAt")
    age = call.received_at - sent / 1000 if isinstance(sent, int | float) else 0
    far = abs(age) > PLAUSIBLE_SECONDS
    return [f"sentAt: {age:.0f} s before arrival; it is the time of sending, not of the event"] if far else []


def _name(call: Call) -> str:
    """The event's name: of a custom event its own, of an identify call `identify`."""
    own = wording(section(call.members, "properties"), "eventName")
    event = call.member("event")
    return (own if event == "custom" else event) or call.member("type")


def _occurred_at(extras: dict[str, object]) -> float | None:
    stated = extras.get("occurredAt")
    return stated / 1000 if isinstance(stated, int | float) and not isinstance(stated, bool) else None


def _loss(call: Call, reason: str) -> dict[str, object]:
    return {"event": _name(call), "client_id": call.member("clientId"), "reason": reason}


def _same(given: object, expected: str) -> bool:
    return isinstance(given, str) and compare_digest(given.encode(), expected.encode())


def _refused(status: int, error: str, reason: str) -> Judgement:
    return Judgement(Reply.of(status, {"error": error}), Fate.REFUSED, reason)
