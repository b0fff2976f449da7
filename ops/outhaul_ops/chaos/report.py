"""What a run came to, for programs, for people, and as rows of the table in docs/proof.md."""

from collections.abc import Iterable, Iterator
from statistics import median
from typing import Any

from outhaul_ledger.model import State
from outhaul_ops.chaos.books import Books
from outhaul_ops.chaos.faults.fault import Fault
from outhaul_ops.chaos.trial import Result

MOST_FINDINGS = 50


def document(result: Result) -> dict[str, Any]:
    """Return the result as JSON types; times are seconds."""
    books = result.outcome.books
    return {
        "seed": result.trial.seed,
        "duration": result.trial.duration,
        "appendfsync": result.trial.appendfsync,
        "passed": result.passed,
        "accepted": books.events,
        "unacknowledged": books.unacknowledged,
        "unacknowledged_stored": books.unacknowledged_stored,
        **{str(state): books.states[state] for state in _STATES},
        "lost": books.lost,
        "lost_in_window": _lost(books),
        "duplicates_marked": books.duplicates_marked,
        "duplicates_unmarked": books.duplicates_unmarked,
        "duplicates_in_window": _repeated(books),
        "windows": {
            name: {
                "lost": each.lost,
                "before_s": round(each.before, 3),
                "after_s": round(each.after, 3),
                "repeated": each.repeated,
            }
            for name, each in sorted(books.windows.items())
        },
        "disorder": books.disorder,
        "stalled": len(result.outcome.stalled),
        "recovery_s": _spread([each for tally in result.outcome.faults.values() for each in tally.times]),
        "faults": {
            name: {"count": tally.count, "recovery_s": tally.alone, "recovery_mixed_s": tally.mixed}
            for name, tally in result.outcome.faults.items()
        },
        "points": dict(sorted(result.outcome.points.items())),
        "findings": list(result.outcome.findings[:MOST_FINDINGS]),
        "findings_in_all": len(result.outcome.findings),
    }


_STATES = (State.DELIVERED, State.DEAD, State.SKIPPED, State.HELD, State.CANCELLED, State.PENDING)


def lines(result: Result) -> Iterator[str]:
    """Tell the result to people."""
    books = result.outcome.books
    yield f"acknowledged   {books.events} events; {books.unacknowledged} more have no answer, {_stored(result)}"
    yield "the ledger     " + ", ".join(f"{books.states[state]} {state}" for state in _STATES)
    yield f"lost           {books.lost}"
    yield (f"repeated       {books.duplicates_marked} marked as possible duplicates, {books.duplicates_unmarked} not")
    for name, window in sorted(books.windows.items()):
        yield (
            f"{name}: cost {window.lost} events that no disk or replica had confirmed, acknowledged from"
            f" {window.before:.2f} s before to {window.after:.2f} s after, and {window.repeated} unmarked repetitions"
        )
    yield f"out of order   {books.disorder}"
    yield f"stalled        {len(result.outcome.stalled)}"
    yield ""
    yield from _table(result)
    for finding in result.outcome.findings[:MOST_FINDINGS]:
        yield f"BROKEN  {finding}"
    if len(result.outcome.findings) > MOST_FINDINGS:
        yield f"BROKEN  and {len(result.outcome.findings) - MOST_FINDINGS} more"
    yield "every promise held" if result.passed else f"{len(result.outcome.findings)} broken promises"


def markdown(result: Result) -> Iterator[str]:
    """Write the row of the run, and one row a fault, as docs/proof.md has them."""
    books, seed = result.outcome.books, result.trial.seed
    kills = sum(tally.count for tally in result.outcome.faults.values())
    worst = _spread([each for tally in result.outcome.faults.values() for each in tally.times])["worst"]
    cells = (
        seed,
        f"{result.trial.duration:g} s, {result.trial.appendfsync}",
        books.events,
        sum(books.states.values()),
        kills,
        f"{books.lost} / {_lost(books)}",
        f"{books.duplicates_marked} / {books.duplicates_unmarked} / {_repeated(books)}",
        len(result.outcome.stalled),
        _shown(worst),
    )
    yield _row(*cells)
    yield ""
    for name, tally in sorted(result.outcome.faults.items()):
        alone, mixed = _spread(tally.alone), _spread(tally.mixed)
        yield _row(f"`{name}`", tally.count, *(_shown(each[key]) for each in (alone, mixed) for key in _SPREAD))


def fault_rows(faults: Iterable[Fault]) -> Iterator[str]:
    """Write the table of all faults, as docs/proof.md has it."""
    for fault in faults:
        yield _row(f"`{fault.name}`", fault.part, fault.summary)


_SPREAD = ("median", "worst")


def _table(result: Result) -> Iterator[str]:
    yield f"{'fault':<26}{'times':>6}{'recovery s: median':>20}{'worst':>8}"
    for name, tally in sorted(result.outcome.faults.items()):
        spread = _spread(tally.times)
        yield f"{name:<26}{tally.count:>6}{_shown(spread['median']):>20}{_shown(spread['worst']):>8}"
    yield ""


def _spread(times: list[float]) -> dict[str, float | None]:
    return {"median": round(median(times), 2) if times else None, "worst": max(times, default=None)}


def _shown(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds:.1f}"


def _stored(result: Result) -> str:
    return f"{result.outcome.books.unacknowledged_stored} of them stored"


def _lost(books: Books) -> int:
    return sum(each.lost for each in books.windows.values())


def _repeated(books: Books) -> int:
    return sum(each.repeated for each in books.windows.values())


def _row(*cells: object) -> str:
    return f"| {' | '.join(map(str, cells))} |"
