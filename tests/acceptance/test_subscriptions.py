"""Subscriptions with real workers: at once, and whatever is killed when."""

from acceptance.site import Site
from eventually import eventually
from integration.subscriptions.stories import draft, many, states, subscribe, unsubscribe
from outhaul_ledger.model import State
from outhaul_producers.operational import SUBSCRIPTION_DISABLED
from receiver import Receiver, Status

MANY = 1500
ALLOWED = "[subscriptions]\nallow_private_addresses = true\n"


def on_loopback(site: Site, receiver: Receiver) -> None:
    """Let subscribers be on this machine, and deliver what is told of them to the receiver."""
    site.table("subscribers", ALLOWED)
    site.destination("watch", f"{receiver.url}/watch", subscribe=f'["{SUBSCRIPTION_DISABLED}"]')


def all_delivered(site: Site, event_id: str, names: list[str]) -> bool:
    """Whether an event has reached all of them."""
    return states(site.ledger(), event_id) == dict.fromkeys(names, State.DELIVERED)


def test_a_running_worker_serves_who_subscribes_and_tells_of_who_is_gone(site: Site, receiver: Receiver) -> None:
    """Without a restart; a 410 stops the subscription, and an event of its own says so."""
    on_loopback(site, receiver)
    site.start_worker(concurrency=1)
    receiver.always(Status(410), path="/gone")
    gone, stays = subscribe(
        site.ledger(),
        *(draft(options={"url": f"{receiver.url}/{path}", "timeout": {"total": 5}}) for path in ("gone", "stays")),
    )
    (event_id,) = site.enqueue(1)
    eventually(lambda: states(site.ledger(), event_id).get(stays) is State.DELIVERED, within=20)
    eventually(lambda: any(request.path == "/watch" for request in receiver.requests), within=20)
    (told,) = [request.body for request in receiver.requests if request.path == "/watch"]
    assert gone.encode() in told
    assert states(site.ledger(), event_id)[gone] is State.PENDING
    unsubscribe(site.ledger(), gone)
    eventually(lambda: states(site.ledger(), event_id)[gone] is State.CANCELLED, within=20)


def test_a_worker_killed_in_the_middle_of_a_wide_fan_out_leaves_nobody_out(site: Site, receiver: Receiver) -> None:
    """Every receiver has exactly one delivery, and one request unless the fate of the first was unknown."""
    on_loopback(site, receiver)
    site.write_destinations()
    ledger = site.ledger()
    names = many(ledger, MANY, url=receiver.url)
    worker = site.start_worker(concurrency=1)
    (event_id,) = site.enqueue(1)
    receiver.wait_until(lambda seen: seen.count > 20)
    worker.kill()
    left = MANY - sum(state is State.DELIVERED for state in states(ledger, event_id).values())
    assert left > 0
    site.start_worker(concurrency=1)
    eventually(lambda: all_delivered(site, event_id, names), within=40, every=0.5)
    record = ledger.status(event_id)
    assert record is not None
    doubtful = sum(each.possible_duplicate for each in record.deliveries.values())
    assert MANY <= receiver.count <= MANY + doubtful
