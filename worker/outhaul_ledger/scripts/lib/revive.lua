-- Make dead or held deliveries due again with a fresh retry budget. `revive` returns 1, or 0 where one is neither (any
-- more); `write_revived` ends a call of it for each. Uses: delivery sheaf lanes wake.
local revived = {}
local enter_lane, write_entered = sheaf('ZADD')
local leave_shelf, write_left = sheaf('ZREM')

local function revive(keys, states, destination, id, now)
  local stored = redis.call('HMGET', keys.record .. id, 'd:' .. destination, 'kept', 'open')
  local delivery = stored[1] and unpack_delivery(stored[1])
  if not delivery or (delivery.state ~= states.dead and delivery.state ~= states.held) then
    return 0
  end
  leave_shelf((delivery.state == states.dead and keys.dead or keys.held) .. destination, id)
  delivery.state, delivery.tries, delivery.lost, delivery.reason = states.pending, 0, 0, 'replayed'
  delivery.due, delivery.since = stamp(now), stamp(now)
  redis.call('HSET', keys.record .. id, 'd:' .. destination, pack_delivery(delivery),
    'kept', (stored[2] or 0) - 1, 'open', (stored[3] or 0) + 1)
  enter_lane(keys.lane .. destination, delivery.due, id)
  revived[destination] = true
  return 1
end

local function write_revived(keys, now)
  write_left()
  write_entered()
  for destination in pairs(revived) do
    schedule_lane(keys, destination, now)
  end
  if next(revived) then
    wake(keys)
  end
end
