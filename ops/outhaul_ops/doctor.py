"""A look at everything delivery depends on, from the settings to the last destination."""

from outhaul_config.redaction import mask_credentials
from outhaul_config.settings import Settings
from outhaul_ledger.errors import LedgerUnavailable
from outhaul_ledger.ledger import Ledger, connect
from outhaul_ledger.server import inspect_server
from outhaul_ops.checks import check_broker, check_clock, check_destinations, check_server, check_workers
from outhaul_ops.findings import Finding, Findings, Level
from outhaul_ops.wiring import Configuration, read_configuration
from outhaul_worker.destinations.registry import BrokenKind


def examine() -> Findings:
    """Check everything and yield what was found, in the order in which things depend on each other.

    What cannot be checked because something before it failed is left out.
    """
    try:
        configuration = read_configuration()
    except BrokenKind as error:
        yield Finding("destinations", Level.FAIL, str(error))
        return
    yield from _check_configuration(configuration)
    settings = configuration.settings
    if settings is None:
        return
    yield from _check_ledger(settings, connect(settings), configuration)
    yield from check_broker(settings)


def _check_configuration(configuration: Configuration) -> Findings:
    for problem in configuration.problems:
        yield Finding("configuration", Level.FAIL, str(problem), "mend it; `outhaul config check` looks again")
    if configuration.problems:
        return
    names = ", ".join(configuration.destinations)
    if names:
        yield Finding("configuration", Level.OK, f"no mistakes; destinations: {names}")
    else:
        advice = "add one to the file of destinations"
        yield Finding("configuration", Level.WARN, "no destination is configured: no event goes anywhere", advice)


def _check_ledger(settings: Settings, ledger: Ledger, configuration: Configuration) -> Findings:
    try:
        yield from check_server(inspect_server(ledger.client), settings)
        yield from check_clock(ledger.client)
        yield from check_workers(ledger.workers())
        yield from check_destinations(ledger.survey(), configuration.destinations)
    except LedgerUnavailable as error:
        advice = f"check OUTHAUL_LEDGER_URL ({mask_credentials(settings.ledger_url)}) and the server"
        yield Finding("ledger", Level.FAIL, str(error), advice)
