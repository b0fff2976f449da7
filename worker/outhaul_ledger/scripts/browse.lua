#!lua flags=no-writes
-- Read a page of deliveries: those of the newest events first, those of one event by destination. The order holds still
-- while deliveries change their states.
-- An event with many deliveries is only named: whoever asks reads it in portions, with `list_deliveries`.
-- KEYS: events record
-- STATES:
-- ARGV: accepted from (ms), to (ms), event and destination of the last delivery that was read ('' at the beginning), only
--       this destination (or ''), only these states (or ''), most deliveries, most events to look at, how many fields make
--       a record too large to be read here, most fields to look at, what stands for behind an event's last destination
-- Returns: {1 at the end, {ms, event, destination} of the last that was looked at, deliveries, {ms, event} of the large one
--          that follows or nothing}, each delivery {id, accepted_at, type, destination, packed delivery}
-- Touches: events record:<id>
-- Uses: bind
local from, to, last_event, last_destination = ARGV[FIRST], ARGV[FIRST + 1], ARGV[FIRST + 2], ARGV[FIRST + 3]
local only, wanted = ARGV[FIRST + 4], ARGV[FIRST + 5]
local most, look, large = tonumber(ARGV[FIRST + 6]), tonumber(ARGV[FIRST + 7]), tonumber(ARGV[FIRST + 8])
local left, behind = tonumber(ARGV[FIRST + 9]), ARGV[FIRST + 10]
local rows, reached = {}, { to, last_event, last_destination }

local function is_wanted(packed)
  return wanted == '' or string.find(wanted, ' ' .. string.match(packed, '^[^\t]*') .. ' ', 1, true)
end

-- Returns the event's type, its deliveries by destination, and their names in order.
local function read_record(id)
  if id == last_event and last_destination == behind then
    return nil, {}, {}
  elseif only ~= '' then
    left = left - 1
    local stored = redis.call('HMGET', keys.record .. id, 'type', 'd:' .. only)
    return stored[1], { [only] = stored[2] }, stored[2] and { only } or {}
  end
  local packed, names, wanted_fields, fields = {}, {}, { 'type' }, redis.call('HKEYS', keys.record .. id)
  left = left - #fields
  for _, field in ipairs(fields) do
    local destination = string.match(field, '^d:(.+)$')
    if destination then
      names[#names + 1], wanted_fields[#wanted_fields + 1] = destination, field
    end
  end
  local stored = redis.call('HMGET', keys.record .. id, unpack(wanted_fields))
  for number, name in ipairs(names) do
    packed[name] = stored[number + 1]
  end
  table.sort(names)
  return stored[1], packed, names
end

-- True when the page is full.
local function read_event(id, at)
  local type, packed, names = read_record(id)
  for _, destination in ipairs(names) do
    if id ~= last_event or destination > last_destination then
      if is_wanted(packed[destination]) then
        if #rows == most then
          return true
        end
        rows[#rows + 1] = { id, tonumber(at), type, destination, packed[destination] }
      end
      reached = { at, id, destination }
    end
  end
  if #names == 0 then
    reached = { at, id, behind }
  end
  return false
end

local function is_large(id)
  return only == '' and (id ~= last_event or last_destination ~= behind) and redis.call('HLEN', keys.record .. id) > large
end

-- Events of one instant stand in the order of their ids; those before the last one that was read are passed over.
local looked, offset = 0, 0
while true do
  local page = redis.call('ZREVRANGEBYSCORE', keys.events, to, from, 'WITHSCORES', 'LIMIT', offset, look)
  for i = 1, #page, 2 do
    local id, at = page[i], page[i + 1]
    if last_event == '' or tonumber(at) ~= tonumber(to) or id <= last_event then
      if is_large(id) then
        return { 0, reached, rows, { at, id } }
      end
      if looked == look or left <= 0 or read_event(id, at) then
        return { 0, reached, rows, {} }
      end
      looked = looked + 1
    end
  end
  if #page < 2 * look then
    return { 1, reached, rows, {} }
  end
  offset = offset + look
end
