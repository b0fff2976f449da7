#!lua flags=no-writes
-- Read how some subscriptions stand.
-- KEYS: destination
-- STATES:
-- ARGV: names
-- Returns: per name {reason it is stopped for or '', since (ms), failing since (ms, 0: it is not)}
-- Touches: destination:<d>
-- Uses: bind
local rows = {}
for i = FIRST, #ARGV do
  local read = redis.call('HMGET', keys.destination .. ARGV[i], 'paused', 'paused_at', 'failing_since')
  rows[#rows + 1] = { read[1] or '', tonumber(read[2] or 0), tonumber(read[3] or 0) }
end
return rows
