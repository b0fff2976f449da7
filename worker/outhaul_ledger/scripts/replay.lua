#!lua flags=allow-oom
-- Make dead letters, or held deliveries, due again with a fresh retry budget.
-- KEYS: record lane lanes slow inflight dead held destination wake idle bell
-- STATES: pending dead held
-- ARGV: per delivery: destination, id
-- Returns: per delivery 1, or 0 where it is neither dead nor held (any more)
-- Touches: record:<id> lane:<d> lanes slow dead:<d> held:<d> wake bell
-- Uses: bind clock wake delivery concurrency rate breaker flow lanes sheaf revive
local now = clock()
local answers = {}
for i = FIRST, #ARGV, 2 do
  answers[#answers + 1] = revive(keys, states, ARGV[i], ARGV[i + 1], now)
end
write_revived(keys, now)
return answers
