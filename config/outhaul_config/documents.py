"""Reads the TOML files a person writes, and puts environment variables where the file says `${NAME}`."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from outhaul_config.problems import ConfigError, Problem, nearest

Steps = tuple[str | int, ...]

_OPENING = "${"
_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def read_toml(path: Path) -> dict[str, Any]:
    """Return the tables of a TOML file.

    Raises:
        ConfigError: the file cannot be opened or is not TOML; the one problem says where and why.
    """
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except OSError as error:
        raise _unreadable(path, "a file that can be read", error.strerror or str(error)) from None
    except UnicodeDecodeError:
        raise _unreadable(path, "TOML, which is always UTF-8", "other bytes") from None
    except tomllib.TOMLDecodeError as error:
        raise _unreadable(path, "valid TOML", str(error)) from None
    except (ValueError, RecursionError):
        raise _unreadable(path, "valid TOML", "a value too large or too deeply nested") from None


def _unreadable(path: Path, expected: str, got: str) -> ConfigError:
    return ConfigError([Problem(str(path), "", "", expected, got)])


def references(text: str) -> list[str]:
    """Return the names of the variables a string of a document refers to, in its order."""
    return _REFERENCE.findall(text)


class Substitution:
    """Replaces `${NAME}` in the strings of a document by environment variables, and remembers where and which.

    Attributes:
        filled: steps to every string that came from the environment, to be masked when it is shown.
        values: what was put in, for masking it in messages.
        refused: steps to every string that could not be filled, with expected, got and the nearest variable.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.filled: set[Steps] = set()
        self.values: set[str] = set()
        self.refused: dict[Steps, tuple[str, str, str]] = {}

    def apply(self, value: Any, steps: Steps = ()) -> Any:
        """Return `value` with every string in it filled; `steps` lead to it from the document's root."""
        if isinstance(value, str):
            return self._fill(value, steps)
        if isinstance(value, dict):
            return {key: self.apply(each, (*steps, key)) for key, each in value.items()}
        if isinstance(value, list):
            return [self.apply(each, (*steps, index)) for index, each in enumerate(value)]
        return value

    def _fill(self, text: str, steps: Steps) -> str:
        if _OPENING not in text:
            return text
        if _OPENING in _REFERENCE.sub("", text):
            self.refused[steps] = ('"${NAME}" with letters, digits and _', 'a "${" that is no such reference', "")
            return text
        for name in _REFERENCE.findall(text):
            if name not in self._environ:
                self.refused[steps] = _unset(name, self._environ)
                return text
        self.filled.add(steps)
        return _REFERENCE.sub(self._take, text)

    def _take(self, match: re.Match[str]) -> str:
        value = self._environ[match[1]]
        self.values.add(value)
        return value


def _unset(name: str, environ: Mapping[str, str]) -> tuple[str, str, str]:
    return f"the environment variable {name} to be set", "no such variable", nearest(name, environ, 0.8)
