"""Option fields that several kinds share: addresses and header values."""

import re
from typing import Any
from urllib.parse import SplitResult, urlsplit

from marshmallow import ValidationError

from outhaul_config.fields import Expected, text
from outhaul_config.secret import Secret, SecretField

_HEADER_VALUE = r"[!-~](?:[ -~]*[!-~])?"
HEADER_EXPECTED = "visible ASCII characters on one line, not blank or padded with spaces"
_URL_CHARACTERS = re.compile(r"[!-~]+")


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


def fits_header(value: str) -> bool:
    """Say whether a text can be sent as a header value: visible ASCII on one line, neither blank nor padded."""
    return re.fullmatch(_HEADER_VALUE, value) is not None


def _check_header_secret(secret: Secret) -> None:
    if not fits_header(secret.reveal()):
        raise ValidationError(HEADER_EXPECTED)


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
