"""Option fields that several kinds share: addresses, headers, signing secrets, names of events."""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo

from marshmallow import ValidationError, fields

from outhaul_config.fields import Expected, text
from outhaul_config.problems import nearest
from outhaul_config.secret import Secret, SecretField
from outhaul_producers.types import CUSTOM_PREFIX, TYPES
from outhaul_worker.destinations.standard_webhooks import signing_key

_HEADER_VALUE = r"[!-~](?:[ -~]*[!-~])?"
HEADER_EXPECTED = "visible ASCII characters on one line, not blank or padded with spaces"
_HEADER_NAME = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]{1,100}")
_OWN_HEADERS = frozenset({"content-type", "content-length", "content-encoding", "host", "expect", "accept-encoding"})
# These belong to one connection, not to the request (RFC 9110, 7.6.1): what stands between would act upon them.
_HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer"}
    | {"transfer-encoding", "upgrade"}
)
_SIGNATURE_PREFIX = "webhook-"
_URL_CHARACTERS = re.compile(r"[!-~]+")
_KEYS_EXPECTED = "whsec_ and base64 of 24 to 64 bytes, or whsk_ and base64 of an Ed25519 key, or a list of such secrets"
_NAMES_EXPECTED = "a table of event types and the names they are sent by"


def header_text(**kwargs: Any) -> Expected[str]:
    """Make a field for a text that is sent as a header value."""
    return text(_HEADER_VALUE, HEADER_EXPECTED, **kwargs)


def header_secret(**kwargs: Any) -> SecretField:
    """Make a field for a credential that is sent as a header value."""
    return SecretField(validate=_check_header_secret, **kwargs)


def endpoint_address(**kwargs: Any) -> Expected[str]:
    """Make a field for an absolute http(s) address; credentials in it are refused, they would be logged."""
    return Expected(_endpoint_url, "an absolute http(s) address in ASCII without user, password and '#'", **kwargs)


def base_address(**kwargs: Any) -> Expected[str]:
    """Make a field for an address that paths are appended to; a slash at its end is dropped."""
    return Expected(_base_url, "an absolute http(s) address in ASCII without user, password, '?' and '#'", **kwargs)


def time_zone(**kwargs: Any) -> Expected[ZoneInfo]:
    """Make a field for the name of a time zone in the IANA database, as the machine has it."""
    return Expected(_zone, 'a time zone such as "Europe/Bucharest"', **kwargs)


def further_headers(*own_prefixes: str, **kwargs: Any) -> fields.Dict:
    """Make a field for a table of headers to send along, their values secret.

    Refused are those of the request itself, of its signature, and those that start with one of `own_prefixes`.
    """

    def name(given: str) -> str:
        lower = given.lower()
        if not _HEADER_NAME.fullmatch(lower) or lower in _OWN_HEADERS | _HOP_BY_HOP:
            raise ValueError
        if lower.startswith((_SIGNATURE_PREFIX, *own_prefixes)):
            raise ValueError
        return lower

    keys = Expected(name, "a header name that Outhaul does not set itself")
    return fields.Dict(keys=keys, values=header_secret(), load_default=dict, **kwargs)


class SigningSecrets(Expected[tuple[Secret, ...]]):
    """One secret or a list of them (while the receiver changes from one to another), each checked to be a key."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(_parse_secrets, _KEYS_EXPECTED, **kwargs)


def event_names(misfit: Callable[[str, Any], str], **kwargs: Any) -> Expected[dict[str, str]]:
    """Make a field for a table of canonical event types and the names the vendor gets them by.

    Args:
        misfit: takes an event type and what is given as its name; returns what was expected instead, or an empty text
            where the name will do.
        kwargs: the field's own.
    """

    def parse(value: Any) -> dict[str, str]:
        if not isinstance(value, Mapping):
            raise TypeError
        found = {key: _unknown_type(key) or misfit(key, name) for key, name in value.items()}
        problems = {key: problem for key, problem in found.items() if problem}
        if problems:
            raise ValidationError(problems)
        return dict(value)

    return Expected(parse, _NAMES_EXPECTED, load_default=dict, **kwargs)


def fits_header(value: str) -> bool:
    """Say whether a text can be sent as a header value: visible ASCII on one line, neither blank nor padded."""
    return re.fullmatch(_HEADER_VALUE, value) is not None


def _check_header_secret(secret: Secret) -> None:
    if not fits_header(secret.reveal()):
        raise ValidationError(HEADER_EXPECTED)


def _zone(value: Any) -> ZoneInfo:
    if not isinstance(value, str):
        raise TypeError
    try:
        return ZoneInfo(value)
    except (LookupError, OSError):
        # A name nobody knows is a LookupError, a folder of the database ("Europe") an OSError.
        raise ValueError from None


def _parse_secrets(value: Any) -> tuple[Secret, ...]:
    given = value if isinstance(value, list) else [value]
    if not given:
        raise ValueError
    return tuple(_signing_secret(one) for one in given)


def _signing_secret(value: Any) -> Secret:
    if not isinstance(value, str):
        raise TypeError
    secret = Secret(value)
    signing_key(secret)
    return secret


def _unknown_type(event_type: str) -> str:
    if event_type in TYPES or event_type.startswith(CUSTOM_PREFIX):
        return ""
    meant = nearest(event_type, TYPES)
    return f"an event type or {CUSTOM_PREFIX}<name>" + (f" (did you mean {meant}?)" if meant else "")


def _endpoint_url(value: str) -> str:
    _parts(value)
    return value


def _base_url(value: str) -> str:
    if _parts(value).query:
        raise ValueError
    return value.rstrip("/?")


def _parts(value: Any) -> SplitResult:
    """Split the address.

    Raises:
        ValueError: it is not absolute, not http(s), or holds characters or parts that must not be there.
    """
    if not isinstance(value, str) or not _URL_CHARACTERS.fullmatch(value):
        raise ValueError
    parts = urlsplit(value)
    acceptable = parts.scheme in ("http", "https") and parts.hostname and parts.username is None and "#" not in value
    if not acceptable or parts.port == 0:
        raise ValueError
    return parts
