-- What lets a destination's deliveries through and what holds them back, read from its hash in one call and written back in
-- one. Uses: concurrency rate breaker.
-- `policy` is what a worker configured: most in flight, 1 if that is to be found out, interval and tolerance of the rate in ms
-- (0: none); failure ratio, least attempts (0: no breaker), window in ms, silences in a row, ms open, most ms open.
local POLICY = '^(%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+)$'

local function unpack_policy(flow, packed)
  local most, adaptive, interval, tolerance, ratio, minimum, span, silences, open_for, open_cap =
    string.match(packed or '', POLICY)
  flow.most, flow.adaptive = tonumber(most), adaptive == '1'
  flow.interval, flow.tolerance = tonumber(interval or 0), tonumber(tolerance or 0)
  flow.ratio, flow.minimum, flow.span = tonumber(ratio), tonumber(minimum or 0), tonumber(span)
  flow.most_silences, flow.open_for, flow.open_cap = tonumber(silences), tonumber(open_for), tonumber(open_cap or 0)
end

local function read_flow(keys, destination, now)
  local stored =
    redis.call('HMGET', keys.destination .. destination, 'paused', 'policy', 'window', 'breaker', 'probe', 'arrival')
  local flow = { destination = destination, paused = stored[1], stored = stored, probe = stored[5] ~= '' and stored[5] or nil }
  flow.arrival = tonumber(stored[6] or 0)
  unpack_policy(flow, stored[2])
  unpack_window(flow, stored[3])
  unpack_breaker(flow, stored[4])
  bound_rate(flow, now)
  bound_breaker(flow, now)
  flow.was_slow = is_slow(flow)
  return flow
end

-- Every field that differs from what was read.
local function write_flow(keys, flow)
  local stored, changed = flow.stored, {}
  local function note(index, field, value)
    if value ~= stored[index] and not (value == '' and not stored[index]) then
      stored[index] = value
      changed[#changed + 1], changed[#changed + 2] = field, value
    end
  end
  if flow.most then
    round_window(flow)
    note(3, 'window', pack_window(flow))
  end
  if flow.minimum > 0 or stored[4] then
    note(4, 'breaker', pack_breaker(flow))
    note(5, 'probe', flow.probe or '')
  end
  if flow.interval > 0 then
    note(6, 'arrival', string.format('%.3f', flow.arrival))
  end
  if #changed > 0 then
    redis.call('HSET', keys.destination .. flow.destination, unpack(changed))
  end
end

-- What an attempt that was settled says of the endpoint.
local function hear(flow, now, outcome)
  flow.settled = (flow.settled or 0) + 1
  if not flow.most then
    return
  end
  judge_attempt(flow, now, outcome)
  if not outcome.judged then
    return
  end
  take_pace(flow, outcome.duration)
  if flow.adaptive and flow.window == 0 then
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
