"""What happens on the stage: events are enqueued, watched, mended, replayed, and judged."""

import time
from collections.abc import Sequence

from outhaul_ledger import dead_letters, replay
from outhaul_ledger.dead_letters import Selection
from outhaul_ops.demo.judgement import discrepancies
from outhaul_ops.demo.scenario import Place, Scenario, Standing
from outhaul_ops.demo.screen import Screen
from outhaul_ops.demo.sighting import Result, Sighting, look
from outhaul_ops.demo.stage import Stage
from outhaul_ops.demo.tables import delivery_rows, remarks, skips, vendor_rows
from outhaul_ops.exits import Failure
from outhaul_producers import EnqueueResult, client, enqueue_events

PATIENCE_SECONDS = 20.0  # for all deliveries; leaves ten of the promised thirty for ending
_LOOK_SECONDS = 0.1


def play(scenario: Scenario, stage: Stage, screen: Screen) -> list[str]:
    """Go through the steps, told on the screen; returns what did not end as the scenario says, line by line."""
    began = time.monotonic()
    repeated = _enqueue(scenario, stage, screen)
    sighting = _watch(scenario, stage, screen, until=began + PATIENCE_SECONDS)
    dead = {place: each for place, each in sighting.standings.items() if each.state == "dead"}
    _mend_and_replay(dead, stage, screen)
    sighting = _watch(scenario, stage, screen, until=began + PATIENCE_SECONDS)
    received = {name: tuple(vendor.record) for name, vendor in stage.vendors.items()}
    result = Result(repeated, dead, sighting, received)
    wrong = discrepancies(scenario, result)
    _report(scenario, result, wrong, time.monotonic() - began, screen)
    return wrong


def _enqueue(scenario: Scenario, stage: Stage, screen: Screen) -> tuple[str, ...]:
    """Hand the sample over; returns the ids of the lines that were known before."""
    client.configure(stage.settings)
    try:
        answers = enqueue_events(scenario.events)
    finally:
        client.configure(None)
    _require_receipts(answers)
    repeated = tuple(receipt.event_id for receipt in answers.receipts.values() if receipt.duplicate)
    accepted = len(answers.receipts) - len(repeated)
    screen.say("enqueued", f"{accepted} events of a shop; known before: {', '.join(repeated) or 'none'}")
    return repeated


def _require_receipts(answers: EnqueueResult) -> None:
    if answers.errors:
        lines = (f"line {index + 1}: {error}" for index, error in answers.errors.items())
        raise Failure("\n".join(["expected every sample event to be accepted, but:", *lines]))


def _watch(scenario: Scenario, stage: Stage, screen: Screen, until: float) -> Sighting:
    """Show the deliveries until they are settled, or until a point of the monotonic clock."""
    with screen.watching(lambda sighting: delivery_rows(scenario, sighting)) as show:
        while True:
            sighting = look(stage.ledger, scenario.event_ids)
            show(sighting)
            if sighting.settled or time.monotonic() > until:
                return sighting
            stage.worker.require_alive()
            stage.interruption.pause(_LOOK_SECONDS)


def _mend_and_replay(dead: dict[Place, Standing], stage: Stage, screen: Screen) -> None:
    everything = Selection()
    for batch in dead_letters.batches(stage.ledger, everything, dead_letters.reach_now(stage.ledger, everything)):
        for told in map(dead_letters.described, batch):
            screen.say("dead letter", f"{told['event_id']} at {told['destination']}: {told['reason']}")
    for name in dict.fromkeys(place.destination for place in dead):
        stage.vendors[name].mend()
        screen.say("mended", f"the vendor of {name} accepts everything now")
    steps = list(replay.carry_out(stage.ledger, replay.begin(stage.ledger, everything)))
    screen.say("replayed", _counted(sum(step.replayed for step in steps), "dead letter"))


def _report(scenario: Scenario, result: Result, wrong: Sequence[str], seconds: float, screen: Screen) -> None:
    screen.table(
        "every delivery: its state (ok is delivered), how often it was tried, the last answer",
        delivery_rows(scenario, result.sighting),
    )
    screen.table(
        "each vendor's own record, in requests; skipped are the deliveries it has no use for",
        vendor_rows(result),
    )
    screen.say("", "")
    for skip in skips(scenario, result.sighting):
        screen.say("skipped", skip)
    for remark in remarks(result.received):
        screen.say("remark", remark)
    if not wrong:
        ended = _counted(len(scenario.endings), "delivery", "deliveries")
        screen.say("checked", f"{ended} ended as expected, and the vendors agree; {seconds:.1f} s")


def _counted(number: int, noun: str, plural: str = "") -> str:
    return f"{number} {noun if number == 1 else plural or noun + 's'}"
