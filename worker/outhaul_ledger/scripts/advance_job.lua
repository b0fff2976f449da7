#!lua flags=allow-oom
-- Take a step of a replay: make its next deliveries due again, and keep how far it has got, both or neither.
-- KEYS: record lane lanes slow inflight dead held destination wake idle bell job jobs
-- STATES: pending dead held
-- ARGV: job, token of the taker, position to go on from ('' at the end), ms until its next step, retention in ms, then per
--       delivery: destination, id
-- Returns: 1, or 0 where another process has taken it meanwhile, and nothing was changed
-- Touches: record:<id> lane:<d> lanes slow dead:<d> held:<d> wake bell job:<job> jobs
-- Uses: bind clock wake delivery concurrency rate breaker flow lanes sheaf revive
local id, position = ARGV[FIRST], ARGV[FIRST + 2]
local job, now = keys.job .. id, clock()
local replayed = 0
if redis.call('HGET', job, 'token') ~= ARGV[FIRST + 1] then
  return 0
end
for i = FIRST + 5, #ARGV, 2 do
  replayed = replayed + revive(keys, states, ARGV[i], ARGV[i + 1], now)
end
write_revived(keys, now)
redis.call('HINCRBY', job, 'replayed', replayed)
redis.call('HINCRBY', job, 'gone', (#ARGV - FIRST - 4) / 2 - replayed)
redis.call('HSET', job, 'position', position, 'token', '')
if position ~= '' then
  redis.call('ZADD', keys.jobs, now + ARGV[FIRST + 3], id)
else
  redis.call('ZREM', keys.jobs, id)
  redis.call('HSET', job, 'ended', math.floor(now))
  redis.call('PEXPIRE', job, ARGV[FIRST + 4])
end
return 1
