-- Tell who waits for work that some is due: a drain that listens, which takes it at once, else one sleeping dispatcher. One
-- token is enough for whatever became due. Where as many lie there already as drains listen, none of them comes. Uses: clock.
local function ring(keys)
  local listening = redis.call('ZCOUNT', keys.idle, string.format('%.3f', clock()), '+inf')
  if listening == 0 or redis.call('LLEN', keys.bell) >= listening then
    return false
  end
  redis.call('LPUSH', keys.bell, '1')
  return true
end

local function wake(keys)
  if not ring(keys) and redis.call('LLEN', keys.wake) == 0 then
    redis.call('LPUSH', keys.wake, '1')
  end
end
