#!lua flags=allow-oom
-- Let a paused destination's deliveries go on.
-- KEYS: destination lane lanes inflight wake
-- STATES:
-- ARGV: destination
-- Returns: 1, or 0 where it was not paused
-- Touches: destination:<d> lanes wake
-- Uses: bind clock lanes
local destination = ARGV[FIRST]
local was = redis.call('HDEL', keys.destination .. destination, 'paused', 'paused_at')
redis.call('HDEL', keys.destination .. destination, 'failing_since')
schedule_lane(keys, destination, clock())
if redis.call('LLEN', keys.wake) == 0 then
  redis.call('LPUSH', keys.wake, '1')
end
return was > 0 and 1 or 0
