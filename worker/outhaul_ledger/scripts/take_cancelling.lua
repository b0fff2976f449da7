#!lua flags=allow-oom
-- Take an event that is being taken back by a caller of whom nothing was heard since, so that it is gone through to its end.
-- KEYS: record cancelling
-- STATES:
-- ARGV: ms after which another may take it
-- Returns: {id, moment it is being taken back since}; nothing where there is none
-- Touches: record:<id> cancelling
-- Uses: bind clock
local now = clock()
for _, id in ipairs(redis.call('ZRANGEBYSCORE', keys.cancelling, '-inf', now, 'LIMIT', 0, 10)) do
  local since = redis.call('HGET', keys.record .. id, 'cancelling')
  if since then
    redis.call('ZADD', keys.cancelling, now + ARGV[FIRST], id)
    return { id, since }
  end
  redis.call('ZREM', keys.cancelling, id)
end
return {}
