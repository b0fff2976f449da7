#!lua flags=allow-oom
-- Give every event its deliveries, one a destination. An event that has left the inbox was fanned out before: nothing
-- changes.
-- KEYS: event record attempts inbox routing lane lanes slow inflight destinations destination leases order gate expiring
-- STATES: pending skipped
-- ARGV: drain, retention in ms, then per event: id, number of routes, when it is first due (ms, or 0), when it expires (ms,
--       or ''), and per route: destination, reason to skip it (or ''), order (or '')
-- Returns: per event 1, or 0 where it had been fanned out before
-- Touches: record:<id> inbox routing lane:<d> lanes slow destinations destination:<d> leases:<drain> order:<d>:<key> gate
--          expiring; event:<id> attempts:<id> (expiry)
-- Uses: bind clock delivery concurrency rate breaker flow lanes finish inbox order unrouted gate
local drain, retention = ARGV[FIRST], ARGV[FIRST + 1]
local now = clock()
local answers, touched = {}, {}

local function add_route(id, not_before, destination, skipped, order)
  local state = skipped == '' and states.pending or states.skipped
  local delivery = {
    state = state, attempts = 0, tries = 0, lost = 0, due = stamp(math.max(now, not_before)),
    since = not_before > now and stamp(not_before) or 0, duplicate = '0', status = 0, drain = '',
    order = state == states.pending and order or '', reason = skipped,
  }
  if redis.call('HSETNX', keys.record .. id, 'd:' .. destination, pack_delivery(delivery)) == 0 then
    return 0
  end
  redis.call('SADD', keys.destinations, destination)
  redis.call('HINCRBY', keys.destination .. destination, 'fanned', 1)
  if state == states.skipped then
    redis.call('HINCRBY', keys.destination .. destination, 'skipped', 1)
    return 0
  end
  if delivery.order ~= '' then
    enter_order(keys, destination, id, delivery)
    return 1
  end
  redis.call('ZADD', keys.lane .. destination, delivery.due, id)
  touched[destination] = true
  return 1
end

local function fan_out(i, id, routes)
  local open, not_before, expires = 0, tonumber(ARGV[i + 2]), ARGV[i + 3]
  for r = i + 4, i + 1 + 3 * routes, 3 do
    open = open + add_route(id, not_before, ARGV[r], ARGV[r + 1], ARGV[r + 2])
  end
  redis.call('HSET', keys.record .. id, 'open', open)
  if open == 0 then
    expire_event(keys, id, now, retention)
  elseif expires ~= '' then
    redis.call('HSET', keys.record .. id, 'expires', expires)
    redis.call('ZADD', keys.expiring, expires, id)
  end
end

local i = FIRST + 2
while i <= #ARGV do
  local id, routes = ARGV[i], tonumber(ARGV[i + 1])
  local fresh = take_from_inbox(keys, id)
  redis.call('SREM', keys.leases .. drain, ' ' .. id)
  if fresh == 1 then
    fan_out(i, id, routes)
  end
  answers[#answers + 1] = fresh
  i = i + 4 + 3 * routes
end
for destination in pairs(open_gate(keys, now)) do
  touched[destination] = true
end
for destination in pairs(touched) do
  schedule_lane(keys, destination, now)
end
return answers
