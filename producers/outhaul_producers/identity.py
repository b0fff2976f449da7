"""Ids for events whose caller gives none."""

import os
import time

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
_SHIFTS = range(120, -1, -10)


def new_event_id() -> str:
    """Make `ev_` and a ULID: 48 bits of Unix milliseconds, 80 random bits, 26 characters of Crockford's base 32."""
    number = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10))
    return "ev_" + "".join([_PAIRS[number >> shift & 1023] for shift in _SHIFTS])
