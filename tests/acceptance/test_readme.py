"""The README is the first thing a new user follows: what it shows works as shown."""

import re
import subprocess
import sys
from pathlib import Path

import outhaul_ops
from acceptance.site import Site
from eventually import eventually
from outhaul_ledger.model import State
from receiver import Receiver

CHECKOUT = Path(outhaul_ops.__file__).parents[2]
README = (CHECKOUT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    """Return the README's fenced blocks of a language."""
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def commands() -> list[str]:
    """Return every command line of the README's console blocks, without comments."""
    lines = "".join(blocks("console")).splitlines()
    return [line.partition("  #")[0].strip() for line in lines if line.strip()]


def test_both_halves_of_the_code_work_as_shown(site: Site, receiver: Receiver) -> None:
    """The destination, the check, the worker and the enqueueing program of the README deliver an event."""
    (toml,) = blocks("toml")
    (program,) = blocks("python")
    site.settings["SHOP_HOOKS_SECRET"] = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="
    wanted = toml.replace("https://hooks.example/in", receiver.url).replace('"order.*"', '"customer.*"')
    site.table("shop-hooks", wanted + "allow_private_addresses = true\n")
    site.write_destinations()
    checked = subprocess.run(
        [sys.executable, "-m", "outhaul_ops", "config", "check"], env=site.environment, check=False, timeout=30
    )
    assert checked.returncode == 0
    site.start_worker()
    said = subprocess.run(
        [sys.executable, "-c", program], env=site.environment, check=True, capture_output=True, text=True, timeout=30
    )
    event_id = said.stdout.split()[0]

    def delivered() -> bool:
        record = site.ledger().status(event_id)
        return bool(record and record.deliveries and record.deliveries["shop-hooks"].state is State.DELIVERED)

    eventually(delivered, within=15)
    assert b"mara@shop.example" in receiver.requests[0].body


def test_every_command_is_one_that_the_suite_or_ci_runs() -> None:
    """A command that nobody runs would rot: a new one in the README must be added to what is run, and here."""
    assert commands() == ["make demo", "make test", "outhaul config check", "celery -A outhaul_worker worker"]


def test_every_page_it_points_to_exists() -> None:
    """No link of the README is dead."""
    targets = [target for target in re.findall(r"\]\(([^)#]+)\)", README) if not target.startswith("https:")]
    assert [target for target in targets if not (CHECKOUT / target).exists()] == []
    assert len(targets) > 5
