-- A destination's breaker: closed (`reopen_at` is 0), open until then, half open while a probe is in flight. Uses:
-- concurrency.
-- Attempts and failures are counted in two buckets, each as long as the window; of the elder one that part counts which the
-- window still reaches.
local COUNTS = '^(%S+) (%S+) (%S+) (%S+) (%S+) (%S+)$'

-- A breaker that was switched off is closed. Where the clock was set back, or the cap lowered, it stays open no longer for
-- that.
local function unpack_breaker(flow, packed, now)
  if not packed then
    flow.reopen_at, flow.openings, flow.closed_at, flow.probe = 0, 0, 0, nil
    return
  end
  local at, openings, closed = string.match(packed, '^(%S+) (%S+) (%S+)$')
  flow.reopen_at, flow.openings, flow.closed_at = tonumber(at), tonumber(openings), tonumber(closed)
  local bound = flow.policy.minimum > 0 and math.ceil(now + flow.policy.open_cap) or 0
  if flow.reopen_at > bound then
    flow.reopen_at, flow.bounded = bound, true
  end
  if flow.reopen_at == 0 then
    flow.probe = nil
  end
end

local function pack_breaker(flow)
  return string.format('%d %d %d', flow.reopen_at, flow.openings, flow.closed_at)
end

local function forget_counts(flow, now)
  flow.counted, flow.silences, flow.bucket_at = true, 0, now
  flow.attempts, flow.failures, flow.attempts_before, flow.failures_before = 0, 0, 0, 0
end

-- Only a settled attempt needs them.
local function unpack_counts(flow, packed, now)
  if not packed then
    return forget_counts(flow, now)
  end
  local start, silences, attempts, failures, attempts_before, failures_before = string.match(packed, COUNTS)
  flow.bucket_at, flow.silences = tonumber(start), tonumber(silences)
  flow.attempts, flow.failures = tonumber(attempts), tonumber(failures)
  flow.attempts_before, flow.failures_before = tonumber(attempts_before), tonumber(failures_before)
  flow.counted = true
end

local function pack_counts(flow)
  return string.format(
    '%d %d %d %d %d %d', flow.bucket_at, flow.silences, flow.attempts, flow.failures, flow.attempts_before,
    flow.failures_before
  )
end

-- When it lets the next attempt through; 0 when it is closed. A probe whose lease is gone was lost, and another may go.
local function breaker_gate(keys, flow)
  local probing = flow.probe and redis.call('ZSCORE', keys.inflight .. flow.destination, flow.probe)
  return probing and tonumber(probing) or flow.reopen_at
end

local function open_breaker(flow, now)
  flow.probe = nil
  local rest = flow.policy.open_for * 2 ^ flow.openings
  flow.reopen_at = math.ceil(now + math.min(rest, flow.policy.open_cap))
  flow.openings = math.min(flow.openings + 1, 30)
  forget_counts(flow, now)
end

local function close_breaker(flow, now)
  flow.probe, flow.reopen_at, flow.closed_at = nil, 0, now
  forget_counts(flow, now)
  restart_window(flow)
end

local function roll_buckets(flow, now)
  local age = now - flow.bucket_at
  if age < 0 or age >= 2 * flow.policy.span then
    flow.attempts_before, flow.failures_before, flow.attempts, flow.failures = 0, 0, 0, 0
    flow.bucket_at = now
  elseif age >= flow.policy.span then
    flow.attempts_before, flow.failures_before = flow.attempts, flow.failures
    flow.attempts, flow.failures = 0, 0
    flow.bucket_at = flow.bucket_at + flow.policy.span
  end
end

local function too_many_failed(flow, now)
  local part = math.max(0, 1 - (now - flow.bucket_at) / flow.policy.span)
  local attempts = flow.attempts + flow.attempts_before * part
  local failures = flow.failures + flow.failures_before * part
  return flow.silences >= flow.policy.most_silences or (attempts >= flow.policy.minimum and failures >= flow.policy.ratio * attempts)
end

local function count_attempt(flow, now, outcome)
  roll_buckets(flow, now)
  flow.attempts = flow.attempts + 1
  flow.silences = outcome.silent and flow.silences + 1 or 0
  if not outcome.failed then
    return
  end
  flow.failures = flow.failures + 1
  if too_many_failed(flow, now) then
    -- An endpoint that kept well for long enough has earned that an outage starts small again.
    if now - flow.closed_at > flow.policy.span + math.min(flow.policy.open_for * 2 ^ flow.openings, flow.policy.open_cap) then
      flow.openings = 0
    end
    open_breaker(flow, now)
  end
end

-- While it is not closed the probe alone decides: what else comes in was under way when it opened.
local function judge_attempt(flow, now, outcome)
  if flow.policy.minimum == 0 then
    return
  end
  if not flow.counted then
    unpack_counts(flow, flow.stored[7], now)
  end
  if flow.reopen_at == 0 then
    if outcome.judged then
      count_attempt(flow, now, outcome)
    end
  elseif flow.probe == outcome.id then
    if not outcome.judged then
      flow.probe, flow.reopen_at = nil, now
    elseif outcome.failed then
      open_breaker(flow, now)
    else
      close_breaker(flow, now)
    end
  end
end
