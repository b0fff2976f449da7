"""Which vendors can be simulated, and how one is built from its options."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import Any, Generic, TypeVar, get_type_hints

from outhaul_ops.simulators.cloudevents import CloudEvents, CloudEventsReceiver
from outhaul_ops.simulators.datareshape import DataReshape, DataReshapeAccount
from outhaul_ops.simulators.esputnik import Esputnik, EsputnikAccount
from outhaul_ops.simulators.exchange import Vendor
from outhaul_ops.simulators.okanjo import Okanjo, OkanjoSubscriber
from outhaul_ops.simulators.remarkety import Remarkety, RemarketyAccount
from outhaul_ops.simulators.simon import Simon, SimonAccount
from outhaul_ops.simulators.webhook import Webhook, WebhookEndpoint

Account = TypeVar("Account")


class OptionError(ValueError):
    """An unknown kind or option, or a value of the wrong form; the message says what was expected."""


@dataclass(frozen=True, slots=True)
class Kind(Generic[Account]):
    """One kind of simulator: what it can be told at the start, and how it is made."""

    account: Callable[..., Account]
    vendor: Callable[[Account], Vendor]

    def build(self, options: Mapping[str, object]) -> Vendor:
        """Make the vendor from the options given and defaults for the rest.

        Raises:
            OptionError: an option is unknown or its value is not usable.
        """
        for name in options:
            _known("option", name, [field.name for field in fields(self.account)])  # type: ignore[arg-type]
        try:
            return self.vendor(self.account(**options))
        except ValueError as error:
            raise OptionError(str(error)) from error

    def read(self, name: str, text: str) -> object:
        """An option's value from text; lists are separated by commas.

        Raises:
            OptionError: the option is unknown or the text does not fit it.
        """
        hints = get_type_hints(self.account)
        _known("option", name, list(hints))
        try:
            return _READERS[hints[name]](text)
        except (KeyError, ValueError):
            raise OptionError(f"{name}: expected {hints[name]}, got {text!r}") from None


SIMULATORS: dict[str, Kind[Any]] = {
    CloudEvents.kind: Kind(CloudEventsReceiver, CloudEvents),
    DataReshape.kind: Kind(DataReshapeAccount, DataReshape),
    Esputnik.kind: Kind(EsputnikAccount, Esputnik),
    Okanjo.kind: Kind(OkanjoSubscriber, Okanjo),
    Remarkety.kind: Kind(RemarketyAccount, Remarkety),
    Simon.kind: Kind(SimonAccount, Simon),
    Webhook.kind: Kind(WebhookEndpoint, Webhook),
}


def simulated(kind: str) -> Kind[Any]:
    """The simulator of a kind.

    Raises:
        OptionError: there is none of that name.
    """
    _known("kind", kind, list(SIMULATORS))
    return SIMULATORS[kind]


_READERS: dict[object, Callable[[str], object]] = {
    str: str,
    float: float,
    int: int,
    bool: lambda text: {"true": True, "false": False}[text],
    tuple[str, ...]: lambda text: tuple(filter(None, text.split(","))),
}


def _known(what: str, name: str, names: list[str]) -> None:
    if name in names:
        return
    near = get_close_matches(name, names, n=1)
    hint = f"; nearest known: {near[0]}" if near else ""
    raise OptionError(f"expected {what} {', '.join(names)}, got {name!r}{hint}")
