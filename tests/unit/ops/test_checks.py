"""How facts about a site are judged."""

from dataclasses import replace

import pytest

from outhaul_config.settings import Settings
from outhaul_ledger.flow import BreakerState, Flow
from outhaul_ledger.server import ServerFacts
from outhaul_ledger.survey import Standing, Survey, WorkerStanding
from outhaul_ops.checks import check_destinations, check_server, check_workers
from outhaul_ops.findings import Level

GOOD = ServerFacts("Valkey", "9.1.0", "noeviction", append_only=True, append_fsync="everysec", replica=False)
CALM = Standing("shop-hooks", 0, 0, 0, 0, None, Flow(), 5, 5, 0, 0)
NOW = 1_772_698_500_000


@pytest.mark.parametrize(
    ("product", "version", "supported"),
    [
        ("Redis", "6.2.14", False),
        ("Redis", "7.0.15", True),
        ("Redis", "8.0.1", True),
        ("Redis", "10.0.0", True),
        ("Valkey", "7.2.5", False),
        ("Valkey", "8.0.0", True),
        ("unknown", "unknown", True),
    ],
)
def test_only_versions_that_are_too_old_are_refused(product: str, version: str, supported: bool) -> None:
    """Redis from 7.0 and Valkey from 8.0 are supported; what is unknown is not refused."""
    assert (not replace(GOOD, product=product, version=version).refusals) is supported


@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-ttl", "allkeys-random"])
def test_every_policy_that_evicts_is_refused(policy: str) -> None:
    """Only noeviction keeps events; the refusal says what to set."""
    (refusal,) = replace(GOOD, maxmemory_policy=policy).refusals
    assert policy in refusal
    assert "maxmemory-policy noeviction" in refusal


def test_a_replica_is_refused() -> None:
    """A server that takes no writes can be no ledger."""
    assert "primary" in replace(GOOD, replica=True).refusals[0]


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (replace(GOOD, append_only=False), "appendonly yes"),
        (replace(GOOD, append_fsync="no"), "appendfsync everysec"),
        (replace(GOOD, append_only=None), "append-only file"),
    ],
)
def test_what_risks_events_is_warned_about(facts: ServerFacts, words: str) -> None:
    """Without a log of writes, or without knowing, the server is used with a warning that says what to do."""
    (warning,) = facts.warnings
    assert words in warning
    assert facts.refusals == ()


@pytest.mark.parametrize(
    ("facts", "able"),
    [
        (replace(GOOD, append_fsync="always"), True),
        (GOOD, False),
        (replace(GOOD, append_fsync="unknown"), False),
        (replace(GOOD, product="Redis", version="7.0.15"), False),
        (replace(GOOD, product="Redis", version="7.2.0"), True),
        (replace(GOOD, product="Redis", version="7.4.2"), False),
        (replace(GOOD, product="Redis", version="7.4.2", append_fsync="always"), True),
        (replace(GOOD, product="Redis", version="7.4.3"), True),
        (replace(GOOD, product="Redis", version="8.0.0"), True),
        (replace(GOOD, append_only=False), False),
        (replace(GOOD, product="unknown", version="unknown"), None),
    ],
)
def test_fsync_needs_a_server_that_can_confirm_its_disk(facts: ServerFacts, able: bool | None) -> None:
    """Redis from 7.2, and where it confirms early only with always; the doctor fails where it cannot be had."""
    assert facts.waits_for_disk is able
    levels = [finding.level for finding in check_server(facts, Settings(durability="fsync"))]
    assert (Level.FAIL in levels) is (able is False)


@pytest.mark.parametrize(("there", "level"), [(0, Level.FAIL), (1, Level.FAIL), (2, Level.OK), (None, Level.OK)])
def test_missing_replicas_fail_where_events_wait_for_them(there: int | None, level: Level) -> None:
    """No event would be accepted; what cannot be read is not failed."""
    (finding,) = check_server(replace(GOOD, replicas=there), Settings(replicas=2))
    assert finding.level is level


@pytest.mark.parametrize(
    ("seconds", "paused", "level"),
    [
        (-5, "", Level.OK),
        (30, "", Level.OK),
        (120, "", Level.WARN),
        (1_200, "", Level.FAIL),
        (1_200, "why", Level.WARN),
    ],
)
def test_the_age_of_the_oldest_due_delivery_is_judged(seconds: int, paused: str, level: Level) -> None:
    """A minute overdue is a warning, a quarter of an hour a failure; a pause is told as such instead."""
    standing = replace(CALM, waiting=3, fanned=8, oldest_due=NOW - seconds * 1000, flow=Flow(paused))
    (finding,) = check_destinations(Survey(NOW, {"shop-hooks": standing}), ["shop-hooks"])
    assert (finding.level, finding.subject) == (level, "shop-hooks")


@pytest.mark.parametrize(
    ("breaker", "left_ms", "words"),
    [(BreakerState.OPEN, 42_000, "for another 42s"), (BreakerState.HALF_OPEN, -5, "until one attempt is answered")],
)
def test_an_open_breaker_is_told_with_its_end_in_place_of_what_is_overdue(
    breaker: BreakerState, left_ms: int, words: str
) -> None:
    """More workers would not help: the endpoint has to be mended, and what waits is safe."""
    flow = Flow(breaker=breaker, reopen_at=NOW + left_ms)
    standing = replace(CALM, waiting=3, fanned=8, oldest_due=NOW - 1_200_000, flow=flow)
    (finding,) = check_destinations(Survey(NOW, {"shop-hooks": standing}), ["shop-hooks"])
    assert (finding.check, finding.level) == ("breaker", Level.WARN)
    assert words in finding.found
    assert "outhaul destinations resume shop-hooks" in finding.advice


def test_a_backlog_behind_a_rate_is_told_as_such() -> None:
    """What the rate was set for is no failure, however long it takes; that it takes long is said."""
    standing = replace(CALM, waiting=3, fanned=8, oldest_due=NOW - 1_200_000, flow=Flow(next_token=NOW + 10))
    (finding,) = check_destinations(Survey(NOW, {"shop-hooks": standing}), ["shop-hooks"])
    assert (finding.check, finding.level) == ("rate", Level.WARN)


def test_books_that_do_not_balance_are_a_failure() -> None:
    """A delivery that is nowhere would be lost; that is never silent."""
    (finding,) = check_destinations(Survey(NOW, {"shop-hooks": replace(CALM, fanned=6)}), ["shop-hooks"])
    assert (finding.check, finding.level) == ("conservation", Level.FAIL)


@pytest.mark.parametrize(
    ("silent_ms", "stopping", "level"), [(500, False, Level.OK), (11_000, False, Level.FAIL), (500, True, Level.FAIL)]
)
def test_a_worker_is_alive_while_it_beats(silent_ms: int, stopping: bool, level: Level) -> None:
    """Ten seconds of silence, or being about to stop, count as not alive."""
    workers = {"w": WorkerStanding("w", 2, stopping, silent_ms)}
    assert [finding.level for finding in check_workers(workers)] == [level]
