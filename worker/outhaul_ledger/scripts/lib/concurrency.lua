-- How many deliveries of a destination may be in flight, and whether its lane is a slow one. Uses: nothing.
-- A window that is set is the limit of the moment and grows with what the endpoint answers: of an adaptive limit always, of
-- a fixed one only from the closing of the breaker until it is reached. Not set (0) it means the fixed limit, or that an
-- adaptive one has nothing to go by yet.
local UNHEARD, FIRST_WINDOW, SLOW_MS = 1, 4, 1000

local function unpack_window(flow, packed)
  local window, threshold, cut_at, pace = string.match(packed or '', '^(%S+) (%S+) (%S+) (%S+)$')
  flow.window, flow.threshold = tonumber(window or 0), tonumber(threshold or 0)
  flow.cut_at, flow.pace = tonumber(cut_at or 0), tonumber(pace or -1)
end

local function pack_window(flow)
  return string.format('%.4f %.4f %d %d', flow.window, flow.threshold, flow.cut_at, flow.pace)
end

-- As it will be read back: what a lane is scheduled by must not differ by a rounding from what it is visited by.
local function round_window(flow)
  flow.window, flow.threshold = math.floor(flow.window * 10000) / 10000, math.floor(flow.threshold * 10000) / 10000
  flow.pace = math.floor(flow.pace)
end

-- nil: no limit, for a destination that no worker has configured.
local function limit_of(flow)
  if not flow.most then
    return nil
  end
  if flow.window > 0 then
    return math.max(1, math.min(flow.most, math.floor(flow.window)))
  end
  return flow.adaptive and UNHEARD or flow.most
end

-- A slow lane is one whose attempts keep their places for long, or may: it has not been heard of yet.
local function is_slow(flow)
  return flow.pace < 0 or flow.pace > SLOW_MS
end

-- The pace rises fast and falls slowly, so that one lane does not change sides with every second answer.
local function take_pace(flow, duration)
  if flow.pace < 0 then
    flow.pace = duration
  else
    flow.pace = flow.pace + (duration - flow.pace) / (duration > flow.pace and 2 or 8)
  end
end

local function note_hanging(flow)
  flow.pace = math.max(flow.pace, 2 * SLOW_MS)
end

-- Attempts that were under way when the window was cut say nothing about the smaller one.
local function cut_window(flow, now, started)
  if flow.adaptive and (started >= flow.cut_at or flow.cut_at > now) then
    flow.window = math.max(1, flow.window / 2)
    flow.threshold, flow.cut_at = flow.window, now
  end
end

-- `used` is how many were in flight. A window nobody fills is not proven and does not grow: else a destination with little
-- to do would earn the right to a stampede.
local function grow_window(flow, answered, used)
  if answered == 0 or flow.window == 0 or 2 * used < math.floor(flow.window) then
    return
  end
  local starting = not flow.adaptive or (flow.pace <= SLOW_MS and (flow.threshold == 0 or flow.window < flow.threshold))
  flow.window = flow.window + (starting and answered or answered / flow.window)
  if flow.window >= flow.most then
    flow.window = flow.adaptive and flow.most or 0
  end
end

-- After an outage an endpoint gets its load back bit by bit, up to half of what it took before at the pace of its answers.
local function restart_window(flow)
  flow.threshold = flow.adaptive and math.max(FIRST_WINDOW, flow.threshold, flow.window / 2) or 0
  flow.window = 1
end
