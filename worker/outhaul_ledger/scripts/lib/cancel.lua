-- An event that its sender took back. What was in flight then has this as its reason until the attempt ends, and is not
-- tried again. Uses: delivery, finish, order.
local CANCELLED = 'cancelled'

-- An unfinished delivery ends.
local function cancel_delivery(keys, states, destination, id, delivery, now, retention)
  delivery.state, delivery.reason, delivery.due = states.cancelled, CANCELLED, stamp(now)
  leave_lane(keys, destination, id)
  leave_order(keys, destination, id, delivery, now)
  redis.call('HSET', keys.record .. id, 'd:' .. destination, pack_delivery(delivery))
  redis.call('HINCRBY', keys.destination .. destination, states.cancelled, 1)
  expire_if_finished(keys, id, now, retention)
end
