-- Accepted events on their way to their deliveries: in `inbox` by the sequence of acceptance, in `routing` by the end of
-- the lease while a drain works out their destinations.

-- Without its record an event cannot be routed, and is left out.
local function return_to_inbox(keys, id)
  local sequence = redis.call('ZREM', keys.routing, id) == 1 and redis.call('HGET', keys.record .. id, 'sequence')
  if sequence then
    redis.call('ZADD', keys.inbox, sequence, id)
    return 1
  end
  return 0
end

local function take_from_inbox(keys, id)
  local taken = redis.call('ZREM', keys.routing, id)
  return taken == 1 and taken or redis.call('ZREM', keys.inbox, id)
end
