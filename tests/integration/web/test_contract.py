"""The OpenAPI document says what the API does, whatever a client sends."""

import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import load_all_checks

from integration.ops.graveyard import Graveyard
from integration.web.caller import Caller, read
from outhaul_ledger.ledger import Ledger

EXAMPLES = 12


def test_the_document_is_of_openapi_3_1_and_names_every_operation(client: FlaskClient, app: Flask) -> None:
    """Every address of the application is in it, but the document itself and the pages that show it."""
    document = read(client.get("/openapi.json"))
    assert document["openapi"] == "3.1.0"
    told = {(method, path) for path, item in document["paths"].items() for method in item if method != "parameters"}
    served = {
        (method.lower(), rule.rule.replace("<string:", "{").replace(">", "}"))
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or ()) - {"OPTIONS", "HEAD"}
    }
    assert served - told == {("get", "/openapi.json"), ("get", "/docs"), ("get", "/problems/{kind}")}
    assert told <= served


def test_no_request_breaks_the_contract(app: Flask, caller: Caller, ledger: Ledger) -> None:
    """Generated requests, valid and not: no 5xx, no undocumented status, no answer that its schema does not allow."""
    Graveyard(ledger).dead(3)
    schema = schemathesis.openapi.from_wsgi("/openapi.json", app)
    headers = {"Authorization": f"Bearer {caller.key}"}

    @schema.parametrize()
    @settings(max_examples=EXAMPLES)
    def check(case):
        case.call_and_validate(headers=headers)

    raise AssertionError(check)
