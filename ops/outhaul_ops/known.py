"""Whether a destination that was named exists, and which one was probably meant."""

from collections.abc import Iterable, Sequence

from outhaul_config.problems import ConfigError, nearest
from outhaul_config.settings import load_settings
from outhaul_ledger.ledger import Ledger
from outhaul_ops.exits import Failure
from outhaul_ops.wiring import read_destinations


def require_known(ledger: Ledger, names: Sequence[str]) -> None:
    """Make sure that each name is a destination which the ledger has met or the configuration has.

    Raises:
        Failure: one or more are neither; the message suggests the nearest ones.
    """
    known = set(ledger.survey().standings) if names else set()
    if not known.issuperset(names):
        known |= _configured()
    messages = [unknown_destination(name, known) for name in names if name not in known]
    if messages:
        raise Failure("\n".join(messages))


def unknown_destination(name: str, known: Iterable[str]) -> str:
    """Word that a name is none of the known ones, with the one that was probably meant."""
    known = set(known)
    near = nearest(name, known)
    listed = ", ".join(sorted(known)) or "none yet"
    hint = f': did you mean "{near}"?' if near else "; `outhaul destinations list` shows them"
    return f"expected a destination (known: {listed}), got {name!r}{hint}"


def _configured() -> set[str]:
    # What the ledger holds must stay within reach while the file of destinations is broken.
    try:
        return set(read_destinations(load_settings().destinations))
    except ConfigError:
        return set()
