"""What a Simon destination is configured with."""

from marshmallow import Schema, ValidationError

from outhaul_config.fields import choice, flag, text
from outhaul_config.secret import Secret, SecretField
from outhaul_worker.destinations.options import base_address, event_names
from outhaul_worker.destinations.simon.names import misfit

_WORD = r"[!-~](?:[ -~]{0,62}[!-~])?"
_WORD_EXPECTED = "1 to 64 visible ASCII characters, not padded with spaces"


def _check_secret(secret: Secret) -> None:
    if not secret.reveal().isprintable():
        raise ValidationError("a secret text without control characters")


class SimonOptions(Schema):
    """Options of the kind `simon`."""

    partner_id = text(
        _WORD,
        _WORD_EXPECTED,
        required=True,
        metadata={
            "description": "Partner id, from Simon Data.",
            "credential": "names the account; sent in the body of every request",
        },
    )
    partner_secret = SecretField(
        validate=_check_secret,
        required=True,
        metadata={
            "description": "Partner secret, from Simon Data; it travels in the body and is added on sending.",
            "credential": "the account's secret, sent in the body of every request",
        },
    )
    environment = choice(
        "production",
        "staging",
        "dev",
        load_default="production",
        metadata={"description": "Which of Simon's environments gets the events; triggers exist only on `production`."},
    )
    base_url = base_address(
        load_default="",
        metadata={"description": "An address in place of the environment's, for test events too."},
    )
    debug = flag(
        load_default=True,
        metadata={
            "description": "Whether Simon says what it does not accept (412), in place of dropping it in silence."
        },
    )
    requires_identity = flag(
        load_default=True,
        metadata={"description": "Whether Simon uses custom events only of people it knows the e-mail address of."},
    )
    names = event_names(
        misfit,
        metadata={"description": "Event names by canonical type, in place of the table's."},
    )
    context_style = choice(
        "nested",
        "dotted",
        load_default="nested",
        metadata={"description": "How page and device are sent: `nested` as `page: {url}`, or `dotted` as `page.url`."},
    )
    client_name = text(
        _WORD,
        _WORD_EXPECTED,
        load_default="outhaul",
        metadata={"description": "What Simon is told to be the sending library, as `context.name`."},
    )
    client_version = text(
        rf"|{_WORD}",
        _WORD_EXPECTED,
        load_default="",
        metadata={"description": "Its version, as `context.version`; without it Outhaul's own."},
    )
