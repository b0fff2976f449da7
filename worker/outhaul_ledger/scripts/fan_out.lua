#!lua flags=allow-oom
-- Give every event its deliveries, one a destination, all at once or in chunks: until the last chunk it counts as not
-- routed, so that another drain begins anew where one was lost, which changes nothing for what has its delivery. An event
-- that is neither in the inbox nor being routed was fanned out before: nothing changes. A subscription that is gone gets
-- nothing.
-- KEYS: event record attempts inbox routing lane lanes slow inflight destinations destination leases order gate expiring
--       subscriptions
-- STATES: pending skipped
-- ARGV: drain, retention in ms, '' or, where more chunks will follow, the lease of the events in ms, then per event: id,
--       number of routes, when it is first due (ms, or 0), when it expires (ms, or ''), and per route: destination, reason
--       to skip it (or ''), order (or '')
-- Returns: per event 1, or 0 where it had been fanned out before
-- Touches: record:<id> inbox routing lane:<d> lanes slow destinations destination:<d> leases:<drain> order:<d>:<key> gate
--          expiring subscriptions; event:<id> attempts:<id> (expiry)
-- Uses: bind clock delivery concurrency rate breaker flow lanes finish inbox order unrouted gate subscribed sheaf
local drain, retention, lease = ARGV[FIRST], ARGV[FIRST + 1], ARGV[FIRST + 2]
local now = clock()
local answers, touched, counted = {}, {}, { fanned = {}, skipped = {} }
local enter, write_lanes = sheaf('ZADD')
local release, write_leases = sheaf('SREM')

local function count(what, destination)
  counted[what][destination] = (counted[what][destination] or 0) + 1
end

-- Most deliveries of a call begin alike.
local packed_alike = {}
local function begin_delivery(not_before, skipped, order)
  local alike = skipped == '' and order == '' and packed_alike[not_before]
  if alike then
    return alike
  end
  local packed = pack_delivery({
    state = skipped == '' and states.pending or states.skipped, attempts = 0, tries = 0, lost = 0,
    due = stamp(math.max(now, not_before)), since = not_before > now and stamp(not_before) or 0, duplicate = '0', status = 0,
    drain = '', order = skipped == '' and order or '', reason = skipped,
  })
  if skipped == '' and order == '' then
    packed_alike[not_before] = packed
  end
  return packed
end

-- `fields` gathers the deliveries of an event that has none yet; where an earlier try has begun it, each is looked for.
local function add_route(id, fields, not_before, destination, skipped, order)
  if skipped == '' and is_subscription(destination) and redis.call('HEXISTS', keys.subscriptions, destination) == 0 then
    return 0
  end
  local packed = begin_delivery(not_before, skipped, order)
  if not fields then
    if redis.call('HSETNX', keys.record .. id, 'd:' .. destination, packed) == 0 then
      return 0
    end
  elseif fields.named[destination] then
    return 0
  else
    fields[#fields + 1], fields[#fields + 2] = 'd:' .. destination, packed
    fields.named[destination] = true
  end
  count('fanned', destination)
  if skipped ~= '' then
    count('skipped', destination)
    return 0
  end
  if order ~= '' then
    enter_order(keys, destination, id, order)
    return 1
  end
  local due = math.max(now, not_before)
  enter(keys.lane .. destination, stamp(due), id)
  touched[destination] = math.min(due, touched[destination] or due)
  return 1
end

local function write_open(id, fields, open)
  if not fields then
    return redis.call('HINCRBY', keys.record .. id, 'open', open)
  end
  fields[#fields + 1], fields[#fields + 2] = 'open', open
  for first = 1, #fields, 1000 do
    redis.call('HSET', keys.record .. id, unpack(fields, first, math.min(first + 999, #fields)))
  end
  return open
end

-- As long as chunks are missing the event counts one open delivery more, so that it is not finished before the last one.
local function fan_out(i, id, routes)
  local complete, not_before, expires = lease == '', tonumber(ARGV[i + 2]), ARGV[i + 3]
  local begun = redis.call('HEXISTS', keys.record .. id, 'open') == 1
  local fields = not begun and { named = {} } or nil
  local open = (begun and 0 or 1) - (complete and 1 or 0)
  for r = i + 4, i + 1 + 3 * routes, 3 do
    open = open + add_route(id, fields, not_before, ARGV[r], ARGV[r + 1], ARGV[r + 2])
  end
  local left = write_open(id, fields, open)
  if not complete then
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

local i = FIRST + 3
while i <= #ARGV do
  local id, routes = ARGV[i], tonumber(ARGV[i + 1])
  local fresh = take_from_inbox(keys, id)
  if fresh == 0 or lease == '' then
    release(keys.leases .. drain, ' ' .. id)
  end
  if fresh == 1 then
    fan_out(i, id, routes)
  end
  answers[#answers + 1] = fresh
  i = i + 4 + 3 * routes
end
-- A lane is looked at by its first delivery: where that stays the first, nothing changes, and most lanes have much to do.
for destination, due in pairs(touched) do
  local head = redis.call('ZRANGE', keys.lane .. destination, 0, 0, 'WITHSCORES')
  if head[1] and tonumber(head[2]) <= math.floor(due) then
    touched[destination] = nil
  end
end
write_lanes()
write_leases()
for what, counts in pairs(counted) do
  for destination, more in pairs(counts) do
    if redis.call('HINCRBY', keys.destination .. destination, what, more) == more then
      redis.call('SADD', keys.destinations, destination) -- its first ones
    end
  end
end
for destination in pairs(open_gate(keys, now)) do
  touched[destination] = true
end
for destination in pairs(touched) do
  schedule_lane(keys, destination, now)
end
return answers
