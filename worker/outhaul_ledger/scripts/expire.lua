#!lua flags=allow-oom
-- End what has not been delivered by its event's expiry as dead letters, wherever it waits: also for a retry, for its turn,
-- or at a paused destination. What is in flight is left to its attempt and looked at again.
-- KEYS: event record attempts lane lanes slow inflight dead destination order gate expiring
-- STATES: pending leased dead
-- ARGV: most events, ms until an event with deliveries in flight is looked at again
-- Returns: {deliveries expired, events looked at}
-- Touches: expiring record:<id> lane:<d> lanes slow dead:<d> order:<d>:<key> gate
-- Uses: bind clock delivery concurrency rate breaker flow lanes finish order expiry
local most, again = ARGV[FIRST], tonumber(ARGV[FIRST + 1])
local now = clock()
local expired, touched = 0, {}

-- Returns true while something of the event is in flight.
local function look_at(id)
  local record, in_flight = redis.call('HGETALL', keys.record .. id), false
  local expires = redis.call('HGET', keys.record .. id, 'expires')
  for i = 1, #record, 2 do
    local destination = string.match(record[i], '^d:(.+)$')
    local delivery = destination and unpack_delivery(record[i + 1])
    if delivery and has_expired(expires, delivery, now) then
      in_flight = in_flight or delivery.state == states.leased
      if delivery.state == states.pending then
        expire_delivery(keys, states, destination, id, delivery, now)
        expired, touched[destination] = expired + 1, true
      end
    end
  end
  return in_flight
end

local due = redis.call('ZRANGEBYSCORE', keys.expiring, '-inf', now, 'LIMIT', 0, most)
for _, id in ipairs(due) do
  if look_at(id) then
    redis.call('ZADD', keys.expiring, now + again, id)
  else
    redis.call('ZREM', keys.expiring, id)
  end
end
for destination in pairs(touched) do
  schedule_lane(keys, destination, now)
end
return { expired, #due }
