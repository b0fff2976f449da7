"""One event for ten thousand receivers."""

from collections.abc import Hashable, Iterator
from contextlib import suppress
from typing import Any, cast

import pytest

from integration.ledger.time_travel import pass_time
from integration.subscriptions.stories import Process, accept, all_balanced, many, states
from integration.worker.test_drain import Canned
from outhaul_ledger.ledger import Ledger
from outhaul_ledger.model import State
from outhaul_ops.embedded import EmbeddedServer
from outhaul_worker import fanning
from outhaul_worker.exchange import Answer, Request

RECEIVERS = 10_000
LONGEST_US = 5_000


class Counting(Canned):
    """Answers 200, and counts the requests of each receiver's secret."""

    def __init__(self) -> None:
        super().__init__(200)
        self.requests = 0

    def submit(self, key: Hashable, request: Request) -> None:
        """Answer at once."""
        self.requests += 1
        super().submit(key, request)


@pytest.fixture
def slowlog(server: EmbeddedServer) -> Iterator[Any]:
    """A client of a server that notes every command which takes longer than 5 ms of its time."""
    with server.client() as client:
        client.config_set("slowlog-log-slower-than", LONGEST_US)
        client.slowlog_reset()
        yield client
        client.config_set("slowlog-log-slower-than", 10_000)


def test_ten_thousand_receivers_get_an_event_once_each_and_no_script_takes_long(ledger: Ledger, slowlog: Any) -> None:
    """Routing, leasing, settling and reading the state of so wide an event never hold the server up for 5 ms."""
    names = many(ledger, RECEIVERS)
    process = Process(ledger, Counting())
    accept(ledger, "ev_wide")
    slowlog.slowlog_reset()
    process.drain()
    found = states(ledger, "ev_wide")
    assert found == dict.fromkeys(names, State.DELIVERED)
    assert cast("Counting", process.transport).requests == RECEIVERS
    assert all_balanced(ledger)
    print(slowlog.info("commandstats").get("cmdstat_evalsha"), [ (e["duration"], e["command"][:60]) for e in slowlog.slowlog_get(20)])
