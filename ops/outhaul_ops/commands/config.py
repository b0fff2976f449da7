"""`outhaul config`: the settings as they are, and whether they and the destinations are right."""

from dataclasses import asdict

import click

from outhaul_config.settings import load_settings, provenance
from outhaul_ops.commands.options import json_option
from outhaul_ops.exits import ExitStatus
from outhaul_ops.output import plain, print_columns, print_json
from outhaul_ops.wiring import read_configuration


@click.group("config")
def config() -> None:
    """Show the settings, or check them with the destinations. Neither needs a server."""


@config.command("show")
@json_option
def show(as_json: bool) -> None:
    """Show every setting, where its value came from and the variable that would change it. Secrets are masked."""
    settings = provenance(load_settings())
    if as_json:
        print_json(
            {each.name: {"value": each.value, "origin": each.origin, "variable": each.variable} for each in settings}
        )
        return
    heading = ("setting", "value", "from", "variable")
    print_columns([heading, *((each.name, each.value or "-", each.origin, each.variable) for each in settings)])


@config.command("check")
@json_option
def check(as_json: bool) -> None:
    """Check settings and destinations, and print every mistake on a line; the exit status is 1 if there is one."""
    configuration = read_configuration()
    if as_json:
        problems = [asdict(problem) for problem in configuration.problems]
        print_json({"ok": not problems, "problems": problems, "destinations": list(configuration.destinations)})
    else:
        for problem in configuration.problems:
            click.echo(plain(str(problem)))
        if not configuration.problems:
            click.echo(f"no mistakes; destinations: {', '.join(configuration.destinations) or 'none'}")
    if configuration.problems:
        raise click.exceptions.Exit(ExitStatus.REFUSED)
