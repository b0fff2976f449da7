#!lua flags=allow-oom
-- Lease due deliveries from as many lanes as it takes, in round robin, and beat the drain's heart.
-- A delivery found due while it is still leased has outlived its lease: the attempt counts as lost. In a full lane such
-- ones are looked for first, as they hold its places. What was due before the server began its run is a possible duplicate.
-- KEYS: event record attempts lane lanes inflight dead destination drains leases workers history
-- STATES: pending leased dead
-- ARGV: drain, worker, most deliveries, lease in ms, lost leases that make a dead letter, attempt lines kept, retention in ms
-- Returns: {now, ms until a lane is due (-1: none), 1 if the worker is stopping, deliveries}, each delivery
--          {destination, id, attempt, tries, accepted_at, since, possible duplicate, body}
-- Touches: lane:<d> lanes inflight:<d> record:<id> leases:<drain> drains workers; dead:<d> attempts:<id> (lost leases) history
-- Uses: bind clock delivery lanes finish attempts lost history
local drain, worker = ARGV[FIRST], ARGV[FIRST + 1]
local most, lease = tonumber(ARGV[FIRST + 2]), tonumber(ARGV[FIRST + 3])
local poison, cap = tonumber(ARGV[FIRST + 4]), tonumber(ARGV[FIRST + 5])
local now = clock()
local complete = complete_since(keys, now)
local leased = {}

local function lapsed(destination, id, delivery)
  redis.call('SREM', keys.leases .. delivery.drain, destination .. ' ' .. id)
  return lose_lease(keys, states, destination, id, delivery, now, poison, cap)
end

-- Without its record a delivery cannot be attempted; left in its lane, it would stop all lanes. The survey shows the gap.
local function forget(destination, id)
  redis.call('ZREM', keys.lane .. destination, id)
  redis.call('ZREM', keys.inflight .. destination, id)
end

local function reclaim(destination)
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', keys.inflight .. destination, '-inf', now, 'LIMIT', 0, most)) do
    local packed = redis.call('HGET', keys.record .. id, 'd:' .. destination)
    if packed then
      lapsed(destination, id, unpack_delivery(packed))
    else
      forget(destination, id)
    end
  end
end

local function grant(destination, id)
  local stored = redis.call('HMGET', keys.record .. id, 'd:' .. destination, 'at')
  if not stored[1] then
    return forget(destination, id)
  end
  local delivery = unpack_delivery(stored[1])
  if delivery.state == states.leased and lapsed(destination, id, delivery) then
    return
  end
  if tonumber(delivery.due) < complete then
    delivery.duplicate = '1'
  end
  delivery.state, delivery.drain = states.leased, drain
  delivery.attempts, delivery.tries = delivery.attempts + 1, delivery.tries + 1
  delivery.due = stamp(now + lease)
  redis.call('HSET', keys.record .. id, 'd:' .. destination, pack_delivery(delivery))
  redis.call('ZADD', keys.lane .. destination, delivery.due, id)
  redis.call('ZADD', keys.inflight .. destination, delivery.due, id)
  redis.call('SADD', keys.leases .. drain, destination .. ' ' .. id)
  leased[#leased + 1] = {
    destination, id, delivery.attempts, delivery.tries, tonumber(stored[2]),
    tonumber(delivery.since == '0' and stored[2] or delivery.since),
    tonumber(delivery.duplicate), redis.call('GET', keys.event .. id) or '',
  }
end

local function free_places(destination, limit)
  local free = limit - redis.call('ZCARD', keys.inflight .. destination)
  if free > 0 then
    return free
  end
  reclaim(destination)
  return limit - redis.call('ZCARD', keys.inflight .. destination)
end

local function visit(destination, quantum)
  local settings = redis.call('HMGET', keys.destination .. destination, 'paused', 'limit')
  if settings[1] then
    return
  end
  local room = math.min(quantum, most - #leased)
  if settings[2] then
    room = math.min(room, free_places(destination, tonumber(settings[2])))
  end
  if room > 0 then
    for _, id in ipairs(redis.call('ZRANGEBYSCORE', keys.lane .. destination, '-inf', now, 'LIMIT', 0, room)) do
      grant(destination, id)
    end
  end
end

redis.call('ZADD', keys.drains, now, drain)
if most > 0 then
  local due = redis.call('ZRANGEBYSCORE', keys.lanes, '-inf', now, 'LIMIT', 0, most)
  for _, destination in ipairs(due) do
    visit(destination, math.max(1, math.floor(most / #due)))
    schedule_lane(keys, destination, now, true)
  end
end

-- A stopping worker beats no more; it lives as long as its drains do, so that its slots are not taken for free.
local beat = redis.call('HGET', keys.workers, worker)
local stopping = beat and string.sub(beat, -1) == '1' and 1 or 0
if stopping == 1 then
  redis.call('HSET', keys.workers, worker, (string.gsub(beat, '^%d+', stamp(now))))
end
local head = redis.call('ZRANGE', keys.lanes, 0, 0, 'WITHSCORES')
local wait = head[1] and math.max(0, math.ceil(head[2] - now)) or -1
return { math.floor(now), wait, stopping, leased }
