"""What a chaos run hands over and to whom: the destinations, the shapes of events, and what each shape must come to."""

from dataclasses import dataclass

SECRET = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="  # noqa: S105 - signs nothing but what goes to loopback
ATTEMPT_SECONDS = 3.0
"""The longest an attempt takes."""

CONCURRENCY = 48
"""The most requests in flight to one destination: so few that all troubled ones together leave room for the others."""

UNKNOWN = "nowhere"
"""A destination that some events name and nobody has configured: it ends as skipped."""

COMPLAINT = "unexpected: "
"""What a producer's output begins with when it met what no fault explains."""

_RETRY = 'retry = { base = "200ms", factor = 2, cap = "2s", max_attempts = 40, max_age = "1h" }'
# Left to itself, a breaker that meets one lost answer after the other would keep its destination closed for minutes.
_BREAKER = 'breaker = { open_for = "500ms", open_cap = "2s" }'
_SHORT = 'retry = { base = "200ms", factor = 2, cap = "1s", max_attempts = 2, max_age = "1h" }'


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A destination of the run. Only `troubled` ones misbehave; `ordered` ones want the events of a line in order."""

    name: str
    subscribe: tuple[str, ...]
    lines: str
    troubled: bool = True
    ordered: bool = False


ENDPOINTS = (
    Endpoint("steady", ("custom.*",), _RETRY, troubled=False),
    Endpoint("ordered", ("custom.lined",), f'{_RETRY}\norder_by = "properties.line"', troubled=False, ordered=True),
    Endpoint("shaky", ("custom.wide", "custom.named"), _RETRY),
    Endpoint("fragile", ("custom.wide",), _SHORT),
    Endpoint("careful", ("custom.wide",), f'{_RETRY}\non_ambiguous = "hold"'),
)


@dataclass(frozen=True, slots=True)
class Shape:
    """One sort of event: its type, the destinations it names, and those that must have a delivery of it."""

    type: str
    named: tuple[str, ...]
    wanted: frozenset[str]


SHAPES = (
    Shape("custom.wide", (), frozenset({"steady", "shaky", "fragile", "careful"})),
    Shape("custom.narrow", (), frozenset({"steady"})),
    Shape("custom.lined", (), frozenset({"steady", "ordered"})),
    Shape("custom.named", ("shaky", UNKNOWN), frozenset({"shaky", UNKNOWN})),
)


LINES = 8
"""How many lines of events each producer keeps in order."""


def line_of(event_id: str) -> str:
    """Return the line in which an event has its place: that of its producer and the rest of its number."""
    producer, _, number = event_id.rpartition("_")
    return f"{producer}-{int(number) % LINES}"


def destinations_toml(urls: dict[str, str]) -> str:
    """Write the destinations, each at its URL."""
    return "\n".join(_table(each, urls[each.name]) for each in ENDPOINTS)


def _table(endpoint: Endpoint, url: str) -> str:
    subscribe = ", ".join(f'"{pattern}"' for pattern in endpoint.subscribe)
    return (
        f'[destinations.{endpoint.name}]\nkind = "webhook"\nurl = "{url}"\nsecret = "{SECRET}"\n'
        f"subscribe = [{subscribe}]\nallow_private_addresses = true\n"
        f"{_BREAKER}\n"
        f"concurrency = {CONCURRENCY}\n"
        f'timeout = {{ connect = "1s", total = "{ATTEMPT_SECONDS:g}s" }}\n{endpoint.lines}\n'
    )
