"""Strict objects: marshmallow schemas that read only what they were given, and refuse what they do not know.

Marshmallow visits every declared field of a schema, present or not; the model declares many and an event gives few.
So a section reads the keys it is given. What is valid is read by one compiled function (`compiled.py`); only what is
not, or is rare, goes key by key through the fields.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, ClassVar

from marshmallow import RAISE, Schema, ValidationError
from marshmallow.fields import Field

from outhaul_producers.problems import MOST_PROBLEMS, refusal, unknown_name
from outhaul_producers.schema.compiled import Plain, compile_section

ABSENT = "expected a value, got nothing: this key is required"


class Value(Field[Any]):
    """A field whose whole check and normalisation is `read`."""

    def __init_subclass__(cls, **options: Any) -> None:
        """Let a class that reads in its own way recognise nothing until it says so."""
        super().__init_subclass__(**options)
        if "read" in cls.__dict__ and "plain" not in cls.__dict__:
            cls.plain = Value.plain  # type: ignore[method-assign] # on purpose, see above

    def read(self, value: Any) -> Any:
        """Return the canonical form of a value.

        Raises:
            marshmallow.ValidationError: the value is none that the field accepts.
        """
        raise NotImplementedError

    def plain(self) -> Plain | None:
        """How to tell values that need no reading; None where all do."""
        return None

    def reader(self) -> Callable[[Any], Any]:
        """What reads all other values in a compiled section: `read`, or what does the same faster for valid ones."""
        return self.read

    def _deserialize(self, value: Any, attr: Any, data: Any, **_kwargs: Any) -> Any:  # noqa: ARG002 -- marshmallow's signature
        return self.read(value)


class Section(Schema):
    """An object of the model. Built once, used from any thread."""

    any_of: ClassVar[tuple[str, ...]] = ()
    """Keys of which at least one must be there."""

    advice: ClassVar[str] = ""
    """What to do with a key the section does not know."""

    class Meta:
        """Marshmallow's settings; what `load` does is told to whoever describes the section."""

        unknown = RAISE

    def __init__(self) -> None:
        super().__init__()
        fields: Mapping[str, Any] = self.load_fields
        self._readers = {name: (name, field.read) for name, field in fields.items()}
        self._required = tuple(name for name, field in fields.items() if field.required)
        self.read = compile_section(self, fields, self._required)
        """Return the canonical object of a valid one; raises ValidationError with at least one problem."""

    def load(self, data: Any, **_options: Any) -> dict[str, Any]:
        """Return the canonical object; always strict, so marshmallow's options have no meaning here.

        Raises:
            marshmallow.ValidationError: with every problem of the object, nested as the object is.
        """
        try:
            return self.read(data)
        except ValidationError:
            return self.read_fully(data)

    def read_fully(self, data: Any) -> dict[str, Any]:
        """Do what `load` does, key by key.

        Raises:
            marshmallow.ValidationError: with every problem of the object, nested as the object is.
        """
        if type(data) is not dict and not isinstance(data, Mapping):
            raise refusal("an object", data)
        found: dict[str, Any] = {}
        problems: dict[Any, Any] = {}
        readers = self._readers
        for key, value in data.items():
            reader = readers.get(key)
            if reader is None:
                problems[key] = unknown_name(key, readers, "a known key", self.advice)
                if len(problems) > MOST_PROBLEMS:
                    break
                continue
            try:
                found[reader[0]] = reader[1](value)
            except ValidationError as error:
                problems[key] = error.messages
        problems.update(self.lacks(data, found))
        if not problems:
            problems.update(self.contradictions(found))
        if problems:
            raise ValidationError(problems)
        return found

    def lacks(self, given: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG002 -- for overriding
        """Name what is missing, by key. `found` holds what was valid of `given`."""
        missing: dict[str, Any] = {name: ABSENT for name in self._required if name not in given}
        if self.any_of and given.keys().isdisjoint(self.any_of):
            missing["_schema"] = f"expected at least one of {', '.join(self.any_of)}, got none of them"
        return missing

    def contradictions(self, found: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002 -- for overriding
        """Name, by key, what does not fit together in an object whose values are all valid."""
        return {}

    def further_rules(self) -> list[Callable[..., dict[str, Any]]]:
        """Return those of `lacks` and `contradictions` that say more than which keys are required."""
        own = type(self)
        rules: list[Callable[..., dict[str, Any]]] = []
        if own.lacks is not Section.lacks:
            rules.append(self.lacks)
        if own.contradictions is not Section.contradictions:
            rules.append(self.contradictions)
        return rules


@cache
def only(section: type[Section]) -> Section:
    """Return the one instance of a section: building one takes milliseconds, and many parts are of the same."""
    return section()


class Part(Value):
    """A nested object."""

    def __init__(self, section: type[Section], **options: Any) -> None:
        super().__init__(**options)
        self.section = only(section)

    def read(self, value: Any) -> dict[str, Any]:
        """Return the canonical object."""
        return self.section.read_fully(value)

    def reader(self) -> Callable[[Any], Any]:
        """Read valid objects the fast way."""
        return self.section.read


class Many(Value):
    """A list, of a bounded number of values of one kind."""

    def __init__(self, inner: Value, *, least: int = 0, most: int = 1000, **options: Any) -> None:
        super().__init__(**options)
        self.inner = inner
        self._least, self._most = least, most

    def read(self, value: Any) -> list[Any]:
        """Return the list of the canonical values."""
        if not isinstance(value, list | tuple):
            raise refusal("a list", value)
        if not self._least <= len(value) <= self._most:
            raise refusal(f"a list of {self._least} to {self._most} values", value)
        read = self.inner.read
        try:
            return [read(each) for each in value]
        except ValidationError:
            raise self._every_problem(value) from None

    def reader(self) -> Callable[[Any], Any]:
        """Read lists of valid values the fast way, others fully."""
        least, most, read, read_fully = self._least, self._most, self.inner.reader(), self.read

        def read_list(value: Any) -> list[Any]:
            if type(value) is not list or not least <= len(value) <= most:
                return read_fully(value)
            return [read(each) for each in value]

        return read_list

    def _every_problem(self, value: list[Any] | tuple[Any, ...]) -> ValidationError:
        problems: dict[Any, Any] = {}
        for index, each in enumerate(value):
            try:
                self.inner.read(each)
            except ValidationError as error:
                problems[index] = error.messages
        return ValidationError(problems)


class Entries(Value):
    """An object with free keys and values of one kind; for maps like cookies."""

    def __init__(self, key: Value, value: Value, *, most: int, **options: Any) -> None:
        super().__init__(**options)
        self._key, self._value, self._most = key, value, most

    def read(self, value: Any) -> dict[str, Any]:
        """Return the canonical object."""
        if not isinstance(value, Mapping):
            raise refusal("an object", value)
        if len(value) > self._most:
            raise refusal(f"an object of at most {self._most} keys", value, f"it has {len(value)}")
        found, problems = {}, {}
        for key, inner in value.items():
            try:
                found[self._key.read(key)] = self._value.read(inner)
            except ValidationError as error:
                problems[key] = error.messages
        if problems:
            raise ValidationError(problems)
        return found
