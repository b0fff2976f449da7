#!lua
-- Accept events: each is stored once, dedup is by event id, a different content under a known id is a conflict.
-- KEYS: event record events inbox sequence wake idle bell history
-- STATES:
-- ARGV: 1 if the caller waits for the disk or for replicas, then per event: id, digest, source, type, body, 1 if it
--       is plain: its type is enough to route it
-- Returns: per event {'accepted' | 'duplicate' | 'conflict', accepted_at}
-- Touches: event:<id> record:<id> events inbox sequence wake bell history
-- Uses: bind clock wake run history sheaf
local waits = ARGV[FIRST] == '1'
local now = math.floor(clock())
local answers, sequence = {}, nil
local enter, write_entries = sheaf('ZADD')

-- Numbers are taken for all events of the call at once; those that duplicates would have got are never given.
local function next_in_sequence()
  local events = (#ARGV - FIRST) / 6
  sequence = sequence and sequence + 1 or redis.call('INCRBY', keys.sequence, events) - events + 1
  return sequence
end

for i = FIRST + 1, #ARGV, 6 do
  local id, digest = ARGV[i], ARGV[i + 1]
  local known = redis.call('HMGET', keys.record .. id, 'digest', 'at')
  if not known[1] then
    local number = next_in_sequence()
    redis.call('HSET', keys.record .. id, 'digest', digest, 'at', now, 'source', ARGV[i + 2], 'type', ARGV[i + 3],
      'sequence', number)
    if ARGV[i + 5] ~= '1' then
      redis.call('HSET', keys.record .. id, 'told', '1')
    end
    redis.call('SET', keys.event .. id, ARGV[i + 4])
    enter(keys.events, now, id)
    enter(keys.inbox, number, id)
    answers[#answers + 1] = { 'accepted', now }
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
write_entries()
if sequence then
  wake(keys)
end
-- With the first event at the latest, so that a disk or replica which has an event knows whose run it came in.
if sequence and redis.call('EXISTS', keys.history) == 0 then
  complete_since(keys, now)
end
return answers
