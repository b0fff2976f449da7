"""Makes time pass for the ledger without waiting: everything it has scheduled moves into the past."""

from typing import cast

import redis

from outhaul_config import keys

_SCHEDULES = ("inbox", "lanes", "slow", "drains", "asks")
_SCHEDULE_FAMILIES = ("lane", "inflight")
_DUE = 4  # column of a packed delivery
_MOMENTS = {
    b"window": (2,),
    b"breaker": (0, 2),
    b"arrival": (0,),
    b"counts": (0,),
}  # columns of a destination's packed fields


def pass_time(client: redis.Redis, ms: int) -> None:
    """Let `ms` milliseconds pass: leases, retries and beats get that much older. Expiry of keys is not touched."""
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
    since = client.hget(keys.stem("history", "outhaul"), "since")
    with client.pipeline(transaction=True) as write:
        if since:
            write.hset(keys.stem("history", "outhaul"), "since", str(int(since) - ms))
        for schedule, members in zip(schedules, answers, strict=False):
            if members:
                write.zadd(schedule, {member: score - ms for member, score in members})
        for name, fields in zip((*records, *destinations), answers[len(schedules) :], strict=True):
            moved = {field: older for field, packed in fields.items() if (older := _older_field(field, packed, ms))}
            if moved:
                write.hset(name, mapping=moved)
        for worker, packed in beats.items():
            write.hset(keys.stem("workers", "outhaul"), worker.decode(), _beaten_earlier(packed, ms))
        write.execute()


def family_members(client: redis.Redis, family: str) -> list[bytes]:
    """The full names of all keys of a family that exist."""
    return cast("list[bytes]", client.keys(keys.stem(family, "outhaul") + "*"))


def _older_field(field: bytes, packed: bytes, ms: int) -> bytes:
    if field.startswith(b"d:"):
        return _older(packed, ms)
    columns = packed.split(b" ")
    for column in _MOMENTS.get(field, ()):
        if float(columns[column]) > 0:
            columns[column] = b"%.3f" % (float(columns[column]) - ms)
    return b" ".join(columns) if field in _MOMENTS else b""


def _older(packed: bytes, ms: int) -> bytes:
    columns = packed.split(b"\t", 9)
    columns[_DUE] = str(int(columns[_DUE]) - ms).encode()
    return b"\t".join(columns)


def _beaten_earlier(packed: bytes, ms: int) -> bytes:
    beat, rest = packed.split(b" ", 1)
    return b"%d %s" % (int(beat) - ms, rest)
