#!lua flags=allow-oom
-- Lease accepted events for routing, in the order of acceptance. An event whose lease ends without a fan-out is simply
-- leased again.
-- KEYS: event record inbox routing leases drains lane lanes slow inflight destination order gate edition
-- STATES:
-- ARGV: drain, most events, lease in ms, 1 for the bodies of plain events too
-- Returns: {version of the subscriptions, per event {id, accepted_at, type, 1 if it is plain}, per event its body or nil, 1
--          if more deliveries may have their turn at once}
-- Touches: inbox routing leases:<drain> drains event:<id> edition; record:<id> lane:<d> lanes slow gate (deliveries whose
--          turn has come)
-- Uses: bind clock delivery concurrency rate breaker flow lanes inbox order unrouted gate sheaf
local drain, most, lease, whole = ARGV[FIRST], ARGV[FIRST + 1], ARGV[FIRST + 2], ARGV[FIRST + 3] == '1'
local now = clock()
redis.call('ZADD', keys.drains, now, drain)
for _, id in ipairs(redis.call('ZRANGEBYSCORE', keys.routing, '-inf', now)) do
  return_to_inbox(keys, id)
end
local taken, found, bodies = redis.call('ZPOPMIN', keys.inbox, most), {}, {}
local wanted, places = {}, {} -- bodies to read, and whose they are
local until_when = stamp(now + lease)
local route, write_routing = sheaf('ZADD')
local hold, write_leases = sheaf('SADD')
for i = 1, #taken, 2 do
  local id = taken[i]
  route(keys.routing, until_when, id)
  hold(keys.leases .. drain, ' ' .. id)
  local stored = redis.call('HMGET', keys.record .. id, 'at', 'type', 'told')
  local plain = stored[2] and not stored[3]
  found[#found + 1] = { id, stored[1] or '0', stored[2] or '', plain and 1 or 0 }
  if whole or not plain then
    wanted[#wanted + 1], places[#places + 1] = keys.event .. id, #found
  end
  bodies[#found] = false
end
write_routing()
write_leases()
local let_out, more = open_gate(keys, now)
for destination in pairs(let_out) do
  schedule_lane(keys, destination, now)
end
for i, body in ipairs(wanted[1] and redis.call('MGET', unpack(wanted)) or {}) do
  bodies[places[i]] = body
end
return { tonumber(redis.call('HGET', keys.edition, 'version') or 0), found, bodies, more and 1 or 0 }
