"""A report as people read it: in columns on a terminal, or as the tables of a page."""

from collections.abc import Iterator, Sequence

import click

from outhaul_ops.bench.report import Mark, Report, Result
from outhaul_ops.output import print_columns

_HEADING = ("", "", "median", "lowest", "highest", "unit")


def print_report(report: Report) -> None:
    """Print conditions, measurements, ratios and marks."""
    for line in _circumstances(report):
        click.echo(line)
    click.echo()
    print_columns([_HEADING, *map(_measurement, report.results)])
    if report.ratios:
        click.echo()
        print_columns([("ratio", ""), *((name, f"{value:.2f}") for name, value in report.ratios.items())])
    if report.marks:
        click.echo()
        print_columns([("mark", "", "", ""), *map(_mark, report.marks)])


def markdown(report: Report) -> str:
    """Return the report as the tables that `docs/performance.md` holds."""
    parts = [
        "\n".join(f"{line}  " for line in _circumstances(report)),
        _table(("", "", "median", "lowest", "highest", "unit"), map(_measurement, report.results)),
    ]
    if report.ratios:
        parts.append(_table(("ratio", ""), ((name, f"{value:.2f}") for name, value in report.ratios.items())))
    if report.marks:
        parts.append(_table(("mark", "value", "bound", ""), map(_mark, report.marks)))
    return "\n\n".join(parts) + "\n"


def put_into(page: str, report: Report) -> str:
    """Return a page with the report's tables between `<!-- begin <question> -->` and `<!-- end <question> -->`.

    Raises:
        ValueError: the page has no such place.
    """
    begin, end = (f"<!-- {which} {report.question} -->\n" for which in ("begin", "end"))
    before, found, rest = page.partition(begin)
    _, ended, after = rest.partition(end)
    if not found or not ended:
        raise ValueError(f"expected a place between {begin.strip()} and {end.strip()}, found none")
    return f"{before}{begin}\n{markdown(report)}\n{end}{after}"


def _circumstances(report: Report) -> Iterator[str]:
    yield f"{report.question}: " + ", ".join(f"{name} {value}" for name, value in report.conditions.items())
    yield f"{report.machine.cpu}, {report.machine.cores} cores, load {report.machine.load:.1f} when it began"
    yield ", ".join(f"{name} {number}" for name, number in report.versions.items())
    yield from report.notes


def _measurement(result: Result) -> tuple[str, ...]:
    numbers = (result.median, min(result.rounds), max(result.rounds))
    return (result.contender, result.metric.name, *map(_figure, numbers), result.metric.unit)


def _mark(mark: Mark) -> tuple[str, ...]:
    return (mark.name, _figure(mark.value), f"{mark.bound} {mark.mark:,g}", "holds" if mark.holds else "missed")


def _figure(value: float) -> str:
    """Write a number with as many digits as say something."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _table(heading: Sequence[str], rows: Iterator[tuple[str, ...]]) -> str:
    lines = [heading, tuple("---" for _ in heading), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
