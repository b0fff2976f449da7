"""A text that must not be seen: usable, but not printed, logged, serialised or pickled by accident."""

import hmac
from typing import Any, NoReturn

from outhaul_config.fields import Expected

MASK = "***"


class Secret:
    """Holds a secret text. Everything that turns objects into text or bytes gets `***` or an error.

    It is no `str` and no dataclass on purpose: JSON writers know both and would write the value out.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the secret itself, for the one place that sends or signs with it."""
        return self._value

    def __repr__(self) -> str:
        return MASK

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(_octets(self), _octets(other))

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __copy__(self) -> "Secret":
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> "Secret":
        return self

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("a Secret is not pickled; pass on the name of its setting and read it again there")


class SecretField(Expected[Secret]):
    """A marshmallow field for a secret text of at least one character; no error shows what was given."""

    def __init__(self, expected: str = "a secret text that is not empty", **kwargs: Any) -> None:
        super().__init__(_parse_secret, expected, **kwargs)


def _parse_secret(value: Any) -> Secret:
    if isinstance(value, Secret):
        return value
    if not isinstance(value, str) or not value:
        raise ValueError
    return Secret(value)


def _octets(secret: Secret) -> bytes:
    # An environment that is not UTF-8 gives lone surrogates, which plain encoding refuses.
    return secret.reveal().encode("utf-8", "surrogatepass")
