"""Mistakes in the options of `datareshape` and `simon`, as the configuration's reader finds them."""

from typing import Any

import pytest
from marshmallow import ValidationError

from outhaul_worker.destinations.registry import kinds
from unit.destinations.configured import OPTIONS


def _mistakes(kind: str, **options: Any) -> Any:
    with pytest.raises(ValidationError) as refused:
        kinds()[kind].options().load({**OPTIONS[kind], **options})
    return refused.value.messages


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("base_url", "shop.datareshape.net"),
        ("base_url", "https://shop.datareshape.net/?id=1"),
        ("script_id", "ab12cd34"),
        ("script_id", "AB12CD345"),
        ("access_token", "two\nlines"),
        ("currency", "EURO"),
        ("currency", "eur"),
        ("currency", ["EUR"]),
        ("tax_percent", 51),
        ("tax_percent", -1),
        ("tax_percent", "a lot"),
        ("events", []),
        ("events", "checkout_completed"),
        ("events", None),
        ("events", ["no spaces"]),
        ("events", [5]),
        ("newsletter_leads", "maybe"),
        ("test", "on"),
        ("path", "webhooks"),
        ("path", "/webhooks?id=1"),
        ("path", "/web hooks"),
        ("path", 5),
        ("data_source", "\n"),
        ("names", {"cart.viewed": "checkout_completed"}),
        ("names", {"order.created": "order_canceled"}),
        ("names", {"cart.viewed": ""}),
        ("names", {"cart.viewed": 5}),
        ("names", {"cart.veiwed": "cart_viewed"}),
    ],
)
def test_a_mistake_in_a_datareshape_option_is_found_before_anything_is_sent(option: str, value: Any) -> None:
    """A destination that starts can reach its account, and sends no purchase that is none."""
    assert set(_mistakes("datareshape", **{option: value})) == {option}


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("partner_id", ""),
        ("partner_id", " p"),
        ("partner_secret", ""),
        ("partner_secret", "two\nlines"),
        ("partner_secret", "\udc80"),
        ("partner_secret", 5),
        ("environment", "live"),
        ("base_url", "simonsignal.com"),
        ("debug", 1),
        ("requires_identity", "maybe"),
        ("context_style", "flat"),
        ("client_name", ""),
        ("client_version", " 1"),
        ("names", {"custom.vip": "identify"}),
        ("names", {"cart.viewed": "x" * 39}),
        ("names", ["cart"]),
    ],
)
def test_a_mistake_in_a_simon_option_is_found_before_anything_is_sent(option: str, value: Any) -> None:
    """Simon itself would not say what is wrong."""
    assert set(_mistakes("simon", **{option: value})) == {option}


@pytest.mark.parametrize(
    ("kind", "required"),
    [
        ("datareshape", {"base_url", "script_id", "access_token", "currency"}),
        ("simon", {"partner_id", "partner_secret"}),
    ],
)
def test_nothing_that_a_request_needs_has_a_default(kind: str, required: set[str]) -> None:
    """All that is missing is told at once."""
    with pytest.raises(ValidationError) as refused:
        kinds()[kind].options().load({})
    messages: Any = refused.value.messages
    assert set(messages) == required


@pytest.mark.parametrize(
    ("kind", "total", "minutes"),
    [
        ("datareshape", 35.0, (0.5, 2, 10, 30, 120, 360, 720)),
        ("simon", 20.0, (0.5, 2, 10, 30, 120)),
    ],
)
def test_each_vendor_is_given_its_own_time_and_patience(kind: str, total: float, minutes: tuple[float, ...]) -> None:
    """A destination that configures no policy waits as long for an answer, and between tries, as suits the vendor."""
    policy = kinds()[kind].policy
    assert (policy.timeout.connect, policy.timeout.total) == (5.0, total)
    assert policy.retry.schedule == tuple(60.0 * each for each in minutes)
    assert policy.on_ambiguous == "retry"


def test_a_mistaken_secret_is_not_shown() -> None:
    """The message says what was expected, never what was given."""
    assert "hidden" not in str(_mistakes("simon", partner_secret="hidden\n"))
    assert "hidden" not in str(_mistakes("datareshape", access_token="hidden\n"))


def test_the_path_loses_its_last_slash() -> None:
    """The test address is made by appending to it."""
    loaded: Any = kinds()["datareshape"].options().load({**OPTIONS["datareshape"], "path": "/a/b/"})
    assert loaded["path"] == "/a/b"
