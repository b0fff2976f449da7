-- The attempt log of a delivery: in record:<id>, field a:<destination>, one line of JSON an attempt, oldest first. Beyond the
-- cap the oldest makes room. A field of its own for each delivery: whatever an event's other deliveries went through costs
-- nothing here. An empty line is not kept.

-- `known` is the log as it is, or false. Returns it with the line, nil where that changes nothing.
local function add_line(known, line, cap)
  if line == '' then
    return nil
  end
  if not known then
    return line
  end
  local _, breaks = string.gsub(known, '\n', '')
  for _ = cap, breaks + 1 do
    known = string.sub(known, string.find(known, '\n', 1, true) + 1)
  end
  return known .. '\n' .. line
end

local function log_attempt(keys, id, destination, line, cap)
  local log = add_line(redis.call('HGET', keys.record .. id, 'a:' .. destination), line, cap)
  if log then
    redis.call('HSET', keys.record .. id, 'a:' .. destination, log)
  end
end

local function is_logged(known, line)
  return known and string.find('\n' .. known .. '\n', '\n' .. line .. '\n', 1, true)
end
