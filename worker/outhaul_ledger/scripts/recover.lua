#!lua flags=allow-oom
-- Take the leases of drains that stopped beating: their deliveries are due at once, as possible duplicates.
-- KEYS: event record attempts inbox lane lanes slow inflight dead destination drains leases wake
-- STATES: pending leased dead
-- ARGV: silence in ms that means dead, lost leases that make a dead letter, attempt lines kept, most leases to take
-- Returns: {recovered, dead-lettered, drains given up}
-- Touches: drains leases:<drain> inbox lane:<d> lanes slow inflight:<d> record:<id> attempts:<id> dead:<d> wake
-- Uses: bind clock delivery concurrency rate breaker flow lanes finish attempts lost
local silence, poison = tonumber(ARGV[FIRST]), tonumber(ARGV[FIRST + 1])
local cap, left = tonumber(ARGV[FIRST + 2]), tonumber(ARGV[FIRST + 3])
local now = clock()
local recovered, poisoned, given_up, touched = 0, 0, 0, {}

local function take(drain, lease)
  local destination, id = string.match(lease, '^([^ ]*) (.*)$')
  redis.call('SREM', keys.leases .. drain, lease)
  if destination == '' then
    recovered = recovered + redis.call('ZADD', keys.inbox, 'XX', 'CH', now, id)
    return
  end
  local packed = redis.call('HGET', keys.record .. id, 'd:' .. destination)
  local delivery = packed and unpack_delivery(packed)
  if not delivery or delivery.state ~= states.leased or delivery.drain ~= drain then
    return
  end
  touched[destination] = true
  if lose_lease(keys, states, destination, id, delivery, now, poison, cap) then
    poisoned = poisoned + 1
  else
    recovered = recovered + 1
  end
end

for _, drain in ipairs(redis.call('ZRANGEBYSCORE', keys.drains, '-inf', now - silence)) do
  local taken = redis.call('SRANDMEMBER', keys.leases .. drain, left)
  for _, lease in ipairs(taken) do
    take(drain, lease)
  end
  left = left - #taken
  if redis.call('EXISTS', keys.leases .. drain) == 0 then
    redis.call('ZREM', keys.drains, drain)
    given_up = given_up + 1
  end
  if left <= 0 then
    break
  end
end
for destination in pairs(touched) do
  schedule_lane(keys, destination, now)
end
if recovered > 0 and redis.call('LLEN', keys.wake) == 0 then
  redis.call('LPUSH', keys.wake, '1')
end
return { recovered, poisoned, given_up }
