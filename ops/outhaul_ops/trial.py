"""Tries a destination: one harmless request through the transport that workers use, and what its answer tells."""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from outhaul_config.destinations import Destination
from outhaul_config.redaction import redact
from outhaul_ops.exits import Failure
from outhaul_worker.destinations.contract import (
    DestinationKind,
    Meaning,
    Moment,
    NotApplicable,
    Triable,
    Trial,
    Verdict,
)
from outhaul_worker.destinations.registry import kinds
from outhaul_worker.exchange import Answer, Request
from outhaul_worker.outcome import read_fault

SPARE_SECONDS = 10.0
"""How much longer than its own limit a request is waited for: a transport always answers, if late."""

_EXCERPT = 500


class Outcome(StrEnum):
    """What trying a destination came to."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNANSWERED = "unanswered"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True)
class Tried:
    """A trial that was made. All texts are redacted; `endpoint` is only scheme and host, as paths may hold secrets."""

    request: Request
    answer: Answer
    sends: str
    endpoint: str
    verdict: Verdict
    caveat: str
    said: str

    @property
    def outcome(self) -> Outcome:
        """Whether the vendor accepted, refused, or did not answer."""
        if self.answer.fault is not None:
            return Outcome.UNANSWERED
        return Outcome.ACCEPTED if self.verdict.meaning is Meaning.DELIVERED else Outcome.REFUSED


def try_destination(destination: Destination, transport: str) -> Tried | NotApplicable:
    """Send the kind's harmless request and read the answer.

    Args:
        destination: where to.
        transport: the transport's name, as in the settings.

    Returns:
        What came of it, or why there is no such request.

    Raises:
        Failure: the kind, which may be another package's, broke.
    """
    with _anybodys_code(destination):
        trial = _made(kinds()[destination.kind](destination), destination)
    if isinstance(trial, NotApplicable):
        return trial
    answer = _sent(trial.request, transport)
    with _anybodys_code(destination):
        return _told(trial, answer, destination)


@contextmanager
def _anybodys_code(destination: Destination) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        said = redact(f"{type(error).__name__}: {error}", destination.secrets())
        raise Failure(f"the kind {destination.kind} broke while {destination.name} was tried: {said}") from error


def _made(kind: DestinationKind, destination: Destination) -> Trial | NotApplicable:
    if isinstance(kind, Triable):
        return kind.trial(Moment(sent_at=time.time(), attempt=1))
    return NotApplicable(f"the kind {destination.kind} has no request for it")


def _sent(request: Request, transport: str) -> Answer:
    # Imported here because requests takes long to load, and only this command of its group sends one.
    from outhaul_worker.transports.opening import open_transport

    with closing(open_transport(transport, window=1)) as opened:
        opened.submit("trial", request)
        ((_, answer),) = opened.completed(request.timeout.total + SPARE_SECONDS)
    return answer


def _told(trial: Trial, answer: Answer, destination: Destination) -> Tried:
    secrets = destination.secrets()
    verdict = trial.read(answer) if answer.fault is None else read_fault(answer.fault, answer.detail)
    address = urlsplit(trial.request.url)
    return Tried(
        request=trial.request,
        answer=answer,
        sends=redact(trial.sends, secrets),
        endpoint=redact(f"{address.scheme}://{address.netloc}", secrets),
        verdict=Verdict(
            verdict.meaning,
            redact(verdict.reason, secrets)[:_EXCERPT],
            tuple(redact(warning, secrets)[:_EXCERPT] for warning in verdict.warnings),
        ),
        caveat=redact(trial.caveat, secrets),
        said=redact(answer.body[: 4 * _EXCERPT].decode(errors="replace"), secrets)[:_EXCERPT],
    )
