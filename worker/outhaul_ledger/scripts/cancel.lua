#!lua flags=allow-oom
-- Take an event back: what has not been sent ends as cancelled. What is in flight cannot be stopped, and ends as cancelled
-- if its attempt fails. An event whose destinations are not known yet gets none.
-- KEYS: event record attempts inbox routing lane lanes slow inflight destination order gate expiring wake idle bell
-- STATES: pending leased cancelled
-- ARGV: retention in ms, id
-- Returns: {1 if it had no deliveries yet, {destination, state, 1 if this call stopped it}, ...}; nothing for an unknown
--          event
-- Touches: record:<id> inbox routing lane:<d> lanes slow destination:<d> order:<d>:<key> gate expiring wake bell; event:<id>
--          attempts:<id> (expiry)
-- Uses: bind clock wake delivery concurrency rate breaker flow lanes finish inbox order unrouted gate cancel
local retention, id = ARGV[FIRST], ARGV[FIRST + 1]
local now = clock()
local record = redis.call('HGETALL', keys.record .. id)
if #record == 0 then
  return {}
end
local unrouted = take_from_inbox(keys, id)
local answer, touched, matters = { unrouted }, {}, unrouted == 1

local function cancel(destination, delivery)
  local stopped = delivery.state == states.pending
  if stopped then
    cancel_delivery(keys, states, destination, id, delivery, now, retention)
    touched[destination] = true
  elseif delivery.state == states.leased then
    delivery.reason = CANCELLED
    redis.call('HSET', keys.record .. id, 'd:' .. destination, pack_delivery(delivery))
  end
  matters = matters or stopped or delivery.state == states.leased
  answer[#answer + 1] = { destination, delivery.state, stopped and 1 or 0 }
end

if unrouted == 1 then
  -- One that was routed in part counts one delivery more until its last chunk, which will not come.
  redis.call('HINCRBY', keys.record .. id, 'open', redis.call('HEXISTS', keys.record .. id, 'open') == 1 and -1 or 0)
  touched = open_gate(keys, now)
end
for i = 1, #record, 2 do
  local destination = string.match(record[i], '^d:(.+)$')
  if destination then
    cancel(destination, unpack_delivery(record[i + 1]))
  end
end
if matters then
  redis.call('HSET', keys.record .. id, 'cancelled', stamp(now))
end
if unrouted == 1 then
  expire_if_finished(keys, id, now, retention)
end
for destination in pairs(touched) do
  schedule_lane(keys, destination, now)
end
if next(touched) then
  wake(keys)
end
return answer
