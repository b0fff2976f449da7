#!lua flags=allow-oom
-- Let a destination's deliveries go on: lift a pause, and let an open breaker's probe go at once.
-- KEYS: destination lane lanes slow inflight wake idle bell
-- STATES:
-- ARGV: destination
-- Returns: {1 if it was paused, 1 if its breaker was open}
-- Touches: destination:<d> lanes slow wake bell
-- Uses: bind clock wake concurrency rate breaker flow lanes
local destination, now = ARGV[FIRST], clock()
local paused = redis.call('HDEL', keys.destination .. destination, 'paused', 'paused_at')
redis.call('HDEL', keys.destination .. destination, 'failing_since')
local flow = read_flow(keys, destination, now)
local open = flow.reopen_at > now
if open then
  flow.reopen_at = math.floor(now)
  write_flow(keys, flow)
end
schedule_lane(keys, destination, now, false, flow)
wake(keys)
return { paused > 0 and 1 or 0, open and 1 or 0 }
