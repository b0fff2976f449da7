#!lua flags=no-writes
-- Read all there is of one event.
-- KEYS: record attempts inbox routing lane destination inflight order
-- STATES:
-- ARGV: id
-- Returns: {now, record as field, value, ..., attempt lines, per destination {name, what holds
--          its lane back (as lib/flow.lua describes it), the event its delivery waits for to keep their order, or ''}};
--          nothing for an unknown event
-- Touches: record:<id> attempts:<id> destination:<d> lane:<d> order:<d>:<key> inbox routing
-- Uses: bind clock delivery concurrency rate breaker flow unrouted
local id = ARGV[FIRST]
local record = redis.call('HGETALL', keys.record .. id)
if #record == 0 then
  return {}
end
local now, flows = clock(), {}

local function ahead(destination, delivery)
  if delivery.order == '' or redis.call('ZSCORE', keys.lane .. destination, id) ~= 'inf' then
    return ''
  end
  local first = redis.call('ZRANGE', keys.order .. destination .. ':' .. order_key(delivery.order), 0, 0)[1]
  return first ~= id and first or select(2, first_unrouted(keys)) or ''
end

for i = 1, #record, 2 do
  local destination = string.match(record[i], '^d:(.+)$')
  if destination then
    local flow = describe_flow(read_flow(keys, destination, now))
    flows[#flows + 1] = { destination, flow, ahead(destination, unpack_delivery(record[i + 1])) }
  end
end
return { math.floor(now), record, redis.call('LRANGE', keys.attempts .. id, 0, -1), flows }
