-- How many deliveries of a destination may be in flight, and whether its lane is a slow one. Uses: nothing.
-- A window that is set is the limit of the moment and grows with what the endpoint answers: of an adaptive limit always, of
-- a fixed one only from the closing of the breaker until it is reached. Not set (0) it means the fixed limit, or that an
-- adaptive one has nothing to go by yet.
local UNHEARD, FIRST_WINDOW, SLOW_MS, PACE_STEP_MS = 1, 4, 1000, 50

local function unpack_window(flow, packed)
  if not packed then
    flow.window, flow.threshold, flow.cut_at, flow.pace = 0, 0, 0, -1
    flow.window_before, flow.pace_before = 0, -1
    return
  end
  local window, threshold, cut_at, pace = string.match(packed, '^(%S+) (%S+) (%S+) (%S+)$')
  flow.window, flow.threshold, flow.cut_at, flow.pace =
    tonumber(window), tonumber(threshold), tonumber(cut_at), tonumber(pace)
  flow.window_before, flow.pace_before = flow.window, flow.pace
end

local function pack_window(flow)
  return string.format('%.4f %.4f %d %d', flow.window, flow.threshold, flow.cut_at, flow.pace)
end

-- Rounded to what will be read back: a lane must not be scheduled by one limit and visited by another. True when it differs
-- from what was read.
local function settle_window(flow)
  flow.window, flow.pace = math.floor(flow.window * 10000) / 10000, math.floor(flow.pace)
  return flow.window ~= flow.window_before or flow.pace ~= flow.pace_before
end

-- nil: no limit, for a destination that no worker has configured.
local function limit_of(flow)
  if not flow.policy.most then
    return nil
  end
  if flow.window > 0 then
    return math.max(1, math.min(flow.policy.most, math.floor(flow.window)))
  end
  return flow.policy.adaptive and UNHEARD or flow.policy.most
end

local function is_heard(flow)
  return flow.pace >= 0
end

-- A slow lane is one whose attempts keep their places for long, or may: it has not been heard of yet.
local function is_slow(flow)
  return not is_heard(flow) or flow.pace > SLOW_MS
end

-- The pace rises fast and falls slowly, so that one lane does not change sides with every second answer. Far from the line
-- small steps are not worth writing down.
local function take_pace(flow, duration)
  local step = (duration - flow.pace) / (duration > flow.pace and 2 or 8)
  if flow.pace < 0 then
    flow.pace = duration
  elseif math.abs(step) >= PACE_STEP_MS or flow.pace + step > SLOW_MS / 2 then
    flow.pace = flow.pace + step
  end
end

local function note_hanging(flow)
  flow.pace = math.max(flow.pace, 2 * SLOW_MS)
end

-- Attempts that were under way when the window was cut say nothing about the smaller one.
local function cut_window(flow, now, started)
  if flow.policy.adaptive and (started >= flow.cut_at or flow.cut_at > now) then
    flow.window = math.max(1, flow.window / 2)
    flow.threshold, flow.cut_at, flow.window_before = flow.window, now, nil
  end
end

-- `used` is how many were in flight. A window nobody fills is not proven and does not grow: else a destination with little
-- to do would earn the right to a stampede.
local function grow_window(flow, answered, used)
  if answered == 0 or flow.window == 0 or 2 * used < math.floor(flow.window) then
    return
  end
  local starting = not flow.policy.adaptive or (flow.pace <= SLOW_MS and (flow.threshold == 0 or flow.window < flow.threshold))
  flow.window = flow.window + (starting and answered or answered / flow.window)
  if flow.window >= flow.policy.most then
    flow.window = flow.policy.adaptive and flow.policy.most or 0
  end
end

-- After an outage an endpoint gets its load back bit by bit, up to half of what it took before at the pace of its answers.
local function restart_window(flow)
  flow.threshold = flow.policy.adaptive and math.max(FIRST_WINDOW, flow.threshold, flow.window / 2) or 0
  flow.window = 1
end
