#!lua flags=allow-oom
-- A drain has nothing to do but to wait, and listens for the bell. Not where an event came in since it looked last: nobody
-- would ring for that once more.
-- KEYS: drains idle inbox
-- STATES:
-- ARGV: drain, ms for which it will listen
-- Returns: 1 if there is an event to route, and it does not listen
-- Touches: drains idle
-- Uses: bind clock
local now = clock()
redis.call('ZADD', keys.drains, now, ARGV[FIRST])
if redis.call('EXISTS', keys.inbox) == 1 then
  return 1
end
redis.call('ZREMRANGEBYSCORE', keys.idle, '-inf', now)
redis.call('ZADD', keys.idle, now + ARGV[FIRST + 1], ARGV[FIRST])
return 0
