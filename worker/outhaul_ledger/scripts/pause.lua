#!lua flags=allow-oom
-- Pause a destination: its deliveries stay and none is leased.
-- KEYS: destinations destination lanes slow
-- STATES:
-- ARGV: destination, reason
-- Returns: nothing
-- Touches: destinations destination:<d> lanes slow
-- Uses: bind clock
local destination = ARGV[FIRST]
redis.call('SADD', keys.destinations, destination)
redis.call('HSET', keys.destination .. destination, 'paused', ARGV[FIRST + 1], 'paused_at', math.floor(clock()))
redis.call('ZREM', keys.lanes, destination)
redis.call('ZREM', keys.slow, destination)
