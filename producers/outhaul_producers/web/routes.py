"""How an operation of the API is declared: its address, the scope it needs, what goes in and what comes out.

The same declaration checks the request, writes the answer and makes the entry of the OpenAPI document.
"""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

import orjson
from flask import Request, Response
from flask_smorest import Blueprint
from marshmallow import Schema
from webargs.flaskparser import FlaskParser

from outhaul_ledger.keyring import Scope
from outhaul_producers.web.access import require
from outhaul_producers.web.bodies import JSON, parsed, read_body
from outhaul_producers.web.problems import KINDS, PROBLEM_JSON, Problem
from outhaul_producers.web.schemas import ProblemDocument, Strict

Answer = Response | dict[str, Any] | tuple[dict[str, Any], int, dict[str, str]]
"""What a view returns: a document, with the first of its statuses or one with further headers, or a whole response."""
View = Callable[..., Answer]

_KEYED = ("unauthenticated", "not-allowed", "too-many-requests", "ledger-unavailable")


class _StrictParser(FlaskParser):
    """Passes over nothing; webargs would ignore unknown parameters, and take a body of another type for no body."""

    DEFAULT_UNKNOWN_BY_LOCATION: dict[str, str | None] = {}  # noqa: RUF012 -- as webargs declares it

    def load_json(self, req: Request, schema: Schema) -> Any:
        """Return the JSON of the body; of no body at all an empty object, where the schema allows that."""
        body = read_body(req)
        if not body and isinstance(schema, Strict) and schema.may_be_absent:
            return {}
        if req.mimetype != JSON:
            raise Problem(
                "unsupported-media-type", f"expected Content-Type {JSON}, got {req.mimetype[:60] or 'none'!r}"
            )
        return parsed(body)


class Routes(Blueprint):  # type: ignore[misc] # the package ships no types
    """The operations of one subject. `tests` call them like any client does."""

    ARGUMENTS_PARSER = _StrictParser()

    def __init__(self, name: str, description: str) -> None:
        super().__init__(name, __name__, description=description)

    def operation(
        self,
        method: str,
        rule: str,
        *,
        scope: Scope | None,
        answers: Mapping[int, type[Schema]],
        query: type[Schema] | None = None,
        body: type[Schema] | None = None,
        refuses: tuple[str, ...] = (),
        document: Mapping[str, Any] | None = None,
    ) -> Callable[[View], View]:
        """Declare a view as an operation.

        Args:
            method: the HTTP method.
            rule: the address, as Flask writes it.
            scope: what the request's key must allow; None where no key is needed.
            answers: status -> schema of the answers that are no problems; what the view returns goes through it.
            query: schema of the query; the view gets it, loaded, as first argument.
            body: schema of a JSON body; the view gets it, loaded, after the query.
            refuses: kinds of problems beside those of keys and of parameters.
            document: further members of the operation in the OpenAPI document.
        """
        kinds = (*(_KEYED if scope else ()), *(("invalid-parameters",) if query or body else ()), *refuses)
        if body:
            kinds = (*kinds, "invalid-request", "body-too-large", "unsupported-media-type", "too-slow")

        def declare(view: View) -> View:
            declared = _answering(view, answers)
            for status, schema in answers.items():
                declared = self.response(status, schema)(declared)
            for location, schema_in in (("json", body), ("query", query)):
                if schema_in:
                    declared = self.arguments(schema_in, location=location)(declared)
            declared = self.doc(**(document or {}))(self.doc(**_described(view, scope, kinds))(declared))
            if scope:
                declared = _guarded(declared, scope)
            self.route(rule, methods=[method])(declared)
            return view

        return declare


def _answering(view: View, answers: Mapping[int, type[Schema]]) -> View:
    """Write what a view returns by the schema of its status."""
    schemas = {status: schema() for status, schema in answers.items()}

    @wraps(view)
    def answering(*args: Any, **kwargs: Any) -> Answer:
        answer = view(*args, **kwargs)
        if isinstance(answer, Response):
            return answer
        document, status, headers = answer if isinstance(answer, tuple) else (answer, next(iter(schemas)), None)
        return Response(orjson.dumps(schemas[status].dump(document)), status, headers, content_type=JSON)

    return answering


def _guarded(view: View, scope: Scope) -> View:
    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Answer:
        require(scope)
        return view(*args, **kwargs)

    return guarded


def _described(view: View, scope: Scope | None, kinds: tuple[str, ...]) -> dict[str, Any]:
    statuses: dict[int, list[str]] = {}
    for kind in dict.fromkeys(kinds):
        statuses.setdefault(KINDS[kind].status, []).append(KINDS[kind].title)
    responses = {
        str(status): {
            "description": "; ".join(titles),
            "content": {PROBLEM_JSON: {"schema": ProblemDocument}},
        }
        for status, titles in statuses.items()
    }
    security: list[dict[str, list[str]]] = [{"key": []}] if scope else []
    needs = {"x-scope": str(scope)} if scope else {}
    return {"operationId": view.__name__, "responses": responses, "security": security, **needs}
