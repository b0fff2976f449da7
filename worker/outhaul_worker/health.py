"""What an attempt says of its endpoint as a whole: what the breaker and the limit on concurrency go by."""

from collections.abc import Mapping

from outhaul_ledger.model import Health
from outhaul_worker.destinations.contract import Meaning, Verdict
from outhaul_worker.exchange import Answer, Fault

_SILENT: Mapping[Fault, Health] = {
    Fault.DNS: Health.UNREACHABLE,
    Fault.BLOCKED_ADDRESS: Health.UNKNOWN,
    Fault.CONNECT: Health.UNREACHABLE,
    Fault.CONNECT_TIMEOUT: Health.TIMED_OUT,
    Fault.TLS: Health.UNREACHABLE,
    Fault.WRITE: Health.UNREACHABLE,
    Fault.RESET: Health.UNREACHABLE,
    Fault.READ_TIMEOUT: Health.TIMED_OUT,
    Fault.PROTOCOL: Health.FAILING,
}
_OVERLOADED = frozenset({429, 503})
_NOT_NOW = frozenset({408, 425, 429})


def health_of(verdict: Verdict, answer: Answer) -> Health:
    """Judge the endpoint by an attempt that was made.

    A refusal of one event, for good or for now, says that the endpoint works: any 4xx but 408, 425 and 429, and
    whatever the destination's kind does not want to be tried again.
    """
    if answer.fault is not None:
        ours = answer.fault is Fault.PROTOCOL and not answer.sent
        return Health.UNKNOWN if ours else _SILENT[answer.fault]
    if answer.status in _OVERLOADED:
        return Health.OVERLOADED
    refused = 400 <= answer.status < 500 and answer.status not in _NOT_NOW
    return Health.FAILING if verdict.meaning is Meaning.RETRY and not refused else Health.OK
