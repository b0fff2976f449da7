#!lua flags=allow-oom
-- A drain begins: one ask is answered.
-- KEYS: drains asks
-- STATES:
-- ARGV: drain
-- Returns: nothing
-- Touches: drains asks
-- Uses: bind clock
redis.call('ZPOPMIN', keys.asks)
redis.call('ZADD', keys.drains, clock(), ARGV[FIRST])
