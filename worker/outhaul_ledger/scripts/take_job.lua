#!lua flags=allow-oom
-- Take the replay that is due, for as long as a step may take; whoever took it before has lost it.
-- KEYS: job jobs
-- STATES:
-- ARGV: token of the taker, lease in ms
-- Returns: {ms until one is due (-1: there is none)}, or {0, job, its fields: field, value, ...}
-- Touches: job:<job> jobs
-- Uses: bind clock
local now = clock()
local head = redis.call('ZRANGE', keys.jobs, 0, 0, 'WITHSCORES')
if not head[1] then
  return { -1 }
end
if tonumber(head[2]) > now then
  return { math.ceil(tonumber(head[2]) - now) }
end
redis.call('ZADD', keys.jobs, now + ARGV[FIRST + 1], head[1])
redis.call('HSET', keys.job .. head[1], 'token', ARGV[FIRST])
return { 0, head[1], redis.call('HGETALL', keys.job .. head[1]) }
