"""What an Okanjo subscriber is configured with."""

from typing import Any

from marshmallow import Schema, fields

from outhaul_config.fields import choice, text, whole
from outhaul_worker.destinations.okanjo.names import SECTIONS, fits
from outhaul_worker.destinations.okanjo.statuses import LAST_STATUS
from outhaul_worker.destinations.options import SigningSecrets, endpoint_address, event_names


def _misfit(event_type: str, name: Any) -> str:
    if name not in tuple(SECTIONS):
        return f"one of {', '.join(SECTIONS)}"
    return "" if fits(event_type, name) else f"the name of an event whose data {event_type} can hold"


class OkanjoOptions(Schema):
    """Options of the kind `okanjo`."""

    url = endpoint_address(
        required=True,
        metadata={"description": "The subscriber's `webhook_url`; https, except on your own machine."},
    )
    secret = SigningSecrets(
        load_default=tuple,
        metadata={
            "description": "Signing secret `whsec_...` or `whsk_...`, or a list of them; adds the signature headers of"
            " Standard Webhooks, which listeners that know none ignore.",
            "credential": "signs every request, by which the listener can know that it is yours",
        },
    )
    statuses = fields.Dict(
        keys=text(r".{1,255}", "the code or name of a status in the shop"),
        values=whole(0, LAST_STATUS),
        load_default=dict,
        metadata={"description": "Okanjo's number of a status (0 to 11) by the shop's code or name of it."},
    )
    names = event_names(
        _misfit,
        metadata={"description": "Okanjo's event types by canonical type, in place of the table's."},
    )
    sends = fields.List(
        choice(*SECTIONS),
        load_default=list,
        metadata={"description": "Okanjo types, where events that go out as another are to be skipped."},
    )
