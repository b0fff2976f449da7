#!lua flags=allow-oom
-- Lease accepted events for routing, in the order of acceptance. An event whose lease ends without a fan-out is simply
-- leased again.
-- KEYS: event record inbox routing leases drains lane lanes slow inflight destination order gate edition
-- STATES:
-- ARGV: drain, most events, lease in ms
-- Returns: {version of the subscriptions, per event {id, accepted_at}, per event its body or nil, 1 if more deliveries may
--          have their turn at once}
-- Touches: inbox routing leases:<drain> drains event:<id> edition; record:<id> lane:<d> lanes slow gate (deliveries whose
--          turn has come)
-- Uses: bind clock delivery concurrency rate breaker flow lanes inbox order unrouted gate sheaf
local drain, most, lease = ARGV[FIRST], ARGV[FIRST + 1], ARGV[FIRST + 2]
local now = clock()
redis.call('ZADD', keys.drains, now, drain)
for _, id in ipairs(redis.call('ZRANGEBYSCORE', keys.routing, '-inf', now)) do
  return_to_inbox(keys, id)
end
local taken, found, wanted = redis.call('ZPOPMIN', keys.inbox, most), {}, {}
local until_when = stamp(now + lease)
local route, write_routing = sheaf('ZADD')
local hold, write_leases = sheaf('SADD')
for i = 1, #taken, 2 do
  local id = taken[i]
  route(keys.routing, until_when, id)
  hold(keys.leases .. drain, ' ' .. id)
  found[#found + 1] = { id, redis.call('HGET', keys.record .. id, 'at') or '0' }
  wanted[#wanted + 1] = keys.event .. id
end
write_routing()
write_leases()
local let_out, more = open_gate(keys, now)
for destination in pairs(let_out) do
  schedule_lane(keys, destination, now)
end
local bodies = wanted[1] and redis.call('MGET', unpack(wanted)) or {}
return { tonumber(redis.call('HGET', keys.edition, 'version') or 0), found, bodies, more and 1 or 0 }
