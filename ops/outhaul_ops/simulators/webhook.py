"""A simulated webhook receiver that holds senders to Standard Webhooks 1.0.

Source: the Standard Webhooks specification 1.0.0, its advice on the body included. Which check answers 400 and which
401 is the receiver's own choice.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import ClassVar

from outhaul_ops.simulators.exchange import UNREADABLE, Call, Checkpoint, Identity, Judgement, Reply
from outhaul_ops.simulators.record import Fate
from outhaul_ops.simulators.shapes import matching, obj, shaped, summary, zoned_moment
from outhaul_ops.simulators.signatures import Keyring
from outhaul_ops.simulators.signed import misheaded, unsigned

SAMPLE_SECRET = "whsec_c2ltdWxhdGVkLXJlY2VpdmVyLXNlY3JldC0wMQ=="  # noqa: S105 - for trying out
ADVISED_BYTES = 20_000

_OK = Reply.of(200, {"status": "ok"})
_BODY = shaped(
    {
        "type": matching(r"[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*", "dot-separated words such as order.created"),
        "timestamp": zoned_moment,
        "data": obj,
    }
)


@dataclass(frozen=True, slots=True)
class WebhookEndpoint:
    """The receiver the simulator plays.

    `secrets` are `whsec_…`, `public_keys` are `whpk_…`; a request must fit any one of them. `tolerance` is how many
    seconds a timestamp may be off. With `check_body` off any body passes.
    """

    secrets: tuple[str, ...] = (SAMPLE_SECRET,)
    public_keys: tuple[str, ...] = ()
    tolerance: float = 300.0
    check_body: bool = True


class Webhook:
    """One simulated endpoint, at every path."""

    kind: ClassVar[str] = "webhook"

    def __init__(self, endpoint: WebhookEndpoint) -> None:
        self._endpoint = endpoint
        self._keyring = Keyring(endpoint.secrets, endpoint.public_keys)
        self._seen: dict[str, bytes] = {}
        self._checks: tuple[Checkpoint, ...] = (
            _not_posted,
            self._unsigned,
            self._malformed,
        )

    def identify(self, call: Call) -> Identity:
        """The event id is the `webhook-id`; name and time come from the body."""
        event_id = call.headers.get("webhook-id", "")
        return Identity(call.member("type"), event_id, event_id, _occurred_at(call))

    def judge(self, call: Call) -> Judgement:
        """Refuse, or take the event unless its id was taken before."""
        for check in self._checks:
            if refusal := check(call):
                return refusal
        event_id = call.headers["webhook-id"]
        fingerprint = blake2b(call.body, digest_size=16).digest()
        first = self._seen.setdefault(event_id, fingerprint)
        if first is not fingerprint:
            same = first == fingerprint
            return Judgement(_OK, Fate.DUPLICATE, "" if same else "the body differs from the first one's")
        long = len(call.body) > ADVISED_BYTES
        remark = f"the body has {len(call.body)} bytes; up to {ADVISED_BYTES} are advised" if long else ""
        return Judgement(_OK, Fate.STORED, remark)

    def state(self) -> dict[str, object]:
        """How many different events were taken."""
        return {"events": len(self._seen)}

    def reset(self) -> None:
        """Forget the ids taken."""
        self._seen.clear()

    def _unsigned(self, call: Call) -> Judgement | None:
        breach = misheaded(call) or unsigned(call, self._keyring, self._endpoint.tolerance)
        return _refused(*breach) if breach else None

    def _malformed(self, call: Call) -> Judgement | None:
        if not self._endpoint.check_body:
            return None
        if call.media_type != "application/json":
            return _refused(400, f"content-type: expected application/json, got {call.media_type!r}")
        if call.document is UNREADABLE:
            return _refused(400, "body: expected JSON")
        breaches = list(_BODY(call.document, ""))
        return _refused(400, summary(breaches)) if breaches else None


def _not_posted(call: Call) -> Judgement | None:
    return None if call.method == "POST" else _refused(405, f"only POST is taken; got {call.method}", {"Allow": "POST"})


def _occurred_at(call: Call) -> float | None:
    stated = call.member("timestamp")
    return datetime.fromisoformat(stated).timestamp() if not list(zoned_moment(stated, "")) else None


def _refused(status: int, reason: str, headers: dict[str, str] | None = None) -> Judgement:
    return Judgement(Reply.of(status, {"status": "error", "message": reason}, headers), Fate.REFUSED, reason)
