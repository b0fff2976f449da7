#!lua flags=allow-oom
-- Begin a replay, or find the unfinished one with the same filter: its cut-off time stays, so that nothing is replayed twice.
-- KEYS: replays
-- STATES:
-- ARGV: digest of the filter
-- Returns: {cut-off (ms, rounded up so that all that died by now is in), 1 if it was begun before}
-- Touches: replays
-- Uses: bind clock
local fresh = redis.call('HSETNX', keys.replays, ARGV[FIRST], math.ceil(clock()))
return { tonumber(redis.call('HGET', keys.replays, ARGV[FIRST])), 1 - fresh }
