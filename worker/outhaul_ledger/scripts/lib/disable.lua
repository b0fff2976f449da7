-- To stop a destination for a reason of its own. That a subscription was, is to be told; once, however many of its
-- deliveries found it out. Uses: subscribed, delivery.
local function disable(keys, destination, reason, now)
  local paused = redis.call('HEXISTS', keys.destination .. destination, 'paused')
  redis.call('HSET', keys.destination .. destination, 'paused', reason, 'paused_at', stamp(now))
  if paused == 0 and is_subscription(destination) then
    redis.call('ZADD', keys.disabled, stamp(now), destination)
  end
end

-- A subscription to which nothing could be delivered for as long as it has patience, and now again not, is stopped.
local function note_fortune(keys, destination, delivered, now)
  local settings = redis.call('HMGET', keys.destination .. destination, 'failing_since', 'patience')
  if delivered then
    if settings[1] then
      redis.call('HDEL', keys.destination .. destination, 'failing_since')
    end
  elseif not settings[1] then
    redis.call('HSET', keys.destination .. destination, 'failing_since', stamp(now))
  elseif settings[2] and now - settings[1] >= tonumber(settings[2]) then
    disable(keys, destination, string.format('no delivery has succeeded for %.4g h', settings[2] / 3600000), now)
  end
end
