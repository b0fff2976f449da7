"""Mistakes in the configuration: collected, worded for people, and raised together."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

_CLOSE_ENOUGH = 0.6


@dataclass(frozen=True)
class Problem:
    """One mistake: where it stands, what was expected there, what was found, and the name probably meant.

    `file` is a path, or `environment`. `table` is the dotted TOML table, empty at the top of a file.
    `nearest` is empty where no known name comes close. `got` never holds a secret.
    """

    file: str
    table: str
    key: str
    expected: str
    got: str
    nearest: str = ""

    def __str__(self) -> str:
        table = f" [{self.table}]" if self.table else ""
        key = f" {self.key}" if self.key else ""
        hint = f'; did you mean "{self.nearest}"?' if self.nearest else ""
        return f"{self.file}{table}{key}: expected {self.expected}; got {self.got}{hint}"


class ConfigError(Exception):
    """The configuration cannot be used; `problems` holds every mistake found, in the order of reading."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        count = "1 mistake" if len(self.problems) == 1 else f"{len(self.problems)} mistakes"
        lines = "".join(f"\n- {problem}" for problem in self.problems)
        super().__init__(f"{count} in the configuration:{lines}")


def nearest(name: str, known: Iterable[str], closeness: float = _CLOSE_ENOUGH) -> str:
    """Return the known name most like `name`, or an empty text when none reaches `closeness` (0 to 1)."""
    by_lower_case = {each.lower(): each for each in known}
    found = get_close_matches(name.lower(), by_lower_case, n=1, cutoff=closeness)
    return by_lower_case[found[0]] if found else ""
