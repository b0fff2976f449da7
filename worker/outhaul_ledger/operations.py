"""Loads the ledger's operations from `scripts/*.lua`.

An operation's header is read by machine: `KEYS` names rows of the key table, `STATES` the states it may write, `Uses`
the pieces of `scripts/lib/` that are put in front of it.
"""

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from pathlib import Path

from outhaul_config import keys
from outhaul_ledger.model import State

FOLDER = Path(__file__).parent / "scripts"

_LABEL = re.compile(r"(KEYS|STATES|ARGV|Returns|Touches|Uses):\s*(.*)")


@dataclass(frozen=True, slots=True)
class Header:
    """What an operation's file says of itself. `flags` are the server's; `parts` is the text behind each label."""

    flags: tuple[str, ...]
    purpose: str
    parts: dict[str, str]

    @property
    def reads_only(self) -> bool:
        """True when it changes nothing, so that a replica could run it."""
        return "no-writes" in self.flags

    @property
    def needs_memory(self) -> bool:
        """True when a server whose memory is full refuses it."""
        return not self.reads_only and "allow-oom" not in self.flags

    def words(self, label: str) -> tuple[str, ...]:
        """The words behind a label; none where it is absent."""
        return tuple(self.parts.get(label, "").split())


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


def read_header(name: str) -> Header:
    """Read the comment at the top of an operation: its purpose, then labelled parts, each on one or more lines.

    Raises:
        FileNotFoundError: there is no such operation.
    """
    shebang, *lines = (FOLDER / f"{name}.lua").read_text().split("\n")
    label, parts = "", {"": ""}
    for line in takewhile(lambda each: each.startswith("-- "), lines):
        labelled = _LABEL.match(line, 3)
        if labelled:
            label, parts[labelled[1]] = labelled[1], labelled[2]
        else:
            parts[label] = f"{parts[label]} {line[3:].strip()}".strip()
    flags = shebang.partition("flags=")[2]
    return Header(tuple(flags.split(",")) if flags else (), parts.pop(""), parts)


@cache
def load(name: str) -> Operation:
    """Read one operation and the library pieces it uses.

    Raises:
        FileNotFoundError: there is no such operation.
        ValueError: its header names an unknown key or state.
    """
    text = (FOLDER / f"{name}.lua").read_text()
    header = read_header(name)
    key_names, state_names, uses = (header.words(label) for label in ("KEYS", "STATES", "Uses"))
    unknown = [key for key in key_names if key not in keys.KEYS] + [
        state for state in state_names if state not in set(State)
    ]
    if unknown:
        raise ValueError(f"{name}.lua: header names unknown {', '.join(unknown)}")
    source = _assemble(text, uses)
    return Operation(
        name, source, hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest(), key_names, state_names
    )


def _assemble(text: str, uses: tuple[str, ...]) -> str:
    shebang, body = text.split("\n", 1)
    pieces = [(FOLDER / "lib" / f"{piece}.lua").read_text() for piece in uses]
    return "\n".join([shebang, *pieces, body])
