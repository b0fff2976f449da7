#!lua flags=allow-oom
-- Begin a replay, or find the unfinished one with the same filter: its cut-off time stays, so that nothing is replayed twice.
-- KEYS: replays
-- STATES:
-- ARGV: digest of the filter
-- Returns: {cut-off (ms), 1 if it was begun before}
-- Touches: replays
-- Uses: bind clock
local now = math.floor(clock())
local fresh = redis.call('HSETNX', keys.replays, ARGV[FIRST], now)
return { tonumber(redis.call('HGET', keys.replays, ARGV[FIRST])), 1 - fresh }
