"""The OpenAPI document says what the API does, whatever a client sends."""

from typing import Any, cast

import pytest
import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from integration.ops.graveyard import Graveyard
from integration.web.caller import read
from integration.web.site import application
from outhaul_ledger.keyring import Allowance, Keyring, Scope
from outhaul_ledger.ledger import Ledger
from outhaul_ops.embedded import EmbeddedServer

FEW = settings(max_examples=8, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
# The model of events and a cursor know more rules than a schema can say, a batch is answered event by event, and in a
# query texts cannot be told from other types. What is refused has tests of its own.
UNSAYABLE: list[Any] = [positive_data_acceptance, negative_data_rejection]


def test_the_document_is_of_openapi_3_1_and_names_every_operation(client: FlaskClient, app: Flask) -> None:
    """Every address is in it, but the document itself, its pages, and Okanjo's API, which is not ours to describe."""
    document = read(client.get("/openapi.json"))
    assert document["openapi"] == "3.1.0"
    told = {(method, path) for path, item in document["paths"].items() for method in item if method != "parameters"}
    served = {
        (method.lower(), rule.rule.replace("<string:", "{").replace(">", "}"))
        for rule in app.url_map.iter_rules()
        if not rule.endpoint.startswith("okanjo.")
        for method in (rule.methods or set()) - {"OPTIONS", "HEAD"}
    }
    assert served - told == {("get", "/openapi.json"), ("get", "/docs"), ("get", "/problems/{kind}")}
    assert told <= served


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_no_request_breaks_the_contract(own_server: EmbeddedServer, mode: GenerationMode) -> None:
    """Generated requests, valid and not: no 5xx, no undocumented status, no answer that its schema does not allow."""
    with own_server.client() as connection:
        ledger = Ledger(connection)
        Graveyard(ledger).dead(3)
        _, key = Keyring(connection, ledger.namespace).create("fuzz", Scope, Allowance(1_000_000, 1.0))
        schema = schemathesis.openapi.from_wsgi("/openapi.json", application(ledger))
        for found in schema.get_all_operations():
            fuzz(cast("Any", found).ok(), mode, key)


def fuzz(operation: Any, mode: GenerationMode, key: str) -> None:
    """Send generated requests of an operation; one without input has no wrong ones."""
    if mode is GenerationMode.NEGATIVE and not (operation.body or operation.query or operation.path_parameters):
        return

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(parent=FEW)
    def hold(case: schemathesis.Case[Any]) -> None:
        case.call_and_validate(headers={"Authorization": f"Bearer {key}"}, excluded_checks=UNSAYABLE)

    hold()
