#!lua flags=no-writes
-- Read what was accepted and attempted of some deliveries: the events' bodies and the deliveries' attempt logs.
-- KEYS: event record
-- STATES:
-- ARGV: per delivery: destination, id
-- Returns: per delivery {body, or '' for an unknown event, attempt log: JSON lines}
-- Touches: event:<id> record:<id>
-- Uses: bind
local answers = {}
for i = FIRST, #ARGV, 2 do
  local body = redis.call('GET', keys.event .. ARGV[i + 1])
  answers[#answers + 1] = { body or '', redis.call('HGET', keys.record .. ARGV[i + 1], 'a:' .. ARGV[i]) or '' }
end
return answers
