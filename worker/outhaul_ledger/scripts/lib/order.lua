-- Order per key. Of the deliveries of a destination that share a key, `order:<destination>:<key>` holds those that others
-- must not pass, by the sequence of acceptance. Only the first is due; the others stand in the lane with the score `inf`
-- until it leaves. A delivery's column `order` is `<key>`, or `<key>/<tries>` where it is passed after so many tries; empty
-- for one that has no place in an order, which is all the others pay. Uses: delivery.

local function order_of(keys, destination, order)
  return keys.order .. destination .. ':' .. order_key(order)
end

-- The first of an order becomes due, unless it is in flight, kept for a person, or behind the gate. It could not be tried
-- before, so its age counts from now.
local function release_first(keys, destination, order, now)
  local id = redis.call('ZRANGE', order, 0, 0)[1]
  if not id or redis.call('ZSCORE', keys.lane .. destination, id) ~= 'inf'
    or redis.call('ZSCORE', keys.gate, destination .. ' ' .. id) then
    return
  end
  local stored = redis.call('HMGET', keys.record .. id, 'd:' .. destination, 'expires')
  if not stored[1] then
    -- Deleted by hand: those behind it must not wait for ever. The survey shows the gap.
    redis.call('ZREM', order, id)
    redis.call('ZREM', keys.lane .. destination, id)
    return release_first(keys, destination, order, now)
  end
  local delivery = unpack_delivery(stored[1])
  if tonumber(delivery.due) < math.floor(now) and now < tonumber(stored[2] or math.huge) then
    delivery.due, delivery.since = stamp(now), stamp(now)
    redis.call('HSET', keys.record .. id, 'd:' .. destination, pack_delivery(delivery))
  end
  redis.call('ZADD', keys.lane .. destination, delivery.due, id)
end

-- A delivery that others need not wait for any more. Its column is cleared; the caller writes it.
local function leave_order(keys, destination, id, delivery, now)
  if delivery.order == '' then
    return
  end
  local order = order_of(keys, destination, delivery.order)
  delivery.order = ''
  redis.call('ZREM', order, id)
  redis.call('ZREM', keys.gate, destination .. ' ' .. id)
  release_first(keys, destination, order, now)
end

-- A delivery that failed keeps its place, and the others waiting, unless it has had the tries after which it is passed.
-- `final`: it will not be tried again by itself. One that expired was not wanted any more: nobody waits for it.
local function fail_in_order(keys, destination, id, delivery, now, final)
  if delivery.order == '' then
    return
  end
  local patience = tonumber(string.match(delivery.order, '/(%d+)$'))
  local passed = patience and (final or delivery.tries >= patience)
  if passed or (final and delivery.reason == 'expired') then
    leave_order(keys, destination, id, delivery, now)
  end
end
