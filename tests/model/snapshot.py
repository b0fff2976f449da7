"""The ledger's keys as a value: taken from the server, put back, let grow older, and made equal for equal states.

Times are kept relative to the moment they are read at. What is still to come is rounded to seconds, as the moments that
matter to the model are seconds apart. Of what is past only the order counts, and whether it was before the server's
run. What an attempt came to is left out of a delivery, as no script reads it.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, cast

import redis

from outhaul_config import keys

Text = str
Value = tuple[tuple[Text, ...], ...]
"""Of a sorted set (member, score), of a hash (field, value), of a set (member,), of a string or list (element,)."""

PREFIX = keys.prefix("outhaul")
RANGE_MS = 500_000_000  # numbers this near to now are moments
OLD_MS = 1_000_000  # what was due before the server's run is put back this much earlier
SINCE_MS = 500_000  # and the run's own beginning this much
BEAT_MS = 5_000  # beats older than this are silent, others fresh
SILENT_MS = 11_000
KEPT_MS = 600_000
EXPIRED_MS = -2  # an expiry that is past; what is wanted since later is since -1

_DUE, _SINCE, _STATUS, _REASON = 4, 5, 7, -1  # columns of a packed delivery
_TAKEN_BACK = "cancelled"  # the reason of what was in flight when its event was
_UNFINISHED = ("pending", "leased")
_KEPT = ("dead", "held", "events")
_IGNORED = ("replays", "workers", "wake")
_LOG = "a:"  # fields of a record that are left out
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_MOMENT = re.compile(r"@(-?\d+)")

# One round trip: every key with its type, value and time to live, and the clock they were read at.
_READ = """
local found = {}
for _, name in ipairs(redis.call('KEYS', ARGV[1] .. '*')) do
  local kind = redis.call('TYPE', name).ok
  local value
  if kind == 'zset' then value = redis.call('ZRANGE', name, 0, -1, 'WITHSCORES')
  elseif kind == 'hash' then value = redis.call('HGETALL', name)
  elseif kind == 'set' then value = redis.call('SMEMBERS', name)
  elseif kind == 'list' then value = redis.call('LRANGE', name, 0, -1)
  else value = { redis.call('GET', name) } end
  found[#found + 1] = { name, kind, redis.call('PTTL', name), value }
end
return { redis.call('TIME'), string.match(redis.call('INFO', 'server'), 'run_id:(%w+)'), found }
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One key. `@<ms>` in a text is a moment, relative to now; `expires` tells that the key has a time to live."""

    name: Text
    kind: Text
    expires: bool
    value: Value


Snapshot = tuple[Entry, ...]


def take(client: redis.Redis) -> Snapshot:
    """Read the whole ledger at one moment."""
    (seconds, micros), run, found = cast("Any", client.eval(_READ, 0, PREFIX))
    now = int(seconds) * 1000 + int(micros) / 1000
    entries = []
    for raw_name, raw_kind, left, flat in found:
        name, kind = raw_name.decode().removeprefix(PREFIX), raw_kind.decode()
        if name.partition(":")[0] not in _IGNORED:
            rows = [row for row in _rows(kind, [part.decode() for part in flat]) if not row[0].startswith(_LOG)]
            entries.append(Entry(name, kind, left >= 0, _relative(rows, now, run.decode())))
    return normal(entries)


def put(client: redis.Redis, snapshot: Snapshot, run: str, now: int) -> None:
    """Make the server hold just this, as of `now` (its clock, ms)."""
    with client.pipeline(transaction=True) as pipe:
        pipe.flushdb()
        for entry in snapshot:
            rows = [tuple(_absolute(text, now, run) for text in row) for row in entry.value]
            _write(pipe, PREFIX + entry.name, entry.kind, rows)
            if entry.expires:
                pipe.pexpire(PREFIX + entry.name, KEPT_MS)
        pipe.execute()


def older(snapshot: Snapshot, ms: int) -> Snapshot:
    """The same a while later."""

    def age(text: Text) -> Text:
        return _MOMENT.sub(lambda found: f"@{int(found[1]) - ms}", text)

    return normal(mapped(snapshot, age))


def mapped(snapshot: Snapshot, change: Callable[[Text], Text]) -> list[Entry]:
    """Apply `change` to every text."""
    return [
        Entry(change(each.name), each.kind, each.expires, tuple(tuple(map(change, row)) for row in each.value))
        for each in snapshot
    ]


def with_another_run(snapshot: Snapshot) -> Snapshot:
    """What a server that restarted finds: the same, written in an earlier run."""

    def rename(row: tuple[Text, ...]) -> tuple[Text, ...]:
        return ("run", "another") if row[0] == "run" else row

    return tuple(
        Entry(each.name, each.kind, each.expires, tuple(map(rename, each.value))) if each.name == "history" else each
        for each in snapshot
    )


def field_of(entries: Iterable[Entry], name: Text, field: Text) -> Text:
    """The value of a hash's field; empty where there is none."""
    return next((row[1] for each in entries if each.name == name for row in each.value if row[0] == field), "")


def normal(entries: Iterable[Entry]) -> Snapshot:
    """Write moments so that states which differ in nothing that matters are equal."""
    entries = list(entries)
    since = moment_of(field_of(entries, "history", "since"))
    scales = _scales(entries, since)
    return tuple(sorted((_settled(each, scales, since) for each in entries), key=lambda each: each.name))


# The order of what is past is that of a scale: a lane with its leases and deliveries, what is being routed, the lanes.

Scales = dict[Text, dict[int, int]]
_SCALES = {"routing": "routing", "lanes": "lanes", "slow": "lanes"}  # beside those of each lane


def _scales(entries: list[Entry], since: int | None) -> Scales:
    seen: dict[Text, set[int]] = {}
    for entry in entries:
        for scale, moment in _ranked(entry):
            if moment is not None and moment <= 0:
                seen.setdefault(scale, set()).add(moment)
    return {scale: _ranks(moments, since) for scale, moments in seen.items()}


def _ranks(moments: set[int], since: int | None) -> dict[int, int]:
    ranked = {moment: -rank for rank, moment in enumerate(sorted(moments, reverse=True), start=1)}
    return {moment: rank - (OLD_MS if since is not None and moment < since else 0) for moment, rank in ranked.items()}


def _ranked(entry: Entry) -> Iterable[tuple[Text, int | None]]:
    family, _, tail = entry.name.partition(":")
    if family in _SCALES:
        yield from ((_SCALES[family], moment_of(score)) for _, score in entry.value)
    elif family in ("lane", "inflight"):
        yield from ((tail, moment_of(score)) for _, score in entry.value)


def _settled(entry: Entry, scales: Scales, since: int | None) -> Entry:
    family, _, tail = entry.name.partition(":")
    if entry.kind == "zset":
        scale = _SCALES.get(family, tail)
        settle = _beat if family in ("drains", "asks") else _on({} if family in _KEPT else scales.get(scale, {}))
        rows = [(member, settle(score)) for member, score in entry.value]
    elif family == "record":
        expires = moment_of(field_of([entry], entry.name, "expires"))
        rows = [(field, _record(field, packed, scales, since, expires)) for field, packed in entry.value]
    elif family == "history":
        rows = [(field, _since(text)) for field, text in entry.value]
    elif entry.kind == "hash":
        rows = [(field, _MOMENT.sub(lambda found: _beat(found[0]), text)) for field, text in entry.value]
    else:
        return Entry(entry.name, entry.kind, entry.expires, tuple(sorted(entry.value)))
    return Entry(entry.name, entry.kind, entry.expires, tuple(sorted(rows)))


def _record(field: Text, packed: Text, scales: Scales, since: int | None, expires: int | None) -> Text:
    if field == "expires":
        return _on({expires: EXPIRED_MS} if expires is not None else {})(packed)
    if not field.startswith("d:"):
        old = since is not None and (moment_of(packed) or 0) < since
        return _MOMENT.sub(f"@-{OLD_MS}" if old else "@-1", packed)
    columns = packed.split("\t")
    wanted = moment_of(columns[_SINCE])
    columns = [_MOMENT.sub("@-1", text) if index != _DUE else text for index, text in enumerate(columns)]
    columns[_DUE] = _on(scales.get(field[2:], {}))(columns[_DUE]) if columns[0] in _UNFINISHED else "@-1"
    if expires is not None and wanted is not None and wanted < expires <= 0:
        columns[_SINCE] = f"@{EXPIRED_MS - 1}"
    columns[_STATUS], columns[_REASON] = "0", _TAKEN_BACK if _is_taken_back(columns) else ""
    return "\t".join(columns)


def _is_taken_back(columns: list[Text]) -> bool:
    return columns[0] == "leased" and columns[_REASON] == _TAKEN_BACK


def _on(scale: dict[int, int]) -> Callable[[Text], Text]:
    def settle(text: Text) -> Text:
        moment = moment_of(text)
        if moment is None:
            return text
        return f"@{_rounded(moment)}" if moment > 0 else f"@{scale.get(moment, -1)}"

    return settle


def _beat(text: Text) -> Text:
    moment = moment_of(text)
    if moment is None:
        return text
    return f"@{_rounded(moment)}" if moment > 0 else "@-1" if moment > -BEAT_MS else f"@-{SILENT_MS}"


def _since(text: Text) -> Text:
    return text if moment_of(text) is None else f"@-{SINCE_MS}"


def _rounded(moment: int) -> int:
    return max(1000, round(moment / 1000) * 1000)


def moment_of(text: Text) -> int | None:
    """Read a moment, ms from now; None where the text is none."""
    found = _MOMENT.fullmatch(text)
    return int(found[1]) if found else None


def _relative(rows: Iterable[tuple[Text, ...]], now: float, run: str) -> Value:
    # In ms and down, as the packed due times are; 0 is the present, which is past.
    def moment(found: re.Match[str]) -> str:
        number = float(found[0])
        if abs(number - now) > RANGE_MS:
            return found[0]
        return f"@{min(0, int(number) - int(now)) if number <= now else max(1, int(number) - int(now))}"

    return tuple(tuple(_NUMBER.sub(moment, text).replace(run, "same") for text in row) for row in rows)


def _absolute(text: Text, now: int, run: str) -> Text:
    return _MOMENT.sub(lambda found: str(now + int(found[1])), run if text == "same" else text)


def _rows(kind: str, flat: list[str]) -> list[tuple[str, ...]]:
    return list(zip(flat[::2], flat[1::2], strict=True)) if kind in ("zset", "hash") else [(each,) for each in flat]


def _write(pipe: "redis.client.Pipeline", name: str, kind: str, rows: list[tuple[str, ...]]) -> None:
    if kind == "zset":
        pipe.zadd(name, {member: float(score) for member, score in rows})
    elif kind == "hash":
        pipe.hset(name, mapping=dict(rows))  # type: ignore[arg-type] # rows of a hash are pairs
    elif kind == "set":
        pipe.sadd(name, *(member for (member,) in rows))
    elif kind == "list":
        pipe.rpush(name, *(element for (element,) in rows))
    else:
        pipe.set(name, rows[0][0])
