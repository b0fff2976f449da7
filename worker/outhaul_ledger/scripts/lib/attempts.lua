-- The attempt log of a delivery: in attempts:<id>, field <destination>, one line of JSON an attempt, oldest first. Beyond
-- the cap the oldest makes room. A field of its own for each delivery: whatever an event's other deliveries went through
-- costs nothing here. An empty line is not kept.
local function log_attempt(keys, id, destination, line, cap)
  if line == '' then
    return
  end
  local log = keys.attempts .. id
  if redis.call('HSETNX', log, destination, line) == 1 then
    return
  end
  local known = redis.call('HGET', log, destination)
  local _, breaks = string.gsub(known, '\n', '')
  for _ = cap, breaks + 1 do
    known = string.sub(known, string.find(known, '\n', 1, true) + 1)
  end
  redis.call('HSET', log, destination, known .. '\n' .. line)
end

local function is_logged(keys, id, destination, line)
  local known = redis.call('HGET', keys.attempts .. id, destination)
  return known and string.find('\n' .. known .. '\n', '\n' .. line .. '\n', 1, true)
end
