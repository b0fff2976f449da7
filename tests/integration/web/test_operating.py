"""Looking at deliveries and dead letters, and working with them, over HTTP."""

from collections import Counter
from typing import Any

import pytest

from eventually import eventually
from integration.ops.graveyard import EMAIL, Graveyard
from integration.web.caller import Caller, read
from outhaul_ledger.ledger import Ledger
from outhaul_ledger.model import State
from outhaul_ledger.replay_jobs import ReplayJobs


@pytest.fixture
def graveyard(ledger: Ledger) -> Graveyard:
    """Makes dead letters in the API's ledger."""
    return Graveyard(ledger)


def pages(caller: Caller, path: str, member: str, **filters: Any) -> list[list[str]]:
    """Return the event ids of every page of a list."""
    found, cursor = [], None
    for _ in range(50):
        told = caller.json("GET", path, query_string={**filters, **({"cursor": cursor} if cursor else {})})
        found.append([each["event_id"] for each in told[member]])
        cursor = told["next"]
        if cursor is None:
            return found
    raise AssertionError(f"no end after {found}")


def flat(found: list[list[str]]) -> list[str]:
    """Return pages as one list."""
    return [each for page in found for each in page]


def test_dead_letters_are_paged_without_gap_or_repetition_while_they_are_replayed(
    caller: Caller, graveyard: Graveyard, ledger: Ledger
) -> None:
    """What is taken off the shelf between two pages neither hides others nor shows them twice."""
    ids = sorted(graveyard.dead(9))
    told = caller.json("GET", "/v1/dead-letters", query_string={"limit": 4})
    assert [each["event_id"] for each in told["dead_letters"]] == ids[:4]
    ledger.replay([("shop-hooks", each) for each in (ids[0], ids[3], ids[5])])
    rest = caller.json("GET", "/v1/dead-letters", query_string={"cursor": told["next"]})
    assert [each["event_id"] for each in rest["dead_letters"]] == [ids[4], *ids[6:]]
    assert rest["next"] is None


def test_dead_letters_are_found_by_every_filter(caller: Caller, graveyard: Graveyard) -> None:
    """Filters narrow each other; none of them shows what an event holds."""
    first = graveyard.dead(2, event_type="cart.created", reason="410 Gone")
    second = graveyard.dead(2, destination="mail")
    held = graveyard.dead(1, state=State.HELD)
    find = "/v1/dead-letters"
    assert set(flat(pages(caller, find, "dead_letters", type="cart.*", reason="gone"))) == set(first)
    assert set(flat(pages(caller, find, "dead_letters", destination=["mail", "nobody"], limit=1))) == set(second)
    assert flat(pages(caller, find, "dead_letters", state="held")) == held
    assert flat(pages(caller, find, "dead_letters", event=second[0], since="1h")) == [second[0]]
    assert flat(pages(caller, find, "dead_letters", until="1h")) == []
    assert EMAIL.encode() not in caller.send("GET", find).data


def test_deliveries_of_all_states_are_paged_the_newest_first(caller: Caller, graveyard: Graveyard) -> None:
    """Also delivered ones, and whatever changes between two pages."""
    done = graveyard.dead(3, state=State.DELIVERED)
    dead = graveyard.dead(3)
    told = caller.json("GET", "/v1/deliveries", query_string={"limit": 4})
    met = [each["event_id"] for each in told["deliveries"]]
    graveyard.ledger.replay([("shop-hooks", each) for each in dead])
    graveyard.pending(2)
    rest = caller.json("GET", "/v1/deliveries", query_string={"cursor": told["next"]})
    met += [each["event_id"] for each in rest["deliveries"]]
    assert sorted(met) == sorted((*done, *dead))
    assert flat(pages(caller, "/v1/deliveries", "deliveries", state="delivered", limit=2)) == sorted(done, reverse=True)
    assert len(flat(pages(caller, "/v1/deliveries", "deliveries", reason="replayed"))) == 3


@pytest.mark.parametrize("path", ["/v1/deliveries", "/v1/dead-letters"])
@pytest.mark.parametrize(
    "query",
    [
        {"cursor": "x"},
        {"cursor": "WzFd"},
        {"cursor": "é"},
        {"limit": "0"},
        {"limit": "many"},
        {"since": "yesterday"},
        {"until": "2026-03-05T08:15:00"},
        {"state": "lost"},
        {"destinaton": "x"},
    ],
)
def test_a_wrong_parameter_is_refused_with_its_name(caller: Caller, path: str, query: dict[str, str]) -> None:
    """Misspelt ones too: a filter that is passed over would show too much."""
    told = caller.json("GET", path, query_string=query, status=422)
    assert told["type"] == "/problems/invalid-parameters"
    assert told["errors"][0]["path"].startswith(next(iter(query)))


def test_a_replay_goes_on_by_itself_and_tells_how_far_it_is(caller: Caller, graveyard: Graveyard) -> None:
    """202 with where to look; its numbers grow until it is finished."""
    ids = graveyard.dead(30)
    answer = caller.send("POST", "/v1/dead-letters/replay", json={"destination": ["shop-hooks"], "rate": 200})
    assert (answer.status_code, read(answer)["state"], read(answer)["replayed"]) == (202, "running", 0)
    where = answer.headers["Location"]
    jobs = ReplayJobs(graveyard.ledger)
    jobs.carry_on()
    assert caller.json("GET", where)["replayed"] == 20

    def finished() -> bool:
        jobs.carry_on()
        return bool(caller.json("GET", where)["state"] == "finished")

    eventually(finished, within=5)
    assert set(graveyard.states(ids).values()) == {State.PENDING}


def test_a_replay_is_stopped_and_tells_how_far_it_came(caller: Caller, graveyard: Graveyard) -> None:
    """What it has replayed stays so, the rest stays dead; stopping it again, or a finished one, changes nothing."""
    ids = graveyard.dead(30)
    running = caller.json("POST", "/v1/dead-letters/replay", json={"rate": 200}, status=202)
    where = f"/v1/replays/{running['id']}"
    jobs = ReplayJobs(graveyard.ledger)
    jobs.carry_on()
    told = caller.json("POST", f"{where}/cancel")
    assert (told["state"], told["replayed"], told["finished_at"]) == ("cancelled", 20, None)
    assert told["cancelled_at"] >= told["opened_at"]
    assert jobs.carry_on() is None
    assert caller.json("GET", where) == caller.json("POST", f"{where}/cancel") == told
    assert Counter(graveyard.states(ids).values()) == {State.PENDING: 20, State.DEAD: 10}
    again = caller.json("POST", "/v1/dead-letters/replay", json={"limit": 1}, status=202)
    jobs.carry_on()
    assert caller.json("POST", f"/v1/replays/{again['id']}/cancel")["state"] == "finished"
    assert caller.json("POST", "/v1/replays/unknown/cancel", status=404)["type"] == "/problems/not-found"


def test_a_dry_run_only_counts(caller: Caller, graveyard: Graveyard) -> None:
    """200 with the numbers by destination, and nothing is changed."""
    ids = graveyard.dead(3)
    graveyard.dead(2, destination="mail", event_type="cart.created")
    told = caller.json("POST", "/v1/dead-letters/replay", json={"type": ["order.*"], "dry_run": True})
    assert told == {"dry_run": True, "total": 3, "destinations": {"shop-hooks": 3}}
    assert ReplayJobs(graveyard.ledger).carry_on() is None
    assert set(graveyard.states(ids).values()) == {State.DEAD}


def test_a_replay_can_be_ordered_again_by_its_key(caller: Caller, graveyard: Graveyard) -> None:
    """A caller that missed the answer gets the same replay; another key is another one."""
    graveyard.dead()
    answers = [
        caller.json("POST", "/v1/dead-letters/replay", json={}, headers={"Idempotency-Key": key}, status=202)
        for key in ("one", "one", "two")
    ]
    assert answers[0] == answers[1]
    assert answers[2]["id"] != answers[0]["id"]
    assert caller.json("GET", "/v1/replays/unknown", status=404)["type"] == "/problems/not-found"


@pytest.mark.parametrize(
    "order", [{"rate": 0}, {"rate": "fast"}, {"limit": 0}, {"destination": "x"}, {"state": "pending"}, {"dryrun": True}]
)
def test_a_replay_that_is_not_understood_is_not_begun(caller: Caller, order: dict[str, Any]) -> None:
    """A misspelt dry_run must not become a real replay."""
    assert caller.json("POST", "/v1/dead-letters/replay", json=order, status=422)["errors"]
    for data in (b"{", b"[]", b""):
        answer = caller.send("POST", "/v1/dead-letters/replay", data=data, content_type="application/json")
        assert answer.status_code in (400, 422)


def test_a_destination_is_paused_and_resumed(caller: Caller, ledger: Ledger) -> None:
    """The reason is shown; one that nobody knows is refused with the nearest name."""
    told = caller.json("POST", "/v1/destinations/shop-hooks/pause", json={"reason": "moving house"})
    assert told == {"destination": "shop-hooks", "paused": True, "was_paused": False}
    (shown,) = caller.json("GET", "/v1/destinations")["destinations"]
    assert (shown["paused"], shown["kind"], shown["configured"]) == ("moving house", "webhook", True)
    assert caller.json("POST", "/v1/destinations/shop-hooks/resume")["was_paused"]
    assert ledger.survey().standings["shop-hooks"].paused == ""
    told = caller.json("POST", "/v1/destinations/shop-hoks/pause", json={}, status=404)
    assert "did you mean 'shop-hooks'?" in told["detail"]


def test_metrics_tell_how_every_destination_stands(caller: Caller, graveyard: Graveyard) -> None:
    """What any process tells is read from the ledger."""
    graveyard.dead(3)
    graveyard.pending(2)
    graveyard.ledger.dispatch("w1@here", 4)
    text = caller.send("GET", "/metrics").get_data(as_text=True)
    assert 'outhaul_deliveries{destination="shop-hooks",state="dead"} 3.0' in text
    assert 'outhaul_deliveries{destination="shop-hooks",state="pending"} 2.0' in text
    assert 'outhaul_deliveries_made_total{destination="shop-hooks"} 5.0' in text
    assert 'outhaul_worker_slots{worker="w1@here"} 4.0' in text
