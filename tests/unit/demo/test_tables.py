"""What the demo shows at its end fits a screen and tells of every delivery and vendor."""

from dataclasses import replace

import pytest

from outhaul_ledger.flow import Waiting
from outhaul_ledger.model import State
from outhaul_ops.demo.scenario import Place, Scenario, Standing, load_scenario
from outhaul_ops.demo.screen import Lines, Screen
from outhaul_ops.demo.sighting import Sighting
from outhaul_ops.demo.tables import delivery_rows, remarks, skips, vendor_rows
from outhaul_ops.demo.terminal import Terminal
from outhaul_ops.simulators.record import Fate
from unit.demo.runs import as_expected, entry

WIDTH = 120
WARNED = Place("ev_demo_order_refunded", "datareshape")
UNDER_WAY = {
    Place("ev_demo_fails_twice", "webhook"): (Standing(State.PENDING, 2, 500), Waiting.BACKOFF),
    Place("ev_demo_answer_lost", "cloudevents"): (Standing(State.PENDING, 1, 0), Waiting.BACKOFF),
    Place("ev_demo_refused", "remarkety"): (Standing(State.DEAD, 1, 400), None),
    Place("ev_demo_refused", "simon"): (Standing(State.LEASED, 1, 0), None),
}


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    """The shipped one."""
    return load_scenario()


def under_way(scenario: Scenario) -> Sighting:
    """See the deliveries while some of them wait or are being attempted."""
    standings = {**scenario.endings, **{place: standing for place, (standing, _) in UNDER_WAY.items()}}
    waiting = {place: reason for place, (_, reason) in UNDER_WAY.items() if reason}
    return Sighting(standings, waiting, {}, 0)


@pytest.mark.parametrize("screen", [Lines, Terminal])
def test_deliveries_to_every_kind_fit_into_120_columns(
    scenario: Scenario, screen: type[Screen], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is cut off or wrapped, on a terminal or in a file, at the end or under way."""
    monkeypatch.setenv("COLUMNS", str(WIDTH))
    result = as_expected(scenario)
    for rows in (delivery_rows(scenario, under_way(scenario)), vendor_rows(result)):
        screen().table("", rows)
        shown = capsys.readouterr().out
        assert max(map(len, shown.splitlines())) <= WIDTH
        assert all(cell in shown for row in rows for cell in row)


def test_a_cell_says_state_attempts_and_last_answer_or_why_it_waits(scenario: Scenario) -> None:
    """Delivered is `ok`; what was not sent has no answer, and what nobody wanted has no state."""
    head, *rows = delivery_rows(scenario, under_way(scenario))
    cells = {Place(row[0], name): cell for row in rows for name, cell in zip(head, row, strict=True)}
    assert cells[Place("ev_demo_order_created", "okanjo")] == "ok 1x 200"
    assert cells[Place("ev_demo_order_shipped", "datareshape")] == "skipped"
    assert cells[Place("ev_demo_cart_created", "okanjo")] == "-"
    shown = {place: cells[place] for place in UNDER_WAY}
    assert list(shown.values()) == ["backoff 2x 500", "backoff 1x", "dead 1x 400", "leased 1x"]


def test_a_vendors_row_counts_its_own_record_and_what_it_was_not_sent(scenario: Scenario) -> None:
    """Stored, warned, duplicates, not stored, refused, dropped, skipped: each is counted where it happened."""
    head, *rows = vendor_rows(as_expected(scenario))
    assert head[1:3] == ["stored", "of these warned"]
    assert {row[0]: " ".join(row[1:]) for row in rows} == {
        "remarkety": "20 0 0 0 0 1 1",
        "datareshape": "8 2 0 1 0 0 12",
        "simon": "19 0 0 1 0 0 1",
        "okanjo": "4 0 0 0 0 0 4",
        "esputnik": "19 0 0 0 0 0 2",
        "webhook": "12 0 0 0 0 2 0",
        "cloudevents": "21 0 1 0 0 0 0",
    }


def test_remarks_leave_out_what_was_done_to_a_request_on_the_way(scenario: Scenario) -> None:
    """An answer that was lost warned nobody, and a simulated failure is no remark of the vendor."""
    warned = entry(scenario, WARNED, Fate.STORED, "warning: context.url: not given")
    dropped = entry(scenario, WARNED, Fate.DROPPED, "misbehaviour: 500")
    lost = replace(entry(scenario, WARNED, Fate.STORED, "misbehaviour: lose"), status=0)
    told = list(remarks({"datareshape": (dropped, lost, warned)}))
    assert told == ["datareshape on order_canceled: warning: context.url: not given"]


def test_skips_are_told_by_destination_with_a_reason(scenario: Scenario) -> None:
    """The first reason of each destination that skipped something, and how many more there are."""
    told = list(skips(scenario, as_expected(scenario).sighting))
    assert told[0] == "at remarkety: nobody is identified"
    assert "at okanjo: no event for product.viewed (and 3 more)" in told
    assert len(told) == 5
