#!lua flags=allow-oom
-- Take accepted events for routing, in the order of acceptance. A plain one of a type that is in the drain's routing table gets
-- its deliveries at once; the others are leased: an event whose lease ends without a fan-out is simply leased again.
-- KEYS: event record inbox routing routes leases drains lane lanes slow inflight destinations destination order gate
--       expiring subscriptions edition
-- STATES: pending skipped
-- ARGV: drain, most events, lease in ms, 1 for the bodies of plain events too, retention in ms, version of the subscriptions
--       by which the table counts, by any other it counts for nothing; most work to do at once
-- Returns: {version of the subscriptions, how many got their deliveries, per leased event {id, accepted_at, type, 1 if it is
--          plain}, per leased event its body or nil, 1 if more may be done at once}
-- Touches: inbox routing leases:<drain> drains record:<id> lane:<d> lanes slow destinations destination:<d> order:<d>:<key>
--          gate edition subscriptions; event:<id> (expiry)
-- Uses: bind clock delivery concurrency rate breaker flow lanes finish inbox order unrouted gate subscribed sheaf fanning
local drain, most, lease, whole = ARGV[FIRST], ARGV[FIRST + 1], ARGV[FIRST + 2], ARGV[FIRST + 3] == '1'
local retention, most_work = ARGV[FIRST + 4], tonumber(ARGV[FIRST + 6])
local now = clock()
local version = redis.call('HGET', keys.edition, 'version') or '0'
local is_known = version == ARGV[FIRST + 5]
local entries, found, bodies, routed, done = {}, {}, {}, 0, 0
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

local function entry_of(event_type)
  if entries[event_type] == nil then
    entries[event_type] = recall_type(keys, drain, event_type) or false
  end
  return entries[event_type]
end

-- Work is what takes the server some 2 us. An event is so much, and each of its deliveries; the first delivery to a lane is
-- more, and more than that if the lane had nothing due.
local EVENT, DELIVERY, LANE, IDLE_LANE = 2, 1, 3, 6
local is_met = {}
local function work_of(entry)
  local work = EVENT + DELIVERY * #entry
  for _, route in ipairs(entry.met and {} or entry) do
    if not is_met[route.destination] then
      is_met[route.destination] = true
      work = work + (head_before(keys, route.destination) > now and IDLE_LANE or LANE)
    end
  end
  entry.met = true
  return work
end

redis.call('ZADD', keys.drains, now, drain)
for _, id in ipairs(redis.call('ZRANGEBYSCORE', keys.routing, '-inf', now, 'LIMIT', 0, RETURNED)) do
  return_to_inbox(keys, id)
end
local waiting = redis.call('ZRANGEBYSCORE', keys.inbox, '-inf', '+inf', 'LIMIT', 0, most)
local taken = 0
for _, id in ipairs(waiting) do
  local stored = redis.call('HMGET', keys.record .. id, 'at', 'type', 'told', 'open')
  local plain = stored[2] and not stored[3]
  local entry = plain and is_known and entry_of(stored[2])
  if not entry then
    lease_event(id, stored, plain)
  else
    done = done + work_of(entry)
    if routed > 0 and done > most_work then
      break
    end
    routed = routed + 1
    if add_deliveries(keys, states, now, id, entry, stored[4], true, 0) == 0 then
      expire_if_finished(keys, id, now, retention)
    end
  end
  taken = taken + 1
end
if taken > 0 then
  redis.call('ZREMRANGEBYRANK', keys.inbox, 0, taken - 1)
end
write_routing()
write_leases()
local more = finish_fanning(keys, now)
for place, body in ipairs(wanted[1] and redis.call('MGET', unpack(wanted)) or {}) do
  bodies[places[place]] = body
end
return { tonumber(version), routed, found, bodies, (more or taken < #waiting) and 1 or 0 }
