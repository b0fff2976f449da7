"""The watch must see what is due and nobody's, and must not see what has an owner or a reason."""

from eventually import eventually
from outhaul_ledger.ledger import Ledger
from outhaul_ledger.model import Route, Settlement, State, Submission
from outhaul_ops.chaos.watch import Watch

PATIENCE = 0.3


def accept(ledger: Ledger, *event_ids: str) -> None:
    """Store events."""
    ledger.accept([Submission(each, each, "/", "custom.ping", b"{}") for each in event_ids])


def fan_out(ledger: Ledger, event_id: str) -> None:
    """Give an event one delivery."""
    ledger.begin("d1")
    ledger.lease_inbox("d1", 10, 10_000)
    ledger.fan_out("d1", [(event_id, [Route("steady")])])


def watched(watch: Watch) -> bool:
    """Look once; true when something has stalled."""
    watch.sample()
    return bool(watch.stalled)


def overdue(ledger: Ledger) -> bool:
    """True when what is due in the lane has been so for well over the patience."""
    survey = ledger.survey()
    due = survey.standings["steady"].oldest_due
    return due is not None and survey.now - due > 3 * PATIENCE * 1000


def test_an_accepted_event_that_nobody_routes_has_stalled(ledger: Ledger) -> None:
    """No worker runs: the inbox is due and nobody's."""
    watch = Watch(ledger, PATIENCE)
    accept(ledger, "ev_1")
    eventually(lambda: watched(watch), within=5)
    assert watch.stalled == {"inbox"}


def test_a_due_delivery_that_nobody_leases_has_stalled(ledger: Ledger) -> None:
    """Its own status gives no other reason than that it is due."""
    accept(ledger, "ev_1")
    fan_out(ledger, "ev_1")
    watch = Watch(ledger, PATIENCE)
    eventually(lambda: watched(watch), within=5)
    assert watch.stalled == {"steady"}


def test_a_paused_destination_and_a_leased_delivery_have_not_stalled(ledger: Ledger) -> None:
    """One has a reason, the other an owner."""
    accept(ledger, "ev_1")
    fan_out(ledger, "ev_1")
    ledger.pause("steady", "a person said so")
    watch = Watch(ledger, PATIENCE)
    eventually(lambda: not watched(watch) and overdue(ledger), within=5)
    ledger.resume("steady")
    assert len(ledger.lease("d1", "w1", 10, 60_000).leases) == 1
    assert not watched(watch)


def test_a_disturbance_starts_the_time_anew(ledger: Ledger) -> None:
    """While a fault lasts nothing counts as stalled."""
    accept(ledger, "ev_1")
    fan_out(ledger, "ev_1")
    watch = Watch(ledger, PATIENCE)

    def disturbed() -> bool:
        watch.disturb()
        watch.sample()
        return overdue(ledger)

    eventually(disturbed, within=5)
    assert watch.stalled == set()


def test_a_fault_is_over_once_no_silent_drain_has_leases_and_all_that_is_due_is_taken_up(ledger: Ledger) -> None:
    """A dead drain's lease shows as soon as the drain is silent; settled, the traces are gone."""
    accept(ledger, "ev_1")
    fan_out(ledger, "ev_1")
    (lease,) = ledger.lease("d1", "w1", 10, 60_000).leases
    watch = Watch(ledger)
    watch.fault_over("worker-kill", alone=True)
    assert watch.unrecovered == ["worker-kill"]
    settlement = Settlement("steady", "ev_1", lease.attempt, State.DELIVERED)

    def looked_well(well: bool) -> bool:
        watch.sample()
        return watch.well is well

    eventually(lambda: looked_well(True), within=5)
    eventually(lambda: looked_well(False), within=5)
    ledger.settle("d1", [settlement])

    def recovered() -> bool:
        watch.sample()
        return not watch.unrecovered

    eventually(recovered, within=10)
    (found,) = watch.recovered
    assert (found.fault, found.alone) == ("worker-kill", True)
    assert found.seconds > 1
