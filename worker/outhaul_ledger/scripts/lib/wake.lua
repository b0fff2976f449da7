-- Tell who waits for work that some is due: a drain that has nothing to do, which takes it at once, else one sleeping
-- dispatcher. One token is enough for whatever became due. A drain that has left the last one lying is not waiting.
local function ring(keys)
  if redis.call('EXISTS', keys.idle) == 0 or redis.call('LLEN', keys.bell) > 0 then
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
