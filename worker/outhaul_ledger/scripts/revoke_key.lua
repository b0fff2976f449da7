#!lua flags=allow-oom
-- Revoke an API key: it is forgotten, and the next request with it is refused.
-- KEYS: apikey apikeys
-- STATES:
-- ARGV: id
-- Returns: 1, or 0 where there is no such key
-- Touches: apikey:<id> apikeys
-- Uses: bind
redis.call('SREM', keys.apikeys, ARGV[FIRST])
return redis.call('DEL', keys.apikey .. ARGV[FIRST])
