"""Who is let in."""

import orjson
from flask.testing import FlaskClient


def test_a_living_api_says_so_without_a_key(client: FlaskClient) -> None:
    """Whoever supervises the process needs no key."""
    answer = client.get("/livez")
    assert (answer.status_code, answer.json) == (200, {"status": "alive"})
    assert client.get("/readyz").json == {"ready": True, "ledger": True, "configuration": True}


def test_an_unknown_address_is_a_problem(client: FlaskClient) -> None:
    """Every refusal has the same shape."""
    answer = client.get("/v1/nothing")
    assert answer.content_type == "application/problem+json"
    assert orjson.loads(answer.data)["type"] == "/problems/not-found"
