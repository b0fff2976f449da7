"""`outhaul destinations check`: is their configuration right, and what are their credentials for?"""

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from outhaul_config.problems import Problem
from outhaul_config.secret import MASK
from outhaul_ops.commands.options import json_option
from outhaul_ops.credentials import Credential
from outhaul_ops.destination_check import Checked, Inspection, inspect_destinations
from outhaul_ops.exits import ExitStatus
from outhaul_ops.output import plain, print_columns, print_json

_OK, _FAIL, _INDENT = "ok  ", "fail", "      "


@click.command("check")
@click.argument("name", required=False)
@json_option
def check(name: str | None, as_json: bool) -> None:
    """Check the configuration of NAME, or of every destination, and tell what each credential is for.

    Needs no server and no network. Credentials are masked; shown is what they are for and which variable they come
    from. The exit status is 1 if there is a mistake.
    """
    inspection = inspect_destinations(name)
    if as_json:
        print_json(_document(inspection))
    else:
        _print(inspection)
    if not inspection.right:
        raise click.exceptions.Exit(ExitStatus.REFUSED)


def _print(inspection: Inspection) -> None:
    for problem in inspection.problems:
        click.echo(f"{_styled(_FAIL)}  {plain(str(problem))}")
    for checked in inspection.destinations:
        click.echo(f"{_styled(_FAIL if checked.problems else _OK)}  {plain(f'{checked.name} ({checked.kind})')}")
        for problem in checked.problems:
            click.echo(f"{_INDENT}{plain(str(problem))}")
        if checked.credentials:
            print_columns([_row(each, inspection.file) for each in checked.credentials])
    if inspection.right and not inspection.destinations:
        click.echo(f"no destination is configured in {inspection.file}")


def _styled(level: str) -> str:
    return click.style(level, fg="red" if level == _FAIL else "green")


def _row(credential: Credential, file: str) -> tuple[str, ...]:
    # The columns are two spaces apart, so an empty one and four more make the indentation.
    return (
        " " * 4,
        credential.option,
        MASK if credential.given else "-",
        _origin(credential, file),
        credential.purpose,
    )


def _origin(credential: Credential, file: str) -> str:
    if not credential.given:
        return "not set"
    return f"from {', '.join(credential.variables)}" if credential.variables else f"in {Path(file).name} itself"


def _document(inspection: Inspection) -> dict[str, Any]:
    return {
        "ok": inspection.right,
        "problems": _told(inspection.problems),
        "destinations": [_checked(each) for each in inspection.destinations],
    }


def _checked(checked: Checked) -> dict[str, Any]:
    return {
        "destination": checked.name,
        "kind": checked.kind,
        "ok": not checked.problems,
        "problems": _told(checked.problems),
        "credentials": [asdict(each) for each in checked.credentials],
    }


def _told(problems: Iterable[Problem]) -> list[dict[str, Any]]:
    return [asdict(problem) for problem in problems]
