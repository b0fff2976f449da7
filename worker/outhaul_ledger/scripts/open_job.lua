#!lua flags=allow-oom
-- Begin a replay that any process may carry on, or find the one that was begun under the same name.
-- KEYS: job jobs
-- STATES:
-- ARGV: job, selection (JSON), most deliveries a second (or '')
-- Returns: 1, or 0 where it had been begun before
-- Touches: job:<job> jobs
-- Uses: bind clock
local id, now = ARGV[FIRST], clock()
if redis.call('HSETNX', keys.job .. id, 'selection', ARGV[FIRST + 1]) == 0 then
  return 0
end
redis.call('HSET', keys.job .. id, 'rate', ARGV[FIRST + 2], 'opened', math.floor(now), 'cutoff', math.ceil(now),
  'replayed', 0, 'gone', 0, 'position', '', 'ended', 0)
redis.call('ZADD', keys.jobs, now, id)
return 1
