"""Writes docs/keys.md from the key table: `python -m outhaul_config.keys_reference [FILE]`."""

import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from outhaul_config.keys import KEYS, prefix

_HEADS = ("Key", "Type", "Expires", "Holds")


def keys_table() -> str:
    """Return the Markdown table of every key."""
    return table(_HEADS, ((f"`{key.pattern}`", key.type, key.expires, key.holds) for key in KEYS.values()))


def page() -> str:
    """Return the whole page."""
    return (
        "# Keys\n\n"
        "Everything Outhaul keeps in Redis or Valkey. Made from `outhaul_config/keys.py` by "
        "`python -m outhaul_config.keys_reference`; change it there.\n\n"
        f"Every name begins with the namespace and the shard: `{prefix('outhaul')}`, with the setting `namespace` in "
        "place of `outhaul`. The braces put all keys of a shard into one slot of a cluster. Times and scores are "
        "milliseconds of the server's clock since 1970.\n\n"
        f"{keys_table()}"
    )


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; `<` outside of code, and `|`, stay what they are."""
    lines = (heads, ("---",) * len(heads), *(tuple(map(_cell, row)) for row in rows))
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cell(text: str) -> str:
    # Markdown takes <id> for HTML and shows nothing, except in code
    parts = re.split(r"(`[^`]*`)", text.replace("|", "\\|"))
    return "".join(part if part.startswith("`") else part.replace("<", "&lt;") for part in parts)


def main(arguments: list[str]) -> None:
    """Write the page to the named file, else to docs/keys.md."""
    Path(arguments[0] if arguments else "docs/keys.md").write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
