#!lua flags=no-writes
-- Read which workers are known and when each last beat.
-- KEYS: workers
-- STATES:
-- ARGV: none
-- Returns: {now, worker, '<last beat> <slots> <stopping>', ...}
-- Touches: workers
-- Uses: bind clock
local answer = redis.call('HGETALL', keys.workers)
table.insert(answer, 1, math.floor(clock()))
return answer
