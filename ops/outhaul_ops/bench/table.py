"""A report as people read it."""

import click

from outhaul_ops.bench.report import Report
from outhaul_ops.output import print_columns

_HEADING = ("", "", "median", "lowest", "highest", "unit")


def print_report(report: Report) -> None:
    """Print conditions, measurements, ratios and marks."""
    click.echo(f"{report.question}: " + ", ".join(f"{name} {value}" for name, value in report.conditions.items()))
    click.echo(f"{report.machine.cpu}, {report.machine.cores} cores, load {report.machine.load:.1f} when it began")
    click.echo(", ".join(f"{name} {number}" for name, number in report.versions.items()))
    click.echo()
    print_columns([_HEADING, *_measurements(report)])
    click.echo()
    print_columns([("ratio", ""), *((name, f"{value:.2f}") for name, value in report.ratios.items())])
    click.echo()
    print_columns([("mark", "", "", ""), *_marks(report)])


def _measurements(report: Report) -> list[tuple[str, ...]]:
    return [
        (
            result.contender,
            result.metric.name,
            *(f"{value:,.0f}" for value in (result.median, min(result.rounds), max(result.rounds))),
            result.metric.unit,
        )
        for result in report.results
    ]


def _marks(report: Report) -> list[tuple[str, ...]]:
    return [
        (mark.name, f"{mark.value:.2f}", f"{mark.bound} {mark.mark:g}", "holds" if mark.holds else "missed")
        for mark in report.marks
    ]
