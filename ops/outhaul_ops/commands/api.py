"""`outhaul api`: serve the HTTP API."""

from dataclasses import replace
from typing import Any

import click

from outhaul_config.settings import load_settings


@click.command("api")
@click.option("--bind", metavar="ADDRESS", help="host:port or unix:/path; default: the setting api_bind.")
@click.option("--workers", type=click.IntRange(1, 256), metavar="N", help="Processes; default: api_workers.")
@click.option("--threads", type=click.IntRange(1, 512), metavar="N", help="Requests at once in each; api_threads.")
def api(bind: str | None, workers: int | None, threads: int | None) -> None:
    """Serve the HTTP API until SIGTERM or Ctrl-C, which lets requests under way end.

    It speaks plain HTTP; put a proxy with TLS in front of it. `outhaul keys create` makes the keys it asks for.
    """
    # Imported here because the extra may be missing, which is told in a sentence then.
    from outhaul_ops.api_server import ApiServer

    given: dict[str, Any] = {"api_bind": bind, "api_workers": workers, "api_threads": threads}
    settings = replace(load_settings(), **{name: value for name, value in given.items() if value is not None})
    click.echo(f"serving on {settings.api_bind}, documentation at /docs; Ctrl-C ends it", err=True)
    ApiServer(settings).run()
