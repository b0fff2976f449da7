#!lua flags=no-writes
-- Read the deliveries that a subscription's latest attempts were for, the latest first; expired ones are left out.
-- KEYS: recent record
-- STATES:
-- ARGV: destination
-- Returns: {id, last attempt (ms), type, packed delivery, attempt log: JSON lines} per delivery
-- Touches: recent:<d> record:<id>
-- Uses: bind
local destination, rows = ARGV[FIRST], {}
local page = redis.call('ZRANGE', keys.recent .. destination, 0, -1, 'REV', 'WITHSCORES')
for i = 1, #page, 2 do
  local stored = redis.call('HMGET', keys.record .. page[i], 'type', 'd:' .. destination, 'a:' .. destination)
  if stored[2] then
    rows[#rows + 1] = { page[i], page[i + 1], stored[1], stored[2], stored[3] or '' }
  end
end
return rows
