#!lua flags=allow-oom
-- Give every event its deliveries, one a destination, all at once or in chunks: until the last chunk it counts as not
-- routed, so that another drain begins anew where one was lost, which changes nothing for what has its delivery. An event
-- that is neither in the inbox nor being routed was fanned out before: nothing changes. A subscription that is gone gets
-- nothing.
-- KEYS: event record inbox routing routes lane lanes slow inflight destinations destination leases order gate expiring
--       subscriptions
-- STATES: pending skipped
-- ARGV: drain, retention in ms, '' or, where more chunks will follow, the lease of the events in ms, number of types that alone
--       say where an event goes, which the drain's routing table shall know, then per type: type, destinations with blanks
--       between; number of entries that events have in common, then per entry: number of routes, and per route: destination,
--       reason to skip it (or ''), order (or ''); then per event: id, number of its entry, when it is first due (ms, or 0),
--       when it expires (ms, or '')
-- Returns: per event 1, or 0 where it had been fanned out before
-- Touches: record:<id> inbox routing routes:<drain> lane:<d> lanes slow destinations destination:<d> leases:<drain>
--          order:<d>:<key> gate expiring subscriptions; event:<id> (expiry)
-- Uses: bind clock delivery concurrency rate breaker flow lanes finish inbox order unrouted gate subscribed sheaf fanning
local drain, retention, lease = ARGV[FIRST], ARGV[FIRST + 1], ARGV[FIRST + 2]
local now = clock()
local answers = {}
local release, write_leases = sheaf('SREM')

local function fan_out(id, entry, not_before, expires)
  local begun = redis.call('HEXISTS', keys.record .. id, 'open') == 1
  local left = add_deliveries(keys, states, now, id, entry, begun, lease == '', not_before)
  if lease ~= '' then
    redis.call('ZADD', keys.routing, now + lease, id)
  end
  if left == 0 then
    expire_if_finished(keys, id, now, retention)
  elseif expires ~= '' then
    -- A chunk may come while what came before is being expired already: that begins anew.
    redis.call('HSET', keys.record .. id, 'expires', expires)
    redis.call('HDEL', keys.record .. id, 'sweep')
    redis.call('ZADD', keys.expiring, expires, id)
  end
end

local entries, i = {}, FIRST + 5 + 2 * tonumber(ARGV[FIRST + 3])
for type = FIRST + 4, i - 3, 2 do
  learn_type(keys, drain, ARGV[type], ARGV[type + 1])
end
for number = 1, tonumber(ARGV[i - 1]) do
  local routes = tonumber(ARGV[i])
  entries[number] = read_entry(keys, i + 1, routes)
  i = i + 1 + 3 * routes
end
while i <= #ARGV do
  local id = ARGV[i]
  local fresh = take_from_inbox(keys, id)
  if fresh == 0 or lease == '' then
    release(keys.leases .. drain, ' ' .. id)
  end
  if fresh == 1 then
    fan_out(id, entries[tonumber(ARGV[i + 1])], tonumber(ARGV[i + 2]), ARGV[i + 3])
  end
  answers[#answers + 1] = fresh
  i = i + 4
end
write_leases()
finish_fanning(keys, now)
return answers
