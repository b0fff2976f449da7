"""What a CloudEvent of anybody's becomes."""

from typing import Any

import pytest

from outhaul_producers.cloudevents import custom_type, event_id, from_cloudevent
from outhaul_producers.errors import InvalidEvent

GIVEN: dict[str, Any] = {
    "specversion": "1.0",
    "id": "A234-1234-1234-55",
    "source": "/shops/ro",
    "type": "customer.updated",
    "time": "2026-03-05T10:15:00+02:00",
    "subject": "customer/C-71",
    "datacontenttype": "application/json; charset=UTF-8",
    "data": {"customer": {"id": "C-71"}},
}


def test_a_known_type_has_the_sections_as_data() -> None:
    """Attributes become the envelope, data everything else."""
    assert from_cloudevent(GIVEN) == {
        "id": "A234-1234-1234-55",
        "source": "/shops/ro",
        "type": "customer.updated",
        "occurred_at": "2026-03-05T10:15:00+02:00",
        "subject": "customer/C-71",
        "customer": {"id": "C-71"},
    }


@pytest.mark.parametrize(
    ("data", "properties"), [({"a": 1}, {"a": 1}), ([1], {"data": [1]}), (None, {}), ("x", {"data": "x"})]
)
def test_a_foreign_type_becomes_a_custom_event(data: Any, properties: dict[str, Any]) -> None:
    """Whatever its data are, they lie under properties."""
    read = from_cloudevent({**GIVEN, "type": "com.example.Order/Placed", "data": data})
    assert (read["type"], read["properties"]) == ("custom.com.example.order.placed", properties)


def test_a_misspelt_type_of_ours_does_not_become_a_custom_event() -> None:
    """It goes on to the model, which refuses it and suggests the nearest."""
    assert from_cloudevent({**GIVEN, "type": "customer.updatd"})["type"] == "customer.updatd"


def test_extensions_are_kept_but_for_those_of_the_transport() -> None:
    """A trace that differs between two sendings must not make the second a conflict."""
    read = from_cloudevent({**GIVEN, "partitionkey": "71", "traceparent": "00-ab", "dataschema": "https://s.example/1"})
    assert read["properties"] == {"extensions": {"partitionkey": "71", "dataschema": "https://s.example/1"}}


def test_a_short_id_is_told_apart_by_its_source() -> None:
    """CloudEvents are unique by id and source; a counter of one source is not that of another."""
    first, second = event_id("1", "/a"), event_id("1", "/b")
    assert first != second
    assert first == event_id("1", "/a")
    assert first.startswith("ce_")
    assert event_id("ev_demo_order_created", "/a") == "ev_demo_order_created"
    assert event_id("has spaces in it, and more", "/a").startswith("ce_")


@pytest.mark.parametrize(
    ("change", "paths"),
    [
        ({"id": ""}, ["id"]),
        ({"id": None, "source": 7}, ["id", "source"]),
        ({"specversion": "0.3"}, ["specversion"]),
        ({"data_base64": "AQ=="}, ["data_base64"]),
        ({"datacontenttype": "text/xml"}, ["datacontenttype"]),
        ({"Partition-Key": "1"}, ["Partition-Key"]),
        ({"data": [1]}, ["data"]),
        ({"data": {"id": "x", "customer": {}}}, ["data.id"]),
    ],
)
def test_what_is_no_cloudevent_is_refused_with_the_attribute(change: dict[str, Any], paths: list[str]) -> None:
    """Every problem is named at once."""
    with pytest.raises(InvalidEvent) as refused:
        from_cloudevent({**GIVEN, **change})
    assert list(refused.value.problems) == paths


@pytest.mark.parametrize("given", [None, [], "text", 7])
def test_only_an_object_is_a_cloudevent(given: Any) -> None:
    """Nothing else ends in a traceback."""
    with pytest.raises(InvalidEvent):
        from_cloudevent(given)


@pytest.mark.parametrize("given", ["a b", "Ä.ö", "...", "x" * 300, "io.example:thing", "a..b"])
def test_any_type_becomes_one_that_the_model_takes_or_refuses(given: str) -> None:
    """No letter of a foreign type gets further than the type's alphabet."""
    made = custom_type(given)
    assert len(made) <= 64
    assert set(made) <= set("abcdefghijklmnopqrstuvwxyz0123456789_.")
