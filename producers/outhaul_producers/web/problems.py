"""How a request is refused: RFC 9457 problem details, each of a kind that clients can tell by its `type`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from flask import Response

PROBLEM_JSON = "application/problem+json"


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """One kind of refusal: its HTTP status, its title, and what a caller can do about it."""

    status: int
    title: str
    advice: str


KINDS: dict[str, ProblemKind] = {
    "invalid-request": ProblemKind(400, "The request cannot be read", "Mend it; `detail` says where it is wrong."),
    "unauthenticated": ProblemKind(
        401, "A valid API key is needed", "Send `Authorization: Bearer ohk_...`; `outhaul keys create` makes a key."
    ),
    "not-authentic": ProblemKind(
        401, "The webhook is not shown to come from its source", "Check keys, clock and addresses; `detail` says which."
    ),
    "not-allowed": ProblemKind(
        403, "The API key does not allow this", "Use a key that has the scope which `detail` names."
    ),
    "not-found": ProblemKind(404, "There is no such thing", "Check the address; finished events expire."),
    "method-not-allowed": ProblemKind(405, "The address knows other methods", "Use one that the `Allow` header names."),
    "too-slow": ProblemKind(408, "The request took too long to arrive", "Send it again, faster."),
    "event-conflict": ProblemKind(
        409, "The id belongs to an event of other content", "Give the new event an id of its own."
    ),
    "body-too-large": ProblemKind(413, "The body is too large", "Send less at once; `detail` names the limit."),
    "target-too-long": ProblemKind(414, "The address is too long", "Send fewer or shorter filters."),
    "unsupported-media-type": ProblemKind(
        415, "The body has a type or encoding that is not read", "Use one that `detail` names."
    ),
    "invalid-event": ProblemKind(
        422, "The event does not fit the model", "Mend what `errors` names; the same event will never be accepted."
    ),
    "invalid-parameters": ProblemKind(422, "A parameter or member is wrong", "Mend what `errors` names."),
    "too-many-requests": ProblemKind(
        429, "The API key's allowance is used up", "Wait as many seconds as the `Retry-After` header says."
    ),
    "headers-too-large": ProblemKind(431, "The headers are too many or too long", "Send fewer and shorter ones."),
    "internal-error": ProblemKind(500, "Outhaul made a mistake", "Look into the log of the API for the traceback."),
    "ledger-unavailable": ProblemKind(
        503, "The ledger does not answer", "Send the request again after `Retry-After` seconds: with ids it is safe."
    ),
    "source-unavailable": ProblemKind(
        503, "The source's API does not answer", "Send the webhook again after `Retry-After` seconds."
    ),
}
"""Every kind there is, by the last part of its `type`."""


class Problem(Exception):
    """Ends a request with problem details.

    Args:
        kind: a key of `KINDS`.
        detail: what was expected and what was got, for people.
        errors: path -> what is wrong there.
        headers: further headers of the answer.
        extension: further members of the document.
    """

    def __init__(
        self,
        kind: str,
        detail: str = "",
        *,
        errors: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        extension: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail or kind)
        self.kind = kind
        self.detail = detail
        self.errors = dict(errors or {})
        self.headers = dict(headers or {})
        self.extension = dict(extension or {})

    @property
    def status(self) -> int:
        """The HTTP status."""
        return KINDS[self.kind].status

    def document(self) -> dict[str, Any]:
        """Return the problem as JSON types."""
        kind = KINDS[self.kind]
        return {
            "type": f"/problems/{self.kind}",
            "title": kind.title,
            "status": kind.status,
            **({"detail": self.detail} if self.detail else {}),
            **({"errors": listed(self.errors)} if self.errors else {}),
            **self.extension,
        }

    def response(self) -> Response:
        """Return the answer that tells of the problem."""
        return Response(orjson.dumps(self.document()), self.status, self.headers, content_type=PROBLEM_JSON)


def listed(errors: Mapping[str, str]) -> Sequence[dict[str, str]]:
    """Return the members of `errors`: a path and what is wrong there, each."""
    return [{"path": path, "message": message} for path, message in errors.items()]
