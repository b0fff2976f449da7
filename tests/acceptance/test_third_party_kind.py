"""The guide to a kind of one's own: its files are taken from the page, installed, and deliver an event."""

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import outhaul_ops
import outhaul_producers
from acceptance.site import Site
from eventually import eventually
from outhaul_ledger.model import State
from receiver import Ok, Receiver

PAGE = (Path(outhaul_ops.__file__).parents[2] / "docs" / "how-to" / "add-a-destination-kind.md").read_text()
FILE = re.compile(r"^\*\*`(?P<name>[^`]+)`\*\*\n\n```\w+\n(?P<content>.*?)^```$", re.MULTILINE | re.DOTALL)
OF_THE_SITE = "destinations.toml"
TOKEN = "room-secret-token"
ORDER: dict[str, Any] = {
    "id": "O-5001",
    "created_at": "2026-03-05T08:15:00Z",
    "currency": "EUR",
    "totals": {"total": "19.00"},
    "items": [{"product_id": "P-9", "name": "Mug", "price": "19.00", "quantity": 1}],
}


def files() -> dict[str, str]:
    """Every file that the page shows in full, by name."""
    return {found["name"]: found["content"] for found in FILE.finditer(PAGE)}


@dataclass(frozen=True)
class Installed:
    """The package of the page, built from its files and installed into a folder."""

    source: Path
    target: Path


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Builds with what is installed already: no test needs a package registry."""
    folder = tmp_path_factory.mktemp("third-party")
    made = Installed(folder / "outhaul-roomchat", folder / "site-packages")
    made.source.mkdir()
    for name, content in files().items():
        if name != OF_THE_SITE:
            (made.source / name).write_text(content)
    options = ("--offline", "--no-cache", "--no-deps", "--no-build-isolation", "--quiet")
    command = (sys.executable, "-m", "uv", "pip", "install", "--python", sys.executable, *options)
    subprocess.run([*command, "--target", str(made.target), str(made.source)], check=True, timeout=60)
    return made


def outhaul(site: Site, *arguments: str) -> Any:
    """Run the command at the site, as an operator would, and return the JSON it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "outhaul_ops", *arguments, "--json"],
        cwd=site.folder,
        env=site.environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return json.loads(done.stdout)


def test_the_page_shows_a_whole_package() -> None:
    """The kind, its tests, what installs it and what configures it; nothing of it is left to the reader."""
    assert set(files()) == {"pyproject.toml", "outhaul_roomchat.py", "test_outhaul_roomchat.py", OF_THE_SITE}


def test_the_packages_own_tests_hold(installed: Installed) -> None:
    """What the page promises of the kind is true of it."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null", "."]
    environment = {"PYTHONPATH": str(installed.target), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        command, cwd=installed.source, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout
    assert "9 passed" in done.stdout


def test_events_are_delivered_by_it(site: Site, receiver: Receiver, installed: Installed) -> None:
    """Checked, tried, and running in a real worker beside a built-in kind: the order arrives, the rest is skipped."""
    receiver.always(Ok(b'{"ok": true}'))
    site.settings |= {"PYTHONPATH": str(installed.target), "ROOMCHAT_TOKEN": TOKEN}
    table = files()[OF_THE_SITE].replace("https://chat.example", receiver.url).replace('"order.*"', '"*"')
    site.table("orders-room", f"{table}allow_private_addresses = true\n")
    site.destination("hooks", f"{receiver.url}/hooks")
    site.write_destinations()

    checked = outhaul(site, "destinations", "check", "orders-room")["destinations"][0]
    assert (checked["kind"], checked["credentials"][0]["variables"]) == ("roomchat", ["ROOMCHAT_TOKEN"])
    assert outhaul(site, "destinations", "test", "orders-room")["outcome"] == "accepted"
    assert json.loads(receiver.requests[0].body)["dry_run"] is True

    site.start_worker()
    outhaul_producers.enqueue_event("order.created", id="ev_order", order=ORDER)
    outhaul_producers.enqueue_event("customer.created", id="ev_person", customer={"email": "mara@shop.example"})
    eventually(lambda: states(site) == {"ev_order": State.DELIVERED, "ev_person": State.SKIPPED}, within=15)
    (line,) = [each for each in receiver.requests[1:] if each.path == "/rooms/orders"]
    assert json.loads(line.body) == {"text": "New order O-5001: 19.00 EUR"}
    assert dict(line.header_lines)["authorization"] == f"Bearer {TOKEN}"


def states(site: Site) -> dict[str, State]:
    """How the deliveries to the room stand, by event."""
    records = {event_id: site.ledger().status(event_id) for event_id in ("ev_order", "ev_person")}
    return {
        event_id: record.deliveries["orders-room"].state
        for event_id, record in records.items()
        if record and "orders-room" in record.deliveries
    }
