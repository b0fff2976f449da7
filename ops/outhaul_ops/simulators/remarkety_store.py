"""What a simulated Remarkety account holds: upserts by id and e-mail, and the suppression list."""

from collections import Counter
from dataclasses import dataclass, field

Body = dict[str, object]

_BUSINESS_OBJECTS = ("orders", "carts", "products")


@dataclass(slots=True)
class RemarketyStore:
    """Orders, carts and products are replaced by id; contacts are merged, found by id or else by e-mail.

    An unsubscribed e-mail stays on the suppression list, which outranks `accepts_marketing`, until it subscribes again.
    """

    contacts: list[Body] = field(default_factory=list)
    suppressed: set[str] = field(default_factory=set)
    objects: dict[str, dict[str, Body]] = field(default_factory=lambda: {name: {} for name in _BUSINESS_OBJECTS})
    custom: Counter[str] = field(default_factory=Counter)
    _by_id: dict[str, Body] = field(default_factory=dict)
    _by_email: dict[str, Body] = field(default_factory=dict)

    def keep(self, event: str, body: Body) -> str:
        """Store a checked body; returns a remark for the record, mostly empty."""
        subject, _, verb = event.partition("/")
        if subject == "newsletter":
            return self._subscribe(body) if verb == "subscribe" else self._unsubscribe(body)
        if subject == "customers":
            return self._merge_contact(body)
        if subject in self.objects:
            self.objects[subject][str(body["id"])] = body
            customer = body.get("customer")
            return self._merge_contact(customer) if isinstance(customer, dict) else ""
        self.custom[event] += 1
        return ""

    def as_json(self) -> dict[str, object]:
        """A copy of everything held, as JSON types; `marketable` is consent after the suppression list had its say."""
        contacts = [{**contact, "marketable": self._marketable(contact)} for contact in self.contacts]
        return {
            "contacts": contacts,
            **{name: dict(held) for name, held in self.objects.items()},
            "suppressed": sorted(self.suppressed),
            "custom": dict(self.custom),
        }

    def _marketable(self, contact: Body) -> bool:
        return contact.get("accepts_marketing") is True and _address(contact) not in self.suppressed

    def _subscribe(self, body: Body) -> str:
        self.suppressed.discard(_address(body))
        shared = {name: value for name, value in body.items() if name not in _SUBSCRIPTION_ONLY}
        identity = {"id": body["customerId"]} if "customerId" in body else {}
        return self._merge_contact({**shared, **identity, "accepts_marketing": True})

    def _unsubscribe(self, body: Body) -> str:
        self.suppressed.add(_address(body))
        return ""

    def _merge_contact(self, given: Body) -> str:
        known = self._find(given)
        contact: Body = {} if known is None else known
        if known is None:
            self.contacts.append(contact)
        self._by_email.pop(_address(contact), None)
        tags = _merged_tags(contact, given)
        contact.update((name, value) for name, value in given.items() if value is not None)
        contact.pop("append_tags", None)
        if tags:
            contact["tags"] = tags
        self._by_email[_address(contact)] = contact
        if "id" in contact:
            self._by_id[str(contact["id"])] = contact
        if given.get("accepts_marketing") is True and _address(given) in self.suppressed:
            return "accepts_marketing true has no effect: the e-mail is on the suppression list"
        return ""

    def _find(self, given: Body) -> Body | None:
        identifier = str(given.get("id", ""))
        if identifier and identifier in self._by_id:
            return self._by_id[identifier]
        same_email = self._by_email.get(_address(given))
        if same_email is not None and identifier and "id" in same_email:
            return None
        return same_email


_SUBSCRIPTION_ONLY = frozenset({"customerId", "double_optin_required"})


def _address(body: Body) -> str:
    return str(body.get("email", "")).lower()


def _merged_tags(contact: Body, given: Body) -> list[str]:
    before, now = contact.get("tags"), given.get("tags")
    listed = now if isinstance(now, list) else []
    if given.get("append_tags") is True and isinstance(before, list):
        return list(dict.fromkeys([*before, *listed]))
    return listed
