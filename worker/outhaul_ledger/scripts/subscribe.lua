#!lua
-- Add a subscription: a destination that is kept here. Events that are accepted from now on are routed to it.
-- KEYS: subscriptions identities changes edition destinations destination
-- STATES:
-- ARGV: name, identity that no other may have (or ''), policy (packed, as lib/flow.lua reads it), patience with failures in ms, document
-- Returns: {version, created (ms), name}; version 0 where the identity, or the name, is another's: then the name is its
-- Touches: subscriptions identities changes edition destinations destination:<d>
-- Uses: bind clock edition
local name, identity, document = ARGV[FIRST], ARGV[FIRST + 1], ARGV[FIRST + 4]
local now = string.format('%d', math.floor(clock()))
if redis.call('HEXISTS', keys.subscriptions, name) == 1 then
  return { 0, 0, name }
end
if identity ~= '' and redis.call('HSETNX', keys.identities, identity, name) == 0 then
  return { 0, 0, redis.call('HGET', keys.identities, identity) }
end
redis.call('SADD', keys.destinations, name)
redis.call('HSET', keys.destination .. name, 'policy', ARGV[FIRST + 2], 'patience', ARGV[FIRST + 3])
return { store_subscription(keys, name, now, identity, document), tonumber(now), name }
