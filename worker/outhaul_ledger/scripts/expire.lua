#!lua flags=allow-oom
-- End what has not been delivered by its event's expiry as dead letters, wherever it waits: also for a retry, for its turn,
-- or at a paused destination. What is in flight is left to its attempt and looked at again.
-- An event with many deliveries is gone through in portions, and goes behind the others that are due after each.
-- KEYS: event record lane lanes slow inflight dead destination order gate expiring cancelling
-- STATES: pending leased dead
-- ARGV: most events, most deliveries to end, most deliveries to look at, deliveries in a portion, ms until an event with
--       deliveries in flight is looked at again
-- Returns: {deliveries expired, events gone through, 1 if more may be due, 1 while an event is being taken back}
-- Touches: expiring cancelling record:<id> lane:<d> lanes slow dead:<d> order:<d>:<key> gate
-- Uses: bind clock delivery concurrency rate breaker flow lanes finish order expiry run portion
local most, left, look = tonumber(ARGV[FIRST]), tonumber(ARGV[FIRST + 1]), tonumber(ARGV[FIRST + 2])
local portion, again = ARGV[FIRST + 3], tonumber(ARGV[FIRST + 4])
local now = clock()
local expired, through, touched = 0, 0, {}

local function end_delivery(id, destination, delivery)
  expire_delivery(keys, states, destination, id, delivery, now)
  expired, left, touched[destination] = expired + 1, left - 1, true
end

-- Returns where to go on, behind the portion or in it once more, and whether something of it is in flight.
local function look_at_portion(id, expires, cursor)
  local here, following, record = read_portion(keys, id, cursor, portion, DELIVERIES)
  local in_flight = false
  look = look - #record / 2
  for i = 1, #record, 2 do
    local destination = string.match(record[i], '^d:(.+)$')
    local delivery = destination and unpack_delivery(record[i + 1])
    if delivery and has_expired(expires, delivery, now) then
      in_flight = in_flight or delivery.state == states.leased
      if delivery.state == states.pending and left == 0 then
        return here, in_flight
      elseif delivery.state == states.pending then
        end_delivery(id, destination, delivery)
      end
    end
  end
  return following, in_flight
end

-- How far an event was gone through is kept in its record: whether something was in flight, and the cursor.
local function look_at(id)
  local stored = redis.call('HMGET', keys.record .. id, 'expires', 'sweep')
  local flew, cursor = string.match(stored[2] or '- 0', '^(%S) (.*)$')
  local following, in_flight = look_at_portion(id, stored[1], cursor)
  in_flight = in_flight or flew == '+'
  if following ~= '0' then
    redis.call('HSET', keys.record .. id, 'sweep', (in_flight and '+ ' or '- ') .. following)
    redis.call('ZADD', keys.expiring, now, id)
    return
  end
  through = through + 1
  if stored[2] then
    redis.call('HDEL', keys.record .. id, 'sweep')
  end
  if in_flight then
    redis.call('ZADD', keys.expiring, now + again, id)
  else
    redis.call('ZREM', keys.expiring, id)
  end
end

local due, looked = redis.call('ZRANGEBYSCORE', keys.expiring, '-inf', now, 'LIMIT', 0, most), 0
while looked < #due and left > 0 and look > 0 do
  looked = looked + 1
  look_at(due[looked])
end
for destination in pairs(touched) do
  schedule_lane(keys, destination, now)
end
local more = looked < #due or looked > through or #due == most
-- Whoever calls this every second need not ask for that as well.
return { expired, through, more and 1 or 0, redis.call('EXISTS', keys.cancelling) }
