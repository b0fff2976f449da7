-- A lease whose owner is gone. The attempt may have reached the endpoint, so the next one is a possible duplicate.
-- Lost `poison` times in a row, the delivery itself is the likely killer and becomes a dead letter. One whose event was
-- taken back meanwhile ends. Returns the state it is in now. Uses: delivery, finish, attempts, order, cancel.
local function lose_lease(keys, states, destination, id, delivery, now, poison, cap, retention)
  local was_duplicate, cancelled = delivery.duplicate == '1', delivery.reason == CANCELLED
  delivery.lost = delivery.lost + 1
  delivery.duplicate = '1'
  delivery.drain = ''
  delivery.reason = 'worker_lost'
  delivery.due = stamp(now)
  local poisoned = delivery.lost >= poison
  delivery.state = poisoned and states.dead or states.pending
  redis.call('ZREM', keys.inflight .. destination, id)
  local line = cjson.encode({
    attempt = delivery.attempts, at = math.floor(now), reason = 'worker_lost',
    outcome = poisoned and states.dead or 'retry', possible_duplicate = was_duplicate,
  })
  log_attempt(keys, id, destination, line, cap)
  if cancelled then
    cancel_delivery(keys, states, destination, id, delivery, now, retention)
    return delivery.state
  end
  if poisoned then
    leave_lane(keys, destination, id)
    keep(keys, keys.dead, destination, id, now)
  else
    redis.call('ZADD', keys.lane .. destination, now, id)
  end
  fail_in_order(keys, destination, id, delivery, now, poisoned)
  redis.call('HSET', keys.record .. id, 'd:' .. destination, pack_delivery(delivery))
  return delivery.state
end
