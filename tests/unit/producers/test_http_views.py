"""What the API shows of an event is all that a program in the same process would see."""

from dataclasses import fields

import pytest
from marshmallow import Schema

from outhaul_producers.status import AttemptStatus, DeliveryStatus, EventStatus
from outhaul_producers.web.schemas import AttemptView, DeliveryView, EventView


@pytest.mark.parametrize(
    ("view", "status", "more"),
    [(EventView, EventStatus, {"event"}), (DeliveryView, DeliveryStatus, set()), (AttemptView, AttemptStatus, set())],
)
def test_no_field_of_a_status_is_left_out(view: type[Schema], status: type, more: set[str]) -> None:
    """A field that is added to one must be added to the other: what a schema does not name is dropped silently."""
    assert set(view().fields) == {each.name for each in fields(status)} | more
