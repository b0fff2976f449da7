"""What the command prints: JSON for programs, aligned columns for people, nothing that a terminal would obey."""

import sys
from collections.abc import Iterable, Sequence
from typing import Any

import click
import orjson

from outhaul_config.terminals import harmless_json

_INDENTED = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE


def print_json(document: Any) -> None:
    """Print one JSON document."""
    write(harmless_json(orjson.dumps(document, option=_INDENTED)))


def print_json_array(pages: Iterable[Iterable[Any]]) -> None:
    """Print one JSON array, an element a line, page by page as they come."""
    lead = b"[\n"
    for page in pages:
        for element in page:
            write(lead + harmless_json(orjson.dumps(element)))
            lead = b",\n"
    write(b"[]\n" if lead == b"[\n" else b"\n]\n")


class JsonObject:
    """Prints one JSON object whose first member is a list that is printed as it grows."""

    def __init__(self, member: str) -> None:
        """Begin the object with the list called `member`."""
        write(b"{" + orjson.dumps(member) + b": [")
        self._lead = b"\n"

    def add(self, element: Any) -> None:
        """Print one element of the list."""
        write(self._lead + harmless_json(orjson.dumps(element)))
        self._lead = b",\n"

    def close(self, **members: Any) -> None:
        """End the list and print the other members."""
        write(b"\n]" + b"".join(b",\n" + orjson.dumps(name) + b": " + orjson.dumps(members[name]) for name in members))
        write(b"\n}\n")


def write(data: bytes) -> None:
    """Write bytes to standard output, behind all that was printed before."""
    sys.stdout.flush()
    sys.stdout.buffer.write(data)


def print_columns(rows: Sequence[Sequence[str]], widths: Sequence[int] = ()) -> None:
    """Print rows in aligned columns that are at least as wide as `widths`, so that several calls line up."""
    cleaned = [[plain(cell) for cell in row] for row in rows]
    needed = [max(map(len, column)) for column in zip(*cleaned, strict=True)]
    final = [max(pair) for pair in zip(needed, widths or [0] * len(needed), strict=True)]
    for row in cleaned:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, final, strict=True)).rstrip())


def plain(text: str) -> str:
    """Return `text` on one line and without control characters: endpoints choose part of what is shown."""
    return "".join(each if each.isprintable() else " " for each in text)


def counted(number: int, singular: str, plural: str = "") -> str:
    """Return a number with its noun; the plural has an `s` unless it is given."""
    return f"{number} {singular if number == 1 else plural or singular + 's'}"


def warn(message: str) -> None:
    """Print a message on standard error."""
    click.echo(plain(message), err=True)
