#!lua flags=allow-oom
-- Give every event its deliveries, one a destination. An event that has left the inbox was fanned out before: nothing
-- changes.
-- KEYS: event record attempts inbox lane lanes slow inflight destinations destination leases
-- STATES: pending skipped
-- ARGV: drain, retention in ms, then per event: id, number of routes, and per route: destination, reason to skip it (or '')
-- Returns: per event 1, or 0 where it had been fanned out before
-- Touches: record:<id> inbox lane:<d> lanes slow destinations destination:<d> leases:<drain>; event:<id> attempts:<id> (expiry)
-- Uses: bind clock delivery concurrency rate breaker flow lanes finish
local drain, retention = ARGV[FIRST], ARGV[FIRST + 1]
local now = clock()
local due = stamp(now)
local answers, touched = {}, {}

local function add_route(id, destination, skipped)
  local state = skipped == '' and states.pending or states.skipped
  local fresh = redis.call('HSETNX', keys.record .. id, 'd:' .. destination, pack_delivery({
    state = state, attempts = 0, tries = 0, lost = 0, due = due, since = 0, duplicate = '0', status = 0, drain = '',
    reason = skipped,
  }))
  if fresh == 0 then
    return 0
  end
  redis.call('SADD', keys.destinations, destination)
  redis.call('HINCRBY', keys.destination .. destination, 'fanned', 1)
  if state == states.skipped then
    redis.call('HINCRBY', keys.destination .. destination, 'skipped', 1)
    return 0
  end
  redis.call('ZADD', keys.lane .. destination, due, id)
  touched[destination] = true
  return 1
end

local i = FIRST + 2
while i <= #ARGV do
  local id, routes = ARGV[i], tonumber(ARGV[i + 1])
  local fresh = redis.call('ZREM', keys.inbox, id)
  redis.call('SREM', keys.leases .. drain, ' ' .. id)
  if fresh == 1 then
    local open = 0
    for r = 0, routes - 1 do
      open = open + add_route(id, ARGV[i + 2 + 2 * r], ARGV[i + 3 + 2 * r])
    end
    redis.call('HSET', keys.record .. id, 'open', open)
    if open == 0 then
      expire_event(keys, id, now, retention)
    end
  end
  answers[#answers + 1] = fresh
  i = i + 2 + 2 * routes
end
for destination in pairs(touched) do
  schedule_lane(keys, destination, now)
end
return answers
