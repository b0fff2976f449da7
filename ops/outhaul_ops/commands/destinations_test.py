"""`outhaul destinations test`: send a destination's harmless test request, and say what the answer tells."""

from collections.abc import Sequence
from typing import Any

import click

from outhaul_config.destinations import Destination, written_tables
from outhaul_config.settings import load_settings
from outhaul_ops.commands.options import json_option
from outhaul_ops.credentials import Credential, credentials_of
from outhaul_ops.exits import ExitStatus, Failure
from outhaul_ops.explanations import explain
from outhaul_ops.known import unknown_destination
from outhaul_ops.output import plain, print_json
from outhaul_ops.trial import Outcome, Tried, try_destination
from outhaul_ops.wiring import read_destinations
from outhaul_worker.destinations.contract import NotApplicable
from outhaul_worker.destinations.registry import kinds

_UNTRIED = 'To see it work, enqueue an event about yourself with destinations=["{name}"].'


@click.command("test")
@click.argument("name")
@json_option
def test(name: str, as_json: bool) -> None:
    """Send the harmless test request of NAME's kind, as a worker would send an event, and explain the answer.

    Nothing is enqueued and no server is needed. The exit status is 0 if the vendor accepts the request, and 1 if it
    does not, cannot be reached, or knows no request that it checks and forgets.
    """
    settings = load_settings()
    found = read_destinations(settings.destinations, only=name)
    tables = written_tables(settings.destinations)
    if name not in found:
        raise Failure(unknown_destination(name, tables))
    destination = found[name]
    tried = try_destination(destination, settings.transport)
    credentials = credentials_of(kinds()[destination.kind].options(), tables[name])
    told = _untried(destination, tried) if isinstance(tried, NotApplicable) else _told(destination, tried, credentials)
    if as_json:
        print_json(told)
    else:
        _print(told)
    if told["outcome"] != Outcome.ACCEPTED:
        raise click.exceptions.Exit(ExitStatus.REFUSED)


def _told(destination: Destination, tried: Tried, credentials: Sequence[Credential]) -> dict[str, Any]:
    return {
        "destination": destination.name,
        "kind": destination.kind,
        "outcome": tried.outcome,
        "sent": f"{tried.sends}, to {tried.endpoint}",
        "status": tried.answer.status or None,
        "fault": tried.answer.fault,
        "duration_ms": round(tried.answer.duration_ms, 1),
        "reason": tried.verdict.reason,
        "answer": tried.said,
        "warnings": list(tried.verdict.warnings),
        "explanation": explain(tried, credentials),
        "caveat": tried.caveat,
    }


def _untried(destination: Destination, why: NotApplicable) -> dict[str, Any]:
    nothing = dict.fromkeys(("sent", "status", "fault", "duration_ms"))
    return {
        "destination": destination.name,
        "kind": destination.kind,
        "outcome": Outcome.NOT_APPLICABLE,
        **nothing,
        "reason": why.reason,
        "answer": "",
        "warnings": [],
        "explanation": f"Nothing was sent. {_UNTRIED.format(name=destination.name)}",
        "caveat": "",
    }


def _print(told: dict[str, Any]) -> None:
    lines = [
        ("sent", told["sent"]),
        ("answer", f"{told['reason']} ({told['duration_ms']:g} ms)" if told["sent"] else told["reason"]),
        ("said", told["answer"] if told["outcome"] != Outcome.ACCEPTED else ""),
        *(("warning", warning) for warning in told["warnings"]),
        (told["outcome"].replace("_", " "), told["explanation"]),
        ("note", told["caveat"]),
    ]
    shown = [(head, plain(text)) for head, text in lines if text]
    width = max(len(head) for head, _ in shown)
    for head, text in shown:
        click.echo(f"{head:<{width}}  {text}")
