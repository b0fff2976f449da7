#!lua flags=allow-oom
-- A drain has nothing to do but to wait, and listens for the bell.
-- KEYS: drains idle
-- STATES:
-- ARGV: drain, ms for which it will listen
-- Returns: nothing
-- Touches: drains idle
-- Uses: bind clock
local now = clock()
redis.call('ZADD', keys.drains, now, ARGV[FIRST])
redis.call('ZREMRANGEBYSCORE', keys.idle, '-inf', now)
redis.call('ZADD', keys.idle, now + ARGV[FIRST + 1], ARGV[FIRST])
