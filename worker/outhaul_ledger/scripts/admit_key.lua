#!lua flags=allow-oom
-- Let one request with an API key in, or say how long it has to wait: at most so many at once, and so many per span of
-- time, however many processes ask. `free` is when the whole allowance is there again.
-- KEYS: apikey
-- STATES:
-- ARGV: id, digest of the secret that was presented
-- Returns: {ms to wait (0: let in), digest, label, scopes}; nothing for an unknown or expired key, or another secret
-- Touches: apikey:<id>
-- Uses: bind clock
local name = keys.apikey .. ARGV[FIRST]
local key = redis.call('HMGET', name, 'digest', 'expires', 'most', 'per', 'free', 'label', 'scopes')
-- Lua compares strings by identity, in the same time wherever they differ; and digests are compared, not secrets.
if not key[1] or key[1] ~= ARGV[FIRST + 1] then
  return {}
end
local now, expires = clock(), tonumber(key[2])
if expires > 0 and now >= expires then
  return {}
end
local most, per = tonumber(key[3]), tonumber(key[4])
-- When the server's clock was set back, an allowance from the future would be waited for until the clock is there again.
local free = math.min(math.max(now, tonumber(key[5] or 0)), now + per) + per / most
if free - now > per + 0.001 then
  return { math.ceil(free - now - per), key[1], key[6], key[7] }
end
redis.call('HSET', name, 'free', string.format('%.3f', free), 'used', string.format('%d', now))
return { 0, key[1], key[6], key[7] }
