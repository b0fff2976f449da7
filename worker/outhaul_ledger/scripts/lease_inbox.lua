#!lua flags=allow-oom
-- Lease accepted events for routing. An event whose lease ends without a fan-out is simply leased again.
-- KEYS: event record inbox leases drains edition
-- STATES:
-- ARGV: drain, most events, lease in ms
-- Returns: {version of the subscriptions, per event {id, accepted_at, body}}
-- Touches: inbox leases:<drain> drains event:<id> record:<id> edition
-- Uses: bind clock
local drain, most, lease = ARGV[FIRST], ARGV[FIRST + 1], ARGV[FIRST + 2]
local now = clock()
redis.call('ZADD', keys.drains, now, drain)
local found = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', keys.inbox, '-inf', now, 'LIMIT', 0, most)) do
  redis.call('ZADD', keys.inbox, now + lease, id)
  redis.call('SADD', keys.leases .. drain, ' ' .. id)
  found[#found + 1] = { id, redis.call('HGET', keys.record .. id, 'at') or '0', redis.call('GET', keys.event .. id) or '' }
end
return { tonumber(redis.call('HGET', keys.edition, 'version') or 0), found }
