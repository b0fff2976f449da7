"""A simulated Remarkety: the event endpoint of its webhooks host, as strict as its published event reference.

Source of the contract: Remarkety's event reference (headers, types, bodies, error statuses). The order of the checks
and the bodies of the answers are not published; they are this simulator's own.
"""

from dataclasses import dataclass
from hmac import compare_digest
from typing import ClassVar

from outhaul_ops.simulators.exchange import UNREADABLE, Call, Checkpoint, Identity, Judgement, Reply
from outhaul_ops.simulators.record import Fate
from outhaul_ops.simulators.remarkety_shapes import BUILT_IN
from outhaul_ops.simulators.remarkety_store import RemarketyStore
from outhaul_ops.simulators.shapes import summary

EARLIEST_EVENT = 946_684_800
LATEST_AHEAD_SECONDS = 86_400

_OK = Reply.of(200, {"status": "ok"})


@dataclass(frozen=True, slots=True)
class RemarketyAccount:
    """The account the simulator plays.

    `api_key` is the store's key, sent as `x-token`; `account_key` the Remarkety key, sent as `x-api-key`: without one,
    `x-api-key` is refused.
    """

    store_id: str = "AAABBB"
    api_key: str = "simulated-store-key"
    account_key: str = ""


class Remarkety:
    """One simulated account: checks every call in the order 404, 406, 401, 400 and keeps what passes."""

    kind: ClassVar[str] = "remarkety"

    def __init__(self, account: RemarketyAccount) -> None:
        self._account = account
        self._store_path = f"/webhooks/store/{account.store_id}"
        self._store = RemarketyStore()
        self._checks: tuple[Checkpoint, ...] = (
            self._wrong_address,
            _not_json,
            self._wrong_key,
            _malformed,
        )

    def identify(self, call: Call) -> Identity:
        """The event id is the body's `event_id` or else `id`; the key is such as `orders/O-5001`."""
        event = call.headers.get("x-event-type", "").strip()
        named = call.member("id") or call.member("event_id") or call.member("email")
        key = f"{event.partition('/')[0]}/{named}" if named else ""
        return Identity(event, call.member("event_id") or call.member("id"), key, _event_time(call))

    def judge(self, call: Call) -> Judgement:
        """Refuse as the vendor would, or store."""
        for check in self._checks:
            if refusal := check(call):
                return refusal
        event = call.headers["x-event-type"].strip()
        if event in ("products/delete", "products/deleted"):
            return _unstored("products cannot be deleted: send products/update with product_exists false")
        if event not in BUILT_IN and call.headers.get("x-platform") != "custom":
            platform = call.headers.get("x-platform", "")
            return _unstored(f"custom event: expected x-platform custom, in lower case, got {platform!r}")
        return Judgement(_OK, Fate.STORED, self._store.keep(event, call.members))

    def state(self) -> dict[str, object]:
        """Contacts, orders, carts, products, the suppression list, and how many events of each custom type."""
        return self._store.as_json()

    def reset(self) -> None:
        """Forget everything stored."""
        self._store = RemarketyStore()

    def _wrong_address(self, call: Call) -> Judgement | None:
        if call.method != "POST":
            return _refused(404, f"only POST is routed; got {call.method}")
        if call.path == self._store_path:
            return None
        if call.path not in ("/webhooks/", "/webhooks"):
            return _refused(404, f"expected /webhooks/?storeId=… or /webhooks/store/…; got {call.path}")
        if call.query.get("storeId") != self._account.store_id:
            return _refused(404, f"unknown store {call.query.get('storeId', '')!r}")
        return None

    def _wrong_key(self, call: Call) -> Judgement | None:
        keys = {"x-token": self._account.api_key, "x-api-key": self._account.account_key}
        sent = {header: call.headers[header] for header in keys if header in call.headers}
        if not sent:
            return _refused(401, "expected the key in x-token or x-api-key; got neither")
        for header, key in sent.items():
            if not keys[header] or not compare_digest(key.encode(), keys[header].encode()):
                return _refused(401, f"the key in {header} is not this account's")
        return None


def _not_json(call: Call) -> Judgement | None:
    if call.media_type != "application/json" or call.charset not in ("", "utf-8"):
        got = call.headers.get("content-type", "")
        return _refused(406, f"expected content type application/json; charset=UTF-8, got {got!r}")
    return None


def _malformed(call: Call) -> Judgement | None:
    event = call.headers.get("x-event-type", "").strip()
    if not event:
        return _refused(400, "x-event-type: mandatory, got nothing")
    if "x-event-time" in call.headers and _event_time(call) is None:
        got = call.headers["x-event-time"]
        return _refused(400, f"x-event-time: expected Unix seconds, not milliseconds, got {got!r}")
    if call.document is UNREADABLE:
        return _refused(400, "body: expected JSON")
    if not isinstance(call.document, dict):
        return _refused(400, "body: expected an object")
    breaches = list(BUILT_IN[event](call.document, "")) if event in BUILT_IN else []
    return _refused(400, summary(breaches)) if breaches else None


def _event_time(call: Call) -> float | None:
    """When the event happened, arrival where the call does not say, None where what it says is implausible."""
    text = call.headers.get("x-event-time")
    if text is None:
        return call.received_at
    if not (text.isascii() and text.isdecimal() and len(text) <= len("9999999999")):
        return None
    seconds = float(text)
    return seconds if EARLIEST_EVENT <= seconds <= call.received_at + LATEST_AHEAD_SECONDS else None


def _refused(status: int, reason: str) -> Judgement:
    return Judgement(Reply.of(status, {"status": "error", "message": reason}), Fate.REFUSED, reason)


def _unstored(reason: str) -> Judgement:
    return Judgement(_OK, Fate.NOT_STORED, reason)
