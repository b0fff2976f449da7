"""Where events go: the destinations a site has configured, read from `destinations.toml`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from marshmallow import Schema

from outhaul_config.policy import Policy
from outhaul_config.secret import Secret


@dataclass(frozen=True, slots=True)
class KindSpec:
    """What the loader must know of a kind: its name, the schema of its options, its default policy."""

    name: str
    options: type[Schema]
    policy: Policy


@dataclass(frozen=True, slots=True)
class Destination:
    """One configured endpoint. `options` are the kind's own, as its schema deserialised them.

    `options` stays out of the repr: a URL or header in it may carry a credential without being a `Secret`.
    """

    name: str
    kind: str
    subscribe: tuple[str, ...]
    policy: Policy = field(default_factory=Policy)
    allow_private_addresses: bool = False
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def wants(self, event_type: str) -> bool:
        """Say whether a pattern matches: the exact type, `order.*` (any depth below `order`), or `*`."""
        return any(_matches(pattern, event_type) for pattern in self.subscribe)

    def secrets(self) -> tuple[str, ...]:
        """Return every secret among the options, revealed, for masking them in what the endpoint answers."""
        return tuple(_secrets_in(self.options))


def _matches(pattern: str, event_type: str) -> bool:
    if pattern == "*":
        return True
    if pattern.endswith(".*"):
        return event_type.startswith(pattern[:-1])
    return pattern == event_type


def _secrets_in(value: Any) -> Iterator[str]:
    if isinstance(value, Secret):
        yield value.reveal()
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _secrets_in(each)
    elif isinstance(value, list | tuple | set | frozenset):
        for each in value:
            yield from _secrets_in(each)
