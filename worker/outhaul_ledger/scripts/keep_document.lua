#!lua flags=allow-oom
-- Keep the document that an event goes out as, by the id its receivers know it by: the first one stays.
-- KEYS: document
-- STATES:
-- ARGV: id, ms to keep it, document
-- Returns: the document that is kept
-- Touches: document:<id>
-- Uses: bind
local name = keys.document .. ARGV[FIRST]
redis.call('SET', name, ARGV[FIRST + 2], 'NX', 'PX', ARGV[FIRST + 1])
return redis.call('GET', name)
