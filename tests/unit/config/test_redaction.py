"""Personal data and credentials are taken out of texts."""

import base64
import json
from time import process_time
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outhaul_config.redaction import mask, mask_credentials, redact


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("refused mara@shop.example: unknown", "refused ***: unknown"),
        ("<Mara.Ionescu+news@mail.shop.example>", "<***>"),
        ("mara@localhost", "***"),
        ('{"email":"mara@shop.example","id":"C-71"}', '{"email":"***","id":"C-71"}'),
        (r"mara\u0040shop.example", "***"),
        (r"m@b\u00fccher.example.", "***."),
        ("q?mail=mara%40shop.example&x=1", "***&x=1"),
        ("ștefan@bücher.example", "***"),
        ('"mara ionescu"@shop.example', "***"),
        ("mara@[192.0.2.1]", "***"),
        ("see https://user:pa:ss@host/x", "see https://***@host/x"),
        ("see https://t0ken@host/x", "see https://***@host/x"),
        ("call +40 722 123 456 now", "call *** now"),
        ("call +1 (555) 123-4567 now", "call *** now"),
        ("call (555) 123-4567 now", "call *** now"),
        ("call 555-123-4567 now", "call *** now"),
        ("call 0722123456 now", "call *** now"),
        ("call 0040.722.123.456 now", "call *** now"),
        ("q?to=%2B40722123456", "q?to=***"),
        ('{"phone": "40722123456"}', '{"phone": ***}'),
        ("Authorization: Bearer abc.def-ghi", "Authorization: Bearer ***"),
        ("authorization: basic dXNlcjpwYXNz", "authorization: basic ***"),
        ("signed with whsec_abc+/= today", "signed with *** today"),
        ("whsk_abcdef", "***"),
        ("signed with whsk_abcdef today", "signed with *** today"),
        ("sent ohk_5985bd981adb180d_osOL6GNcv-m today", "sent ohk_5985bd981adb180d_*** today"),
        ('{"partnerSecret":"s3cr\\"et","x":1}', '{"partnerSecret":***,"x":1}'),
        (r"{\"api_key\":\"abc\",\"x\":1}", r"{\"api_key\":***\",\"x\":1}"),
        ("x-api-key: 4f9a77", "x-api-key: ***"),
        ("?token=4f9a77&x=1", "?token=***&x=1"),
        ("{'password': 'hunter2', 'x': 1}", "{'password': ***, 'x': 1}"),
        ('{"token":"cut of', '{"token":***'),
    ],
)
def test_personal_data_and_credentials_become_stars(text: str, redacted: str) -> None:
    """Every kind is found in the surroundings it occurs in, and the surroundings stay readable."""
    assert redact(text) == redacted


@pytest.mark.parametrize(
    "text",
    [
        "",
        "delivered",
        "HTTP 500 after 3 attempts, next in 12.5 s",
        "order O-5001 at 2026-03-05T10:15:00+02:00 for 1234.50 EUR",
        "1763600000000",
        "550e8400-e29b-41d4-a716-446655440000",
        "Basic authentication required",
        "invalid token: expired",
        "connect to 192.168.100.200:8443 timed out",
        "customer.address.zip: Missing data",
        "whpk_public",
        "celery@worker-1.shop.internal ready.",
    ],
)
def test_ordinary_words_stay_as_they_are(text: str) -> None:
    """Status codes, times, amounts and ids are what a person needs to see."""
    assert redact(text) == text


@given(st.emails(), st.sampled_from(["{}", "<{}>", '{{"email": "{}"}}', "to {}, please", "mailto:{}?x", "{0} {0}"]))
def test_no_email_address_survives(address: str, around: str) -> None:
    """Any address a standard allows is masked, wherever it stands."""
    assert address not in redact(around.format(address))


SECRETS = st.text(min_size=6).filter(lambda text: "*" not in text)


@given(SECRETS, st.sampled_from(["{}", "a {} b", "{0}{0}", "x={}&y"]))
def test_no_given_secret_survives(secret: str, around: str) -> None:
    """A given secret is masked as it is, as JSON writers write it and as a URL writes it."""
    for spelling in (secret, json.dumps(secret), json.dumps(secret).replace("/", r"\/"), quote(secret, safe="")):
        assert spelling not in redact(around.format(spelling), [secret])


def test_a_secret_within_another_leaves_no_rest() -> None:
    """The longer secret is masked first."""
    assert mask("key abcdef", ["abc", "abcdef", "", "\udcff"]) == "key ***"


def test_an_address_keeps_its_host_only() -> None:
    """Whatever stands before the last @ of an address is masked."""
    assert mask_credentials("redis://u:p@ss@host:1/0") == "redis://***@host:1/0"
    assert mask_credentials("redis://host:1/0") == "redis://host:1/0"


@pytest.mark.parametrize(
    "unit",
    [
        *("a", "@", ":", '"', "(", "00", "+1", "0 ", "a@", "//a", "%40", "555-", "a.@b.", "\\u0040"),
        *("token", "token=", "token= ", "token\\", 'token:\\"', "token='", "bearer ", "whsec_"),
    ],
)
def test_a_hostile_text_takes_no_more_than_linear_time(unit: str) -> None:
    """The largest answer an endpoint can send is redacted in a moment, whatever it repeats."""
    text = unit * (65536 // len(unit))
    started = process_time()
    redact(text)
    assert process_time() - started < 2.0


def test_a_basic_credential_is_masked_in_its_encoded_form() -> None:
    """A header that an endpoint echoes gives no password away."""
    encoded = base64.b64encode(b"any:key-of-the-shop").decode()
    assert encoded not in redact(f"you sent Basic {encoded}")
