"""What a destination authenticates itself with: which options, what each is for, and where it was taken from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, fields

from outhaul_config.documents import references
from outhaul_config.secret import SecretField

PURPOSE = "credential"
"""The key of a field's metadata that says what a credential is for; a field that has it is one, secret or not."""


@dataclass(frozen=True, slots=True)
class Credential:
    """One credential of a destination.

    `option` is its path in the destination's table. `variables` are those it is taken from; none where it stands in
    the file itself. `given` is false for one that may be left out and was.
    """

    option: str
    purpose: str
    given: bool
    variables: tuple[str, ...] = ()


def credentials_of(options: Schema, table: Mapping[str, Any]) -> list[Credential]:
    """Return every credential that a kind's options know, as far as the table has them.

    Args:
        options: the kind's options.
        table: the destination's table as it is written, variables not filled in.
    """
    return list(_of_schema(options, table, ""))


def _of_schema(schema: Schema, table: Any, above: str) -> Iterator[Credential]:
    given = table if isinstance(table, Mapping) else {}
    for name, field in schema.fields.items():
        key = field.data_key or name
        yield from _of_field(field, given.get(key), f"{above}{key}")


def _of_field(field: fields.Field[Any], given: Any, option: str) -> Iterator[Credential]:
    if isinstance(field, fields.Nested):
        yield from _of_schema(field.schema, given, f"{option}.")
    elif PURPOSE in field.metadata or _is_secret(field):
        purpose = str(field.metadata.get(PURPOSE) or field.metadata.get("description", "")).rstrip(".")
        found = [Credential(path, purpose, True, _variables(value)) for path, value in _entries(given, option)]
        yield from found or [Credential(option, purpose, given=False)]


def _is_secret(field: Any) -> bool:
    if isinstance(field, fields.Mapping):
        return _is_secret(field.value_field)
    if isinstance(field, fields.List):
        return _is_secret(field.inner)
    return isinstance(field, SecretField)


def _entries(given: Any, option: str) -> list[tuple[str, Any]]:
    """Part a table or list of credentials into single ones, each with its path; nothing where nothing is given."""
    if isinstance(given, Mapping):
        return [(f"{option}.{key}", value) for key, value in given.items()]
    if isinstance(given, list):
        return [(f"{option}[{index}]", value) for index, value in enumerate(given)]
    return [] if given is None else [(option, given)]


def _variables(written: Any) -> tuple[str, ...]:
    return tuple(references(written)) if isinstance(written, str) else ()
