#!lua flags=allow-oom
-- Take the leases of drains that stopped beating: their deliveries are due at once, as possible duplicates.
-- KEYS: event record inbox routing lane lanes slow inflight dead destination drains leases wake idle bell order
--       gate expiring
-- STATES: pending leased dead cancelled
-- ARGV: silence in ms that means dead, lost leases that make a dead letter, attempt lines kept, most leases to take,
--       retention in ms
-- Returns: {recovered, dead-lettered, drains given up}
-- Touches: drains leases:<drain> inbox routing lane:<d> lanes slow inflight:<d> record:<id> dead:<d> wake bell
--          order:<d>:<key> gate; destination:<d> event:<id> expiring (cancelled)
-- Uses: bind clock wake delivery concurrency rate breaker flow lanes finish attempts inbox order cancel lost
local silence, poison = tonumber(ARGV[FIRST]), tonumber(ARGV[FIRST + 1])
local cap, left, retention = tonumber(ARGV[FIRST + 2]), tonumber(ARGV[FIRST + 3]), ARGV[FIRST + 4]
local now = clock()
local recovered, poisoned, given_up, touched = 0, 0, 0, {}

local function take(drain, lease)
  local destination, id = string.match(lease, '^([^ ]*) (.*)$')
  redis.call('SREM', keys.leases .. drain, lease)
  if destination == '' then
    recovered = recovered + return_to_inbox(keys, id)
    return
  end
  local packed = redis.call('HGET', keys.record .. id, 'd:' .. destination)
  local delivery = packed and unpack_delivery(packed)
  if not delivery or delivery.state ~= states.leased or delivery.drain ~= drain then
    return
  end
  touched[destination] = true
  local state = lose_lease(keys, states, destination, id, delivery, now, poison, cap, retention)
  if state == states.dead then
    poisoned = poisoned + 1
  elseif state == states.pending then
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
if recovered > 0 then
  wake(keys)
end
return { recovered, poisoned, given_up }
