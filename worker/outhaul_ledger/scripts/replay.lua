#!lua flags=allow-oom
-- Make dead letters, or held deliveries, due again with a fresh retry budget.
-- KEYS: record lane lanes slow inflight dead held destination wake idle bell
-- STATES: pending dead held
-- ARGV: per delivery: destination, id
-- Returns: per delivery 1, or 0 where it is neither dead nor held (any more)
-- Touches: record:<id> lane:<d> lanes slow dead:<d> held:<d> wake bell
-- Uses: bind clock wake delivery concurrency rate breaker flow lanes revive
local now = clock()
local answers, touched = {}, {}
for i = FIRST, #ARGV, 2 do
  answers[#answers + 1] = revive(keys, states, ARGV[i], ARGV[i + 1], now, touched)
end
for destination in pairs(touched) do
  schedule_lane(keys, destination, now)
end
if next(touched) then
  wake(keys)
end
return answers
