#!lua flags=allow-oom
-- A drain has nothing to do and waits at the bell. It lives, so it beats.
-- KEYS: drains idle
-- STATES:
-- ARGV: drain, ms after which it does not wait any more
-- Returns: nothing
-- Touches: drains idle
-- Uses: bind clock
redis.call('ZADD', keys.drains, clock(), ARGV[FIRST])
redis.call('SET', keys.idle, ARGV[FIRST], 'PX', ARGV[FIRST + 1])
