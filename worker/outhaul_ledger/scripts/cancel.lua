#!lua flags=allow-oom
-- Take an event back: what has not been sent ends as cancelled. What is in flight cannot be stopped, and ends as cancelled
-- if its attempt fails. An event whose destinations are not known yet gets none.
-- An event with many deliveries is gone through in portions. From the first to the last it is noted as being taken back:
-- nothing of it is leased, and whoever takes the note goes on where a caller does not come back.
-- KEYS: event record inbox routing lane lanes slow inflight destination order gate expiring cancelling wake idle bell
-- STATES: pending leased cancelled
-- ARGV: retention in ms, id, '' or the moment an earlier call answered, cursor ('0' at first), deliveries to look at, most
--       to change, ms after which another goes on
-- Returns: {moment it is being taken back since, next cursor ('0': that was all), 1 if it had no deliveries yet, per
--          delivery {destination, state, 1 if taking it back stopped it}}; nothing for an unknown event
-- Touches: record:<id> inbox routing lane:<d> lanes slow destination:<d> order:<d>:<key> gate expiring cancelling wake bell;
--          event:<id> (expiry)
-- Uses: bind clock wake delivery concurrency rate breaker flow lanes finish inbox order unrouted gate cancel run portion
local retention, id, since, cursor = ARGV[FIRST], ARGV[FIRST + 1], ARGV[FIRST + 2], ARGV[FIRST + 3]
local look, left, again = ARGV[FIRST + 4], tonumber(ARGV[FIRST + 5]), tonumber(ARGV[FIRST + 6])
local now = clock()
local known = redis.call('HMGET', keys.record .. id, 'at', 'cancelling')
if not known[1] then
  return {}
end
local begins, noted = since == '', known[2]
if begins then
  since = noted or stamp(now)
end
-- When another has come to the end meanwhile, what was replayed after that is not for this call.
local in_force = begins or noted == since
local unrouted = begins and take_from_inbox(keys, id) or 0
local rows, touched, matters = {}, {}, unrouted == 1

local function stop(destination, delivery)
  if delivery.state == states.pending then
    cancel_delivery(keys, states, destination, id, delivery, now, retention)
    touched[destination] = true
  else
    delivery.reason = CANCELLED
    redis.call('HSET', keys.record .. id, 'd:' .. destination, pack_delivery(delivery))
  end
  left, matters = left - 1, true
end

-- By an earlier portion, or by a drain that was not to lease it any more.
local function was_stopped(delivery)
  local ended = delivery.state == states.cancelled and delivery.reason == CANCELLED
  return ended and (noted or not begins) and tonumber(delivery.due) >= tonumber(since)
end

-- False when no more may be changed.
local function take_back(destination, delivery)
  local unfinished = delivery.state == states.pending or (delivery.state == states.leased and delivery.reason ~= CANCELLED)
  local stopped = was_stopped(delivery) or (in_force and delivery.state == states.pending)
  if in_force and unfinished then
    if left == 0 then
      return false
    end
    stop(destination, delivery)
  end
  rows[#rows + 1] = { destination, delivery.state, stopped and 1 or 0 }
  return true
end

-- Returns where to go on: behind the portion, or in it once more.
local function take_back_portion()
  local here, following, record = read_portion(keys, id, cursor, look, DELIVERIES)
  for i = 1, #record, 2 do
    local destination = string.match(record[i], '^d:(.+)$')
    if destination and not take_back(destination, unpack_delivery(record[i + 1])) then
      return here
    end
  end
  return following
end

local function note(following)
  local unfinished = tonumber(redis.call('HGET', keys.record .. id, 'open') or 0) > 0
  if following ~= '0' and unfinished and in_force then
    redis.call('HSET', keys.record .. id, 'cancelling', since)
    redis.call('ZADD', keys.cancelling, now + again, id)
  elseif following == '0' and noted and in_force then
    redis.call('HDEL', keys.record .. id, 'cancelling')
    redis.call('ZREM', keys.cancelling, id)
  end
end

if unrouted == 1 then
  -- One that was routed in part counts one delivery more until its last chunk, which will not come.
  redis.call('HINCRBY', keys.record .. id, 'open', redis.call('HEXISTS', keys.record .. id, 'open') == 1 and -1 or 0)
  touched = open_gate(keys, now)
end
local following = take_back_portion()
if matters then
  redis.call('HSET', keys.record .. id, 'cancelled', since)
end
if unrouted == 1 then
  expire_if_finished(keys, id, now, retention)
end
note(following)
for destination in pairs(touched) do
  schedule_lane(keys, destination, now)
end
if next(touched) then
  wake(keys)
end
return { since, following, unrouted, rows }
