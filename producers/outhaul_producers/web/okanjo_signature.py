"""Who calls the Okanjo API: its signature, checked over what came over the wire and nothing that was made of it.

Source: Okanjo's documentation of request authentication. `signature` is the last parameter of the query: the
HMAC-SHA256, in lower-case hex, of the path with the query before it, followed by the body.
"""

import hmac
import re
from collections.abc import Mapping
from urllib.parse import unquote_plus

from outhaul_config.secret import Secret
from outhaul_config.subscribers import Account

_SIGNED = re.compile(r"(?P<content>[^?]*\?.+)&signature=(?P<signature>[0-9a-f]{64})")
_ABSOLUTE = re.compile(r"https?://[^/?#]*", re.IGNORECASE)
_NOBODY = Account("", "", Secret("nobody signs with this"))


class Unsigned(Exception):
    """The request does not prove whose it is."""


def verified(target: str, body: bytes, accounts: Mapping[str, Account]) -> tuple[Account, dict[str, str]]:
    """Return whose request this is, and the parameters of its query.

    Args:
        target: the request target exactly as it was sent, percent-encoding included.
        body: the body exactly as it was sent; empty for multipart, which is not signed.
        accounts: by key.

    Raises:
        Unsigned: key or signature are missing, wrong, not where they must be, or there twice.
    """
    match = _SIGNED.fullmatch(_ABSOLUTE.sub("", target, count=1))
    if match is None:
        raise Unsigned
    parameters = _parameters(match["content"].partition("?")[2])
    account = accounts.get(parameters.get("key", ""), _NOBODY)
    content = match["content"].encode("utf-8", "surrogateescape") + body
    expected = hmac.digest(account.passphrase.reveal().encode(), content, "sha256").hex()
    # Both are computed and compared for an unknown key too, which then takes as long to be refused.
    if not hmac.compare_digest(expected, match["signature"]) or account is _NOBODY:
        raise Unsigned
    return account, parameters


def _parameters(query: str) -> dict[str, str]:
    """Read the query; each name once, as two readers of a name that is there twice may see two requests."""
    found: dict[str, str] = {}
    for part in query.split("&"):
        name, _, value = part.partition("=")
        name = unquote_plus(name)
        if name in found or name == "signature":
            raise Unsigned
        found[name] = unquote_plus(value)
    return found
