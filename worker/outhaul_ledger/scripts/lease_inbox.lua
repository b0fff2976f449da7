#!lua flags=allow-oom
-- Take accepted events for routing, in the order of acceptance. A plain one of a type that is in the routing table gets its
-- deliveries at once; the others are leased: an event whose lease ends without a fan-out is simply leased again.
-- KEYS: event record inbox routing leases drains lane lanes slow inflight destinations destination order gate
--       expiring subscriptions edition
-- STATES: pending skipped
-- ARGV: drain, most events, lease in ms, 1 for the bodies of plain events too, retention in ms, version of the subscriptions
--       that the table was made by: by any other it counts for nothing; most deliveries to make at once; then per entry of the
--       table: type, number of routes, and per route: destination, reason to skip it (or ''), order (or '')
-- Returns: {version of the subscriptions, how many got their deliveries, per leased event {id, accepted_at, type, 1 if it is
--          plain}, per leased event its body or nil, 1 if more deliveries may have their turn at once}
-- Touches: inbox routing leases:<drain> drains record:<id> lane:<d> lanes slow destinations destination:<d> order:<d>:<key>
--          gate edition subscriptions; event:<id> (expiry)
-- Uses: bind clock delivery concurrency rate breaker flow lanes finish inbox order unrouted gate subscribed sheaf fanning
local drain, most, lease, whole = ARGV[FIRST], ARGV[FIRST + 1], ARGV[FIRST + 2], ARGV[FIRST + 3] == '1'
local retention, room = ARGV[FIRST + 4], tonumber(ARGV[FIRST + 6])
local now = clock()
local version = redis.call('HGET', keys.edition, 'version') or '0'
local entries, found, bodies, routed = {}, {}, {}, 0
local wanted, places = {}, {} -- bodies to read, and whose they are
local until_when = stamp(now + lease)
local route, write_routing = sheaf('ZADD')
local hold, write_leases = sheaf('SADD')

local RETURNED = 128 -- events whose lease has ended that are looked at in a call
local function lease_event(id, stored, plain)
  route(keys.routing, until_when, id)
  hold(keys.leases .. drain, ' ' .. id)
  found[#found + 1] = { id, stored[1] or '0', stored[2] or '', plain and 1 or 0 }
  bodies[#found] = false
  if whole or not plain then
    wanted[#wanted + 1], places[#places + 1] = keys.event .. id, #found
  end
end

redis.call('ZADD', keys.drains, now, drain)
for _, id in ipairs(redis.call('ZRANGEBYSCORE', keys.routing, '-inf', now, 'LIMIT', 0, RETURNED)) do
  return_to_inbox(keys, id)
end
local taken = redis.call('ZPOPMIN', keys.inbox, most)
local i = taken[1] and version == ARGV[FIRST + 5] and FIRST + 7 or #ARGV + 1
while i <= #ARGV do
  local routes = tonumber(ARGV[i + 1])
  entries[ARGV[i]] = read_entry(keys, i + 2, routes)
  i = i + 2 + 3 * routes
end
for place = 1, #taken, 2 do
  local id = taken[place]
  local stored = redis.call('HMGET', keys.record .. id, 'at', 'type', 'told', 'open')
  local plain = stored[2] and not stored[3]
  local entry = plain and entries[stored[2]]
  if not entry or #entry > room then
    lease_event(id, stored, plain)
  else
    routed, room = routed + 1, room - #entry
    if add_deliveries(keys, states, now, id, entry, stored[4], true, 0) == 0 then
      expire_if_finished(keys, id, now, retention)
    end
  end
end
write_routing()
write_leases()
local more = finish_fanning(keys, now)
for place, body in ipairs(wanted[1] and redis.call('MGET', unpack(wanted)) or {}) do
  bodies[places[place]] = body
end
return { tonumber(version), routed, found, bodies, more and 1 or 0 }
