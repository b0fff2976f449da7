"""What a run came to, for programs, for people, and as rows of the table in docs/proof.md."""

from collections.abc import Iterator
from statistics import median
from typing import Any

from outhaul_ledger.model import State
from outhaul_ops.chaos.trial import Result

MOST_FINDINGS = 50


def document(result: Result) -> dict[str, Any]:
    """Return the result as JSON types; times are seconds."""
    books = result.books
    return {
        "seed": result.trial.seed,
        "duration": result.trial.duration,
        "passed": result.passed,
        "accepted": books.events,
        "unacknowledged": books.unacknowledged,
        "unacknowledged_stored": books.unacknowledged_stored,
        **{state: books.states[state] for state in _STATES},
        "lost": books.lost,
        "lost_in_window": books.lost_in_window,
        "loss_window_s": round(books.loss_window, 3),
        "duplicates_marked": books.duplicates_marked,
        "duplicates_unmarked": books.duplicates_unmarked,
        "duplicates_in_window": books.duplicates_in_window,
        "stalled": len(result.stalled),
        "recovery_s": _spread([each for tally in result.faults.values() for each in tally.times]),
        "faults": {
            name: {"count": tally.count, "recovery_s": tally.alone, "recovery_mixed_s": tally.mixed}
            for name, tally in result.faults.items()
        },
        "points": dict(sorted(result.points.items())),
        "findings": list(result.findings[:MOST_FINDINGS]),
        "findings_in_all": len(result.findings),
    }


_STATES = (State.DELIVERED, State.DEAD, State.SKIPPED, State.HELD, State.CANCELLED, State.PENDING)


def lines(result: Result) -> Iterator[str]:
    """Tell the result to people."""
    books = result.books
    yield f"acknowledged   {books.events} events; {books.unacknowledged} more have no answer, {_stored(result)}"
    yield "the ledger     " + ", ".join(f"{books.states[state]} {state}" for state in _STATES)
    yield f"lost           {books.lost}; {books.lost_in_window} in the window of a machine's crash{_window(result)}"
    yield (
        f"repeated       {books.duplicates_marked} marked as possible duplicates, {books.duplicates_unmarked} not;"
        f" {books.duplicates_in_window} in the window of a crash"
    )
    yield f"stalled        {len(result.stalled)}"
    yield ""
    yield from _table(result)
    for finding in result.findings[:MOST_FINDINGS]:
        yield f"BROKEN  {finding}"
    if len(result.findings) > MOST_FINDINGS:
        yield f"BROKEN  and {len(result.findings) - MOST_FINDINGS} more"
    yield ""
    yield "every promise held" if result.passed else f"{len(result.findings)} broken promises"


def markdown(result: Result) -> Iterator[str]:
    """Write the row of the run, and one row a fault, as docs/proof.md has them."""
    books, seed = result.books, result.trial.seed
    kills = sum(tally.count for tally in result.faults.values())
    worst = _spread([each for tally in result.faults.values() for each in tally.times])["worst"]
    cells = (
        seed,
        f"{result.trial.duration:g} s",
        books.events,
        sum(books.states.values()),
        kills,
        f"{books.lost} / {books.lost_in_window}",
        f"{books.duplicates_marked} / {books.duplicates_unmarked} / {books.duplicates_in_window}",
        len(result.stalled),
        _shown(worst),
    )
    yield _row(*cells)
    yield ""
    for name, tally in sorted(result.faults.items()):
        alone, mixed = _spread(tally.alone), _spread(tally.mixed)
        yield _row(f"`{name}`", tally.count, *(_shown(each[key]) for each in (alone, mixed) for key in _SPREAD))


_SPREAD = ("median", "worst")


def _table(result: Result) -> Iterator[str]:
    yield f"{'fault':<26}{'times':>6}{'recovery s: median':>20}{'worst':>8}"
    for name, tally in sorted(result.faults.items()):
        spread = _spread(tally.times)
        yield f"{name:<26}{tally.count:>6}{_shown(spread['median']):>20}{_shown(spread['worst']):>8}"
    yield ""


def _spread(times: list[float]) -> dict[str, float | None]:
    return {"median": round(median(times), 2) if times else None, "worst": max(times, default=None)}


def _shown(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds:.1f}"


def _stored(result: Result) -> str:
    return f"{result.books.unacknowledged_stored} of them stored"


def _window(result: Result) -> str:
    return f", up to {result.books.loss_window:.2f} s of it" if result.books.lost_in_window else ""


def _row(*cells: object) -> str:
    return f"| {' | '.join(map(str, cells))} |"


