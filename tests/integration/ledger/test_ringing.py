"""Who is told that there is work: a drain with nothing to do at once, else a dispatcher, which sends one."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from eventually import eventually
from integration.ledger.scenario import DRAIN, EVER, WORKER, accept, ids, key, lease, route, submission
from outhaul_ledger.doorbell import Doorbell
from outhaul_ledger.errors import LedgerUnavailable
from outhaul_ledger.ledger import Ledger
from outhaul_ledger.model import Acceptance

PATIENCE = 4.0  # seconds to listen, far longer than it takes to be rung for


def listen(ledger: Ledger, drain: str, seconds: float) -> bool:
    """Listen until there is a ring, or in vain."""
    bell = Doorbell(ledger, drain)
    bell.listen(seconds)
    return bell.wait()


def test_an_event_rings_for_the_drain_that_listens_and_for_no_dispatcher(ledger: Ledger) -> None:
    """It is on its way without a message through the broker."""
    with ThreadPoolExecutor(1) as pool:
        listening = pool.submit(listen, ledger, DRAIN, PATIENCE)
        eventually(lambda: ledger.client.exists(key("idle")), within=5)
        accept(ledger, "ev_1")
        assert listening.result(PATIENCE)
    assert not ledger.wait_for_wake(0.01)


def test_a_drain_that_has_been_rung_for_is_not_rung_for_again(ledger: Ledger) -> None:
    """It is busy now: what comes in next goes to a dispatcher, which may send another drain."""
    with ThreadPoolExecutor(1) as pool:
        listening = pool.submit(listen, ledger, DRAIN, PATIENCE)
        eventually(lambda: ledger.client.exists(key("idle")), within=5)
        accept(ledger, "ev_1")
        assert listening.result(PATIENCE)
    accept(ledger, "ev_2")
    assert ledger.wait_for_wake(1)


def test_a_drain_that_listens_in_vain_is_told_so_and_beats(ledger: Ledger) -> None:
    """Nothing came: it may go, and until then it counts as alive."""
    assert not listen(ledger, DRAIN, 0.01)
    assert ledger.client.zscore(key("drains"), DRAIN) is not None


def test_a_token_that_nobody_took_sends_the_next_event_to_a_dispatcher(ledger: Ledger) -> None:
    """The drain that listened was killed: one event later, or a beat, somebody else is sent for the work."""
    ledger.client.zadd(key("idle"), {"killed": EVER})
    accept(ledger, "ev_1")
    assert not ledger.wait_for_wake(0.01)
    accept(ledger, "ev_2")
    assert ledger.wait_for_wake(1)
    assert ledger.dispatch(WORKER, 2).send


def test_a_dispatcher_rings_before_it_sends(ledger: Ledger) -> None:
    """Work that became due by itself goes to the drain that listens, too; only where that does not come, to another."""
    route(ledger, "ev_1")
    ledger.client.zadd(key("idle"), {DRAIN: EVER})
    assert not ledger.dispatch(WORKER, 2).send
    assert ledger.client.llen(key("bell")) == 1
    assert ledger.dispatch(WORKER, 2).send


def test_a_drain_that_ends_hands_on_what_it_was_rung_for(ledger: Ledger) -> None:
    """It was told to stop in the same moment: a dispatcher learns of the work at once."""
    ledger.begin(DRAIN)
    ledger.client.zadd(key("idle"), {DRAIN: EVER})
    accept(ledger, "ev_1")
    ledger.retire(DRAIN)
    assert not ledger.client.exists(key("idle"), key("bell"))
    assert ledger.wait_for_wake(1)


def test_one_drain_that_ends_does_not_unhook_the_bell_of_another(ledger: Ledger) -> None:
    """The other goes on listening."""
    ledger.client.zadd(key("idle"), {DRAIN: EVER, "other": EVER})
    ledger.retire(DRAIN)
    assert ledger.client.zrange(key("idle"), 0, -1) == [b"other"]


def test_as_many_drains_are_rung_for_as_listen(ledger: Ledger) -> None:
    """Each event brings one of them; only the one after the last sends for another."""
    ledger.client.zadd(key("idle"), {"one": EVER, "two": EVER, "gone": 1.0})
    accept(ledger, "ev_1")
    accept(ledger, "ev_2")
    assert ledger.client.llen(key("bell")) == 2
    assert not ledger.wait_for_wake(0.01)
    accept(ledger, "ev_3")
    assert ledger.wait_for_wake(1)


def test_who_begins_to_listen_too_late_for_an_event_has_heard_it(ledger: Ledger) -> None:
    """It came in after the last look, when there was nobody to ring for."""
    accept(ledger, "ev_1")
    bell = Doorbell(ledger, DRAIN)
    bell.listen(PATIENCE)
    assert bell.heard()
    assert not bell.listening
    assert not ledger.client.exists(key("idle"))


def test_a_bell_whose_connection_broke_says_so_and_can_be_listened_for_again(ledger: Ledger) -> None:
    """As after a failover: the ledger was away, and the next time it is the new one that rings."""
    bell = Doorbell(ledger, DRAIN)
    bell.listen(PATIENCE)
    ledger.client.client_kill_filter(_type="normal", skipme=True)
    with pytest.raises(LedgerUnavailable):
        bell.wait()
    assert not bell.listening
    bell.listen(PATIENCE)
    accept(ledger, "ev_1")
    assert bell.wait()


def test_a_bell_that_is_closed_takes_no_ring(ledger: Ledger) -> None:
    """What was rung for stays to be seen by whoever comes next."""
    bell = Doorbell(ledger, DRAIN)
    bell.listen(PATIENCE)
    bell.close()
    assert not bell.listening
    assert not bell.heard()


def test_a_drain_that_fell_silent_while_it_listened_left_nothing(ledger: Ledger) -> None:
    """Killed in its sleep: it is forgotten like any other, and it had leased nothing."""
    ledger.begin(DRAIN)
    ledger.client.zadd(key("drains"), {DRAIN: 0})
    assert ledger.recover().recovered == 0
    assert ledger.client.zcard(key("drains")) == 0


def test_other_work_goes_on_while_an_attended_call_waits_for_its_answer(ledger: Ledger) -> None:
    """The server is held up: the caller is called until it has nothing to do; the answer is the call's own."""
    assert lease(ledger) == []  # so that the server has the script, and one call is enough
    route(ledger, "ev_1")
    worked: list[int] = []

    def work() -> bool:
        worked.append(len(worked))
        return len(worked) < 10

    ledger.client.client_pause(100)
    assert ids(lease(ledger.attended(work))) == ["ev_1"]
    assert worked == list(range(10))


@pytest.mark.parametrize("bug", [RuntimeError("a bug elsewhere"), redis.ResponseError("a bug elsewhere")])
def test_work_that_fails_during_a_call_leaves_no_answer_for_the_next_one(ledger: Ledger, bug: Exception) -> None:
    """The connection with the answer that nobody took is given up, also where the server refused that other work."""
    route(ledger, "ev_1")

    def fail() -> bool:
        raise bug

    ledger.client.client_pause(100)
    with pytest.raises(type(bug), match="a bug elsewhere"):
        lease(ledger.attended(fail))
    assert ledger.accept([submission("ev_2")])[0].result is Acceptance.ACCEPTED
