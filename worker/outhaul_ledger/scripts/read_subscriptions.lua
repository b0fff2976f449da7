#!lua flags=no-writes
-- Read what changed among the subscriptions since a version, in pages.
-- KEYS: subscriptions changes edition
-- STATES:
-- ARGV: version that the reader has seen all up to, the version from which on it must not miss any, most changes
-- Returns: {version, version that this page goes up to, 1 if the reader must begin anew, per change {name, created (ms),
--          version, document, or '' for one that is gone}}
-- Touches: subscriptions changes edition
-- Uses: bind edition
local since, anchor, most = tonumber(ARGV[FIRST]), tonumber(ARGV[FIRST + 1]), tonumber(ARGV[FIRST + 2])
local edition = redis.call('HMGET', keys.edition, 'version', 'floor')
local version = tonumber(edition[1] or 0)
local anew = anchor < tonumber(edition[2] or 0) or since > version
if anew then
  since = 0
end
local names = redis.call('ZRANGEBYSCORE', keys.changes, '(' .. string.format('%d', since), '+inf', 'WITHSCORES', 'LIMIT', 0, most)
local page, upto = {}, version
for i = 1, #names, 2 do
  local packed = redis.call('HGET', keys.subscriptions, names[i])
  local known = packed and unpack_subscription(packed) or { created = '0', version = tonumber(names[i + 1]), document = '' }
  page[#page + 1] = { names[i], tonumber(known.created), known.version, known.document }
end
if #page == most then
  upto = tonumber(names[#names])
end
return { version, upto, anew and 1 or 0, page }
