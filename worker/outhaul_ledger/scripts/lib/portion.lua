-- A record in portions, as an event may have ten thousand deliveries. `cursor` is '0' at first, and '0' comes back behind
-- the last. All fields that are there throughout are met, some perhaps twice: a cursor is worth nothing to a server that
-- restarted or took another's place, which begins anew. A portion is about as large as `count` asks for; of a record that
-- the server keeps packed together it is all of it. Uses: run.
-- Returns the cursor of this portion, that of the next one, and fields and values: all, or those that match a pattern.
local DELIVERIES, EVERYTHING = 'd:*', '*'
local function read_portion(keys, id, cursor, count, pattern)
  local run, place = string.match(cursor, '^(%w*):(%d+)$')
  local current = place and run_of_server()
  if not place or run ~= current then
    place = '0'
  end
  local page = redis.call('HSCAN', keys.record .. id, place, 'MATCH', pattern, 'COUNT', count)
  current = current or (page[1] ~= '0' and run_of_server()) or ''
  return current .. ':' .. place, page[1] == '0' and '0' or current .. ':' .. page[1], page[2]
end
