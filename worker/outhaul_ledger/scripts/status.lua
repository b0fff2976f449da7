#!lua flags=no-writes
-- Read all there is of one event.
-- KEYS: record attempts destination
-- STATES:
-- ARGV: id
-- Returns: {now, record as field, value, ..., attempt lines, paused destinations}; nothing for an unknown event
-- Touches: record:<id> attempts:<id> destination:<d>
-- Uses: bind clock
local id = ARGV[FIRST]
local record = redis.call('HGETALL', keys.record .. id)
if #record == 0 then
  return {}
end
local paused = {}
for i = 1, #record, 2 do
  local destination = string.match(record[i], '^d:(.+)$')
  if destination and redis.call('HEXISTS', keys.destination .. destination, 'paused') == 1 then
    paused[#paused + 1] = destination
  end
end
return { math.floor(clock()), record, redis.call('LRANGE', keys.attempts .. id, 0, -1), paused }
