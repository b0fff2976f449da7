-- Gives events their deliveries by the entries of a routing table, each of which many events may have in common. What is
-- alike for all deliveries of a script is written at its end. Uses: clock delivery concurrency rate breaker flow lanes finish
-- order unrouted gate subscribed sheaf.
local table_entries = {}
local enter_lane, write_lanes = sheaf('ZADD')

local function new_entry()
  local entry = {}
  table_entries[#table_entries + 1] = entry
  return entry
end

local function new_route(keys, destination, skipped, order)
  return {
    destination = destination, skipped = skipped, order = order, field = 'd:' .. destination,
    lane = keys.lane .. destination, begun = 0,
  }
end

-- Three arguments a route: destination, reason to skip it (or ''), order (or ''). Without what is there twice, and without
-- subscriptions that are gone.
local function read_entry(keys, first, routes)
  local entry, named = new_entry(), {}
  for i = first, first + 3 * routes - 1, 3 do
    local destination, skipped = ARGV[i], ARGV[i + 1]
    local gone = skipped == '' and is_subscription(destination)
      and redis.call('HEXISTS', keys.subscriptions, destination) == 0
    if not gone and not named[destination] then
      named[destination] = true
      entry[#entry + 1] = new_route(keys, destination, skipped, ARGV[i + 2])
    end
  end
  return entry
end

-- The routing table of a drain: the destinations of the types that decide alone. It ends by itself, as drains do not last
-- as long; types that come when it is full are routed as those are that it does not know.
local TABLE_MOST, TABLE_MS = 4096, 3600000
local function learn_type(keys, drain, event_type, destinations)
  local learnt = keys.routes .. drain
  if redis.call('HLEN', learnt) < TABLE_MOST then
    redis.call('HSET', learnt, event_type, destinations)
    redis.call('PEXPIRE', learnt, TABLE_MS)
  end
end

-- nil where the table does not know the type.
local function recall_type(keys, drain, event_type)
  local destinations = redis.call('HGET', keys.routes .. drain, event_type)
  if not destinations then
    return nil
  end
  local entry = new_entry()
  for destination in string.gmatch(destinations, '%S+') do
    entry[#entry + 1] = new_route(keys, destination, '', '')
  end
  return entry
end

-- Most deliveries of a call begin alike.
local packed_alike, due_alike = {}, {}
local function begin_delivery(states, now, not_before, skipped, order)
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
local function add_route(keys, states, now, id, fields, not_before, route)
  local packed = begin_delivery(states, now, not_before, route.skipped, route.order)
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
  enter_lane(route.lane, due_alike[due], id)
  if not route.due or due < route.due then
    route.due = due
  end
  return 1
end

local function write_open(keys, id, fields, open)
  if not fields then
    return redis.call('HINCRBY', keys.record .. id, 'open', open)
  end
  fields[#fields + 1], fields[#fields + 2] = 'open', digits[open]
  for first = 1, #fields, 1000 do
    redis.call('HSET', keys.record .. id, unpack(fields, first, math.min(first + 999, #fields)))
  end
  return open
end

-- Returns how many deliveries of the event are unfinished. `begun` says that it has got some already. Where more are to
-- follow (not `complete`) it counts one more, so that it is not finished before the last of them.
local function add_deliveries(keys, states, now, id, entry, begun, complete, not_before)
  local fields = not begun and {} or nil
  local open = (begun and 0 or 1) - (complete and 1 or 0)
  for _, route in ipairs(entry) do
    open = open + add_route(keys, states, now, id, fields, not_before, route)
  end
  return write_open(keys, id, fields, open)
end

local function count_begun(keys)
  local counted = { fanned = {}, skipped = {} }
  local function count(what, route)
    counted[what][route.destination] = (counted[what][route.destination] or 0) + route.begun
  end
  for _, entry in ipairs(table_entries) do
    for _, route in ipairs(entry) do
      if route.begun > 0 then
        count('fanned', route)
        if route.skipped ~= '' then
          count('skipped', route)
        end
      end
    end
  end
  local list, write_listed = sheaf('SADD')
  for what, counts in pairs(counted) do
    for destination, more in pairs(counts) do
      if redis.call('HINCRBY', keys.destination .. destination, what, more) == more then
        list(keys.destinations, destination) -- its first ones
      end
    end
  end
  write_listed()
end

-- When the first delivery of a lane was due before anything was written to it.
local heads = {}
local function head_before(keys, destination)
  heads[destination] = heads[destination] or first_score(keys.lane .. destination)
  return heads[destination]
end

-- The destinations whose lanes are to be scheduled anew, with what is known of each. A lane is looked at by its first
-- delivery: where that stays the first, nothing changes, and most lanes have much to do.
local function lanes_begun(keys)
  local firsts, touched = {}, {}
  for _, entry in ipairs(table_entries) do
    for _, route in ipairs(entry) do
      if route.due then
        firsts[route.destination] = math.min(route.due, firsts[route.destination] or route.due)
      end
    end
  end
  for destination, due in pairs(firsts) do
    local head = head_before(keys, destination)
    if head > math.floor(due) then
      touched[destination] = { head = math.floor(due), in_flight = head == math.huge and 0 or nil }
    end
  end
  return touched
end

-- Write what is alike, and let out of the gate what may go now. Returns true where more may be let out.
local function finish_fanning(keys, now)
  local touched = lanes_begun(keys)
  write_lanes()
  count_begun(keys)
  local let_out, more = open_gate(keys, now)
  for destination in pairs(let_out) do
    touched[destination] = {}
  end
  for destination, known in pairs(touched) do
    local flow = read_flow(keys, destination, now)
    flow.head, flow.in_flight = known.head, known.in_flight
    schedule_lane(keys, destination, now, false, flow)
  end
  return more
end
