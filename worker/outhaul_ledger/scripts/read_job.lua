#!lua flags=no-writes
-- Read how far a replay is.
-- KEYS: job
-- STATES:
-- ARGV: job
-- Returns: its fields as field, value, ...; nothing where there is none
-- Touches: job:<job>
-- Uses: bind
return redis.call('HGETALL', keys.job .. ARGV[FIRST])
