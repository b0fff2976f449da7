"""Every key Outhaul keeps in Redis or Valkey, as one table. Nothing else spells a key.

A name ending in a colon is a stem: an event id, destination or drain follows it. The hash tag `{0}` is the shard; all
keys of a shard live in one cluster slot, so that one script may touch them together.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Key:
    """One row of the layout: the pattern behind the prefix, the Redis type, when it expires, what it holds."""

    pattern: str
    type: str
    expires: str
    holds: str

    @property
    def stem(self) -> str:
        """The fixed part of the pattern."""
        return self.pattern.partition("<")[0]


_FINISHED = "retention after the event's last delivery finished"

KEYS: dict[str, Key] = {
    "event": Key("event:<id>", "string", _FINISHED, "the canonical JSON of an event, as accepted"),
    "record": Key(
        "record:<id>",
        "hash",
        _FINISHED,
        "`digest`, `at` (accepted), `source`, `type`, `sequence` (of acceptance), `told` (its "
        "body may say when or where it goes), `open` (unfinished deliveries, and "
        "one more while chunks of the fan-out are missing), `kept` (dead or held ones), `expires`, `cancelled` (when "
        "its sender took it back), `cancelling` (the same, while its deliveries are being gone through for that), "
        "`sweep` (how far they were gone through for its expiry, where that takes several calls); "
        "`d:<destination>` with the packed delivery: state, attempts, tries, lost, due, since, possible duplicate, "
        "status, drain, order, reason; `a:<destination>` with its attempts, a line of JSON each, the oldest first, "
        "capped",
    ),
    "inbox": Key(
        "inbox", "sorted set", "never", "accepted events that wait for their fan-out; score = sequence of acceptance"
    ),
    "events": Key(
        "events", "sorted set", "never", "all events, expired ones for a while longer; score = when they were accepted"
    ),
    "sequence": Key(
        "sequence", "string", "never", "the number the newest accepted event has got; each has a higher one"
    ),
    "routing": Key("routing", "sorted set", "never", "events that a drain is fanning out; score = end of its lease"),
    "routes": Key(
        "routes:<drain>",
        "hash",
        "an hour after it learnt a type",
        "a drain's routing table: the destinations of event types that alone say where an event goes",
    ),
    "lane": Key(
        "lane:<destination>",
        "sorted set",
        "never",
        "a destination's unfinished events; score = due time, `inf` for one that waits for its turn in an order",
    ),
    "lanes": Key(
        "lanes",
        "sorted set",
        "never",
        "quick lanes with work, whose attempts are soon over; score = when to look at the lane next",
    ),
    "slow": Key("slow", "sorted set", "never", "likewise the other lanes: slow, timed out lately, or never heard of"),
    "inflight": Key("inflight:<destination>", "sorted set", "never", "leased events; score = end of the lease"),
    "order": Key(
        "order:<destination>:<key>",
        "sorted set",
        "never",
        "of a destination with `order_by`, the events with one value there (`<key>` is a digest of it) that must not "
        "be passed; score = sequence of acceptance",
    ),
    "gate": Key(
        "gate",
        "sorted set",
        "never",
        "`<destination> <event>`, ordered deliveries that an event still to be fanned out may have to precede; score = "
        "sequence of acceptance",
    ),
    "expiring": Key("expiring", "sorted set", "never", "unfinished events with an expiry; score = when they expire"),
    "cancelling": Key(
        "cancelling",
        "sorted set",
        "never",
        "events that are being taken back in several calls; score = when another caller than the first goes on",
    ),
    "dead": Key("dead:<destination>", "sorted set", "never", "dead letters; score = when they died"),
    "held": Key("held:<destination>", "sorted set", "never", "deliveries that wait for a person; score = since when"),
    "destinations": Key("destinations", "set", "never", "every destination that ever got a delivery or a setting"),
    "destination": Key(
        "destination:<destination>",
        "hash",
        "never",
        "`paused` (reason), `paused_at`; `policy` as configured; how the endpoint does: `window` (limit of the moment, "
        "where its fast growth ends, last cut, pace in ms), `breaker` (open until, openings in a row, last closed), "
        "`probe` (the event whose attempt decides), `counts` (since, silent attempts in a row, attempts, failures, the "
        "same of the time before), `arrival` (of the rate's next token); counters `fanned`, `delivered`, `skipped`, "
        "`cancelled`; of a subscription also `patience` (ms) and `failing_since`",
    ),
    "drains": Key("drains", "sorted set", "never", "running drains; score = last beat"),
    "asks": Key("asks", "sorted set", "never", "drains asked for that have not begun; score = when asked"),
    "leases": Key("leases:<drain>", "set", "never", "what a drain has leased: `<destination> <event>`"),
    "workers": Key("workers", "hash", "never", "worker -> `<last beat> <slots> <stopping>`"),
    "wake": Key("wake", "list", "never", "at most one token; wakes a sleeping dispatcher"),
    "idle": Key("idle", "sorted set", "never", "drains that listen for work; score = until when"),
    "bell": Key("bell", "list", "never", "at most a token for each of them; wakes one"),
    "history": Key(
        "history",
        "hash",
        "never",
        "`run` of the server that leases were last made on, `since` when its word is complete",
    ),
    "replays": Key("replays", "hash", "never", "unfinished replays: filter digest -> cut-off time"),
    "subscriptions": Key(
        "subscriptions", "hash", "never", "name -> created (ms), version, identity and JSON document, secrets included"
    ),
    "identities": Key(
        "identities", "hash", "never", "what no two subscriptions may have in common -> the name of the one"
    ),
    "edition": Key(
        "edition",
        "hash",
        "never",
        "`version` of the last change of a subscription; `floor`, up to which removals are forgotten",
    ),
    "changes": Key(
        "changes", "sorted set", "never", "subscriptions, removed ones too; score = version of the last change"
    ),
    "departed": Key(
        "departed", "sorted set", "never", "the latest removed subscriptions; score = version of the removal"
    ),
    "leaving": Key("leaving", "set", "never", "removed subscriptions that still have deliveries"),
    "disabled": Key(
        "disabled", "sorted set", "never", "stopped subscriptions of which that is yet to be told; score = when"
    ),
    "recent": Key(
        "recent:<destination>", "sorted set", "never", "events of a subscription's latest 50 attempts; score = when"
    ),
    "document": Key(
        "document:<id>",
        "string",
        "30 days after it was made",
        "what an event went out as, by the id its receivers know",
    ),
    "job": Key(
        "job:<replay>",
        "hash",
        "retention after its end",
        "a replay that any process carries on: `selection`, `rate`, `opened`, `cutoff`, `replayed`, `gone`, "
        "`position`, `ended` (or 0), `token` of who takes a step, `cancelled` where it was stopped",
    ),
    "jobs": Key("jobs", "sorted set", "never", "unfinished ones of these replays; score = when the next step is due"),
    "apikey": Key(
        "apikey:<key>",
        "hash",
        "never",
        "`digest` (SHA-256 of the secret), `label`, `scopes`, `most` requests `per` ms, `created`, `expires` (or 0), "
        "`free` (when the allowance is whole again), `used` (last)",
    ),
    "apikeys": Key("apikeys", "set", "never", "the ids of all API keys"),
}


def prefix(namespace: str, shard: int = 0) -> str:
    """What every key of a shard begins with, e.g. `outhaul:{0}:`."""
    return f"{namespace}:{{{shard}}}:"


def stem(name: str, namespace: str) -> str:
    """The full name of a fixed key, or the fixed part of a key family.

    Raises:
        KeyError: `name` is not in the table.
    """
    return prefix(namespace) + KEYS[name].stem
