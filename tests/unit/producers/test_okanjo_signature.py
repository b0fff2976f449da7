"""Whose a request to the Okanjo API is."""

import hmac

import pytest

from outhaul_config.secret import Secret
from outhaul_config.subscribers import Account
from outhaul_producers.web.okanjo_signature import Unsigned, verified

ACCOUNT = Account("erp", "AK_demo", Secret("open-sesame"))
ACCOUNTS = {ACCOUNT.key: ACCOUNT}
FORM = b"type=order.updated&webhook_url=https%3A%2F%2Fhooks.example%2Fin"
SUBSCRIBE = (
    "/events/subscribe?key=AK_demo&signature=44d62ebdb0447855b9172e3583eb6a2e61ec35d82c4d2bfce96bcc4e1f8eb3e1",
    FORM,
)
SHOW_SIGNATURE = "c5cda9b2efeb8745509726e974772ab6a7745514cb3b4b7f9a44c5f13dead5d0"
SHOW = (
    f"/events/EVdemo?embed=notifications&key=AK_demo&signature={SHOW_SIGNATURE}",
    b"",
)


def signed(target: str, body: bytes = b"", passphrase: str = "open-sesame") -> str:
    """A target with the signature of what it is."""
    signature = hmac.digest(passphrase.encode(), target.encode() + body, "sha256").hex()
    return f"{target}&signature={signature}"


@pytest.mark.parametrize(("target", "body"), [SUBSCRIBE, SHOW])
def test_the_published_vectors_are_accepted(target: str, body: bytes) -> None:
    """What the marketplace's clients send is signed as we check it."""
    assert verified(target, body, ACCOUNTS)[0] is ACCOUNT


def test_the_parameters_are_those_that_were_signed() -> None:
    """They are read from the very text that the signature covers."""
    _, parameters = verified(signed("/events/EV1?fields=id%2Ctype&key=AK_demo"), b"", ACCOUNTS)
    assert parameters == {"fields": "id,type", "key": "AK_demo"}


def test_a_target_in_absolute_form_is_signed_by_its_path() -> None:
    """Some proxies write the host into the request line; nobody signed it."""
    assert verified("http://api.example" + SUBSCRIBE[0], FORM, ACCOUNTS)[0] is ACCOUNT


@pytest.mark.parametrize(
    ("target", "body"),
    [
        (SUBSCRIBE[0], FORM + b"&"),
        (SUBSCRIBE[0].replace("/subscribe", "/unsubscribe"), FORM),
        (SUBSCRIBE[0].replace("/events/", "//events/"), FORM),
        (SUBSCRIBE[0].replace("AK_demo", "%41K_demo"), FORM),
        (SUBSCRIBE[0].replace("44d6", "44D6"), FORM),
        (SUBSCRIBE[0] + "&key=AK_demo", FORM),
        (SUBSCRIBE[0] + "#", FORM),
        ("/events/subscribe?key=AK_demo", FORM),
        ("/events/subscribe?signature=" + "0" * 64, FORM),
        ("/events/subscribe", FORM),
        ("", b""),
        (signed("/events/EV1?key=AK_demo", passphrase="guess"), b""),
        (signed("/events/EV1?key=AK_other"), b""),
        (signed("/events/EV1?embed=notifications"), b""),
        (signed("/events/EV1?key="), b""),
        (signed("/events/EV1?key=AK_demo&key=AK_demo"), b""),
        (signed("/events/EV1?key=AK_other&%6bey=AK_demo"), b""),
        (signed("/events/EV1?key=AK_demo&signature=" + "0" * 64), b""),
        (signed("/events/EV1?key=AK_demo&%73ignature=" + "0" * 64), b""),
        (signed("/events/EV1?key=AK_demo&fields=id&fields=type"), b""),
        ("/events/EV1?signature=" + "0" * 64 + "&key=AK_demo", b""),
        ("/events/EV1?key=AK_demo&signature=", b""),
        (signed("/events/EV1?key=AK_demo") + "%20", b""),
        (signed("/events/EV1?key=AK_demo") + "&", b""),
        (signed("/events/EV1?key=AK_demo") + "&fields=id", b""),
        (signed("/events/EV1?key=AK_demo").replace("/events/EV1", "/events%2FEV1"), b""),
        (signed("/events/EV1?key=AK_demo").replace("/events/EV1", "/events/./EV1"), b""),
        (signed("/events/EV1?key=AK_demo&fields=a+b").replace("a+b", "a%20b"), b""),
        (signed("/events/EV1?key=AK_demo&fields=a%2fb").replace("%2f", "%2F"), b""),
        (signed("/events/EV1?key=AK_demo").replace("AK_demo", "ak_demo"), b""),
        (signed("/events/EV1?key=AK_demo").replace("&signature", "&Signature"), b""),
        (signed("/events/EV1?key=AK_demo").replace("&signature", "?signature"), b""),
        (signed("/events/EV1?key=AK_demo").replace("&signature", ";signature"), b""),
        (signed("/events/EV1?key=AK_demo").replace("&signature=", "&signature= "), b""),
        (signed("/events/EV1?key=AK_demo", FORM[:10]), FORM[10:]),
        (signed("/events/EV1?KEY=AK_demo"), b""),
        (signed("/events/EV1?%20key=AK_demo"), b""),
        (signed("/events/EV1?key[]=AK_demo"), b""),
        (signed("/events/EV1?key=AK_demo", passphrase=""), b""),
    ],
)
def test_whatever_differs_from_what_was_signed_is_refused(target: str, body: bytes) -> None:
    """Other bytes, other spellings of the same, parameters that are there twice, and signatures in another place."""
    with pytest.raises(Unsigned):
        verified(target, body, ACCOUNTS)


def test_an_unknown_key_is_refused_though_it_is_signed_with_what_stands_in_for_its_passphrase() -> None:
    """What takes an unknown key's place in the computation lets nobody in."""
    with pytest.raises(Unsigned):
        verified(signed("/events/EV1?key=nobody", passphrase="nobody signs with this"), b"", ACCOUNTS)


def test_an_account_is_not_let_in_by_the_passphrase_of_another() -> None:
    """The key says whose passphrase signs, and no other one is tried."""
    other = Account("other", "AK_other", Secret("another one"))
    both = {**ACCOUNTS, other.key: other}
    assert verified(signed("/events/EV1?key=AK_other", passphrase="another one"), b"", both)[0] is other
    with pytest.raises(Unsigned):
        verified(signed("/events/EV1?key=AK_demo", passphrase="another one"), b"", both)


def test_what_is_signed_and_what_is_computed_are_compared_without_telling_how_far_they_agree(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By the comparison that takes as long for every wrong signature, of an unknown key too."""
    compared: list[tuple[str, str]] = []
    compare = hmac.compare_digest

    def watched(one: str, other: str) -> bool:
        compared.append((one, other))
        return compare(one, other)

    monkeypatch.setattr(hmac, "compare_digest", watched)
    for target in (signed("/events/EV1?key=AK_demo", passphrase="guess"), signed("/events/EV1?key=nobody")):
        with pytest.raises(Unsigned):
            verified(target, b"", ACCOUNTS)
    assert len(compared) == 2
