#!lua flags=allow-oom
-- Make configured policies those of all workers.
-- KEYS: destinations destination lane lanes slow inflight
-- STATES:
-- ARGV: per destination: name, its packed policy (as lib/flow.lua reads it)
-- Returns: how many were changed
-- Touches: destinations destination:<d> lanes slow
-- Uses: bind clock concurrency rate breaker flow lanes
local now = clock()
local changed = 0
for i = FIRST, #ARGV, 2 do
  local destination, policy = ARGV[i], ARGV[i + 1]
  if redis.call('HGET', keys.destination .. destination, 'policy') ~= policy then
    redis.call('SADD', keys.destinations, destination)
    redis.call('HSET', keys.destination .. destination, 'policy', policy)
    schedule_lane(keys, destination, now)
    changed = changed + 1
  end
end
return changed
