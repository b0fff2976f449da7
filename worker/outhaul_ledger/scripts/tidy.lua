#!lua flags=allow-oom
-- Clear up behind subscriptions, a step at a time: cancel what the removed ones have left, and what has waited too long in
-- stopped ones; and tell which were stopped.
-- KEYS: event record lane lanes slow inflight dead held destinations destination changes leaving disabled recent
--       expiring
-- STATES: pending dead held cancelled
-- ARGV: retention in ms, most deliveries to cancel, ms that deliveries wait in a stopped one, cursor ('0' at first), names
--       to look at
-- Returns: {next cursor ('0': begin again), cancelled, per stopped one that is to be told {name, since (ms), reason}}
-- Touches: record:<id> lane:<d> lanes slow dead:<d> held:<d> destinations destination:<d> changes leaving disabled inflight:<d>
--          recent:<d>; event:<id> expiring (expiry)
-- Uses: bind clock delivery finish subscribed
local retention, left, patience = ARGV[FIRST], tonumber(ARGV[FIRST + 1]), tonumber(ARGV[FIRST + 2])
local now = clock()
local cancelled = 0

local function cancel(shelf, destination, id, reason)
  local packed = redis.call('HGET', keys.record .. id, 'd:' .. destination)
  local delivery = packed and unpack_delivery(packed)
  if not delivery or (delivery.state ~= states.pending and delivery.state ~= states.dead and delivery.state ~= states.held) then
    return
  end
  redis.call('ZREM', shelf .. destination, id)
  redis.call('HINCRBY', keys.record .. id, delivery.state == states.pending and 'open' or 'kept', -1)
  delivery.state, delivery.reason, delivery.due = states.cancelled, reason, stamp(now)
  redis.call('HSET', keys.record .. id, 'd:' .. destination, pack_delivery(delivery))
  redis.call('HINCRBY', keys.destination .. destination, states.cancelled, 1)
  expire_if_finished(keys, id, now, retention)
  cancelled, left = cancelled + 1, left - 1
end

local function cancel_until(shelf, destination, moment, reason)
  local in_flight = redis.call('ZCARD', keys.inflight .. destination)
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', shelf .. destination, '-inf', moment, 'LIMIT', 0, left + in_flight)) do
    if left > 0 then
      cancel(shelf, destination, id, reason)
    end
  end
end

-- What is in flight is waited for: it ends as it ends, or comes back into the lane.
local function clear(destination)
  for _, shelf in ipairs({ keys.lane, keys.dead, keys.held }) do
    cancel_until(shelf, destination, '+inf', 'unsubscribed')
  end
  if redis.call('EXISTS', keys.lane .. destination, keys.dead .. destination, keys.held .. destination) == 0 then
    redis.call('SREM', keys.leaving, destination)
    redis.call('SREM', keys.destinations, destination)
    -- Where somebody has resumed it meanwhile.
    redis.call('ZREM', keys.lanes, destination)
    redis.call('ZREM', keys.slow, destination)
    redis.call('DEL', keys.destination .. destination, keys.recent .. destination)
  end
end

local function expire(destination)
  if redis.call('HEXISTS', keys.destination .. destination, 'paused') == 1 then
    cancel_until(keys.lane, destination, string.format('%d', now - patience), 'expired while its subscription was stopped')
  end
end

for _, destination in ipairs(redis.call('SRANDMEMBER', keys.leaving, 10)) do
  clear(destination)
end
local page = redis.call('ZSCAN', keys.changes, ARGV[FIRST + 3], 'COUNT', ARGV[FIRST + 4])
for i = 1, #page[2], 2 do
  expire(page[2][i])
end
local told = {}
for _, destination in ipairs(redis.call('ZRANGE', keys.disabled, 0, 9)) do
  local reason = redis.call('HGET', keys.destination .. destination, 'paused')
  if reason then
    told[#told + 1] = { destination, tonumber(redis.call('ZSCORE', keys.disabled, destination)), reason }
  else
    redis.call('ZREM', keys.disabled, destination)
  end
end
return { page[1], cancelled, told }
