"""What makes two calls with one id the same event: the content the caller gave."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import orjson


def digest(given: Mapping[str, Any], defaults: Mapping[str, Any]) -> str:
    """Return the digest, in hex, of a canonical event before anything was filled in.

    The id is no part of it, and what equals its default counts as not given.

    Args:
        given: the canonical form of what the caller gave; its order does not matter.
        defaults: what would be filled in the same way by every process at any time.
    """
    content = {
        name: value
        for name, value in given.items()
        if name != "id" and not (name in defaults and defaults[name] == value)
    }
    return sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]
