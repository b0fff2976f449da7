"""Every event type to every kind: through the door, a real worker and HTTP to simulated vendors."""

from collections.abc import Iterator
from contextlib import ExitStack

import orjson
import pytest

import outhaul_producers
from acceptance.site import SECRET, Site
from eventually import eventually
from outhaul_ledger.model import State
from outhaul_ops.simulators import Fate, Simulator
from unit.destinations.canonical import SAMPLES
from unit.destinations.test_golden_payloads import golden_file
from unit.destinations.test_vendors_accept import ACCOUNTS

SETTLED = {State.DELIVERED, State.SKIPPED, State.DEAD}
TABLES = {
    "cloudevents": ("url", f'secret = "{SECRET}"\nmode = "binary"', {"secrets": (SECRET,)}),
    "datareshape": (
        "base_url",
        """
script_id = "AB12CD34"
access_token = "dre-secret-token"
currency = "EUR"
tax_percent = 19
newsletter_leads = true
names = { "custom.loyalty.tier_up" = "loyalty_tier_up" }
""",
        ACCOUNTS["datareshape"],
    ),
    "esputnik": ("base_url", 'api_key = "es-secret-key"\ntime_zone = "Europe/Kyiv"', {"api_key": "es-secret-key"}),
    "okanjo": ("url", "statuses = { S = 3, Picked = 2 }", {}),
    "remarkety": ("base_url", 'store_id = "AAABBB"\napi_key = "rm-secret-key"', {"api_key": "rm-secret-key"}),
    "simon": (
        "base_url",
        'partner_id = "p-acme"\npartner_secret = "simon-secret-word"',
        {"partner_id": "p-acme", "partner_secret": "simon-secret-word"},
    ),
    "webhook": ("url", f'secret = "{SECRET}"', {"secrets": (SECRET,)}),
}
"""Per kind: the option that holds the address, further lines of its table, and the simulated account that fits."""

BY_CONTRACT: dict[str, list[tuple[str, Fate]]] = {
    # The confirmed update of an order that was created is the same purchase; the cancelled order is a test event.
    "datareshape": [("checkout_completed", Fate.DUPLICATE), ("order_canceled", Fate.NOT_STORED)],
}
"""What a vendor takes and does not store once more, for reasons of its own."""

CREDENTIALS = ("dre-secret-token", "es-secret-key", "rm-secret-key", "simon-secret-word", SECRET.removeprefix("whsec_"))
PERSONAL = ("mara@shop.example", "+40712000111")


@pytest.fixture
def vendors(site: Site) -> Iterator[dict[str, Simulator]]:
    """A simulated vendor of each kind, and a destination of the site that sends to it."""
    with ExitStack() as running:
        started = {}
        for kind, (address, lines, account) in TABLES.items():
            started[kind] = running.enter_context(Simulator.start(kind, **account))
            site.table(
                kind,
                f'[destinations.{kind}]\nkind = "{kind}"\nsubscribe = ["*"]\nallow_private_addresses = true\n'
                f'{address} = "{started[kind].url}"\n{lines}\n',
            )
        yield started


def applicable(kind: str) -> set[str]:
    """Return the types that the kind has a use for, by the reviewed payloads."""
    return {each for each in SAMPLES if "not_applicable" not in orjson.loads(golden_file(kind, each).read_bytes())}


def enqueue_every_type() -> dict[str, str]:
    """Accept one event of every type; returns the id of each."""
    ids = {event_type: f"ev_{event_type.replace('.', '_')}" for event_type in SAMPLES}
    outcome = outhaul_producers.enqueue_events({**SAMPLES[each].body, "id": ids[each]} for each in SAMPLES)
    assert not outcome.errors
    return ids


def states(site: Site, ids: dict[str, str]) -> dict[tuple[str, str], State]:
    """Return the state of every delivery by kind and type."""
    records = {event_type: site.ledger().status(event_id) for event_type, event_id in ids.items()}
    return {
        (kind, event_type): delivery.state
        for event_type, record in records.items()
        if record
        for kind, delivery in record.deliveries.items()
    }


def test_every_type_reaches_every_kind_that_has_a_use_for_it(site: Site, vendors: dict[str, Simulator]) -> None:
    """Delivered where the contract has a name for it, skipped elsewhere; no vendor refuses or throws away anything."""
    worker = site.start_worker()
    ids = enqueue_every_type()
    everything = len(TABLES) * len(ids)

    def all_settled() -> bool:
        found = states(site, ids)
        return len(found) == everything and set(found.values()) <= SETTLED

    eventually(all_settled, within=60, every=0.3)
    wanted = {
        (kind, event_type): State.DELIVERED if event_type in applicable(kind) else State.SKIPPED
        for kind in TABLES
        for event_type in ids
    }
    assert states(site, ids) == wanted
    for kind, vendor in vendors.items():
        odd = [(entry.event, entry.fate) for entry in vendor.record.entries() if entry.fate is not Fate.STORED]
        assert (kind, sorted(odd)) == (kind, BY_CONTRACT.get(kind, []))
        assert len(vendor.record.entries()) == len(applicable(kind))
    order = outhaul_producers.get_status(ids["order.created"])
    assert order is not None
    known_as = {each.destination: each.log[-1].vendor_id for each in order.deliveries if each.log}
    (at_okanjo,) = (entry.event_id for entry in vendors["okanjo"].record.entries() if entry.event == "order.confirmed")
    assert (known_as["okanjo"], known_as["webhook"]) == (at_okanjo, "")
    log = worker.log.read_text()
    assert [secret for secret in (*CREDENTIALS, *PERSONAL) if secret in log] == []
