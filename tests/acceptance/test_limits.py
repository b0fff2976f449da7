"""Real workers keep to what a destination may be sent, and let no endpoint that hangs take from the others."""

from bisect import bisect_left
from collections import Counter

from acceptance.site import Site
from eventually import eventually
from receiver import Receiver
from receiver.behaviour import Drip, Hang, Status

HEALTHY = [f"healthy-{number}" for number in range(14)]
HANGING = [f"hanging-{number}" for number in range(12)]
DRIPPING = ["dripping-0", "dripping-1"]
EVENTS = 40
WINDOW, PROCESSES = 8, 2


def test_hanging_and_dripping_endpoints_hold_their_own_places_while_all_others_are_served(
    site: Site, receiver: Receiver
) -> None:
    """None of them times out before the end, so each request they got is a place they hold: of the slow ones alone."""
    site.settings["OUTHAUL_WINDOW"] = str(WINDOW)
    for name in (*HEALTHY, *HANGING, *DRIPPING):
        site.destination(name, f"{receiver.url}/{name}", 'timeout = { connect = "5s", total = "120s" }')
    for name in HANGING:
        receiver.always(Hang(), path=f"/{name}")
    for name in DRIPPING:
        receiver.always(Drip("body", every=1.0), path=f"/{name}")
    site.start_worker(concurrency=PROCESSES)
    site.enqueue(EVENTS)
    eventually(lambda: all(site.finished(name, EVENTS) for name in HEALTHY), within=40)
    got = Counter(request.path.strip("/") for request in receiver.requests)
    held = sum(got[name] for name in (*HANGING, *DRIPPING))
    assert held <= WINDOW * PROCESSES
    assert held >= len(HANGING) + len(DRIPPING)
    assert all(standing.balanced for standing in site.ledger().survey().standings.values())


def test_a_rate_holds_at_the_receiver_over_all_processes(site: Site, receiver: Receiver) -> None:
    """Four processes, a backlog, 40/s: by the receiver's clock no second holds noticeably more, and all is used."""
    site.destination("hooks", receiver.url, 'rate = "40/s"')
    site.start_worker(concurrency=4)
    site.enqueue(100)
    eventually(lambda: site.finished("hooks", 100), within=30)
    moments = sorted(request.at for request in receiver.requests)
    assert len(moments) == 100
    # on the way from the ledger to the receiver requests may come closer together by what the machine is busy with
    assert max(bisect_left(moments, start + 0.9) - index for index, start in enumerate(moments)) <= 44
    records = [site.ledger().status(f"ev_{number:06d}") for number in range(0, 100, 9)]
    assert all(record and record.deliveries["hooks"].attempts == 1 for record in records)


def test_an_endpoint_that_is_down_is_left_alone_and_gets_everything_once_it_is_back(
    site: Site, receiver: Receiver
) -> None:
    """While the breaker is open the endpoint gets a probe now and then, no delivery dies, and none is forgotten."""
    breaker = (
        'breaker = { min_attempts = 4, open_for = "200ms", open_cap = "400ms" }\nretry = { base = "1ms", cap = "1ms" }'
    )
    site.destination("hooks", receiver.url, breaker)
    receiver.always(Status(500))
    site.start_worker()
    site.enqueue(60)
    eventually(lambda: site.ledger().survey().standings["hooks"].flow.breaker == "open", within=20)
    before = len(receiver.requests)
    eventually(lambda: len(receiver.requests) >= before + 3, within=20)
    assert site.ledger().survey().standings["hooks"].dead == 0
    receiver.always(Status(200))
    eventually(lambda: site.finished("hooks", 60), within=30)
