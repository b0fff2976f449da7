"""`outhaul api`: serve the HTTP API."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from outhaul_config.settings import load_settings
from outhaul_ops.exits import Failure

if TYPE_CHECKING:
    from outhaul_ops.api_server import ApiServer


@click.command("api")
@click.option("--bind", metavar="ADDRESS", help="host:port or unix:/path; default: the setting api_bind.")
@click.option("--workers", type=click.IntRange(1, 256), metavar="N", help="Processes; default: api_workers.")
@click.option("--threads", type=click.IntRange(1, 512), metavar="N", help="Requests at once in each; api_threads.")
def api(bind: str | None, workers: int | None, threads: int | None) -> None:
    """Serve the HTTP API until SIGTERM or Ctrl-C, which lets requests under way end.

    It speaks plain HTTP; put a proxy with TLS in front of it. `outhaul keys create` makes the keys it asks for.
    """
    server = _server()
    given: dict[str, Any] = {"api_bind": bind, "api_workers": workers, "api_threads": threads}
    settings = replace(load_settings(), **{name: value for name, value in given.items() if value is not None})
    click.echo(f"serving on {settings.api_bind}, documentation at /docs; Ctrl-C ends it", err=True)
    server(settings).run()


def _server() -> "type[ApiServer]":
    # Imported here because the extra may be missing, and few commands need it.
    try:
        from outhaul_ops.api_server import ApiServer
    except ModuleNotFoundError as error:
        raise Failure(f"expected the extra api, got no {error.name}: pip install 'outhaul[api]'") from error
    return ApiServer
