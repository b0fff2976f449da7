#!lua flags=allow-oom
-- Give every event its deliveries, one a destination, all at once or in chunks: until the last chunk it counts as not
-- routed, so that another drain begins anew where one was lost, which changes nothing for what has its delivery. An event
-- that is neither in the inbox nor being routed was fanned out before: nothing changes. A subscription that is gone gets
-- nothing.
-- KEYS: event record attempts inbox routing lane lanes slow inflight destinations destination leases order gate expiring
--       subscriptions
-- STATES: pending skipped
-- ARGV: drain, retention in ms, '' or, where more chunks will follow, the lease of the events in ms, number of ways, then per
--       way, which many events may have in common: number of routes, and per route: destination, reason to skip it (or ''),
--       order (or ''); then per event: id, number of its way, when it is first due (ms, or 0), when it expires (ms, or '')
-- Returns: per event 1, or 0 where it had been fanned out before
-- Touches: record:<id> inbox routing lane:<d> lanes slow destinations destination:<d> leases:<drain> order:<d>:<key> gate
--          expiring subscriptions; event:<id> attempts:<id> (expiry)
-- Uses: bind clock delivery concurrency rate breaker flow lanes finish inbox order unrouted gate subscribed sheaf
local drain, retention, lease = ARGV[FIRST], ARGV[FIRST + 1], ARGV[FIRST + 2]
local now = clock()
local answers, ways = {}, {}
local enter, write_lanes = sheaf('ZADD')
local release, write_leases = sheaf('SREM')

-- Without what is there twice, and without subscriptions that are gone.
local function read_way(first, routes)
  local way, named = {}, {}
  for i = first, first + 3 * routes - 1, 3 do
    local destination, skipped = ARGV[i], ARGV[i + 1]
    local gone = skipped == '' and is_subscription(destination)
      and redis.call('HEXISTS', keys.subscriptions, destination) == 0
    if not gone and not named[destination] then
      named[destination] = true
      way[#way + 1] = {
        destination = destination, skipped = skipped, order = ARGV[i + 2], field = 'd:' .. destination,
        lane = keys.lane .. destination, begun = 0,
      }
    end
  end
  return way
end

-- Most deliveries of a call begin alike.
local packed_alike, due_alike = {}, {}
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
local function add_route(id, fields, not_before, route)
  local packed = begin_delivery(not_before, route.skipped, route.order)
  if fields then
    fields[#fields + 1], fields[#fields + 2] = route.field, packed
  elseif redis.call('HSETNX', keys.record .. id, route.field, packed) == 0 then
    return 0
  end
  route.begun = route.begun + 1
  if route.skipped ~= '' then
    return 0
  end
  if route.order ~= '' then
    enter_order(keys, route.destination, id, route.order)
    return 1
  end
  local due = math.max(now, not_before)
  due_alike[due] = due_alike[due] or stamp(due)
  enter(route.lane, due_alike[due], id)
  if not route.due or due < route.due then
    route.due = due
  end
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
local function fan_out(id, way, not_before, expires)
  local complete = lease == ''
  local begun = redis.call('HEXISTS', keys.record .. id, 'open') == 1
  local fields = not begun and {} or nil
  local open = (begun and 0 or 1) - (complete and 1 or 0)
  for _, route in ipairs(way) do
    open = open + add_route(id, fields, not_before, route)
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

local i = FIRST + 4
for number = 1, tonumber(ARGV[FIRST + 3]) do
  local routes = tonumber(ARGV[i])
  ways[number] = read_way(i + 1, routes)
  i = i + 1 + 3 * routes
end
while i <= #ARGV do
  local id = ARGV[i]
  local fresh = take_from_inbox(keys, id)
  if fresh == 0 or lease == '' then
    release(keys.leases .. drain, ' ' .. id)
  end
  if fresh == 1 then
    fan_out(id, ways[tonumber(ARGV[i + 1])], tonumber(ARGV[i + 2]), ARGV[i + 3])
  end
  answers[#answers + 1] = fresh
  i = i + 4
end

local touched, counted = {}, { fanned = {}, skipped = {} }
local function count(what, route)
  counted[what][route.destination] = (counted[what][route.destination] or 0) + route.begun
end
for _, way in ipairs(ways) do
  for _, route in ipairs(way) do
    if route.begun > 0 then
      count('fanned', route)
    end
    if route.begun > 0 and route.skipped ~= '' then
      count('skipped', route)
    end
    if route.due then
      touched[route.destination] = math.min(route.due, touched[route.destination] or route.due)
    end
  end
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
