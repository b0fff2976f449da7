-- Wake one sleeping dispatcher: one token is enough for whatever became due.
local function wake(keys)
  if redis.call('LLEN', keys.wake) == 0 then
    redis.call('LPUSH', keys.wake, '1')
  end
end
