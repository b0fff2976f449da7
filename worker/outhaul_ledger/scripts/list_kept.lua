#!lua flags=no-writes
-- Read a page of a destination's dead letters or held deliveries, oldest first.
-- KEYS: record dead held
-- STATES: dead held
-- ARGV: state, destination, from (ms), to (ms), most entries
-- Returns: {id, since (ms), type, packed delivery} per entry
-- Touches: dead:<d> held:<d> record:<id>
-- Uses: bind
local state, destination = states[ARGV[FIRST]], ARGV[FIRST + 1]
local shelf = state == states.dead and keys.dead or keys.held
local from, to, most = ARGV[FIRST + 2], ARGV[FIRST + 3], ARGV[FIRST + 4]
local page = redis.call('ZRANGEBYSCORE', shelf .. destination, from, to, 'WITHSCORES', 'LIMIT', 0, most)
local entries = {}
for i = 1, #page, 2 do
  local stored = redis.call('HMGET', keys.record .. page[i], 'type', 'd:' .. destination)
  entries[#entries + 1] = { page[i], page[i + 1], stored[1], stored[2] }
end
return entries
