"""The files a user copies work as they are."""

import re
from pathlib import Path

from outhaul_config.destinations import load_destinations
from outhaul_config.policy import Retry, Timeout
from outhaul_config.settings import load_settings
from outhaul_producers.schema.paths import value_paths
from outhaul_producers.types import TYPES
from outhaul_worker.destinations.registry import kind_specs

FOLDER = Path(__file__).parents[3] / "config"
HOOKS_SECRET = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="


def test_the_example_settings_load() -> None:
    """The example is valid, and its destinations lie beside it."""
    settings = load_settings({"OUTHAUL_CONFIG": str(FOLDER / "outhaul.example.toml")})
    assert settings.destinations == FOLDER / "destinations.toml"


def test_the_example_destinations_load_with_their_variables_set() -> None:
    """The example is valid for the built-in kinds, and means what it says."""
    environ = {"SHOP_HOOKS_SECRET": HOOKS_SECRET, "REMARKETY_API_KEY": "key"}
    found = load_destinations(FOLDER / "destinations.example.toml", environ, kind_specs())
    assert list(found) == ["shop-hooks", "remarkety-main"]
    hooks = found["shop-hooks"].policy
    assert hooks.timeout == Timeout(5.0, 15.0)
    assert hooks.retry == Retry(base=5.0, factor=3.0, cap=21600.0, max_attempts=14, max_age=259200.0)
    assert found["remarkety-main"].options["base_url"] == "https://webhooks.remarkety.com"


def test_the_example_has_a_destination_of_every_kind_that_loads_once_uncommented(tmp_path: Path) -> None:
    """What is commented out is as valid as the rest, and no kind is without an example."""
    example = (FOLDER / "destinations.example.toml").read_text()
    whole = tmp_path / "destinations.toml"
    whole.write_text(re.sub(r"^# (?=\[|\w+ = )", "", example, flags=re.MULTILINE))
    environ = dict.fromkeys(re.findall(r"\$\{(\w+)\}", example), "key")
    secrets = dict.fromkeys(("SHOP_HOOKS_SECRET", "EVENT_BUS_SECRET"), HOOKS_SECRET)
    found = load_destinations(whole, {**environ, **secrets}, kind_specs(), TYPES, value_paths())
    assert {destination.kind for destination in found.values()} == set(kind_specs())
