"""How HTTP statuses are read: the shared part of every kind's `classify`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from outhaul_worker.destinations.contract import Meaning, Verdict
from outhaul_worker.exchange import Answer

PASSING: Mapping[int, Meaning] = dict.fromkeys((408, 425, 429), Meaning.RETRY)
"""Refusals that are no judgement of the request: it came too slowly, too early, or with too many others."""

GONE: Mapping[int, Meaning] = {410: Meaning.DESTINATION_FAULT}
"""The endpoint has gone for good, whichever event it is asked to take: nothing but a new address helps."""

_NOTES: Mapping[int, str] = {
    401: "credentials refused",
    403: "access refused",
    410: "the endpoint is gone",
}


@dataclass(frozen=True, slots=True)
class StatusReading:
    """What each HTTP status means at one kind of endpoint.

    `exact` names single statuses and wins; the other fields give the meaning of a whole class. A status outside
    200..599 is no final answer and means retry.
    """

    redirect: Meaning
    client_error: Meaning
    server_error: Meaning = Meaning.RETRY
    exact: Mapping[int, Meaning] = field(default_factory=dict)

    known: dict[int, Verdict] = field(default_factory=dict, repr=False, compare=False)

    def verdict(self, answer: Answer) -> Verdict:
        """The meaning of the answer's status, with a short reason such as `HTTP 503`."""
        verdict = self.known.get(answer.status)
        if verdict is None:
            meaning = self.exact.get(answer.status) or self._of_class(answer.status // 100)
            verdict = self.known[answer.status] = Verdict(meaning, _reason(answer.status, meaning))
        return verdict

    def _of_class(self, hundreds: int) -> Meaning:
        classes = {2: Meaning.DELIVERED, 3: self.redirect, 4: self.client_error, 5: self.server_error}
        return classes.get(hundreds, Meaning.RETRY)


SUBSCRIBER = StatusReading(
    redirect=Meaning.RETRY,
    client_error=Meaning.RETRY,
    exact=GONE,
)
"""How somebody's application is read, which may answer 401, 404 or a redirect in the middle of a deployment: only 2xx
and 410 (gone for good, which pauses the destination) are taken at their word."""


def _reason(status: int, meaning: Meaning) -> str:
    note = _NOTES.get(status, "") if meaning is Meaning.DESTINATION_FAULT else ""
    if status // 100 == 3:
        note = "redirects are not followed"
    return f"HTTP {status}: {note}" if note else f"HTTP {status}"
