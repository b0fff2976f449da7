#!lua flags=allow-oom
-- Give dead letters, or held deliveries, up for good: they end as cancelled.
-- KEYS: event record dead held destination lane lanes slow inflight order gate expiring wake idle bell
-- STATES: dead held cancelled
-- ARGV: retention in ms, then per delivery: destination, id
-- Returns: per delivery 1, or 0 where it is neither dead nor held (any more)
-- Touches: record:<id> dead:<d> held:<d> destination:<d>; event:<id> (expiry); order:<d>:<key> gate lane:<d>
--          lanes slow wake bell (deliveries whose turn has come) expiring
-- Uses: bind clock wake delivery concurrency rate breaker flow lanes finish order
local retention = ARGV[FIRST]
local now = clock()
local answers, touched = {}, {}

local function give_up(destination, id)
  local packed = redis.call('HGET', keys.record .. id, 'd:' .. destination)
  local delivery = packed and unpack_delivery(packed)
  if not delivery or (delivery.state ~= states.dead and delivery.state ~= states.held) then
    return 0
  end
  local shelf = delivery.state == states.dead and keys.dead or keys.held
  redis.call('ZREM', shelf .. destination, id)
  delivery.state, delivery.reason, delivery.due = states.cancelled, 'discarded', stamp(now)
  if delivery.order ~= '' then
    leave_order(keys, destination, id, delivery, now)
    touched[destination] = true
  end
  redis.call('HSET', keys.record .. id, 'd:' .. destination, pack_delivery(delivery))
  redis.call('HINCRBY', keys.record .. id, 'kept', -1)
  redis.call('HINCRBY', keys.destination .. destination, states.cancelled, 1)
  expire_if_finished(keys, id, now, retention)
  return 1
end

for i = FIRST + 1, #ARGV, 2 do
  answers[#answers + 1] = give_up(ARGV[i], ARGV[i + 1])
end
for destination in pairs(touched) do
  schedule_lane(keys, destination, now)
end
if next(touched) then
  wake(keys)
end
return answers
