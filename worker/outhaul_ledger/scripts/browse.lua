#!lua flags=no-writes
-- Read a page of deliveries: those of the newest events first, those of one event by destination. The order holds still
-- while deliveries change their states.
-- KEYS: events record
-- STATES:
-- ARGV: accepted from (ms), to (ms), event and destination of the last delivery that was read ('' at the beginning), only
--       this destination (or ''), only these states (or ''), most deliveries, most events to look at
-- Returns: {1 at the end, {ms, event, destination} of the last that was looked at, deliveries}, each delivery
--          {id, accepted_at, type, destination, packed delivery}
-- Touches: events record:<id>
-- Uses: bind
local from, to, last_event, last_destination = ARGV[FIRST], ARGV[FIRST + 1], ARGV[FIRST + 2], ARGV[FIRST + 3]
local only, wanted = ARGV[FIRST + 4], ARGV[FIRST + 5]
local most, look = tonumber(ARGV[FIRST + 6]), tonumber(ARGV[FIRST + 7])
local rows, reached = {}, { to, last_event, last_destination }

local function is_wanted(packed)
  return wanted == '' or string.find(wanted, ' ' .. string.match(packed, '^[^\t]*') .. ' ', 1, true)
end

local function packed_deliveries(id)
  if only ~= '' then
    local packed = redis.call('HGET', keys.record .. id, 'd:' .. only)
    return packed and { [only] = packed } or {}, packed and { only } or {}
  end
  local packed, names, fields = {}, {}, redis.call('HGETALL', keys.record .. id)
  for i = 1, #fields, 2 do
    local destination = string.match(fields[i], '^d:(.+)$')
    if destination then
      packed[destination], names[#names + 1] = fields[i + 1], destination
    end
  end
  table.sort(names)
  return packed, names
end

-- True when the page is full.
local function read_event(id, at)
  local packed, names = packed_deliveries(id)
  local type
  for _, destination in ipairs(names) do
    if (id ~= last_event or destination > last_destination) and is_wanted(packed[destination]) then
      if #rows == most then
        return true
      end
      type = type or redis.call('HGET', keys.record .. id, 'type')
      rows[#rows + 1] = { id, tonumber(at), type, destination, packed[destination] }
    end
    if id ~= last_event or destination > last_destination then
      reached = { at, id, destination }
    end
  end
  if #names == 0 then
    reached = { at, id, '' }
  end
  return false
end

-- Events of one instant stand in the order of their ids; those before the last one that was read are passed over.
local looked, offset = 0, 0
while true do
  local page = redis.call('ZREVRANGEBYSCORE', keys.events, to, from, 'WITHSCORES', 'LIMIT', offset, look)
  for i = 1, #page, 2 do
    local id, at = page[i], page[i + 1]
    if last_event == '' or tonumber(at) ~= tonumber(to) or id <= last_event then
      if looked == look or read_event(id, at) then
        return { 0, reached, rows }
      end
      looked = looked + 1
    end
  end
  if #page < 2 * look then
    return { 1, reached, rows }
  end
  offset = offset + look
end
