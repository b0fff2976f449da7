#!lua flags=allow-oom
-- Write what attempts came to. An outcome whose lease is no longer current changes nothing: it only adds its line,
-- marked `stale`, to the attempt log. An outcome that was written before is answered as it was then. A retry that would
-- come after the event's expiry is none: the delivery is dead. A failure after the event was taken back ends it as
-- cancelled.
-- What they say of the endpoints as a whole moves breakers and concurrency limits, and stops subscriptions.
-- KEYS: event record lane lanes slow inflight dead held destination leases order gate expiring disabled recent
-- STATES: pending leased delivered dead skipped held cancelled
-- ARGV: drain, retention in ms, attempt lines kept, number of results, then per result, which many attempts may have in
--       common: destination, state, reason, status, delay in ms, reason to pause the destination (or ''), and a text of six
--       digits, each 1 or 0: burned, ambiguous; the endpoint is judged, it failed, was silent, was overloaded; then per
--       outcome: number of its result, id, attempt, line, ms the endpoint took
-- Returns: per outcome 1 settled, 0 stale, -1 unknown delivery
-- Touches: record:<id> lane:<d> lanes slow inflight:<d> dead:<d> held:<d> destination:<d> leases:<drain>
--          event:<id> order:<d>:<key> gate expiring disabled recent:<d>
-- Uses: bind clock delivery concurrency rate breaker flow lanes finish attempts order expiry cancel subscribed disable
--       recent sheaf
local drain, retention, cap = ARGV[FIRST], ARGV[FIRST + 1], tonumber(ARGV[FIRST + 2])
local now = clock()
local results, outcomes, answers, flows, ended = {}, {}, {}, {}, {}
local leave, write_leaving = sheaf('ZREM')
local release, write_leases = sheaf('SREM')

local ONE = string.byte('1')
local function read_result(i)
  local burned, ambiguous, judged, failed, silent, overloaded = string.byte(ARGV[i + 6], 1, 6)
  local destination = ARGV[i]
  local result = {
    destination = destination, state = states[ARGV[i + 1]], reason = ARGV[i + 2], status = ARGV[i + 3],
    delay = tonumber(ARGV[i + 4]), due = stamp(now + tonumber(ARGV[i + 4])), pause = ARGV[i + 5],
    burned = burned == ONE, ambiguous = ambiguous == ONE, judged = judged == ONE, failed = failed == ONE,
    silent = silent == ONE, overloaded = overloaded == ONE, field = 'd:' .. destination, log = 'a:' .. destination,
    lane = keys.lane .. destination, inflight = keys.inflight .. destination,
  }
  result.__index = result
  return result
end

local function read_outcome(i)
  local own = { id = ARGV[i + 1], attempt = tonumber(ARGV[i + 2]), line = ARGV[i + 3], duration = tonumber(ARGV[i + 4]) }
  return setmetatable(own, results[tonumber(ARGV[i])])
end

-- The line is marked as text: decoding it would lose the order of its members and digits of its numbers.
local function log_stale(outcome, known)
  if string.sub(outcome.line, 1, 1) ~= '{' then
    return
  end
  local rest = string.sub(outcome.line, 2)
  local line = '{"stale":true' .. (rest == '}' and '' or ',') .. rest
  local log = not is_logged(known, line) and add_line(known, line, cap)
  if log then
    redis.call('HSET', keys.record .. outcome.id, outcome.log, log)
  end
end

-- `left` are the books of its event: unfinished deliveries with this one, those kept for a person, when it expires; and the
-- delivery's attempt log.
local function move(outcome, left)
  local destination, id = outcome.destination, outcome.id
  if outcome.state == states.pending then
    redis.call('ZADD', outcome.lane, now + outcome.delay, id)
    return
  end
  leave(outcome.lane, id)
  if outcome.state == states.dead then
    keep(keys, keys.dead, destination, id, now)
  elseif outcome.state == states.held then
    keep(keys, keys.held, destination, id, now)
  else
    local counter = destination .. ' ' .. outcome.state
    ended[counter] = (ended[counter] or 0) + 1
    if left.open == 1 and left.kept == 0 then
      finish_event(keys, id, now, retention, left.expires)
    end
  end
end

-- What sender and expiry make of an outcome.
local function overrule(outcome, delivery, expires)
  local failed = outcome.state == states.pending or outcome.state == states.dead
  if failed and delivery.reason == CANCELLED then
    outcome.state, outcome.reason, outcome.due = states.cancelled, CANCELLED, stamp(now)
  elseif expires and outcome.state == states.pending and has_expired(expires, delivery, now + outcome.delay) then
    outcome.state, outcome.reason, outcome.due = states.dead, 'expired', stamp(now)
  end
end

local function keep_in_order(outcome, delivery)
  local final = outcome.state == states.dead or outcome.state == states.held
  if final or outcome.state == states.pending then
    fail_in_order(keys, outcome.destination, outcome.id, delivery, now, final)
  else
    leave_order(keys, outcome.destination, outcome.id, delivery, now)
  end
end

local function record(outcome, delivery, left)
  delivery.state, delivery.lost = outcome.state, 0
  delivery.due, delivery.status, delivery.reason = outcome.due, outcome.status, outcome.reason
  if outcome.ambiguous then
    delivery.duplicate = '1'
  end
  if not outcome.burned then
    delivery.tries = delivery.tries - 1
  end
  if delivery.order ~= '' then
    keep_in_order(outcome, delivery)
  end
  local open = outcome.state == states.pending and left.open or left.open - 1
  local log = add_line(left.log, outcome.line, cap)
  local packed = pack_delivery(delivery)
  if log then
    redis.call('HSET', keys.record .. outcome.id, outcome.field, packed, 'open', digits[open], outcome.log, log)
  else
    redis.call('HSET', keys.record .. outcome.id, outcome.field, packed, 'open', digits[open])
  end
  if is_subscription(outcome.destination) then
    note_recent(keys, outcome.destination, outcome.id, now)
  end
end

local function settle(outcome)
  local stored = redis.call('HMGET', keys.record .. outcome.id, outcome.field, 'expires', 'open', 'kept', outcome.log)
  if not stored[1] then
    return -1
  end
  local delivery = unpack_delivery(stored[1])
  if delivery.attempts ~= outcome.attempt or delivery.drain ~= drain then
    log_stale(outcome, stored[5])
    return 0
  end
  if delivery.state ~= states.leased then
    return 1
  end
  leave(outcome.inflight, outcome.id)
  release(keys.leases .. drain, outcome.destination .. ' ' .. outcome.id)
  overrule(outcome, delivery, stored[2])
  local left = { open = tonumber(stored[3]), kept = tonumber(stored[4] or 0), expires = stored[2], log = stored[5] }
  record(outcome, delivery, left)
  move(outcome, left)
  local flow = flows[outcome.destination] or read_flow(keys, outcome.destination, now)
  flows[outcome.destination] = flow
  hear(flow, now, outcome)
  if outcome.pause ~= '' then
    disable(keys, flow, outcome.pause, now)
  end
  flow.fortune = flow.fortune == states.delivered and states.delivered or outcome.state
  return 1
end

-- All are read before any is written: one that cannot be read must not leave the others half done.
local first = FIRST + 4 + 7 * tonumber(ARGV[FIRST + 3])
for i = FIRST + 4, first - 1, 7 do
  results[#results + 1] = read_result(i)
end
for i = first, #ARGV, 5 do
  outcomes[#outcomes + 1] = read_outcome(i)
end
for _, outcome in ipairs(outcomes) do
  answers[#answers + 1] = settle(outcome)
end
write_leaving()
write_leases()
for counter, count in pairs(ended) do
  local destination, state = string.match(counter, '^(.*) (.*)$')
  redis.call('HINCRBY', keys.destination .. destination, state, count)
end
for destination, flow in pairs(flows) do
  head_of(keys, flow)
  grow_window(flow, flow.answered or 0, count_in_flight(keys, flow) + flow.settled)
  write_flow(keys, flow)
  if is_subscription(destination) then
    note_fortune(keys, states, flow, now)
  end
  schedule_lane(keys, destination, now, false, flow)
end
return answers
