#!lua flags=allow-oom
-- Remove a subscription: no event is routed to it any more and nothing is leased for it. What it has left is cancelled
-- by `tidy`, in steps.
-- KEYS: subscriptions identities changes edition departed leaving disabled destination lanes slow
-- STATES:
-- ARGV: name, departed ones to remember
-- Returns: 1, or 0 where it is gone already
-- Touches: subscriptions identities changes edition departed leaving disabled destination:<d> lanes slow
-- Uses: bind edition
local name, packed = ARGV[FIRST], redis.call('HGET', keys.subscriptions, ARGV[FIRST])
if not packed then
  return 0
end
local known = unpack_subscription(packed)
local version = next_version(keys)
redis.call('HDEL', keys.subscriptions, name)
if known.identity ~= '' then
  redis.call('HDEL', keys.identities, known.identity)
end
redis.call('ZADD', keys.changes, version, name)
redis.call('ZADD', keys.departed, version, name)
if redis.call('ZCARD', keys.departed) > tonumber(ARGV[FIRST + 1]) then
  local oldest = redis.call('ZPOPMIN', keys.departed)
  redis.call('ZREM', keys.changes, oldest[1])
  redis.call('HSET', keys.edition, 'floor', oldest[2])
end
redis.call('SADD', keys.leaving, name)
redis.call('ZREM', keys.disabled, name)
redis.call('HSET', keys.destination .. name, 'paused', 'unsubscribed')
redis.call('ZREM', keys.lanes, name)
redis.call('ZREM', keys.slow, name)
return 1
