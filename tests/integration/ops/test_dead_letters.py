"""Looking at dead letters, exporting and discarding them."""

import orjson
import pytest

from integration.ops.console import Console
from integration.ops.graveyard import EMAIL, Graveyard
from outhaul_ledger.dead_letters import PAGE, Selection, batches, reach_now
from outhaul_ledger.model import State

LISTED = {
    "destination",
    "event_id",
    "type",
    "state",
    "since",
    "attempts",
    "last_status",
    "reason",
    "possible_duplicate",
}


def test_a_listing_has_every_field_a_program_needs(console: Console, graveyard: Graveyard) -> None:
    """`list --json` is an array of objects with the documented fields and none of the event's body."""
    (event_id,) = graveyard.dead()
    (entry,) = console.json("dead-letters", "list")
    assert set(entry) == LISTED
    assert (entry["event_id"], entry["state"], entry["last_status"]) == (event_id, "dead", 500)
    assert entry["since"].endswith("Z")


def test_a_listing_masks_what_an_endpoint_said_about_people(console: Console, graveyard: Graveyard) -> None:
    """An e-mail address in a reason is masked for people and programs alike, and the body's one never shows."""
    graveyard.dead(reason="422: bob@buyer.example is not subscribed")
    for arguments in (["list"], ["list", "--json"]):
        shown = console.run("dead-letters", *arguments).stdout
        assert "*** is not subscribed" in shown
        assert "bob@buyer.example" not in shown
        assert EMAIL not in shown


def test_a_listing_obeys_no_control_characters(console: Console, graveyard: Graveyard) -> None:
    """What an endpoint answers cannot clear or colour an operator's terminal."""
    graveyard.dead(reason="422: \x1b[2J\x1b[31mgone")
    assert "\x1b" not in console.run("dead-letters", "list").stdout
    graveyard.dead(reason="422: \x9b2J\u202egone")
    for output in (console.run("dead-letters", "list"), console.run("dead-letters", "list", "--json")):
        assert all(line.isprintable() for line in output.stdout.split("\n"))


def test_no_dead_letters_is_an_empty_answer_and_no_error(console: Console) -> None:
    """Listing, counting and exporting an empty ledger succeed."""
    assert console.json("dead-letters", "list") == []
    assert console.json("dead-letters", "count") == {"total": 0, "destinations": {}}
    assert console.run("dead-letters", "export").stdout == ""
    assert "0 dead letters match" in console.run("dead-letters", "list").stderr


def test_ten_thousand_dead_letters_are_listed_once_each_in_order(console: Console, graveyard: Graveyard) -> None:
    """Paging skips and repeats nothing, although hundreds died at the same instant."""
    ids = graveyard.dead(10_000)
    listed = console.json("dead-letters", "list")
    assert {entry["event_id"] for entry in listed} == set(ids)
    assert len(listed) == 10_000
    assert [entry["since"] for entry in listed] == sorted(entry["since"] for entry in listed)


def test_paging_reads_a_bounded_number_at_a_time(graveyard: Graveyard) -> None:
    """However many there are, no batch is longer than a page."""
    graveyard.dead(2 * PAGE + 7)
    sizes = [len(batch) for batch in batches(graveyard.ledger, Selection(), reach_now(graveyard.ledger, Selection()))]
    assert sum(sizes) == 2 * PAGE + 7
    assert max(sizes) <= PAGE


def test_paging_survives_others_emptying_the_shelf(graveyard: Graveyard) -> None:
    """Entries that another operator discards between two pages make no later one disappear."""
    ids = graveyard.dead(40)
    found = batches(graveyard.ledger, Selection(), reach_now(graveyard.ledger, Selection()), most=10)
    first = [entry.event_id for entry in next(found)]
    graveyard.ledger.discard([("shop-hooks", each) for each in first])
    rest = [entry.event_id for batch in found for entry in batch]
    assert sorted(first + rest) == sorted(ids)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (["--destination", "shop-hooks"], 3),
        (["--destination", "other"], 2),
        (["--destination", "other", "--destination", "shop-hooks"], 5),
        (["--type", "order.created"], 3),
        (["--type", "order.*"], 5),
        (["--type", "customer.*"], 0),
        (["--reason", "REFUSED"], 2),
        (["--reason", "refused", "--type", "order.created"], 0),
        (["--since", "1h"], 5),
        (["--until", "1h"], 0),
        (["--until", "2000-01-01T00:00:00Z"], 0),
        (["--since", "2000-01-01T00:00:00+02:00"], 5),
        (["--limit", "4"], 4),
        (["--limit", "1", "--type", "order.updated"], 1),
        (["--held"], 0),
    ],
)
def test_filters_narrow_what_is_counted(
    console: Console, graveyard: Graveyard, filters: list[str], expected: int
) -> None:
    """Each filter, alone and with others, counts exactly what it says."""
    graveyard.dead(3)
    graveyard.dead(2, destination="other", event_type="order.updated", reason="refused for good")
    assert console.json("dead-letters", "count", *filters)["total"] == expected
    assert len(console.json("dead-letters", "list", *filters)) == expected


def test_one_event_can_be_picked(console: Console, graveyard: Graveyard) -> None:
    """`--event` finds that event's dead letters and no other's."""
    ids = graveyard.dead(3)
    assert [entry["event_id"] for entry in console.json("dead-letters", "list", "--event", ids[1])] == [ids[1]]
    assert console.json("dead-letters", "count", "--event", "ev_unknown")["total"] == 0


def test_held_deliveries_are_found_with_their_own_flag(console: Console, graveyard: Graveyard) -> None:
    """Deliveries with an ambiguous outcome are no dead letters, and `--held` works on them alone."""
    graveyard.dead()
    (held,) = graveyard.dead(state=State.HELD)
    assert [entry["event_id"] for entry in console.json("dead-letters", "list", "--held")] == [held]
    assert console.json("dead-letters", "count")["total"] == 1


def test_a_misspelt_destination_is_named_with_the_nearest(console: Console, graveyard: Graveyard) -> None:
    """A filter for a destination that does not exist is an error, not an empty answer."""
    graveyard.dead(destination="remarkety-main")
    failed = console.run("dead-letters", "replay", "--destination", "remarkety-mian", status=1)
    assert 'did you mean "remarkety-main"?' in failed.stderr


def test_show_has_every_attempt_of_the_dead_deliveries(console: Console, graveyard: Graveyard) -> None:
    """`show` prints when each attempt was, what the endpoint said, and only deliveries that are dead or held."""
    (event_id,) = graveyard.dead()
    shown = console.json("dead-letters", "show", event_id)
    (delivery,) = shown["deliveries"]
    (attempt,) = delivery["log"]
    assert (shown["event_id"], delivery["destination"], delivery["kind"]) == (event_id, "shop-hooks", "webhook")
    assert (attempt["at"], attempt["status"], attempt["answer"]) == ("2026-03-05T08:15:00.000Z", 500, "no")
    assert "said: no" in console.run("dead-letters", "show", event_id).stdout


def test_show_says_so_when_nothing_of_the_event_is_dead(console: Console, graveyard: Graveyard) -> None:
    """An event that waits, or that nobody knows, is told apart from a dead one."""
    (event_id,) = graveyard.pending()
    assert "has no dead letter" in console.run("dead-letters", "show", event_id, status=1).stderr
    assert "never accepted" in console.run("dead-letters", "show", "ev_unknown", status=1).stderr


def test_an_export_holds_all_that_is_needed_to_look_into_it(console: Console, graveyard: Graveyard) -> None:
    """Every line is a JSON object with the listing's fields, the whole event and the last answers."""
    ids = graveyard.dead(PAGE + 1)
    lines = [orjson.loads(line) for line in console.run("dead-letters", "export").stdout.splitlines()]
    assert sorted(line["event_id"] for line in lines) == sorted(ids)
    assert set(lines[0]) == LISTED | {"event", "log"}
    assert lines[0]["event"]["customer"]["email"] == EMAIL
    assert lines[0]["log"][0]["answer"] == "no"


def test_discarding_ends_dead_letters_as_cancelled(console: Console, graveyard: Graveyard) -> None:
    """What was discarded is gone from the shelf, its deliveries are cancelled, and the books still balance."""
    kept, given_up = graveyard.dead(2), graveyard.dead(3, reason="refused for good")
    assert console.json("dead-letters", "discard", "--reason", "refused", "--yes") == {"dry_run": False, "discarded": 3}
    assert set(graveyard.states(given_up).values()) == {State.CANCELLED}
    assert set(graveyard.states(kept).values()) == {State.DEAD}
    assert graveyard.ledger.survey().standings["shop-hooks"].balanced


def test_discarding_asks_first(console: Console, graveyard: Graveyard) -> None:
    """A no, and an end of standard input, leave everything as it was; a yes goes on."""
    graveyard.dead(2)
    assert "Discard 2 dead letters for good?" in console.run("dead-letters", "discard", given="n\n", status=1).stderr
    assert "give --yes" in console.run("dead-letters", "discard", given="", status=1).stderr
    assert console.json("dead-letters", "count")["total"] == 2
    assert "discarded 2 dead letters" in console.run("dead-letters", "discard", given="y\n").stdout


def test_discarding_for_a_program_needs_yes(console: Console, graveyard: Graveyard) -> None:
    """With --json nobody can be asked, so --yes is required and nothing happens without it."""
    graveyard.dead()
    assert "give --yes" in console.run("dead-letters", "discard", "--json", status=2).stderr
    assert console.json("dead-letters", "count")["total"] == 1


@pytest.mark.parametrize("command", ["replay", "discard"])
def test_a_dry_run_changes_nothing(console: Console, graveyard: Graveyard, command: str) -> None:
    """--dry-run tells how many would be affected at which destination and leaves them."""
    graveyard.dead(3)
    told = console.json("dead-letters", command, "--dry-run")
    assert told == {"dry_run": True, "total": 3, "destinations": {"shop-hooks": 3}}
    assert console.json("dead-letters", "count")["total"] == 3
