"""The checks of a running site. Each takes what it looks at and yields what it found."""

import math
import time
from collections.abc import Collection, Mapping

import redis

from outhaul_config.durations import format_duration
from outhaul_config.redaction import mask_credentials, redact
from outhaul_config.settings import Settings
from outhaul_ledger.flow import BreakerState, Waiting
from outhaul_ledger.ledger import SILENCE_MS
from outhaul_ledger.server import ServerFacts
from outhaul_ledger.survey import Standing, Survey, WorkerStanding
from outhaul_ops.findings import Finding, Findings, Level
from outhaul_ops.output import counted
from outhaul_worker.broker import Broker

CLOCK_WARN_SECONDS = 2.0
CLOCK_FAIL_SECONDS = 60.0
"""Receivers of signed webhooks refuse what was signed some minutes away from their own time."""

OVERDUE_WARN_SECONDS = 60.0
OVERDUE_FAIL_SECONDS = 900.0
BROKER_SECONDS = 3


def check_server(facts: ServerFacts, settings: Settings) -> Findings:
    """Say whether events are safe with this server."""
    refusals = list(facts.refusals)
    if settings.durability == "fsync" and facts.waits_for_disk is False:
        refusals.append(
            f'expected a server that can keep durability = "fsync", got {facts}: take Redis 7.2 at least with the'
            " append-only file on, or Valkey with `appendfsync always` too, or set"
            ' durability = "server"'
        )
    if facts.replicas is not None and facts.replicas < settings.replicas:
        refusals.append(
            f"expected {settings.replicas} replicas to confirm events, got {facts.replicas}: no event is accepted"
            " until there are so many; mend the replicas, or lower OUTHAUL_REPLICAS"
        )
    for level, messages in ((Level.FAIL, refusals), (Level.WARN, facts.warnings)):
        for message in messages:
            found, _, advice = message.partition(": ")
            yield Finding("server", level, found, advice)
    if not refusals and not facts.warnings:
        yield Finding("server", Level.OK, str(facts))


def check_clock(client: redis.Redis) -> Findings:
    """Say how far the server's clock is from this machine's."""
    before = time.time()
    seconds, microseconds = client.time()
    apart = seconds + microseconds / 1e6 - (before + time.time()) / 2
    level = Level.OK
    if abs(apart) >= CLOCK_WARN_SECONDS:
        level = Level.WARN if abs(apart) < CLOCK_FAIL_SECONDS else Level.FAIL
    advice = "" if level is Level.OK else "synchronise both clocks (NTP): signatures are made with this machine's time"
    yield Finding("clock", level, f"the server's clock is {apart:+.3f} s from this machine's", advice)


def check_broker(settings: Settings) -> Findings:
    """Say whether the broker takes connections."""
    # Imported here because Celery's transports take long to load, and only this check needs one.
    from kombu.connection import Connection

    shown = mask_credentials(settings.broker_url)
    broker = Broker.at(settings.broker_url, settings.namespace, patience=BROKER_SECONDS)
    try:
        with Connection(  # type: ignore[no-untyped-call] # kombu types only some of its functions
            broker.url, connect_timeout=BROKER_SECONDS, transport_options=broker.options, ssl=broker.tls
        ) as link:
            link.ensure_connection(max_retries=1, timeout=BROKER_SECONDS)
    except Exception as error:  # noqa: BLE001 - every transport raises errors of its own
        said = redact(f"{type(error).__name__}: {error}")
        advice = "check OUTHAUL_BROKER_URL and the broker; without it no worker is woken"
        yield Finding("broker", Level.FAIL, f"no connection to {shown}: {said}", advice)
    else:
        yield Finding("broker", Level.OK, f"{shown} takes connections")


def check_workers(workers: Mapping[str, WorkerStanding]) -> Findings:
    """Say whether anybody delivers."""
    alive = [worker for worker in workers.values() if worker.silent_ms <= SILENCE_MS and not worker.stopping]
    slots = sum(worker.slots for worker in alive)
    if alive:
        yield Finding("workers", Level.OK, f"{len(alive)} alive with {counted(slots, 'process', 'processes')}")
    else:
        silent = f", {len(workers)} stopping or silent" if workers else ""
        advice = "start one: celery -A outhaul_worker worker"
        yield Finding("workers", Level.FAIL, f"none alive{silent}: nothing is delivered", advice)


def check_destinations(survey: Survey, configured: Collection[str]) -> Findings:
    """Say how every destination stands: what is overdue, paused, dead, held or left behind."""
    for standing in survey.standings.values():
        found = [
            *_check_due(standing, survey.now),
            *_check_pause(standing),
            *_check_breaker(standing, survey.now),
            *_check_kept(standing),
            *_check_removed(standing, configured),
            *_check_books(standing),
        ]
        yield from found or [_about(standing, "due", Level.OK, "nothing is overdue")]


def _check_due(standing: Standing, now: int) -> Findings:
    overdue = (now - standing.oldest_due) / 1000 if standing.oldest_due is not None else 0.0
    if overdue < OVERDUE_WARN_SECONDS or standing.waiting_for(now) in (Waiting.PAUSED, Waiting.BREAKER_OPEN):
        return
    if standing.flow.next_token:
        yield _about(standing, "rate", Level.WARN, *_behind_its_rate(standing, overdue))
        return
    level = Level.WARN if overdue < OVERDUE_FAIL_SECONDS else Level.FAIL
    found = f"the oldest of {_deliveries(standing.waiting)} that wait is due since {format_duration(int(overdue))}"
    advice = "start more workers, raise its `concurrency`, or see with `outhaul status` what its endpoint answers"
    yield _about(standing, "due", level, found, advice)


def _behind_its_rate(standing: Standing, overdue: float) -> tuple[str, str]:
    waits = f"the oldest of {_deliveries(standing.waiting)} that wait for its rate is due since"
    advice = "nothing is wrong if this passes; else raise its `rate`, as more comes in than it lets out"
    return f"{waits} {format_duration(int(overdue))}", advice


def _check_breaker(standing: Standing, now: int) -> Findings:
    if standing.flow.breaker is BreakerState.CLOSED or standing.paused:
        return
    left = (standing.flow.reopen_at - now) / 1000
    until = f"for another {format_duration(math.ceil(left))}" if left > 0 else "until one attempt is answered"
    found = f"its breaker is open {until}, as its endpoint fails: {_deliveries(standing.waiting)} waiting"
    advice = f"mend the endpoint; `outhaul destinations resume {standing.destination}` tries it at once"
    yield _about(standing, "breaker", Level.WARN, found, advice)


def _check_pause(standing: Standing) -> Findings:
    if standing.paused:
        found = f"paused with {_deliveries(standing.waiting)} waiting: {redact(standing.paused)}"
        yield _about(
            standing, "paused", Level.WARN, found, f"mend it, then: outhaul destinations resume {standing.destination}"
        )


def _check_kept(standing: Standing) -> Findings:
    if standing.dead:
        advice = f"see why: outhaul dead-letters list --destination {standing.destination}"
        yield _about(standing, "dead letters", Level.WARN, counted(standing.dead, "dead letter"), advice)
    if standing.held:
        advice = f"decide: outhaul dead-letters list --held --destination {standing.destination}"
        yield _about(standing, "held", Level.WARN, f"{_deliveries(standing.held)} held for a person", advice)


def _check_removed(standing: Standing, configured: Collection[str]) -> Findings:
    left = standing.waiting + standing.in_flight
    if left and standing.destination not in configured:
        advice = "put it back into the file of destinations until they are delivered"
        yield _about(
            standing, "removed", Level.FAIL, f"{_deliveries(left)} left, but it is not configured any more", advice
        )


def _check_books(standing: Standing) -> Findings:
    if not standing.balanced:
        found = f"its {standing.fanned} deliveries are not all accounted for: {standing}"
        yield _about(standing, "conservation", Level.FAIL, found, "report this: it is a fault of Outhaul")


def _about(standing: Standing, check: str, level: Level, found: str, advice: str = "") -> Finding:
    return Finding(check, level, found, advice, subject=standing.destination)


def _deliveries(number: int) -> str:
    return counted(number, "delivery", "deliveries")
