"""What the API needs to know of how subscriptions are delivered: their kinds, and the transport that workers use."""

import time
from contextlib import closing
from dataclasses import dataclass

import orjson

from outhaul_config.policy import Policy, Timeout
from outhaul_config.problems import ConfigError, Problem
from outhaul_config.subscribers import Subscribers
from outhaul_ops.exits import Failure
from outhaul_ops.trial import SPARE_SECONDS, try_destination
from outhaul_producers.subscriptions.desk import Checked, TrialAnswer
from outhaul_producers.subscriptions.model import Draft, Subscription
from outhaul_worker.attempt import Target
from outhaul_worker.destinations.contract import Moment, NotApplicable
from outhaul_worker.destinations.okanjo import Okanjo
from outhaul_worker.destinations.okanjo.names import DEFAULT_NAMES, ITEM_UPDATED, ORDER_UPDATED, SECTIONS
from outhaul_worker.exchange import Request
from outhaul_worker.targets import LONGEST_ATTEMPT, OKANJO, TargetBuilder
from outhaul_worker.transports.opening import open_transport

_PROBE_TIMEOUT = Timeout(connect=5.0, total=15.0)
_PROBE_REDIRECTS = 3
_ANYWHERE = "https://listener.invalid/"
_EVERYTHING = "*"


@dataclass(frozen=True, slots=True)
class SiteReceivers:
    """The receivers of a site's subscriptions.

    Args:
        build: builds targets as workers do.
        subscribers: what the site has configured for them.
        transport: the transport's name, as in the settings.
    """

    build: TargetBuilder
    subscribers: Subscribers
    transport: str

    def check(self, draft: Draft) -> Checked:
        """Read a draft as a worker would."""
        try:
            policy = self._target(draft).destination.policy
        except ConfigError as error:
            return Checked(
                Policy(), {_place(each): f"expected {each.expected}, got {each.got}" for each in error.problems}
            )
        if policy.timeout.total > LONGEST_ATTEMPT:
            return Checked(policy, {"timeout.total": f"expected at most {LONGEST_ATTEMPT:g}s"})
        return Checked(policy, {})

    def okanjo_types(self, name: str) -> tuple[str, ...]:
        """Return the event types that may go out as this Okanjo type, or as any with `*`."""
        names = {**DEFAULT_NAMES, **self.subscribers.okanjo_options.get("names", {})}
        if name == _EVERYTHING:
            return tuple(names)
        if name not in SECTIONS:
            return ()
        # What is about several items of an order goes out as the order's update.
        wanted = (name, ITEM_UPDATED) if name == ORDER_UPDATED else (name,)
        return tuple(event_type for event_type, sent_as in names.items() if sent_as in wanted)

    def okanjo_probe(self) -> tuple[str, bytes]:
        """Make an Okanjo Event that no listener acts upon; returns its id and the document."""
        draft = Draft(OKANJO, "", (_EVERYTHING,), {"url": _ANYWHERE})
        kind = Okanjo(self._target(draft).destination)
        document = kind.trial(Moment(sent_at=time.time(), attempt=1)).request.body
        return orjson.loads(document)["id"], document

    def probe(self, url: str, document: bytes) -> bool:
        """Post a document to an Okanjo listener; True when it takes it."""
        request = Request(
            url,
            {"content-type": "application/json"},
            document,
            _PROBE_TIMEOUT,
            self.subscribers.allow_private_addresses,
            _PROBE_REDIRECTS,
        )
        with closing(open_transport(self.transport, window=1)) as opened:
            opened.submit("probe", request)
            ((_, answer),) = opened.completed(_PROBE_TIMEOUT.total + SPARE_SECONDS)
        return answer.fault is None and 200 <= answer.status < 300

    def try_out(self, subscription: Subscription) -> TrialAnswer:
        """Send a test event, as a worker would send any."""
        target = self.build(subscription, time.time())
        try:
            tried = try_destination(target.destination, self.transport)
        except Failure as failure:
            return TrialAnswer("unanswered", 0, 0.0, str(failure), "")
        if isinstance(tried, NotApplicable):
            return TrialAnswer("unanswered", 0, 0.0, tried.reason, "")
        answer = tried.answer
        return TrialAnswer(
            str(tried.outcome), answer.status, round(answer.duration_ms, 1), tried.verdict.reason, tried.said
        )

    def _target(self, draft: Draft) -> Target:
        return self.build.build("subscription", draft.kind, draft.table(time.time()))


def _place(problem: Problem) -> str:
    return ".".join(filter(None, (problem.table, problem.key)))
