"""Loads the ledger's operations from `scripts/*.lua`.

An operation's header is read by machine: `KEYS` names rows of the key table, `STATES` the states it may write, `Uses`
the pieces of `scripts/lib/` that are put in front of it.
"""

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from outhaul_config import keys
from outhaul_ledger.model import State

FOLDER = Path(__file__).parent / "scripts"


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation, ready to be sent: its source, the digest the server knows it by, the names it binds."""

    name: str
    source: str
    sha: str
    keys: tuple[str, ...]
    states: tuple[str, ...]

    def bind(self, namespace: str) -> tuple[list[str], list[str]]:
        """Return the KEYS, and the two leading ARGV that name them and the states."""
        return [keys.stem(name, namespace) for name in self.keys], [
            " ".join(self.keys),
            " ".join(self.states),
        ]


def names() -> list[str]:
    """Return the names of all operations on disk."""
    return sorted(path.stem for path in FOLDER.glob("*.lua"))


@cache
def load(name: str) -> Operation:
    """Read one operation and the library pieces it uses.

    Raises:
        FileNotFoundError: there is no such operation.
        ValueError: its header names an unknown key or state.
    """
    text = (FOLDER / f"{name}.lua").read_text()
    key_names, state_names, uses = (_header(text, label) for label in ("KEYS", "STATES", "Uses"))
    unknown = [key for key in key_names if key not in keys.KEYS] + [
        state for state in state_names if state not in set(State)
    ]
    if unknown:
        raise ValueError(f"{name}.lua: header names unknown {', '.join(unknown)}")
    source = _assemble(text, uses)
    return Operation(
        name, source, hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest(), key_names, state_names
    )


def _header(text: str, label: str) -> tuple[str, ...]:
    line = re.search(rf"^-- {label}:(.*)$", text, re.MULTILINE)
    return tuple(line.group(1).split()) if line else ()


def _assemble(text: str, uses: tuple[str, ...]) -> str:
    shebang, body = text.split("\n", 1)
    pieces = [(FOLDER / "lib" / f"{piece}.lua").read_text() for piece in uses]
    return "\n".join([shebang, *pieces, body])
