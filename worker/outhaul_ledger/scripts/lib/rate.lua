-- How many attempts may start now, by the generic cell rate algorithm: one number, the theoretical arrival time of the next
-- attempt, moves on by an interval with each; it may run ahead of the clock by the tolerance. Uses: nothing.
local CHUNK_MS = 10

-- No spending leads further ahead than the bound; a clock that was set back does, or a policy of before.
local function read_arrival(flow, stored, now)
  local policy = flow.policy
  if policy.interval > 0 then
    local bound = now + policy.tolerance + policy.interval
    flow.arrival = tonumber(stored or 0)
    if flow.arrival > bound then
      flow.arrival, flow.bounded = bound, true
    end
  end
end

local function tokens(flow, now)
  if flow.policy.interval == 0 then
    return math.huge
  end
  local ahead = math.max(flow.arrival, now) - now
  return math.max(0, math.floor((flow.policy.tolerance - ahead) / flow.policy.interval) + 1)
end

local function spend_tokens(flow, now, count)
  if flow.policy.interval > 0 and count > 0 then
    flow.arrival = math.max(flow.arrival, now) + count * flow.policy.interval
  end
end

-- When the next token is there.
local function next_token(flow)
  return flow.policy.interval > 0 and flow.arrival - flow.policy.tolerance or 0
end

-- When to look for tokens: of a fast rate some are let come together, or drains would do nothing but look.
local function rate_gate(flow)
  return next_token(flow) + (flow.policy.interval > 0 and math.max(0, CHUNK_MS - flow.policy.interval) or 0)
end
