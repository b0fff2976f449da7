"""Takes personal data and credentials out of texts before they are logged, kept with an attempt or reported."""

import json
import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import quote

from outhaul_config.secret import MASK

# Answers spell the sign three ways: JSON may escape it and non-ASCII letters, URLs escape it too.
_AT = r"(?:@|%40|\\u0040)"
_LABEL = r"(?:[\w-]|\\u[0-9a-fA-F]{4})+"
_DOMAIN = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[\w.:]+\])"
_LOCAL = r"[\w.!#$%&'*+/=?^`{|}~-]"
_TELLING = r"secret|token|passw(?:or)?d|api[_-]?key|authorization|phone|mobile|msisdn"
_VALUE = (
    r"(?:\"(?:[^\"\\]++|\\.)*+\"?"
    r"|'(?:[^'\\]++|\\.)*+'?"
    r"|\\+[\"'][^\"'\\]*+"
    r"|(?=\S{0,200}\d|\S{20})[^\s\"',;&<>}]+)"
)
_SEPARATOR = r"[ ()./-]{0,2}"

# A misspelt name of a password's parameter tells nothing of its value, so only values known to be harmless are shown.
_TELLING_PARAMETER = re.compile(r"(?<=[?&])((?!(?:db|ssl_(?!passw)\w+)=)[^=&]*=)[^&]*")

# Reasons and names in log lines are mostly of this form; nothing to be masked is.
_PLAIN = re.compile(r"[A-Za-z.]*")
_MAIL_SIGNS = ("@", "%40", "\\u0040")

# An endpoint chooses what is searched here, so no pattern may take more than linear time: each starts only where
# a run of its characters starts (the look-behinds) and does not give back what it took (the possessive `+`).
# The first column says what a text must contain for the pattern to be worth trying.
_PATTERNS = tuple(
    (signs, re.compile(pattern, re.IGNORECASE), replacement)
    for signs, pattern, replacement in (
        # //user:password@host and //token@host
        (("@",), r"(?<=//)[^/\s@\"']++@", f"{MASK}@"),
        # e-mail addresses, also "with a quoted name"@host; celery@host is what workers call themselves
        (_MAIL_SIGNS, rf"\"[^\"]{{1,64}}\"{_AT}{_DOMAIN}", MASK),
        (_MAIL_SIGNS, rf"(?<!{_LOCAL})(?!//\*\*\*@|celery@){_LOCAL}+{_AT}{_DOMAIN}", MASK),
        # Authorization values, but not the words of "Basic authentication required"
        (("a", "A"), r"\b(bearer|basic)\s+(?!auth|realm|scheme|token\b|error)[^\s\"',;<>]+", rf"\1 {MASK}"),
        # Standard Webhooks keys; whpk_ is public
        (("_",), r"\bwh(?:sec|sk)_[\w+/=-]+", MASK),
        # keys of the HTTP API; their id in front may be seen
        (("ohk_",), r"\b(ohk_[0-9a-f]{16}_)[\w-]+", rf"\1{MASK}"),
        # "api_key": "...", token=..., also inside JSON that is itself a JSON string
        (
            (":", "="),
            rf"(?<![\w-])((?=[\w-]*?(?:{_TELLING}))[\w-]++\\*[\"']?\s*+[:=]\s*+){_VALUE}",
            rf"\1{MASK}",
        ),
        # +40 722 123 456, 0040..., 0722 123 456, (555) 123-4567
        (("+", "%2", "00"), rf"(?<![\w.])(?:\+|%2B|00)\d(?:{_SEPARATOR}\d){{6,14}}(?!\d)", MASK),
        (("0",), rf"(?<![\w.:-])0\d(?:{_SEPARATOR}\d){{7,12}}(?![\w-])", MASK),
        ((" ", ".", "-"), r"(?<![\w.-])(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}(?![\w-])", MASK),
    )
)


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """Return `text` with `***` for e-mail addresses, phone numbers, credentials and the given `secrets`.

    It rather masks too much than too little: a number with a leading zero and nine digits or more counts as a phone
    number. Takes linear time.
    """
    text = mask(text, secrets)
    if _PLAIN.fullmatch(text):
        return text
    for signs, pattern, replacement in _PATTERNS:
        if any(sign in text for sign in signs):
            text = pattern.sub(replacement, text)
    return text


def mask(text: str, secrets: Iterable[str]) -> str:
    """Return `text` with `***` for the given secrets, as they are and as JSON or a URL would write them."""
    for spelling in _spellings(tuple(secrets)):
        text = text.replace(spelling, MASK)
    return text


def mask_credentials(url: str) -> str:
    """Return an address with `***` for its user and password, also where it is not quite an address."""
    scheme, separator, rest = url.rpartition("://")
    before, at, host = rest.rpartition("@")
    rest = _TELLING_PARAMETER.sub(rf"\1{MASK}", host)
    return f"{scheme}{separator}{MASK if before else ''}{at}{redact(rest)}"


@lru_cache(maxsize=1024)
def _spellings(secrets: tuple[str, ...]) -> tuple[str, ...]:
    found = {form for each in secrets for form in _forms(each) if form}
    # The longest first: a secret that is part of another would otherwise leave the other's rest behind.
    return tuple(sorted(found, key=len, reverse=True))


def _forms(secret: str) -> tuple[str, ...]:
    escaped = json.dumps(secret)[1:-1]
    # Some JSON writers escape the slash, which base64 is full of.
    return secret, escaped, escaped.replace("/", r"\/"), quote(secret, safe="", errors="replace")
