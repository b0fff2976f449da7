"""A client of the API that has a key."""

from dataclasses import dataclass
from typing import Any

import orjson
from flask.testing import FlaskClient
from werkzeug.test import TestResponse


@dataclass(frozen=True)
class Caller:
    """Sends requests with a key; `json` reads an answer that must have a status."""

    client: FlaskClient
    key: str

    def send(self, method: str, path: str, *, headers: dict[str, str] | None = None, **options: Any) -> TestResponse:
        """Send a request and return the answer, whatever it is."""
        return self.client.open(
            path, method=method, headers={"Authorization": f"Bearer {self.key}", **(headers or {})}, **options
        )

    def json(self, method: str, path: str, *, status: int = 200, **options: Any) -> Any:
        """Send a request whose answer must have `status`; returns its JSON."""
        answer = self.send(method, path, **options)
        assert answer.status_code == status, answer.data
        return orjson.loads(answer.data)


def read(answer: TestResponse) -> Any:
    """Return the JSON of an answer."""
    return orjson.loads(answer.data)
