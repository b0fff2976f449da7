"""Writes the tables of docs/http-api.md from the API itself: `python -m outhaul_producers.web.reference FILE`."""

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import redis

from outhaul_config.keys_reference import table
from outhaul_ledger.keyring import Keyring
from outhaul_ledger.ledger import Ledger
from outhaul_producers.receive import Fetched
from outhaul_producers.web.app import create_app
from outhaul_producers.web.problems import KINDS
from outhaul_producers.web.services import Services

if TYPE_CHECKING:
    from outhaul_producers.subscriptions.desk import SubscriptionDesk

_BLOCK = re.compile(r"(<!-- begin (\w+) -->\n).*?(<!-- end \2 -->)", re.DOTALL)


def openapi_document() -> Mapping[str, Any]:
    """Return the OpenAPI document of the API; nothing is connected to."""
    unused = Ledger(redis.Redis())
    no_desk = cast("SubscriptionDesk", None)  # nothing is asked of it for a document
    app = create_app(Services(unused, Keyring(unused.client, ""), _Nothing(), _nowhere, no_desk))
    document: Mapping[str, Any] = app.json.loads(app.test_client().get("/openapi.json").data)
    return document


def operations_table(document: Mapping[str, Any]) -> str:
    """Return the Markdown table of every operation."""
    rows = (_operation(method, path, told) for method, path, told in _operations(document))
    return table(("Operation", "Scope", "What it does", "Parameters", "Answers"), rows)


def problems_table() -> str:
    """Return the Markdown table of every kind of problem."""
    rows = ((f"`/problems/{name}`", str(kind.status), kind.title, kind.advice) for name, kind in KINDS.items())
    return table(("`type`", "Status", "Meaning", "What to do"), rows)


def with_tables(page: str) -> str:
    """Return `page` with what stands between `<!-- begin operations -->` and its end, and the like, written anew."""
    tables = {"operations": operations_table(openapi_document()), "problems": problems_table()}
    return _BLOCK.sub(lambda block: f"{block[1]}{tables[block[2]]}{block[3]}", page)


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, item in document["paths"].items():
        for method, told in item.items():
            if method != "parameters":
                yield method.upper(), path, told


def _operation(method: str, path: str, told: Mapping[str, Any]) -> Sequence[str]:
    names = [f"`{each['name']}`" for each in told.get("parameters", ()) if each["in"] == "query"]
    answers = " ".join(sorted(told["responses"]))
    scope = f"`{told['x-scope']}`" if "x-scope" in told else "none"
    return (f"`{method} {path}`", scope, told["summary"], " ".join(names) or "-", answers)


class _Nothing:
    """The configuration of no site."""

    def destinations(self) -> Mapping[str, Any]:
        return {}

    def sources(self) -> Mapping[str, Any]:
        return {}


def _nowhere(url: str, *, allow_private_addresses: bool) -> Fetched:  # noqa: ARG001 -- the signature of `Fetch`
    return Fetched(404, b"")


def main(arguments: list[str]) -> None:
    """Rewrite the tables in the named files."""
    for name in arguments:
        page = Path(name)
        page.write_text(with_tables(page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
