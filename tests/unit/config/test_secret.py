"""Secrets stay unseen."""

import copy
import dataclasses
import json
import pickle

import orjson
import pytest
from marshmallow import Schema, ValidationError

from outhaul_config.secret import Secret, SecretField

VALUE = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_a_secret_shows_as_stars_in_every_form_of_text() -> None:
    """No way of turning a secret into text shows it."""
    secret = Secret(VALUE)
    texts = [str(secret), repr(secret), f"{secret}", f"{secret!r:>5}", "%s" % secret, repr({"key": [secret]})]  # noqa: UP031
    assert all(VALUE not in text and "***" in text for text in texts)


def test_a_secret_is_revealed_on_request_only() -> None:
    """The one method gives the text as it was."""
    assert Secret(VALUE).reveal() == VALUE


@pytest.mark.parametrize("write", [orjson.dumps, json.dumps, pickle.dumps])
def test_writing_a_secret_out_fails_instead_of_leaking(write) -> None:  # type: ignore[no-untyped-def] # three signatures
    """JSON and pickle refuse a secret, also inside a container."""
    with pytest.raises(TypeError) as refusal:
        write({"key": Secret(VALUE)})
    assert VALUE not in str(refusal.value)


def test_json_with_a_fallback_to_text_writes_stars() -> None:
    """A writer that falls back to `str` writes the mask."""
    assert orjson.dumps({"key": Secret(VALUE)}, default=str) == b'{"key":"***"}'


def test_secrets_compare_and_hash_by_value() -> None:
    """Equal texts make equal secrets; a secret never equals its text."""
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1
    assert Secret("\udcff") == Secret("\udcff")


def test_an_empty_secret_is_false() -> None:
    """A secret tells whether there is one without being revealed."""
    assert not Secret("")
    assert Secret("x")


def test_copies_of_what_holds_a_secret_work() -> None:
    """Dataclasses with secrets can be copied and taken apart."""

    @dataclasses.dataclass(frozen=True)
    class Holder:
        key: Secret

    holder = Holder(Secret(VALUE))
    assert copy.deepcopy(holder) == copy.copy(holder) == holder
    assert dataclasses.asdict(holder) == {"key": Secret(VALUE)}


class Options(Schema):
    """A schema with a secret."""

    key = SecretField(required=True)


def test_the_field_makes_a_secret_of_text() -> None:
    """What a schema loads is a secret."""
    assert Options().load({"key": VALUE}) == {"key": Secret(VALUE)}


@pytest.mark.parametrize("given", ["", None, 5, [VALUE], {"value": VALUE}])
def test_the_field_refuses_without_repeating_what_was_given(given: object) -> None:
    """Whatever is no text is refused, and the refusal does not show it."""
    with pytest.raises(ValidationError) as refusal:
        Options().load({"key": given})
    assert VALUE not in str(refusal.value)
    assert refusal.value.messages == {"key": ["a secret text that is not empty"]}
