"""Makes time pass for the ledger without waiting: everything it has scheduled moves into the past."""

import redis

from outhaul_config import keys

_SCHEDULES = ("inbox", "lanes", "drains", "asks")
_SCHEDULE_FAMILIES = ("lane", "inflight")
_DUE = 4  # column of a packed delivery


def pass_time(client: redis.Redis, ms: int) -> None:
    """Let `ms` milliseconds pass: leases, retries and beats get that much older. Expiry of keys is not touched."""
    schedules = [keys.stem(name, "outhaul").encode() for name in _SCHEDULES]
    for family in _SCHEDULE_FAMILIES:
        schedules += client.keys(keys.stem(family, "outhaul") + "*")
    records: list[bytes] = client.keys(keys.stem("record", "outhaul") + "*")
    with client.pipeline(transaction=False) as read:
        for schedule in schedules:
            read.zrange(schedule, 0, -1, withscores=True)
        for record in records:
            read.hgetall(record)
        answers = read.execute()
    with client.pipeline(transaction=True) as write:
        for schedule, members in zip(schedules, answers, strict=False):
            if members:
                write.zadd(schedule, {member: score - ms for member, score in members})
        for record, fields in zip(records, answers[len(schedules) :], strict=True):
            moved = {name: _older(packed, ms) for name, packed in fields.items() if name.startswith(b"d:")}
            if moved:
                write.hset(record, mapping=moved)  # type: ignore[arg-type]
        write.execute()


def _older(packed: bytes, ms: int) -> bytes:
    columns = packed.split(b"\t", 9)
    columns[_DUE] = str(int(columns[_DUE]) - ms).encode()
    return b"\t".join(columns)
