-- The attempt log of an event: one JSON line an attempt, the oldest of a destination dropped beyond its cap.
local function log_attempt(keys, id, destination, line, attempt, cap)
  local log = keys.attempts .. id
  if attempt > cap then
    local mark = '"destination":"' .. destination .. '"'
    for _, old in ipairs(redis.call('LRANGE', log, 0, -1)) do
      if string.find(old, mark, 1, true) then
        redis.call('LREM', log, 1, old)
        break
      end
    end
  end
  redis.call('RPUSH', log, line)
end
