#!lua
-- Accept events: each is stored once, dedup is by event id, a different content under a known id is a conflict.
-- KEYS: event record inbox wake
-- STATES:
-- ARGV: 1 if the caller waits for the disk or for replicas, then per event: id, digest, source, type, body
-- Returns: per event {'accepted' | 'duplicate' | 'conflict', accepted_at}
-- Touches: event:<id> record:<id> inbox wake
-- Uses: bind clock
local waits = ARGV[FIRST] == '1'
local now = math.floor(clock())
local answers, fresh = {}, false
for i = FIRST + 1, #ARGV, 5 do
  local id, digest = ARGV[i], ARGV[i + 1]
  local known = redis.call('HMGET', keys.record .. id, 'digest', 'at')
  if not known[1] then
    redis.call('HSET', keys.record .. id, 'digest', digest, 'at', now, 'source', ARGV[i + 2], 'type', ARGV[i + 3])
    redis.call('SET', keys.event .. id, ARGV[i + 4])
    redis.call('ZADD', keys.inbox, now, id)
    answers[#answers + 1] = { 'accepted', now }
    fresh = true
  elseif known[1] == digest then
    -- WAITAOF and WAIT are about this connection's own writes: without one they would not wait for the first acceptance.
    if waits then
      redis.call('HSET', keys.record .. id, 'at', known[2])
    end
    answers[#answers + 1] = { 'duplicate', tonumber(known[2]) }
  else
    answers[#answers + 1] = { 'conflict', tonumber(known[2]) }
  end
end
if fresh and redis.call('LLEN', keys.wake) == 0 then
  redis.call('LPUSH', keys.wake, '1')
end
return answers
