"""Writes docs/ledger-operations.md from the scripts' headers: `python -m outhaul_ledger.reference [FILE]`."""

import re
import sys
from pathlib import Path

from outhaul_config.keys_reference import table
from outhaul_ledger.operations import Header, names, read_header

_HEADS = ("Operation", "What it does", "Changes", "Without memory", "Keys it touches")


def operations_table() -> str:
    """Return the Markdown table of every operation."""
    return table(_HEADS, (_row(name, read_header(name)) for name in names()))


def page() -> str:
    """Return the whole page."""
    return (
        "# Operations of the ledger\n\n"
        "Each is one script on the server, `outhaul_ledger/scripts/<operation>.lua`: it happens as a whole or not at "
        "all, is safe to call again, and takes no longer for an event with many deliveries or a long lane. The methods "
        "of `outhaul_ledger.ledger.Ledger` call them, for what concerns many deliveries portion by portion. "
        "Made from the scripts' headers by `python -m outhaul_ledger.reference`; change it there. The keys are "
        "explained in [keys.md](keys.md).\n\n"
        "*Without memory* says what a server whose `maxmemory` is reached makes of it: new events and "
        "subscriptions are refused, everything else goes on, so that deliveries can end and make room.\n\n"
        f"{operations_table()}"
    )


def _row(name: str, header: Header) -> tuple[str, ...]:
    touches = re.sub(r"\([^)]*\)|[a-z]+(:<\w+>)*", _as_code, header.parts["Touches"])
    changes = "no" if header.reads_only else "yes"
    return (f"`{name}`", header.purpose, changes, "refused" if header.needs_memory else "goes on", touches)


def _as_code(part: re.Match[str]) -> str:
    return part[0] if part[0].startswith("(") else f"`{part[0]}`"


def main(arguments: list[str]) -> None:
    """Write the page to the named file, else to docs/ledger-operations.md."""
    Path(arguments[0] if arguments else "docs/ledger-operations.md").write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
