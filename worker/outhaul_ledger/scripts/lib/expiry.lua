-- An event that is no longer wanted from a moment on. What a person replayed after that moment is wanted all the same.
-- Uses: delivery, finish, order.
local function has_expired(expires, delivery, moment)
  local limit = tonumber(expires)
  return limit and limit <= moment and tonumber(delivery.since) < limit
end

-- A pending delivery becomes a dead letter.
local function expire_delivery(keys, states, destination, id, delivery, now)
  delivery.state, delivery.reason, delivery.due = states.dead, 'expired', stamp(now)
  leave_lane(keys, destination, id)
  keep(keys, keys.dead, destination, id, now)
  fail_in_order(keys, destination, id, delivery, now, true)
  redis.call('HSET', keys.record .. id, 'd:' .. destination, pack_delivery(delivery))
end
