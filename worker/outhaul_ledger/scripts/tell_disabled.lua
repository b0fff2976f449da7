#!lua flags=allow-oom
-- Note that it was told of a subscription that it was stopped.
-- KEYS: disabled
-- STATES:
-- ARGV: name, since (ms)
-- Returns: nothing
-- Touches: disabled
-- Uses: bind
if tonumber(redis.call('ZSCORE', keys.disabled, ARGV[FIRST]) or -1) == tonumber(ARGV[FIRST + 1]) then
  redis.call('ZREM', keys.disabled, ARGV[FIRST])
end
