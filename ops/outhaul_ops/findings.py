"""What a check says."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How a check went."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found; `advice` is what to do about it, `subject` the destination it is about, if it is one."""

    check: str
    level: Level
    found: str
    advice: str = ""
    subject: str = ""


Findings = Iterator[Finding]
