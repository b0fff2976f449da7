#!lua flags=no-writes
-- Read all API keys, expired ones too.
-- KEYS: apikey apikeys
-- STATES:
-- ARGV: none
-- Returns: {now, per key {id, label, scopes, most requests, per how many ms, created, expires (0: never), last used (0: never)}}
-- Touches: apikey:<id> apikeys
-- Uses: bind clock
local rows = {}
for _, id in ipairs(redis.call('SMEMBERS', keys.apikeys)) do
  local read = redis.call('HMGET', keys.apikey .. id, 'label', 'scopes', 'most', 'per', 'created', 'expires', 'used')
  rows[#rows + 1] = { id, read[1], read[2], read[3], read[4], read[5], read[6], read[7] or '0' }
end
return { math.floor(clock()), rows }
