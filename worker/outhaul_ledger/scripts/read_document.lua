#!lua flags=no-writes
-- Read a document that an event went out as.
-- KEYS: document
-- STATES:
-- ARGV: id
-- Returns: the document, or '' where there is none (any more)
-- Touches: document:<id>
-- Uses: bind
return redis.call('GET', keys.document .. ARGV[FIRST]) or ''
