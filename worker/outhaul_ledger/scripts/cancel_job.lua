#!lua flags=allow-oom
-- Stop a replay: what it has made due stays, and no further step of it is taken, not even one that is under way. One that
-- has ended stays as it ended.
-- KEYS: job jobs
-- STATES:
-- ARGV: job, retention in ms
-- Returns: its fields as field, value, ...; nothing where there is none
-- Touches: job:<job> jobs
-- Uses: bind clock
local id = ARGV[FIRST]
local job = keys.job .. id
if redis.call('HGET', job, 'ended') == '0' then
  redis.call('ZREM', keys.jobs, id)
  redis.call('HSET', job, 'ended', math.floor(clock()), 'cancelled', 1, 'token', '', 'position', '')
  redis.call('PEXPIRE', job, ARGV[FIRST + 1])
end
return redis.call('HGETALL', job)
