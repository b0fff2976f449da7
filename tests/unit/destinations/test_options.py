"""Option fields that several kinds share, and mistakes in them as a user sees them."""

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from marshmallow import Schema, ValidationError

from outhaul_config.destinations import Destination, load_destinations
from outhaul_config.problems import ConfigError
from outhaul_worker.destinations.options import base_address, endpoint_address, time_zone
from outhaul_worker.destinations.registry import kind_specs, kinds
from unit.destinations.configured import SHARED_SECRET


class Addresses(Schema):
    """Both address fields."""

    endpoint = endpoint_address()
    base = base_address()


@pytest.mark.parametrize(
    "address",
    [
        "https://hooks.example/in?token=1",
        "http://127.0.0.1:8080",
        "https://[::1]:8443/x",
        "HTTPS://Hooks.Example/%C3%A9",
    ],
)
def test_an_absolute_address_is_taken_as_it_is(address: str) -> None:
    """What a receiver registered is posted to, byte for byte."""
    assert Addresses().load({"endpoint": address})["endpoint"] == address


@pytest.mark.parametrize(
    "address",
    [
        "",
        5,
        None,
        "hooks.example/in",
        "/in",
        "ftp://hooks.example/",
        "https://",
        "https://user:pass@hooks.example/",
        "https://:pass@hooks.example/",
        "https://hooks.example/#there",
        "https://hooks.example/a b",
        "https://hooks.example/\r\nx: y",
        "https://hooks.example:99999/",
        "https://hooks.example:0/",
        "https://[::1/",
        "https://hööks.example/",
    ],
)
def test_what_is_no_address_is_refused(address: Any) -> None:
    """A request is only ever sent to a plain http(s) address, with no credentials in it that logs would show."""
    for field in ("endpoint", "base"):
        with pytest.raises(ValidationError, match="absolute http"):
            Addresses().load({field: address})


def test_a_base_address_has_no_query_and_loses_its_last_slash() -> None:
    """Paths can be appended to it."""
    assert Addresses().load({"base": "https://hooks.example/v1/"})["base"] == "https://hooks.example/v1"
    with pytest.raises(ValidationError):
        Addresses().load({"base": "https://hooks.example/?a=1"})


def test_a_time_zone_is_one_of_the_iana_database() -> None:
    """A misspelt zone shows at start-up, not in shifted times."""
    zone = Schema.from_dict({"zone": time_zone()})()
    assert zone.load({"zone": "Europe/Kyiv"}) == {"zone": ZoneInfo("Europe/Kyiv")}
    for mistaken in ("Europe/Kiew", "Europe", "", "../UTC", "/etc/hosts", "+02:00", "a\0b", 2, None):
        with pytest.raises(ValidationError, match='a time zone such as "Europe/Bucharest"'):
            zone.load({"zone": mistaken})


def _loaded(folder: Path, text: str, **environ: str) -> dict[str, Destination]:
    path = folder / "destinations.toml"
    path.write_text(text)
    return load_destinations(path, environ, kind_specs())


def test_destinations_of_every_kind_are_read_from_a_file_and_built(tmp_path: Path) -> None:
    """The configuration in the documentation works, credentials from the environment included."""
    destinations = _loaded(
        tmp_path,
        """
        [destinations.shop-hooks]
        kind = "webhook"
        url = "https://hooks.example/in"
        secret = ["${NEW_SECRET}", "${OLD_SECRET}"]
        subscribe = ["order.*"]

        [destinations.remarkety-main]
        kind = "remarkety"
        store_id = "AAABBB"
        api_key = "${REMARKETY_API_KEY}"
        subscribe = ["order.*"]
        names = { "order.shipped" = "order-shipped" }
        """,
        NEW_SECRET=SHARED_SECRET,
        OLD_SECRET=SHARED_SECRET,
        REMARKETY_API_KEY="key",
    )
    built = {name: kinds()[each.kind](each) for name, each in destinations.items()}
    assert [kind.name for kind in built.values()] == ["webhook", "remarkety"]
    assert destinations["remarkety-main"].secrets() == ("key",)


MISTAKEN = """
[destinations.a]
kind = "webhook"
ulr = "https://hooks.example/in"
secret = "whsec_${SECRET}"
headers = { Host = "x", x-ok = "hidden\\nheader" }
subscribe = ["order.*"]

[destinations.b]
kind = "remarkety"
store_id = "AAA BBB"
api_key = "hidden\\nkey"
auth_header = "x-tokn"
base_url = "webhooks.remarkety.com"
subscribe = ["order.*"]

[destinations.b.names]
"order.shiped" = "x"
"order.created" = ""
"order.updated" = 5
"custom.vip" = "orders/create"
"newsletter.subscribed" = "newsletter/unsubscribe"
"""


def test_every_mistake_in_the_options_is_reported_with_the_name_that_was_meant(tmp_path: Path) -> None:
    """One reading of the file tells all that is wrong with it, and shows no secret."""
    with pytest.raises(ConfigError) as refused:
        _loaded(tmp_path, MISTAKEN, SECRET="hidden-secret")
    places = {f"{problem.table}.{problem.key}" for problem in refused.value.problems}
    assert places == {
        *(f"destinations.a.{key}" for key in ("ulr", "url", "secret", "headers.Host", "headers.x-ok")),
        *(f"destinations.b.{key}" for key in ("store_id", "api_key", "auth_header", "base_url")),
        *(f'destinations.b.names."order.{key}"' for key in ("shiped", "created", "updated")),
        *(f'destinations.b.names."{key}"' for key in ("custom.vip", "newsletter.subscribed")),
    }
    for meant in ('did you mean "url"', 'did you mean "x-token"', "did you mean order.shipped"):
        assert meant in str(refused.value)
    assert "hidden" not in str(refused.value)


def test_names_that_are_no_table_are_refused() -> None:
    """A list or text in the place of the table does not crash the reading."""
    for names in (["orders/create"], "orders/create", 5):
        with pytest.raises(ValidationError, match="a table of event types"):
            kinds()["remarkety"].options().load({"store_id": "A", "api_key": "k", "names": names})
