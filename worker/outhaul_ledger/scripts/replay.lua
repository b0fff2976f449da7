#!lua flags=allow-oom
-- Make dead letters, or held deliveries, due again with a fresh retry budget.
-- KEYS: record lane lanes slow inflight dead held destination wake
-- STATES: pending dead held
-- ARGV: per delivery: destination, id
-- Returns: per delivery 1, or 0 where it is neither dead nor held (any more)
-- Touches: record:<id> lane:<d> lanes slow dead:<d> held:<d> wake
-- Uses: bind clock wake delivery concurrency rate breaker flow lanes
local now = clock()
local answers, touched = {}, {}

local function revive(destination, id)
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

for i = FIRST, #ARGV, 2 do
  answers[#answers + 1] = revive(ARGV[i], ARGV[i + 1])
end
for destination in pairs(touched) do
  schedule_lane(keys, destination, now)
end
if next(touched) then
  wake(keys)
end
return answers
