#!lua flags=allow-oom
-- Lease due deliveries from as many lanes as it takes, in round robin, and beat the drain's heart.
-- A delivery found due while it is still leased has outlived its lease: the attempt counts as lost. In a full lane such
-- ones are looked for first, as they hold its places.
-- Quick lanes and slow ones have places of their own in a drain, so that the slow never keep the quick waiting.
-- An event that has expired is not leased: its delivery is dead. Nor is one that is being taken back: its delivery is
-- cancelled. Those take places of the call as well, so that it does not last longer where there are many.
-- What was due before the server began its run, or accepted and not yet attempted, is a possible duplicate.
-- KEYS: event record lane lanes slow inflight dead destination drains leases workers order gate expiring history
-- STATES: pending leased dead cancelled
-- ARGV: drain, worker, most deliveries, lease in ms, lost leases that make a dead letter, attempt lines kept, retention in ms,
--       most of quick lanes, most of slow lanes, destinations found hanging, with blanks between
-- Returns: {now, ms until a lane is due that there are places for (-1: none), 1 if the worker is stopping, per lane
--          destination, 1 if it is slow, and how many of the following deliveries are its own, per delivery id, attempt,
--          tries, accepted_at, since, and possible duplicate, per event, in the order they come first in, its body or nil}
-- Touches: lane:<d> lanes slow inflight:<d> record:<id> destination:<d> leases:<drain> drains workers; dead:<d>
--          order:<d>:<key> gate expiring event:<id> (lost leases, expired and cancelled events); history
-- Uses: bind clock delivery concurrency rate breaker flow lanes finish attempts order expiry cancel lost run history sheaf
local drain, worker = ARGV[FIRST], ARGV[FIRST + 1]
local most, lease = tonumber(ARGV[FIRST + 2]), tonumber(ARGV[FIRST + 3])
local poison, cap, retention = tonumber(ARGV[FIRST + 4]), tonumber(ARGV[FIRST + 5]), ARGV[FIRST + 6]
local most_quick, most_slow, hanging = tonumber(ARGV[FIRST + 7]), tonumber(ARGV[FIRST + 8]), ARGV[FIRST + 9]
local now = clock()
local complete, until_when = complete_since(keys, now), stamp(now + lease)
local lanes, leased, granted, lapses, wanted, is_wanted, to_reclaim = {}, {}, 0, 0, {}, {}, most
local enter, write_scores = sheaf('ZADD')
local hold, write_leases = sheaf('SADD')

local function lapsed(destination, id, delivery)
  lapses = lapses + 1
  redis.call('SREM', keys.leases .. delivery.drain, destination .. ' ' .. id)
  return lose_lease(keys, states, destination, id, delivery, now, poison, cap, retention)
end

-- Without its record a delivery cannot be attempted; left in its lane, it would stop all lanes. The survey shows the gap.
local function forget(destination, id)
  redis.call('ZREM', keys.lane .. destination, id)
  redis.call('ZREM', keys.inflight .. destination, id)
end

local function reclaim(destination)
  local late = redis.call('ZRANGEBYSCORE', keys.inflight .. destination, '-inf', now, 'LIMIT', 0, to_reclaim)
  to_reclaim = to_reclaim - #late
  for _, id in ipairs(late) do
    local packed = redis.call('HGET', keys.record .. id, 'd:' .. destination)
    if packed then
      lapsed(destination, id, unpack_delivery(packed))
    else
      forget(destination, id)
    end
  end
end

-- True when the delivery was leased.
local function grant(destination, id)
  local stored = redis.call('HMGET', keys.record .. id, 'd:' .. destination, 'at', 'expires', 'cancelling')
  if not stored[1] then
    forget(destination, id)
    return false
  end
  local delivery = unpack_delivery(stored[1])
  if delivery.state == states.leased and lapsed(destination, id, delivery) ~= states.pending then
    return false
  end
  if stored[4] then
    cancel_delivery(keys, states, destination, id, delivery, now, retention)
    return false
  end
  if stored[3] and has_expired(stored[3], delivery, now) then
    expire_delivery(keys, states, destination, id, delivery, now)
    return false
  end
  if tonumber(delivery.due) < complete or (delivery.attempts == 0 and tonumber(stored[2]) < complete) then
    delivery.duplicate = '1'
  end
  delivery.state, delivery.drain = states.leased, drain
  if delivery.reason == CANCELLED then
    delivery.reason = '' -- an endpoint's word, which must not pass for the sender's
  end
  delivery.attempts, delivery.tries = delivery.attempts + 1, delivery.tries + 1
  delivery.due = until_when
  redis.call('HSET', keys.record .. id, 'd:' .. destination, pack_delivery(delivery))
  enter(keys.lane .. destination, delivery.due, id)
  enter(keys.inflight .. destination, delivery.due, id)
  hold(keys.leases .. drain, destination .. ' ' .. id)
  local column = #leased
  leased[column + 1], leased[column + 2], leased[column + 3] = id, delivery.attempts, delivery.tries
  leased[column + 4] = tonumber(stored[2])
  leased[column + 5] = tonumber(delivery.since == '0' and stored[2] or delivery.since)
  leased[column + 6] = tonumber(delivery.duplicate)
  if not is_wanted[id] then
    is_wanted[id], wanted[#wanted + 1] = true, keys.event .. id
  end
  granted = granted + 1
  return true
end

local function free_places(flow, limit)
  if count_in_flight(keys, flow) >= limit then
    reclaim(flow.destination)
    flow.in_flight = nil
  end
  return limit - count_in_flight(keys, flow)
end

local function breaker_room(flow)
  if flow.reopen_at == 0 then
    return math.huge
  end
  return breaker_gate(keys, flow) <= now and 1 or 0
end

local function places(flow, quantum)
  local room = math.min(quantum, tokens(flow, now), breaker_room(flow))
  local limit = limit_of(flow)
  return room > 0 and limit and math.min(room, free_places(flow, limit)) or room
end

-- Returns how many it looked at.
local function serve(flow, room)
  local destination, before, lapsed_before = flow.destination, granted, lapses
  flow.first_end = flow.in_flight == 0 and tonumber(until_when) or nil
  local due = redis.call('ZRANGEBYSCORE', keys.lane .. destination, '-inf', now, 'LIMIT', 0, room)
  for _, id in ipairs(due) do
    if grant(destination, id) then
      flow.probe = flow.reopen_at > 0 and id or nil
    end
  end
  write_scores()
  flow.in_flight = flow.in_flight and flow.in_flight + (granted - before) - (lapses - lapsed_before)
  local column = #lanes
  lanes[column + 1], lanes[column + 2], lanes[column + 3] = destination, is_slow(flow) and 1 or 0, granted - before
  if granted > before and (flow.probe or flow.policy.interval > 0) then
    spend_tokens(flow, now, granted - before)
    write_flow(keys, flow)
  end
  return #due
end

-- A visit costs far more than a delivery more of the same lane: with so many the server is back within some 2 ms. One that is
-- known to be slow counts for more: many such lanes time out together and are tried again together, several deliveries each.
local AT_ONCE_QUICK, AT_ONCE_SLOW, KNOWN_SLOW = 32, 64, 4
-- Whoever comes last gets what the others before it could not take. Whom the call has no room for keeps its turn.
local function visit_lanes(which, room, at_once)
  local due = redis.call('ZRANGEBYSCORE', which, '-inf', now, 'LIMIT', 0, math.min(room, at_once))
  local visits = at_once
  for turn, destination in ipairs(due) do
    if room == 0 then
      return
    end
    local flow = read_flow(keys, destination, now)
    local weight = is_heard(flow) and is_slow(flow) and KNOWN_SLOW or 1
    if weight > visits then
      return
    end
    local sharers = math.min(#due - turn + 1, math.floor(visits / weight))
    visits = visits - weight
    local free = places(flow, math.max(1, math.floor(room / sharers)))
    if free > 0 and not flow.paused then
      room = room - serve(flow, free)
    end
    schedule_lane(keys, destination, now, true, flow)
  end
end

-- What has been in flight for long without an answer makes its lane slow before it times out.
local function leave_quick_lanes(destination)
  local flow = read_flow(keys, destination, now)
  if flow.policy.most and not is_slow(flow) then
    note_hanging(flow)
    write_flow(keys, flow)
    schedule_lane(keys, destination, now, false, flow)
  end
end

redis.call('ZADD', keys.drains, now, drain)
for destination in string.gmatch(hanging, '%S+') do
  leave_quick_lanes(destination)
end
local quick_room = math.min(most, most_quick)
if quick_room > 0 then
  visit_lanes(keys.lanes, quick_room, AT_ONCE_QUICK)
end
local slow_room = math.min(most - granted, most_slow)
if slow_room > 0 then
  visit_lanes(keys.slow, slow_room, AT_ONCE_SLOW)
end

write_leases()
local bodies = wanted[1] and redis.call('MGET', unpack(wanted)) or {}

-- A stopping worker beats no more; it lives as long as its drains do, so that its slots are not taken for free.
local beat = redis.call('HGET', keys.workers, worker)
local stopping = beat and string.sub(beat, -1) == '1' and 1 or 0
if stopping == 1 then
  redis.call('HSET', keys.workers, worker, (string.gsub(beat, '^%d+', stamp(now))))
end

local function first_due()
  local due
  for which, room in pairs({ [keys.lanes] = most_quick, [keys.slow] = most_slow }) do
    local head = room > 0 and redis.call('ZRANGE', which, 0, 0, 'WITHSCORES') or {}
    if head[1] and (not due or tonumber(head[2]) < due) then
      due = tonumber(head[2])
    end
  end
  return due
end

local due = first_due()
return { math.floor(now), due and math.max(0, math.ceil(due - now)) or -1, stopping, lanes, leased, bodies }
