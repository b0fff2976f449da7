"""`outhaul doctor`: check everything delivery depends on."""

from dataclasses import asdict

import click

from outhaul_ops.commands.options import json_option
from outhaul_ops.doctor import examine
from outhaul_ops.exits import ExitStatus
from outhaul_ops.findings import Finding, Level
from outhaul_ops.output import plain, print_json

_COLOURS = {Level.OK: "green", Level.WARN: "yellow", Level.FAIL: "red"}


@click.command("doctor")
@json_option
def doctor(as_json: bool) -> None:
    """Check everything delivery depends on, and say what to do about what is wrong.

    Looks at settings, destinations, the ledger's server, clocks, workers, the broker, and what waits or has died at
    each destination. The exit status is 1 when a check failed; warnings leave it at 0.
    """
    findings = []
    for finding in examine():
        findings.append(finding)
        if not as_json:
            _print(finding)
    healthy = all(finding.level is not Level.FAIL for finding in findings)
    if as_json:
        print_json({"ok": healthy, "findings": [asdict(finding) for finding in findings]})
    if not healthy:
        raise click.exceptions.Exit(ExitStatus.REFUSED)


def _print(finding: Finding) -> None:
    level = click.style(f"{finding.level:<4}", fg=_COLOURS[finding.level])
    subject = f" {finding.subject}" if finding.subject else ""
    click.echo(f"{level}  {plain(f'{finding.check}{subject}: {finding.found}')}")
    if finding.advice:
        click.echo(f"      {plain(finding.advice)}")
