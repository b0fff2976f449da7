#!lua flags=allow-oom
-- A replay has gone through all it was for.
-- KEYS: replays
-- STATES:
-- ARGV: digest of the filter
-- Returns: nothing
-- Touches: replays
-- Uses: bind
redis.call('HDEL', keys.replays, ARGV[FIRST])
