"""Validates tables against marshmallow schemas and turns every refusal into a problem a person can place."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from outhaul_config.documents import Steps, Substitution
from outhaul_config.fields import Expected
from outhaul_config.problems import Problem, nearest
from outhaul_config.redaction import mask, mask_credentials
from outhaul_config.secret import MASK, SecretField

_TELLING = re.compile(r"secret|token|passw|api_?key|credential|private_?key|authorization|dsn", re.IGNORECASE)
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_SHOWN = 80
# Shorter texts are found by chance inside any sentence.
_QUOTED = 4
_ABSENT = object()
# Third-party kinds use marshmallow's own fields; these are its sentences, and what they say was expected.
_SENTENCES = (
    (re.compile(r"Missing data for required field\.|Field may not be null\."), "a value"),
    (re.compile(r"Invalid input type\."), "a table"),
    (re.compile(r"Not a valid (.+?)\.?"), r"a valid \1"),
    (re.compile(r"Must be (.+?)\.?"), r"a value that is \1"),
)


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where a message belongs: the steps a person would take, the field there, what stands there."""

    steps: Steps
    field: Any
    value: Any
    secret: bool

    def down(self, step: str | int) -> "_Spot":
        """Go one step of marshmallow's error path; `key` and `value` below a mapping's entry are no steps."""
        if isinstance(self.field, _Entry) and step == "key":
            return _Spot(self.steps, self.field.key, self.steps[-1], secret=False)
        if isinstance(self.field, _Entry):
            return _Spot(self.steps, self.field.value, self.value, self.secret or _is_secret(self.field.value))
        field = _field_below(self.field, step)
        secret = self.secret or _is_secret(field) or _TELLING.search(str(step)) is not None
        return _Spot((*self.steps, step), field, _item(self.value, step), secret)


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry of a mapping field, before it is known whether its key or its value is meant."""

    key: Any
    value: Any


class Reader:
    """Reads one source of configuration and collects what is wrong with it in `problems`.

    `file` names the source in problems. `substitution` says which strings came from the environment; those are
    never shown.
    """

    def __init__(self, file: str, substitution: Substitution) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self._substitution = substitution
        for steps, (expected, got, near) in substitution.refused.items():
            self.report(steps, expected, got, near)

    def report(self, steps: Steps, expected: str, got: str, near: str = "") -> None:
        """Add a problem with what `steps` lead to."""
        table, key = _placed(steps)
        self.problems.append(Problem(self.file, table, key, expected, got, near))

    def load(self, schema: Schema, data: Any, steps: Steps = (), also_known: Iterable[str] = ()) -> dict[str, Any]:
        """Return what is valid in `data`, which stands at `steps`; report the rest.

        `also_known` are keys that are valid there though the schema does not have them; they are suggested for typos.
        """
        try:
            return dict(schema.load(data))
        except ValidationError as error:
            self.note(error, schema, data, steps, also_known)
            valid = error.valid_data
            return dict(valid) if isinstance(valid, Mapping) else {}

    def note(
        self, error: ValidationError, schema: Schema, data: Any, steps: Steps, also_known: Iterable[str] = ()
    ) -> None:
        """Report every message of a validation error of `data`, which stands at `steps`."""
        root = _Spot(steps, schema, data, secret=False)
        for below, message in _leaves(error.messages):
            parent = spot = root
            for step in below:
                parent, spot = spot, spot.down(step)
            if not self._already_refused(spot.steps):
                self._note_one(parent, spot, message, also_known if parent is root else ())

    def _note_one(self, parent: _Spot, spot: _Spot, message: str, also_known: Iterable[str]) -> None:
        known = (*_by_key(parent.field), *also_known)
        if spot.field is None and message == _unknown_message(parent.field):
            self.report(spot.steps, one_of(known), "an unknown key", nearest(str(spot.steps[-1]), known))
            return
        hidden = spot.secret or spot.steps in self._substitution.filled
        near = "" if hidden else _nearest_choice(spot)
        self.report(spot.steps, self._expected(message, spot), _got(spot.value, hidden), near)

    def _expected(self, message: str, spot: _Spot) -> str:
        # A schema of another package may quote what it refuses, so what must not show is cut out of its words too.
        secrets = {*self._substitution.values, str(spot.value)} if spot.secret else self._substitution.values
        return mask(_in_our_words(message), (each for each in secrets if len(each) >= _QUOTED))

    def _already_refused(self, steps: Steps) -> bool:
        return any(steps[: len(refused)] == refused for refused in self._substitution.refused)


def show(value: Any) -> str:
    """Write a value as a problem's `got`: short, on one line, without credentials; a table or list by its name only."""
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, str):
        value = mask_credentials(value)
    # Text of an environment that is not UTF-8 holds lone surrogates, which no terminal takes.
    written = json.dumps(value, ensure_ascii=False, default=str).encode("utf-8", "backslashreplace").decode()
    return written if len(written) <= _SHOWN else f"{written[:_SHOWN]}..."


def one_of(names: Iterable[str]) -> str:
    """Word the expectation that a key is one of `names`."""
    return f"one of the keys {', '.join(sorted(names))}"


def _got(value: Any, hidden: bool) -> str:
    if value is _ABSENT or value is None:
        return "nothing"
    return MASK if hidden and value != "" else show(value)


def _leaves(messages: Any, below: Steps = ()) -> Iterator[tuple[Steps, str]]:
    if isinstance(messages, Mapping):
        for step, deeper in messages.items():
            yield from _leaves(deeper, below if step == "_schema" else (*below, step))
    elif isinstance(messages, list):
        for each in messages:
            yield from _leaves(each, below)
    else:
        yield below, str(messages)


def _in_our_words(message: str) -> str:
    for sentence, words in _SENTENCES:
        if match := sentence.fullmatch(message):
            return match.expand(words)
    return message.removesuffix(".")


def _schema_of(field: Any) -> Schema | None:
    if isinstance(field, fields.Nested):
        return field.schema
    return field if isinstance(field, Schema) else None


def _by_key(field: Any) -> dict[str, Any]:
    schema = _schema_of(field)
    if schema is None:
        return {}
    return {
        name if each.data_key is None else each.data_key: each
        for name, each in schema.fields.items()
        if not each.dump_only
    }


def _field_below(field: Any, step: str | int) -> Any:
    if isinstance(step, int):
        return field.inner if isinstance(field, fields.List) else _schema_of(field)
    if isinstance(field, fields.Mapping):
        return _Entry(field.key_field, field.value_field)
    return _by_key(field).get(step)


def _item(value: Any, step: str | int) -> Any:
    try:
        return value[step]
    except (LookupError, TypeError):
        return _ABSENT


def _is_secret(field: Any) -> bool:
    if isinstance(field, fields.List):
        return _is_secret(field.inner)
    return isinstance(field, SecretField)


def _unknown_message(field: Any) -> str:
    schema = _schema_of(field)
    return schema.error_messages["unknown"] if schema else ""


def _nearest_choice(spot: _Spot) -> str:
    if not isinstance(spot.value, str) or not isinstance(spot.field, fields.Field):
        return ""
    choices = spot.field.choices if isinstance(spot.field, Expected) else ()
    offered = [each.choices for each in spot.field.validators if isinstance(each, validate.OneOf)]
    return nearest(spot.value, (str(each) for each in (*choices, *(name for names in offered for name in names))))


def _placed(steps: Steps) -> tuple[str, str]:
    """Split steps into the dotted table and the key; positions in lists stay with the key they belong to."""
    names: list[str] = []
    for step in steps:
        if isinstance(step, int):
            names[-1:] = [f"{names[-1] if names else ''}[{step}]"]
        else:
            names.append(step if _BARE_KEY.fullmatch(step) else json.dumps(step))
    return ".".join(names[:-1]), names[-1] if names else ""
