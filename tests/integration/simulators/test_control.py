"""The control interface, as another process uses it."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from outhaul_ops.simulators import Simulator

Send = Callable[..., requests.Response]

PERSON = {"email": "mara@shop.example", "id": "C-71"}


def get(simulator: Simulator, path: str) -> Any:
    """Ask the control interface; returns its JSON."""
    answer = requests.get(f"{simulator.url}/_simulator/{path}", timeout=10)
    assert answer.status_code == 200
    return answer.json()


def post(simulator: Simulator, path: str, **body: Any) -> requests.Response:
    """Tell the control interface something."""
    return requests.post(f"{simulator.url}/_simulator/{path}", timeout=10, **body)


def test_the_record_can_be_read(send: Send, remarkety: Simulator) -> None:
    """The record comes as JSON with counts and every entry, body included."""
    send("customers/update", PERSON)
    send("customers/update", b"{")
    read = get(remarkety, "record")
    assert (read["kind"], read["requests"]) == ("remarkety", 2)
    assert read["counts"] == {"stored": 1, "duplicate": 0, "accepted_not_stored": 0, "refused": 1, "dropped": 0}
    stored, refused = read["entries"]
    assert stored == {
        "number": 1,
        "received_at": 1763600000.0,
        "event": "customers/update",
        "event_id": "C-71",
        "key": "customers/C-71",
        "occurred_at": 1763600000.0,
        "fate": "stored",
        "status": 200,
        "reason": "",
        "body": PERSON,
    }
    assert (refused["fate"], refused["reason"], refused["body"]) == ("refused", "body: expected JSON", "{")


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", [1, 2, 3, 4]),
        ("?fate=stored", [1, 3, 4]),
        ("?event_id=C-72", [3]),
        ("?since=2", [3, 4]),
        ("?limit=1", [4]),
        ("?fate=stored&since=1&limit=5", [3, 4]),
    ],
)
def test_the_record_can_be_narrowed(send: Send, remarkety: Simulator, query: str, numbers: list[int]) -> None:
    """Fate, event id, numbers above one, and the newest so many."""
    send("customers/update", PERSON)
    send("customers/update", {})
    send("customers/update", PERSON | {"id": "C-72"})
    send("customers/update", PERSON)
    assert [entry["number"] for entry in get(remarkety, f"record{query}")["entries"]] == numbers


@pytest.mark.parametrize("query", ["fate=lost", "since=x", "limit=many"])
def test_a_mistaken_query_is_explained(remarkety: Simulator, query: str) -> None:
    """A query the record does not know is answered with 400 and what was expected."""
    answer = requests.get(f"{remarkety.url}/_simulator/record?{query}", timeout=10)
    assert answer.status_code == 400
    assert "expected fate=FATE" in answer.json()["error"]


@pytest.mark.parametrize(
    "body",
    [
        {"data": "next 2: 500\nevent ev_1: hang"},
        {"data": "next 2: 500; event ev_1: hang", "headers": {"content-type": "application/x-www-form-urlencoded"}},
        {"json": "next 2: 500; event ev_1: hang"},
        {"json": ["next 2: 500", "event ev_1: hang"]},
    ],
)
def test_misbehaviour_is_told_as_text_or_json(send: Send, remarkety: Simulator, body: dict[str, Any]) -> None:
    """Lines of text, a JSON string and a JSON list mean the same; the answer lists the rules."""
    answer = post(remarkety, "misbehave", **body)
    assert answer.json()["rules"] == ["next 2: 500", "event ev_1: hang"]
    assert send("customers/update", PERSON).status_code == 500
    assert get(remarkety, "")["rules"] == ["next 1: 500", "event ev_1: hang"]


@pytest.mark.parametrize("body", [{"data": "sometimes: 500"}, {"data": ""}, {"json": {"next": 2}}, {"json": [1]}])
def test_a_mistaken_rule_is_explained(remarkety: Simulator, body: dict[str, Any]) -> None:
    """What is not in the notation is answered with 400 and an example."""
    answer = post(remarkety, "misbehave", **body)
    assert answer.status_code == 400
    assert "next" in answer.json()["error"]


def test_mend_takes_back_one_event_or_all(remarkety: Simulator) -> None:
    """`mend?event=ID` takes back the rules about an event, `mend` everything."""
    post(remarkety, "misbehave", data="all: 500; event ev_1: 400; event ev_2: 400")
    assert post(remarkety, "mend?event=ev_1").json()["rules"] == ["all: 500", "event ev_2: 400"]
    assert post(remarkety, "mend").json()["rules"] == []


def test_reset_forgets_record_state_and_rules(send: Send, remarkety: Simulator) -> None:
    """After a reset there is nothing to read."""
    send("customers/update", PERSON)
    post(remarkety, "misbehave", data="all: 500")
    assert len(get(remarkety, "state")["contacts"]) == 1
    post(remarkety, "reset")
    overview = get(remarkety, "record")
    assert (overview["requests"], overview["entries"], overview["rules"]) == (0, [], [])
    assert get(remarkety, "state")["contacts"] == []


def test_control_requests_neither_count_nor_suffer(remarkety: Simulator) -> None:
    """Misbehaviour is for the vendor's part; the control interface always works and is not recorded."""
    post(remarkety, "misbehave", data="all: hang")
    assert get(remarkety, "record")["requests"] == 0


@pytest.mark.parametrize(
    ("method", "path", "status", "hint"),
    [
        ("GET", "recrd", 404, "nearest known: record"),
        ("POST", "record", 405, "expected GET"),
        ("GET", "misbehave", 405, "expected POST"),
    ],
)
def test_a_mistaken_control_request_is_explained(
    remarkety: Simulator, method: str, path: str, status: int, hint: str
) -> None:
    """Unknown paths name the nearest known one, wrong methods the right one."""
    answer = requests.request(method, f"{remarkety.url}/_simulator/{path}", timeout=10)
    assert answer.status_code == status
    assert hint in answer.json()["error"]
