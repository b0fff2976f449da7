#!lua flags=allow-oom
-- Change a subscription's document, if nobody else did meanwhile.
-- KEYS: subscriptions changes edition destination lane lanes slow inflight
-- STATES:
-- ARGV: name, version it was read at, policy (packed, as lib/flow.lua reads it), patience with failures in ms, document
-- Returns: its new version; 0 where it is gone, -1 where it has changed since
-- Touches: subscriptions changes edition destination:<d> lanes slow
-- Uses: bind clock edition concurrency rate breaker flow lanes
local name, packed = ARGV[FIRST], redis.call('HGET', keys.subscriptions, ARGV[FIRST])
if not packed then
  return 0
end
local known = unpack_subscription(packed)
if known.version ~= tonumber(ARGV[FIRST + 1]) then
  return -1
end
redis.call('HSET', keys.destination .. name, 'policy', ARGV[FIRST + 2], 'patience', ARGV[FIRST + 3])
schedule_lane(keys, name, clock())
return store_subscription(keys, name, known.created, known.identity, ARGV[FIRST + 4])
