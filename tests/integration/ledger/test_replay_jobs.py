"""Replays that any process carries on, step by step, each delivery once."""

from collections import Counter
from dataclasses import replace

import pytest

from eventually import eventually
from integration.ledger.scenario import end, key, lease, outcome, route, settle, state_of
from outhaul_ledger.dead_letters import Selection
from outhaul_ledger.ledger import Ledger
from outhaul_ledger.model import State
from outhaul_ledger.replay_jobs import LEASE_MS, ReplayJob, ReplayJobs


@pytest.fixture
def jobs(ledger: Ledger) -> ReplayJobs:
    """The replays of the ledger."""
    return ReplayJobs(ledger)


def finished(jobs: ReplayJobs, job: ReplayJob) -> ReplayJob:
    """Carry a replay on to its end."""

    def step() -> ReplayJob | None:
        jobs.carry_on()
        read = jobs.read(job.id)
        return read if read and read.ended_at else None

    done = eventually(step, within=5, every=0.005)
    assert done is not None
    return done


def die(ledger: Ledger, count: int, state: State = State.DEAD) -> list[str]:
    """Let deliveries die; returns their events."""
    ids = [f"ev_{number:03d}" for number in range(count)]
    end(ledger, *ids, state=state)
    return ids


def test_a_replay_makes_everything_due_again_and_tells_how_far_it_is(ledger: Ledger, jobs: ReplayJobs) -> None:
    """It is due at once, goes through, and its numbers stay to be read."""
    ids = die(ledger, 60)
    job = jobs.open(Selection(), None)
    assert (job.replayed, job.ended_at) == (0, 0)
    done = finished(jobs, job)
    assert (done.replayed, done.gone) == (60, 0)
    assert {state_of(ledger, each) for each in ids} == {State.PENDING}
    assert jobs.carry_on() is None


def test_a_step_that_was_begun_and_lost_is_taken_again(ledger: Ledger, jobs: ReplayJobs) -> None:
    """A process that dies within a step has changed nothing; after its lease another goes on where it was."""
    die(ledger, 30)
    job = jobs.open(Selection(), 100.0)
    jobs.carry_on()
    taken = ReplayJobs(ledger)
    lost = ledger.client.zscore(key("jobs"), job.id)
    assert lost is not None
    ledger.client.zadd(key("jobs"), {job.id: 0})
    wait, *_ = taken._run("take_job", "the dead", 50)  # noqa: SLF001 -- only half of a step, as if the process died in it
    assert wait == 0
    assert jobs.carry_on() is not None
    done = finished(jobs, job)
    assert (done.replayed, done.gone) == (30, 0)


def test_whoever_lost_a_replay_changes_nothing(ledger: Ledger, jobs: ReplayJobs) -> None:
    """A process that was frozen within its step finds that another has it, and its deliveries are not counted twice."""
    die(ledger, 3)
    job = jobs.open(Selection(), None)
    jobs._run("take_job", "the frozen", 0)  # noqa: SLF001 -- as above
    done = finished(jobs, job)
    late = jobs._run("advance_job", job.id, "the frozen", "", 0, 1000, "shop", "ev_000")  # noqa: SLF001 -- as above
    assert late == 0
    assert jobs.read(job.id) == done


def test_what_died_after_its_beginning_is_left_out(ledger: Ledger, jobs: ReplayJobs) -> None:
    """Deliveries that the replay sends and that die again are not sent a second time."""
    die(ledger, 3)
    job = jobs.open(Selection(), None)
    eventually(lambda: ledger.survey().now > job.cutoff, within=1)
    route(ledger, "ev_late")
    settle(ledger, *(outcome(one, State.DEAD) for one in lease(ledger)))
    assert finished(jobs, job).replayed == 3
    assert state_of(ledger, "ev_late") is State.DEAD


def test_the_same_name_is_the_same_replay(ledger: Ledger, jobs: ReplayJobs) -> None:
    """A caller that missed the answer calls again, and nothing is replayed twice."""
    die(ledger, 2)
    first = jobs.open(Selection(), None, name="again")
    assert jobs.open(Selection(), None, name="again") == first
    done = finished(jobs, first)
    settle(ledger, *(outcome(one, State.DEAD) for one in lease(ledger)))
    assert jobs.open(Selection(), None, name="again") == done
    assert jobs.carry_on() is None


def test_limit_rate_and_filters_are_kept_over_processes(ledger: Ledger, jobs: ReplayJobs) -> None:
    """What another process reads is what was asked for; steps are as small as the rate wants them."""
    die(ledger, 40, State.HELD)
    asked = Selection(State.HELD, ("shop",), ("order.*",), ("",), limit=25)
    job = jobs.open(asked, 100.0)
    assert (job.selection, job.rate) == (asked, 100.0)
    jobs.carry_on()
    read = jobs.read(job.id)
    assert read is not None
    assert read.replayed == 10
    assert replace(finished(jobs, job), ended_at=0, position=None).replayed == 25


def test_deliveries_that_somebody_else_replayed_are_counted_apart(ledger: Ledger, jobs: ReplayJobs) -> None:
    """`gone` tells of those that were neither dead nor held when their turn came."""
    ids = die(ledger, 2)
    ledger.client.zadd(key("dead", "shop"), {"ev_vanished": 1})
    ledger.client.hset(
        key("record", "ev_vanished"), mapping={"type": "order.created", "d:shop": "delivered" + "\t0" * 8 + "\t\t"}
    )
    done = finished(jobs, jobs.open(Selection(), None))
    assert (done.replayed, done.gone) == (len(ids), 1)


def test_a_replay_that_is_stopped_makes_nothing_more_due_and_says_so(ledger: Ledger, jobs: ReplayJobs) -> None:
    """What it has replayed stays, the rest stays dead, and its record goes after the retention."""
    ids = die(ledger, 30)
    job = jobs.open(Selection(), 100.0)
    jobs.carry_on()
    stopped = jobs.cancel(job.id)
    assert stopped is not None
    assert (stopped.cancelled, stopped.replayed, stopped.ended_at > 0) == (True, 10, True)
    assert jobs.carry_on() is None
    assert jobs.read(job.id) == jobs.cancel(job.id) == stopped
    assert Counter(state_of(ledger, each) for each in ids) == {State.PENDING: 10, State.DEAD: 20}
    assert ledger.client.pttl(key("job", job.id)) > 0
    assert jobs.cancel("unknown") is None
    assert not ledger.client.exists(key("job", "unknown"))


def test_a_step_that_was_under_way_when_its_replay_was_stopped_changes_nothing(
    ledger: Ledger, jobs: ReplayJobs
) -> None:
    """After the answer to whoever stopped it no delivery is made due any more."""
    (dead,) = die(ledger, 1)
    job = jobs.open(Selection(), None)
    jobs._run("take_job", "slow", LEASE_MS)  # noqa: SLF001 -- only half of a step, as if the process were slow
    stopped = jobs.cancel(job.id)
    assert jobs._run("advance_job", job.id, "slow", "", 0, 1000, "shop", dead) == 0  # noqa: SLF001 -- the other half
    assert (jobs.read(job.id), state_of(ledger, dead)) == (stopped, State.DEAD)


def test_a_replay_that_has_gone_through_cannot_be_stopped_any_more(ledger: Ledger, jobs: ReplayJobs) -> None:
    """It stays finished: nothing was kept from being replayed."""
    die(ledger, 2)
    done = finished(jobs, jobs.open(Selection(), None))
    assert (jobs.cancel(done.id), done.cancelled) == (done, False)
