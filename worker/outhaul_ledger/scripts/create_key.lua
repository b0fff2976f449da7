#!lua flags=allow-oom
-- Store an API key: the digest of its secret, never the secret.
-- KEYS: apikey apikeys
-- STATES:
-- ARGV: id, digest of the secret, label, scopes, most requests, per how many ms, ms until it expires (0: never)
-- Returns: {created (ms), expires (ms, 0: never)}; nothing where the id is taken
-- Touches: apikey:<id> apikeys
-- Uses: bind clock
local id, lasts = ARGV[FIRST], tonumber(ARGV[FIRST + 6])
local now = math.floor(clock())
local expires = lasts > 0 and now + lasts or 0
if redis.call('HSETNX', keys.apikey .. id, 'digest', ARGV[FIRST + 1]) == 0 then
  return {}
end
redis.call('HSET', keys.apikey .. id, 'label', ARGV[FIRST + 2], 'scopes', ARGV[FIRST + 3], 'most', ARGV[FIRST + 4],
  'per', ARGV[FIRST + 5], 'created', now, 'expires', string.format('%d', expires))
redis.call('SADD', keys.apikeys, id)
return { now, expires }
