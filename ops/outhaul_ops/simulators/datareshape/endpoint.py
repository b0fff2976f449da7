"""A simulated DATA Reshape: one script's event endpoint, as strict as the published Event Create reference.

Source of the contract: DATA Reshape's Event Create reference and knowledge base. Error statuses and the order of the
checks are not published; they are this simulator's own, as is the wording of errors and warnings.
"""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest
from typing import ClassVar

from outhaul_ops.simulators.datareshape.shapes import CONSENT, PAYLOAD
from outhaul_ops.simulators.exchange import UNREADABLE, Call, Identity, Judgement, Reply, section, wording
from outhaul_ops.simulators.record import Fate
from outhaul_ops.simulators.shapes import sifted, summary, zoned_moment

PATH = "/webhooks/reshape/event"
TEST_PATH = f"{PATH}/test"

APPROVED = (
    "product_viewed",
    "product_added_to_cart",
    "product_removed_from_cart",
    "product_added_to_wishlist",
    "cart_viewed",
    "checkout_started",
    "billing_address_added",
    "shipping_detail_added",
    "shipping_details_added",
    "payment_method_selected",
    "checkout_completed",
    "order_canceled",
    "lead_created",
    "sign_up",
    "login",
    "user_updated",
    "user_data_updated",
)
NEED_ID = frozenset({"checkout_completed", "order_canceled", "lead_created"})
NEED_PRODUCTS = frozenset(
    {
        "product_viewed",
        "product_added_to_cart",
        "product_removed_from_cart",
        "product_added_to_wishlist",
        "checkout_completed",
        "order_canceled",
    }
)

_SCRIPT_ID = re.compile(r"[A-Z0-9]{8}")
_FORMER_ID = re.compile(r"[A-Za-z0-9_-]{3,}")
_ALL_AGREED = {"analytics": True, "personalization": True, "marketing": True}

Refusal = tuple[int, str]
"""A status and what is wrong."""


@dataclass(frozen=True, slots=True)
class DataReshapeAccount:
    """The account the simulator plays.

    `names` are the event names mapped in the account; others are refused. With `errors_as_200` every error body comes
    with status 200. With `former_id_rule` an `event.id` must have three or more letters, digits, `_` or `-`, as an
    older reference had it.

    Raises:
        ValueError: `script_id` is not eight capital letters and digits.
    """

    script_id: str = "AAABBB01"
    access_token: str = "simulated-access-token"  # noqa: S105 - for trying out
    names: tuple[str, ...] = APPROVED
    errors_as_200: bool = False
    former_id_rule: bool = False

    def __post_init__(self) -> None:
        if not _SCRIPT_ID.fullmatch(self.script_id):
            raise ValueError(f"script_id: expected 8 capital letters and digits, got {self.script_id!r}")


class DataReshape:
    """One simulated account: checks the token, the script and the body, and keeps what is to be processed."""

    kind: ClassVar[str] = "datareshape"

    def __init__(self, account: DataReshapeAccount) -> None:
        self._account = account
        self.reset()

    def identify(self, call: Call) -> Identity:
        """Name and id are the body's `event.name` and `event.id`; the key is such as `checkout_completed/O-5001`."""
        event = section(call.members, "event")
        name, event_id = wording(event, "name"), wording(event, "id")
        return Identity(name, event_id, f"{name}/{event_id}" if event_id else "", _occurred_at(event))

    def judge(self, call: Call) -> Judgement:
        """Refuse, receive without processing, or store."""
        if refusal := self._wrong_address(call) or self._unreadable(call):
            return self._refused(*refusal)
        breaches, remarks = sifted(PAYLOAD(call.document, ""))
        breaches = breaches or self._misnamed(section(call.members, "event"), call.members)
        if breaches:
            return self._refused(400, summary(breaches))
        warnings = _warnings(call.members)
        reason = summary([*(f"warning: {warning}" for warning in warnings), *remarks])
        if call.path == TEST_PATH or section(call.members, "context")["environment"] == "dev":
            return self._unprocessed(call, warnings, reason)
        return self._processed(call, warnings, reason)

    def state(self) -> dict[str, object]:
        """How many events of each name are kept, how often each warning was given, how many were tests."""
        return {"events": dict(self._events), "warnings": dict(self._warned), "not_processed": self._tests}

    def reset(self) -> None:
        """Forget everything kept."""
        self._events: Counter[str] = Counter()
        self._warned: Counter[str] = Counter()
        self._seen: set[tuple[str, str]] = set()
        self._tests = 0

    def _wrong_address(self, call: Call) -> Refusal | None:
        if call.method != "POST" or call.path not in (PATH, TEST_PATH):
            return 404, f"expected POST {PATH} or POST {TEST_PATH}; got {call.method} {call.path}"
        token = call.headers.get("x-dre-access-token", "")
        if not token or not compare_digest(token.encode(), self._account.access_token.encode()):
            return 401, f"X-Dre-Access-Token: {'not the token of this account' if token else 'mandatory, got nothing'}"
        if call.query.get("id") != self._account.script_id:
            return 404, f"unknown script {call.query.get('id', '')!r}"
        return None

    def _unreadable(self, call: Call) -> Refusal | None:
        if call.media_type != "application/json":
            return 400, f"content-type: expected application/json, got {call.media_type!r}"
        return (400, "body: expected JSON") if call.document is UNREADABLE else None

    def _misnamed(self, event: dict[str, object], members: dict[str, object]) -> list[str]:
        """What is wrong for an event of this name, in a body that is otherwise in order."""
        name, event_id = str(event["name"]), event.get("id")
        if name not in self._account.names:
            return [f"event.name: {name!r} is not mapped in this account"]
        if name in NEED_ID and event_id is None:
            return [f"event.id: mandatory for {name}, got nothing"]
        if self._account.former_id_rule and event_id is not None and not _FORMER_ID.fullmatch(str(event_id)):
            return [f"event.id: expected three or more letters, digits, _ or -, got {event_id!r}"]
        if name in NEED_PRODUCTS and not members.get("products"):
            return [f"products: at least one is mandatory for {name}, got none"]
        return []

    def _unprocessed(self, call: Call, warnings: list[str], reason: str) -> Judgement:
        self._tests += 1
        validated = {**call.members, "consent": _consent(call.members)}
        answer = {**_told("Received. This will NOT be processed.", warnings), "data_received": validated}
        return Judgement(Reply.of(200, answer), Fate.NOT_STORED, _joined("not processed: a test", reason))

    def _processed(self, call: Call, warnings: list[str], reason: str) -> Judgement:
        event = section(call.members, "event")
        reply = Reply.of(200, _told("Received. This has been processed.", warnings))
        name, event_id = str(event["name"]), event.get("id")
        if isinstance(event_id, str):
            if (name, event_id) in self._seen:
                return Judgement(reply, Fate.DUPLICATE, reason)
            self._seen.add((name, event_id))
        self._events[name] += 1
        self._warned.update(warnings)
        return Judgement(reply, Fate.STORED, reason)

    def _refused(self, status: int, reason: str) -> Judgement:
        shown = 200 if self._account.errors_as_200 else status
        answer = {"emitter": "DATA Reshape", "detail": reason, "level": 2}
        return Judgement(Reply.of(shown, answer), Fate.REFUSED, reason)


def _warnings(members: dict[str, object]) -> list[str]:
    warnings = []
    if not section(members, "context").get("url"):
        warnings.append("context.url: not given, the configured host stands in for it")
    if list(CONSENT(members.get("consent"), "consent")):
        warnings.append("consent: not three booleans, all three are taken as true")
    return warnings


def _consent(members: dict[str, object]) -> object:
    consent = members.get("consent")
    return _ALL_AGREED if list(CONSENT(consent, "")) else consent


def _told(detail: str, warnings: list[str]) -> dict[str, object]:
    return {"emitter": "DATA Reshape", "detail": detail, "level": 2, "warnings": warnings}


def _joined(*sentences: str) -> str:
    return "; ".join(filter(None, sentences))


def _occurred_at(event: dict[str, object]) -> float | None:
    """The vendor knows no time of an event; where a property says it, the record does."""
    stated = wording(section(event, "properties"), "occurred_at")
    return None if list(zoned_moment(stated, "")) else datetime.fromisoformat(stated).timestamp()
