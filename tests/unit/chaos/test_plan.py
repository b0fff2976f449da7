"""A plan is decided by its seed, and keeps to the rules that make a run mean something."""

from itertools import pairwise

import pytest

from outhaul_ops.chaos.faults.catalogue import CATALOGUE
from outhaul_ops.chaos.plan import CALM_SECONDS, Planned, Scene, make_plan, make_scenes

SINGLE = tuple(fault for fault in CATALOGUE.values() if not fault.replicated)
EVERY = tuple(CATALOGUE.values())


def planned(duration: float, seed: int = 1) -> list[Planned]:
    """A plan of all faults of a single server."""
    return make_plan(Scene("single", SINGLE, duration, replicated=False), seed)


def told(plan: list[Planned]) -> list[tuple[str, float, float, str]]:
    """What a plan says."""
    return [(each.fault.name, each.at, each.until, each.seed) for each in plan]


def test_the_same_seed_makes_the_same_plan_and_another_seed_another_one() -> None:
    """A run can be repeated."""
    first, again, other = (told(planned(300, seed)) for seed in (1, 1, 2))
    assert first == again != other


def test_a_long_plan_has_every_fault_alone_and_again_among_others() -> None:
    """Ten minutes are enough to see each by itself."""
    plan = planned(480)
    for alone in (True, False):
        assert {each.fault.name for each in plan if each.alone is alone} == {fault.name for fault in SINGLE}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_part_has_two_faults_at_once_and_all_end_in_time(seed: int) -> None:
    """What is down already cannot be brought down, and what is mended must not be broken again by an older fault."""
    plan = planned(200, seed)
    assert max(each.until for each in plan) <= 200
    for part in {each.fault.part for each in plan}:
        spans = sorted((each.at, each.until) for each in plan if each.fault.part is part)
        assert all(earlier[1] <= later[0] for earlier, later in pairwise(spans))


def test_faults_among_others_overlap_and_leave_calm_in_which_a_stall_would_show() -> None:
    """Mixed means at the same time; and now and then there is none for longer than 15 s."""
    mixed = [each for each in planned(600) if not each.alone]
    assert any(one.at < other.at < one.until for one in mixed for other in mixed)
    ends = [max(each.until for each in mixed[: i + 1]) for i in range(len(mixed))]
    pauses = [later.at - end for end, later in zip(ends, mixed[1:], strict=False)]
    assert max(pauses) >= CALM_SECONDS


def test_faults_of_replicas_get_a_site_of_their_own() -> None:
    """A proxy and a failover exclude each other."""
    single, replicated = make_scenes(EVERY, 100)
    assert (single.replicated, replicated.replicated) == (False, True)
    assert single.duration + replicated.duration == 100
    assert not any(fault.replicated for fault in single.faults)
    assert {fault.name for fault in (*single.faults, *replicated.faults)} == set(CATALOGUE)


def test_the_scene_with_replicas_has_their_faults_alone_first() -> None:
    """Its other faults came alone before, on the other site."""
    _, replicated = make_scenes(EVERY, 600)
    alone = {each.fault.name for each in make_plan(replicated, 1) if each.alone}
    assert alone == {fault.name for fault in EVERY if fault.replicated}


def test_faults_of_one_kind_of_site_make_one_scene() -> None:
    """Nothing is started that no fault needs."""
    (scene,) = make_scenes([CATALOGUE["failover-kill"], CATALOGUE["worker-kill"]], 100)
    assert scene.replicated
    (scene,) = make_scenes([CATALOGUE["ledger-kill"], CATALOGUE["worker-kill"]], 100)
    assert not scene.replicated
