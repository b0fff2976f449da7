#!lua flags=no-writes
-- Read what was accepted and attempted of some events: the bodies and the attempt logs.
-- KEYS: event attempts
-- STATES:
-- ARGV: ids
-- Returns: per event {body, or '' for an unknown event, attempt lines}
-- Touches: event:<id> attempts:<id>
-- Uses: bind
local answers = {}
for i = FIRST, #ARGV do
  local body = redis.call('GET', keys.event .. ARGV[i])
  answers[#answers + 1] = { body or '', redis.call('LRANGE', keys.attempts .. ARGV[i], 0, -1) }
end
return answers
