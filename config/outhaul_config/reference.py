"""Writes the tables of docs/settings.md from the settings themselves: `python -m outhaul_config.reference FILE`."""

import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import Field
from pathlib import Path
from typing import Any

from marshmallow import Schema, fields

from outhaul_config.destinations import common_keys
from outhaul_config.limit_tables import TableOrFalse
from outhaul_config.policy_tables import PolicyKeys
from outhaul_config.settings import Settings, setting_fields, shown

_BLOCK = re.compile(r"(<!-- begin (\w+) -->\n).*?(<!-- end \2 -->)", re.DOTALL)


def settings_table() -> str:
    """Return the Markdown table of every setting."""
    rows = (_setting_row(each, Settings()) for each in setting_fields())
    return _table(("Setting", "Variable", "Default", "Accepts", "Meaning"), rows)


def destinations_table() -> str:
    """Return the Markdown table of the keys that every destination may have."""
    return _table(("Key", "Accepts", "Meaning"), _key_rows(common_keys(()), ""))


def with_tables(page: str) -> str:
    """Return `page` with what stands between `<!-- begin settings -->` and its end, and the like, written anew."""
    tables = {"settings": settings_table, "destinations": destinations_table}
    return _BLOCK.sub(lambda block: f"{block[1]}{tables[block[2]]()}{block[3]}", page)


def _setting_row(setting: Field[Any], defaults: Settings) -> tuple[str, ...]:
    default = setting.metadata["shown"] or f"`{shown(setting, getattr(defaults, setting.name))}`"
    accepts = _plain(setting.metadata["make"]().expected)
    return (f"`{setting.name}`", f"`{setting.metadata['env']}`", default, accepts, setting.metadata["description"])


def _key_rows(schema: Schema, stem: str) -> Iterator[tuple[str, ...]]:
    for name, key in sorted(schema.fields.items(), key=lambda each: each[0] in PolicyKeys().fields):
        yield f"`{stem}{name}`", _accepts(key), key.metadata["description"]
        if isinstance(key, fields.Nested):
            yield from _key_rows(key.schema, f"{stem}{name}.")


def _accepts(key: Any) -> str:
    if key.name == "kind":
        return "the name of a kind"
    if isinstance(key, TableOrFalse):
        return key.expected
    if isinstance(key, fields.Nested):
        return "a table"
    return _plain(str(key.error_messages["invalid"]) if isinstance(key, fields.List) else key.expected)


def _plain(words: str) -> str:
    # Markdown takes <key> for HTML and shows nothing; the page explains durations once.
    return words.replace("<", "&lt;").removesuffix(', such as "250ms", "15s" or "2h"')


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = (heads, ("---",) * len(heads), *rows)
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def main(arguments: list[str]) -> None:
    """Rewrite the tables in the named files, or print them where no file is named."""
    for name in arguments:
        page = Path(name)
        page.write_text(with_tables(page.read_text(encoding="utf-8")), encoding="utf-8")
    if not arguments:
        sys.stdout.write(f"{settings_table()}\n{destinations_table()}")


if __name__ == "__main__":
    main(sys.argv[1:])
