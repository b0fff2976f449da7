-- Make a dead or held delivery due again with a fresh retry budget; its lane is added to `touched`.
-- Returns 1, or 0 where it is neither (any more). Uses: clock, delivery.
local function revive(keys, states, destination, id, now, touched)
  local packed = redis.call('HGET', keys.record .. id, 'd:' .. destination)
  local delivery = packed and unpack_delivery(packed)
  if not delivery or (delivery.state ~= states.dead and delivery.state ~= states.held) then
    return 0
  end
  local shelf = delivery.state == states.dead and keys.dead or keys.held
  redis.call('ZREM', shelf .. destination, id)
  delivery.state, delivery.tries, delivery.lost, delivery.reason = states.pending, 0, 0, 'replayed'
  delivery.due, delivery.since = stamp(now), stamp(now)
  redis.call('HSET', keys.record .. id, 'd:' .. destination, pack_delivery(delivery))
  redis.call('HINCRBY', keys.record .. id, 'kept', -1)
  redis.call('HINCRBY', keys.record .. id, 'open', 1)
  redis.call('ZADD', keys.lane .. destination, now, id)
  touched[destination] = true
  return 1
end
