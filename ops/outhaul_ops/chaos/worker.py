"""What `celery -A outhaul_ops.chaos.worker` finds: the product's worker, with a clock and points to be reached."""

from outhaul_ops.chaos.clock import follow_if_asked

follow_if_asked()

from collections.abc import Callable, Mapping  # noqa: E402 - the clock comes before whoever looks at it
from typing import Any  # noqa: E402

from outhaul_ops.chaos.points import watch_if_asked  # noqa: E402
from outhaul_ops.chaos.receiver import ATTEMPT_HEADER  # noqa: E402
from outhaul_worker.celery import app  # noqa: E402
from outhaul_worker.destinations.contract import Moment, Payload  # noqa: E402
from outhaul_worker.destinations.webhook import Webhook  # noqa: E402
from outhaul_worker.exchange import Request  # noqa: E402

__all__ = ["app"]


def _numbered(request: Callable[..., Request]) -> Callable[..., Request]:
    """Have every request say which attempt it is, so that the receivers' book can be compared with the attempt log."""

    def numbered(self: Webhook, event: Any, payload: Payload, moment: Moment) -> Request:
        made = request(self, event, payload, moment)
        headers: Mapping[str, str] = {**made.headers, ATTEMPT_HEADER: str(moment.attempt)}
        return made._replace(headers=headers)

    return numbered


watch_if_asked()
Webhook.request = _numbered(Webhook.request)  # type: ignore[method-assign] # the harness's worker, not the product's
