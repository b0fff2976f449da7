"""Faults of the network to the servers, and of the endpoints."""

import random
from functools import partial

from outhaul_ops.chaos.faults.fault import Fault, Lift, Part, Strike
from outhaul_ops.chaos.proxy import Mode
from outhaul_ops.chaos.scene import ENDPOINTS
from outhaul_ops.chaos.site import Site

_TROUBLED = [each.name for each in ENDPOINTS if each.troubled]
_BRIEF = (1.0, 5.0)


def _turned(name: str, mode: Mode) -> Strike:
    def strike(site: Site, draw: random.Random) -> Lift:
        site.outside.turn(name, mode, draw.uniform(0.05, 0.6))
        return partial(site.outside.turn, name, Mode.PASS)

    return strike


def _unreachable(mode: Mode) -> Strike:
    def strike(site: Site, draw: random.Random) -> Lift:
        return _turned(draw.choice(_TROUBLED), mode)(site, draw)

    return strike


def _misbehaving(rules: str) -> Strike:
    def strike(site: Site, draw: random.Random) -> Lift:
        name = draw.choice(_TROUBLED)
        site.outside.misbehave(name, f"all: {rules}")
        return partial(site.outside.misbehave, name, "mend")

    return strike


def _to_server(name: str, mode: Mode, summary: str, part: Part) -> Fault:
    return Fault(name, part, summary, _BRIEF, _turned(part, mode))


def _endpoint(name: str, strike: Strike, summary: str) -> Fault:
    return Fault(name, Part.ENDPOINTS, summary, _BRIEF, strike)


FAULTS = (
    _to_server(
        "ledger-away", Mode.AWAY, "the ledger's server refuses connections, and those there are break", Part.LEDGER
    ),
    _to_server("ledger-stall", Mode.STALL, "the ledger's server takes connections and says nothing", Part.LEDGER),
    _to_server("ledger-slow", Mode.SLOW, "every packet to and from the ledger's server comes late", Part.LEDGER),
    _to_server(
        "ledger-mute", Mode.MUTE, "the ledger's server does what it is asked, and its answers are lost", Part.LEDGER
    ),
    _to_server("ledger-loading", Mode.LOADING, "the ledger's server answers LOADING to everything", Part.LEDGER),
    _to_server("broker-away", Mode.AWAY, "the broker refuses connections, and those there are break", Part.BROKER),
    _to_server("broker-stall", Mode.STALL, "the broker takes connections and says nothing", Part.BROKER),
    _endpoint("endpoint-500", _misbehaving("500"), "an endpoint answers 500"),
    _endpoint("endpoint-429", _misbehaving("429 retry-after 2"), "an endpoint answers 429 with Retry-After: 2"),
    _endpoint("endpoint-hang", _misbehaving("hang"), "an endpoint takes requests and never answers"),
    _endpoint("endpoint-drip", _misbehaving("drip 200ms"), "an endpoint answers byte by byte, beyond the time-out"),
    _endpoint("endpoint-slow", _misbehaving("slow 1s"), "an endpoint answers after a second"),
    _endpoint("endpoint-lose", _misbehaving("lose"), "an endpoint takes requests and resets the connection"),
    _endpoint("endpoint-reset", _unreachable(Mode.RESET), "an endpoint resets connections before it reads anything"),
    _endpoint("endpoint-away", _unreachable(Mode.AWAY), "an endpoint refuses connections"),
    _endpoint("endpoint-stall", _unreachable(Mode.STALL), "an endpoint takes connections and reads nothing"),
    _endpoint("endpoint-garbage", _unreachable(Mode.GARBAGE), "an endpoint answers with what is no HTTP"),
)
