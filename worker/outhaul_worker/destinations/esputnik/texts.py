"""How canonical values become the texts that all of eSputnik's parameters are."""

from collections.abc import Iterable
from typing import Any

from outhaul_worker.destinations.encoding import encode
from outhaul_worker.destinations.rows import Section

LONGEST_NAME = 60


def text_of(value: Any) -> str:
    """A value as a parameter's text.

    Lists and objects become JSON in a string, a list as `{"array": [...]}`: eSputnik takes bare ones, too, but its
    templates cannot read them.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return encode({"array": value}).decode()
    if isinstance(value, dict):
        return encode(value).decode()
    return str(value)


def person_name(value: str) -> str:
    """A name in the length eSputnik takes: one that is longer would void the whole update of a contact."""
    return value[:LONGEST_NAME]


def status_text(given: Section) -> str:
    """What the shop calls a status."""
    label: str = given.get("name") or given["code"]
    return label


def joined_names(lines: Iterable[Section]) -> str:
    """The names of all payments, or ways of shipping, in one text."""
    return ", ".join(line.get("name") or line["code"] for line in lines)


def address_text(given: Section) -> str:
    """A postal address in one line."""
    parts = ("street", "street2", "city", "region", "postal_code", "country")
    return ", ".join(given[part] for part in parts if given.get(part))


def delivery_address(body: Section) -> str:
    """Where an order goes, else where the customer lives; empty where neither is known."""
    order, customer = body.get("order") or {}, body.get("customer") or {}
    return address_text(order.get("shipping_address") or customer.get("address") or {})
