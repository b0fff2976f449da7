"""How everything stands, as Prometheus reads it: from the ledger, so that every process tells the same."""

from collections.abc import Iterator

from flask import Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from outhaul_ledger.keyring import Scope
from outhaul_ledger.survey import Survey, WorkerStanding
from outhaul_producers.web.routes import Answer, Routes
from outhaul_producers.web.services import services

routes = Routes("metrics", "How everything stands, for Prometheus.")

_OPEN = {"pending": "waiting", "leased": "in_flight", "dead": "dead", "held": "held"}
_ENDED = ("delivered", "skipped", "cancelled")
_DOCUMENT = {
    "responses": {
        "200": {
            "description": "Metrics in the text format.",
            "content": {"text/plain": {"schema": {"type": "string"}}},
        }
    }
}


class _Look(Collector):
    """One look at the ledger as metrics."""

    def __init__(self, survey: Survey, workers: list[WorkerStanding]) -> None:
        self._survey = survey
        self._workers = workers

    def collect(self) -> Iterator[Metric]:
        """Yield every metric."""
        yield from self._deliveries()
        yield self._ages()
        yield self._paused()
        yield self._slots()

    def _deliveries(self) -> Iterator[Metric]:
        labels = ("destination", "state")
        now = GaugeMetricFamily("outhaul_deliveries", "Unfinished and kept deliveries.", labels=labels)
        ended = CounterMetricFamily("outhaul_deliveries_ended", "Deliveries that ended.", labels=labels)
        made = CounterMetricFamily("outhaul_deliveries_made", "Deliveries ever made.", labels=labels[:1])
        for name, standing in self._survey.standings.items():
            made.add_metric([name], standing.fanned)
            for state, field in _OPEN.items():
                now.add_metric([name, state], getattr(standing, field))
            for state in _ENDED:
                ended.add_metric([name, state], getattr(standing, state))
        yield from (now, ended, made)

    def _ages(self) -> Metric:
        text = "How long what waits longest has been due; 0 when nothing is."
        ages = GaugeMetricFamily("outhaul_oldest_due_seconds", text, labels=("destination",))
        for name, standing in self._survey.standings.items():
            due = standing.oldest_due
            ages.add_metric([name], 0.0 if due is None else max(0.0, (self._survey.now - due) / 1000))
        return ages

    def _paused(self) -> Metric:
        paused = GaugeMetricFamily("outhaul_paused", "Whether the destination is paused.", labels=("destination",))
        for name, standing in self._survey.standings.items():
            paused.add_metric([name], float(bool(standing.paused)))
        return paused

    def _slots(self) -> Metric:
        slots = GaugeMetricFamily("outhaul_worker_slots", "Processes of each worker that is known.", labels=("worker",))
        for worker in self._workers:
            slots.add_metric([worker.worker], worker.slots)
        return slots


@routes.operation("GET", "/metrics", scope=Scope.READ, answers={}, document=_DOCUMENT)
def metrics() -> Answer:
    """Tell how every destination and worker stands, in the text format of Prometheus."""
    ledger = services().ledger
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Look(ledger.survey(), list(ledger.workers().values())))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)
