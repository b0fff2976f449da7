-- The attempt log of an event: one line an attempt, `<destination> <JSON>`. Beyond the cap of lines a destination has, its
-- own oldest ones make room. An empty line is not kept.
local function log_attempt(keys, id, destination, line, cap)
  if line == '' then
    return
  end
  local log, mark, own = keys.attempts .. id, destination .. ' ', {}
  if redis.call('LLEN', log) >= cap then
    for _, old in ipairs(redis.call('LRANGE', log, 0, -1)) do
      if string.sub(old, 1, #mark) == mark then
        own[#own + 1] = old
      end
    end
  end
  for i = 1, #own - cap + 1 do
    redis.call('LREM', log, 1, own[i])
  end
  redis.call('RPUSH', log, mark .. line)
end
