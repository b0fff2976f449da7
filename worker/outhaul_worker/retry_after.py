"""Reading the Retry-After header (RFC 9110, section 10.2.3)."""

import re
import time
from datetime import UTC
from email.utils import parsedate_to_datetime

LONGEST_WAIT = 24 * 3600.0

_SECONDS = re.compile(r"[0-9]+")


def parse_retry_after(value: str, now: float | None = None) -> float | None:
    """Return how many seconds from now the endpoint asks to be left alone, at most 24 hours.

    Args:
        value: the header as received: a number of seconds, or an HTTP date in any of its three forms.
        now: Unix time in seconds to count a date from; the present without it.

    Returns:
        0 to 86400, or None for a date that has passed and for anything that is neither number nor date.
    """
    text = value.strip()
    seconds = float(text) if _SECONDS.fullmatch(text) else _seconds_until(text, time.time() if now is None else now)
    return None if seconds is None or seconds < 0 else min(seconds, LONGEST_WAIT)


def _seconds_until(text: str, now: float) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
        # The form without a zone is in UTC like the others.
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now
    except (ValueError, OverflowError, IndexError, TypeError):
        return None
