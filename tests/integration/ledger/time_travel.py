"""Makes time pass for the ledger without waiting: everything it has scheduled moves into the past."""

from typing import cast

import redis

from outhaul_config import keys

_SCHEDULES = ("routing", "lanes", "slow", "drains", "asks", "expiring", "cancelling")
_SCHEDULE_FAMILIES = ("lane", "inflight")
_DUE, _SINCE = 4, 5  # columns of a packed delivery
_TIMES = (b"at", b"expires", b"cancelled", b"cancelling")  # fields of a record
_MOMENTS = {
    b"window": (2,),
    b"breaker": (0, 2),
    b"arrival": (0,),
    b"counts": (0,),
}  # columns of a destination's packed fields


def pass_time(client: redis.Redis, ms: int) -> None:
    """Let `ms` milliseconds pass: leases, retries and beats get that much older. Expiry of keys is not touched.

    Of an event, only what is kept beside its body gets older.
    """
    _age_history(client, ms)
    schedules = [keys.stem(name, "outhaul").encode() for name in _SCHEDULES]
    for family in _SCHEDULE_FAMILIES:
        schedules += family_members(client, family)
    records = family_members(client, "record")
    destinations = family_members(client, "destination")
    with client.pipeline(transaction=False) as read:
        for schedule in schedules:
            read.zrange(schedule, 0, -1, withscores=True)
        for name in (*records, *destinations):
            read.hgetall(name)
        answers = read.execute()
    beats = cast("dict[bytes, bytes]", client.hgetall(keys.stem("workers", "outhaul")))
    subscriptions = cast("dict[bytes, bytes]", client.hgetall(keys.stem("subscriptions", "outhaul")))
    with client.pipeline(transaction=True) as write:
        for schedule, members in zip(schedules, answers, strict=False):
            if members:
                write.zadd(schedule, {member: score - ms for member, score in members})
        for name, fields in zip((*records, *destinations), answers[len(schedules) :], strict=True):
            older = _older_in_record if name in records else _older_in_destination
            moved = {field: value for field, packed in fields.items() if (value := older(field, packed, ms))}
            if moved:
                write.hset(name, mapping=moved)
        for worker, packed in beats.items():
            write.hset(keys.stem("workers", "outhaul"), worker.decode(), _beaten_earlier(packed, ms))
        for name, packed in subscriptions.items():
            created, rest = packed.split(b"\t", 1)
            write.hset(keys.stem("subscriptions", "outhaul"), name.decode(), b"%d\t%b" % (int(created) - ms, rest))
        write.execute()


def _age_history(client: redis.Redis, ms: int) -> None:
    history = keys.stem("history", "outhaul")
    since = client.hget(history, "since")
    if since:
        client.hset(history, "since", str(int(since) - ms))


def pass_a_moment(client: redis.Redis, destination: str, ms: int) -> None:
    """Let `ms` milliseconds pass for one destination's rate alone, at a fraction of the cost."""
    fields = keys.stem("destination", "outhaul") + destination
    arrival = float(cast("bytes", client.hget(fields, "arrival") or b"0"))
    with client.pipeline(transaction=True) as write:
        write.hset(fields, "arrival", f"{arrival - ms:.3f}")
        for name in ("lanes", "slow"):
            write.zadd(keys.stem(name, "outhaul"), {destination: -ms}, xx=True, incr=True)
        write.execute()


def family_members(client: redis.Redis, family: str) -> list[bytes]:
    """The full names of all keys of a family that exist."""
    return cast("list[bytes]", client.keys(keys.stem(family, "outhaul") + "*"))


def _older_in_record(field: bytes, packed: bytes, ms: int) -> bytes:
    if field.startswith(b"d:"):
        return _older(packed, ms)
    return b"%d" % (int(packed) - ms) if field in _TIMES else b""


def _older_in_destination(field: bytes, packed: bytes, ms: int) -> bytes:
    columns = packed.split(b" ")
    for column in _MOMENTS.get(field, ()):
        if float(columns[column]) > 0:
            columns[column] = b"%.3f" % (float(columns[column]) - ms)
    return b" ".join(columns) if field in _MOMENTS else b""


def _older(packed: bytes, ms: int) -> bytes:
    columns = packed.split(b"\t", 10)
    columns[_DUE] = b"%d" % (int(columns[_DUE]) - ms)
    if columns[_SINCE] != b"0":
        columns[_SINCE] = b"%d" % (int(columns[_SINCE]) - ms)
    return b"\t".join(columns)


def _beaten_earlier(packed: bytes, ms: int) -> bytes:
    beat, rest = packed.split(b" ", 1)
    return b"%d %s" % (int(beat) - ms, rest)
