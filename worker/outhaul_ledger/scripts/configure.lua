#!lua flags=allow-oom
-- Make the configured limits those of all workers.
-- KEYS: destinations destination lane lanes inflight history
-- STATES:
-- ARGV: per destination: name, most deliveries in flight
-- Returns: nothing
-- Touches: destinations destination:<d> lanes history
-- Uses: bind clock lanes history
local now = clock()
complete_since(keys, now)
for i = FIRST, #ARGV, 2 do
  redis.call('SADD', keys.destinations, ARGV[i])
  redis.call('HSET', keys.destination .. ARGV[i], 'limit', ARGV[i + 1])
  schedule_lane(keys, ARGV[i], now)
end
