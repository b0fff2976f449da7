#!lua flags=no-writes
-- Read a portion of an event's deliveries, as they are.
-- KEYS: record
-- STATES:
-- ARGV: id, cursor ('0' at first), deliveries in a portion
-- Returns: {type, next cursor ('0': that was all), deliveries as field, value, ...}; they are empty for an unknown event
-- Touches: record:<id>
-- Uses: bind run portion
local _, following, record = read_portion(keys, ARGV[FIRST], ARGV[FIRST + 1], ARGV[FIRST + 2], DELIVERIES)
return { redis.call('HGET', keys.record .. ARGV[FIRST], 'type') or '', following, record }
