-- What lets a destination's deliveries through and what holds them back, read from its hash in one call and written back in
-- one. Uses: concurrency rate breaker.
-- `policy` is what a worker configured: most in flight, 1 if that is to be found out, interval and tolerance of the rate in ms
-- (0: none); failure ratio, least attempts (0: no breaker), window in ms, silences in a row, ms open, most ms open.
local POLICY = '^(%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+)$'

-- Most destinations have the same policy: a script that meets many takes it apart once.
local policies = {}
local function unpack_policy(packed)
  local policy = policies[packed]
  if policy == nil then
    local most, adaptive, interval, tolerance, ratio, minimum, span, silences, open_for, open_cap =
      string.match(packed, POLICY)
    policy = {
      most = tonumber(most), adaptive = adaptive == '1', interval = tonumber(interval), tolerance = tonumber(tolerance),
      ratio = tonumber(ratio), minimum = tonumber(minimum), span = tonumber(span), most_silences = tonumber(silences),
      open_for = tonumber(open_for), open_cap = tonumber(open_cap),
    }
    policies[packed] = policy
  end
  return policy
end
-- Of a destination that no worker has configured.
local UNGOVERNED = { interval = 0, minimum = 0 }

local function read_flow(keys, destination, now)
  local stored = redis.call(
    'HMGET', keys.destination .. destination, 'paused', 'policy', 'window', 'breaker', 'probe', 'arrival', 'counts'
  )
  local flow = { destination = destination, stored = stored, paused = stored[1] }
  flow.policy = stored[2] and unpack_policy(stored[2]) or UNGOVERNED
  flow.probe = stored[5] ~= '' and stored[5] or nil
  unpack_window(flow, stored[3])
  unpack_breaker(flow, stored[4], now)
  read_arrival(flow, stored[6], now)
  flow.was_slow = is_slow(flow)
  return flow
end

local function note_change(changed, field, before, value)
  if value ~= before then
    changed[#changed + 1], changed[#changed + 2] = field, value
  end
end

-- What differs from what was read.
local function write_flow(keys, flow)
  local stored, changed = flow.stored, {}
  if settle_window(flow) then
    note_change(changed, 'window', stored[3], pack_window(flow))
  end
  if flow.reopen_at > 0 or stored[4] then
    note_change(changed, 'breaker', stored[4], pack_breaker(flow))
    note_change(changed, 'probe', stored[5], flow.probe or '')
  end
  if flow.policy.interval > 0 then
    note_change(changed, 'arrival', stored[6], string.format('%.3f', flow.arrival))
  end
  if flow.counted then
    note_change(changed, 'counts', stored[7], pack_counts(flow))
  end
  if changed[1] then
    redis.call('HSET', keys.destination .. flow.destination, unpack(changed))
  end
end

-- What an attempt that was settled says of the endpoint.
local function hear(flow, now, outcome)
  flow.settled = (flow.settled or 0) + 1
  if not flow.policy.most then
    return
  end
  judge_attempt(flow, now, outcome)
  if not outcome.judged then
    return
  end
  take_pace(flow, outcome.duration)
  if flow.policy.adaptive and flow.window == 0 then
    flow.window = FIRST_WINDOW
  end
  if outcome.overloaded then
    cut_window(flow, now, now - outcome.duration)
  elseif not outcome.failed then
    flow.answered = (flow.answered or 0) + 1
  end
end

-- {reason of a pause, limit of the moment or -1, when the breaker lets a probe through or 0, 1 if one is under way, when the
-- next token is there, 1 if the lane is slow}
local function describe_flow(flow)
  return {
    flow.paused or '', limit_of(flow) or -1, math.ceil(flow.reopen_at), flow.probe and 1 or 0,
    math.ceil(next_token(flow)), is_slow(flow) and 1 or 0,
  }
end
