#!lua flags=no-writes
-- Read all there is of one event.
-- KEYS: record attempts inbox routing lane destination order
-- STATES:
-- ARGV: id
-- Returns: {now, record as field, value, ..., attempt lines, paused destinations, destination, event that its delivery waits
--          for, ...}; nothing for an unknown event
-- Touches: record:<id> attempts:<id> destination:<d> lane:<d> order:<d>:<key> inbox routing
-- Uses: bind clock delivery unrouted
local id = ARGV[FIRST]
local record = redis.call('HGETALL', keys.record .. id)
if #record == 0 then
  return {}
end
local paused, behind = {}, {}

local function note_order(destination, delivery)
  if delivery.order ~= '' and redis.call('ZSCORE', keys.lane .. destination, id) == 'inf' then
    local first = redis.call('ZRANGE', keys.order .. destination .. ':' .. order_key(delivery.order), 0, 0)[1]
    if first == id then
      first = select(2, first_unrouted(keys))
    end
    behind[#behind + 1] = destination
    behind[#behind + 1] = first or ''
  end
end

for i = 1, #record, 2 do
  local destination = string.match(record[i], '^d:(.+)$')
  if destination then
    if redis.call('HEXISTS', keys.destination .. destination, 'paused') == 1 then
      paused[#paused + 1] = destination
    end
    note_order(destination, unpack_delivery(record[i + 1]))
  end
end
return { math.floor(clock()), record, redis.call('LRANGE', keys.attempts .. id, 0, -1), paused, behind }
