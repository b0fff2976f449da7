"""What is told of a destination's credentials."""

import pytest
from marshmallow import Schema, fields

from outhaul_config.secret import SecretField
from outhaul_ops.credentials import PURPOSE, Credential, credentials_of
from outhaul_worker.destinations.registry import kinds


class Gateway(Schema):
    """A table within a table."""

    user = fields.String()
    password = SecretField(metadata={"description": "Password of the gateway."})


class Options(Schema):
    """Options as a kind of another package may have them."""

    token = SecretField(metadata={PURPOSE: "sent with every request"}, required=True)
    account = fields.String(metadata={PURPOSE: "names the account"}, data_key="account-id")
    spare = fields.List(SecretField(), metadata={"description": "Older tokens."})
    headers = fields.Dict(fields.String(), SecretField(), metadata={PURPOSE: "for the proxy"})
    gateway = fields.Nested(Gateway)
    colour = fields.String()


TABLE = {
    "token": "${ACME_TOKEN}",
    "account-id": "A-1",
    "spare": ["${OLD}", "written out"],
    "headers": {"authorization": "Bearer ${LEFT}${RIGHT}"},
    "gateway": {"user": "outhaul", "password": "${GATE}"},
    "colour": "${COLOUR}",
}


def test_every_credential_is_told_with_its_purpose_and_where_it_comes_from() -> None:
    """In lists and tables too; what is no credential is left out, and no value is in what is told."""
    told = credentials_of(Options(), TABLE)
    assert told == [
        Credential("token", "sent with every request", True, ("ACME_TOKEN",)),
        Credential("account-id", "names the account", True),
        Credential("spare[0]", "Older tokens", True, ("OLD",)),
        Credential("spare[1]", "Older tokens", True),
        Credential("headers.authorization", "for the proxy", True, ("LEFT", "RIGHT")),
        Credential("gateway.password", "Password of the gateway", True, ("GATE",)),
    ]
    assert "written out" not in repr(told)


@pytest.mark.parametrize("table", [{}, {"spare": [], "headers": {}, "gateway": "wrong"}])
def test_a_credential_that_is_not_given_is_told_as_such(table: dict[str, object]) -> None:
    """So an operator sees what could be set; a table that is wrong otherwise does no harm."""
    told = credentials_of(Options(), table)
    assert [each.option for each in told] == ["token", "account-id", "spare", "headers", "gateway.password"]
    assert not any(each.given for each in told)


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_every_kind_says_what_each_of_its_credentials_is_for(kind: str) -> None:
    """Not only what it is: the line is there for somebody who has to find the mistake in one."""
    options = kinds()[kind].options()
    told = credentials_of(options, {})
    assert told
    for each in told:
        assert options.fields[each.option].metadata[PURPOSE] == each.purpose
        assert len(each.purpose) > 20
