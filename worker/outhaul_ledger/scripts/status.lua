#!lua flags=no-writes
-- Read all there is of one event.
-- KEYS: record attempts destination inflight
-- STATES:
-- ARGV: id
-- Returns: {now, record as field, value, ..., attempt lines, per destination {name, what holds
--          its lane back (as lib/flow.lua describes it)}}; nothing for an unknown event
-- Touches: record:<id> attempts:<id> destination:<d>
-- Uses: bind clock concurrency rate breaker flow
local id = ARGV[FIRST]
local record = redis.call('HGETALL', keys.record .. id)
if #record == 0 then
  return {}
end
local now, flows = clock(), {}
for i = 1, #record, 2 do
  local destination = string.match(record[i], '^d:(.+)$')
  if destination then
    flows[#flows + 1] = { destination, describe_flow(read_flow(keys, destination, now)) }
  end
end
return { math.floor(now), record, redis.call('LRANGE', keys.attempts .. id, 0, -1), flows }
