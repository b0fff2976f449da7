-- To stop a destination for a reason of its own. That a subscription was, is to be told; once, however many of its
-- deliveries found it out. Uses: subscribed, delivery.
local function disable(keys, flow, reason, now)
  if not flow.paused and is_subscription(flow.destination) then
    redis.call('ZADD', keys.disabled, stamp(now), flow.destination)
  end
  flow.paused = reason
  redis.call('HSET', keys.destination .. flow.destination, 'paused', reason, 'paused_at', stamp(now))
end

-- A subscription to which nothing could be delivered for as long as it has patience, and now again not, is stopped.
local function note_fortune(keys, states, flow, now)
  local name, delivered = keys.destination .. flow.destination, flow.fortune == states.delivered
  if not delivered and flow.fortune ~= states.pending and flow.fortune ~= states.dead then
    return
  end
  local settings = redis.call('HMGET', name, 'failing_since', 'patience')
  if delivered and settings[1] then
    redis.call('HDEL', name, 'failing_since')
  elseif not delivered and not settings[1] then
    redis.call('HSET', name, 'failing_since', stamp(now))
  elseif not delivered and settings[2] and now - settings[1] >= tonumber(settings[2]) then
    disable(keys, flow, string.format('no delivery has succeeded for %.4g h', settings[2] / 3600000), now)
  end
end
