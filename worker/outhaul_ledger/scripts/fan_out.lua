#!lua flags=allow-oom
-- Give every event its deliveries, one a destination, all at once or in chunks: with any but the last chunk it stays in
-- the inbox, so that another drain begins anew where one was lost, which changes nothing for what has its delivery. An
-- event that has left the inbox was fanned out before: nothing changes. A subscription that is gone gets nothing.
-- KEYS: event record attempts inbox lane lanes slow inflight destinations destination leases subscriptions
-- STATES: pending skipped
-- ARGV: drain, retention in ms, '' or, where more chunks will follow, the lease of the events in ms, then per event: id,
--       number of routes, and per route: destination, reason to skip it (or '')
-- Returns: per event 1, or 0 where it had been fanned out before
-- Touches: record:<id> inbox lane:<d> lanes slow destinations destination:<d> leases:<drain> subscriptions; event:<id>
--          attempts:<id> (expiry)
-- Uses: bind clock delivery concurrency rate breaker flow lanes finish subscribed
local drain, retention, lease = ARGV[FIRST], ARGV[FIRST + 1], ARGV[FIRST + 2]
local now = clock()
local due = stamp(now)
local answers, touched = {}, {}

local function add_route(id, destination, skipped)
  if skipped == '' and is_subscription(destination) and redis.call('HEXISTS', keys.subscriptions, destination) == 0 then
    return 0
  end
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

-- As long as chunks are missing the event counts one open delivery more, so that it is not finished before the last one.
local function fan_out(id, first, last)
  local complete = lease == ''
  local there = complete and redis.call('ZREM', keys.inbox, id) == 1 or redis.call('ZSCORE', keys.inbox, id)
  if complete or not there then
    redis.call('SREM', keys.leases .. drain, ' ' .. id)
  end
  if not there then
    return 0
  end
  local begun = redis.call('HEXISTS', keys.record .. id, 'open') == 1
  local open = (begun and 0 or 1) - (complete and 1 or 0)
  for i = first, last, 2 do
    open = open + add_route(id, ARGV[i], ARGV[i + 1])
  end
  local left = redis.call('HINCRBY', keys.record .. id, 'open', open)
  if not complete then
    redis.call('ZADD', keys.inbox, now + lease, id)
  elseif left == 0 then
    expire_if_finished(keys, id, now, retention)
  end
  return 1
end

local i = FIRST + 3
while i <= #ARGV do
  local last = i + 1 + 2 * tonumber(ARGV[i + 1])
  answers[#answers + 1] = fan_out(ARGV[i], i + 2, last)
  i = last + 1
end
for destination in pairs(touched) do
  schedule_lane(keys, destination, now)
end
return answers
