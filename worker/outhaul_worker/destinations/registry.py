"""Every destination kind there is: the built-in ones and those other packages announce as entry points."""

from collections.abc import Iterable
from importlib.metadata import EntryPoint, entry_points

from marshmallow import Schema

from outhaul_config.destinations import KindSpec
from outhaul_config.policy import Policy
from outhaul_worker.destinations.cloudevents import CloudEvents
from outhaul_worker.destinations.contract import DestinationKind
from outhaul_worker.destinations.datareshape import DataReshape
from outhaul_worker.destinations.esputnik import Esputnik
from outhaul_worker.destinations.okanjo import Okanjo
from outhaul_worker.destinations.remarkety import Remarkety
from outhaul_worker.destinations.simon import Simon
from outhaul_worker.destinations.webhook import Webhook

GROUP = "outhaul.destinations"
_BUILT_IN: tuple[type[DestinationKind], ...] = (Remarkety, DataReshape, Simon, Esputnik, Okanjo, Webhook, CloudEvents)
_METHODS = ("serialise", "request", "classify")


class BrokenKind(Exception):
    """A destination kind of another package cannot be used; the message names the package and what to do."""

    def __init__(self, entry_point: EntryPoint, problem: str) -> None:
        package = entry_point.dist.name if entry_point.dist else "an unknown package"
        super().__init__(
            f"destination kind {entry_point.name!r} of {package} ({entry_point.value}, entry point group {GROUP}): "
            f"{problem}. Update or uninstall {package}."
        )
        self.kind = entry_point.name


def kinds() -> dict[str, type[DestinationKind]]:
    """Kinds by name, built-in ones first. Reads the installed packages' metadata: call once, when wiring.

    Raises:
        BrokenKind: an entry point cannot be imported, is no destination kind, or takes a name that is taken.
    """
    found = {kind.name: kind for kind in _BUILT_IN}
    for entry_point in _sorted(entry_points(group=GROUP)):
        if entry_point.name in found:
            raise BrokenKind(entry_point, "this name is taken by another kind")
        found[entry_point.name] = _loaded(entry_point)
    return found


def kind_specs() -> dict[str, KindSpec]:
    """What reading `destinations.toml` needs to know of each kind: its options and its default policy.

    Raises:
        BrokenKind: as `kinds`.
    """
    return {name: KindSpec(name, kind.options, kind.policy) for name, kind in kinds().items()}


def _sorted(found: Iterable[EntryPoint]) -> list[EntryPoint]:
    return sorted(found, key=lambda entry_point: (entry_point.name, entry_point.value))


def _loaded(entry_point: EntryPoint) -> type[DestinationKind]:
    try:
        kind = entry_point.load()
    except Exception as broken:
        raise BrokenKind(entry_point, f"cannot be imported: {type(broken).__name__}: {broken}") from broken
    problem = _problem(kind, entry_point.name)
    if problem:
        raise BrokenKind(entry_point, problem)
    return kind  # type: ignore[no-any-return] # checked by _problem


def _problem(kind: object, name: str) -> str:
    """What keeps the object from being the kind of that name, or an empty string."""
    if not isinstance(kind, type):
        return f"expected a class, got {type(kind).__name__}"
    if getattr(kind, "name", None) != name:
        return f"expected the class attribute name = {name!r}, got {getattr(kind, 'name', None)!r}"
    options = getattr(kind, "options", None)
    if not (isinstance(options, type) and issubclass(options, Schema)):
        return "expected the class attribute options to be a marshmallow Schema class"
    if not isinstance(getattr(kind, "policy", None), Policy):
        return "expected the class attribute policy to be an outhaul_config.policy.Policy"
    missing = [method for method in _METHODS if not callable(getattr(kind, method, None))]
    return f"expected the methods {', '.join(missing)}" if missing else ""
