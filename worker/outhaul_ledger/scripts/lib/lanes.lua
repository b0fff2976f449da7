-- When a lane is looked at next, from what is in it now. Uses: concurrency rate breaker flow.
-- A paused lane is not looked at, nor one in which all wait for their turn in an order (score `inf`). A lane at its concurrency limit is looked at when the first lease ends; a settle that
-- frees a place brings it forward by calling this again. A lane whose breaker is open, or whose rate is used up, is looked at
-- when that lets the next one through.
-- A lane with due work keeps its turn: only the visit that gave it one (`visited`) sends it behind the others. Else every
-- event that comes in for a busy lane would send it to the back once more, and its turn would never come.
-- What the caller knows need not be asked: `flow.head`, when the first in the lane is due (`math.huge`: none is),
-- `flow.in_flight`, and `flow.first_end`, when the first lease ends.
local function first_score(key)
  return tonumber(redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2] or math.huge)
end

local function head_of(keys, flow)
  flow.head = flow.head or first_score(keys.lane .. flow.destination)
  return flow.head
end

-- Whatever is in flight is in the lane as well.
local function count_in_flight(keys, flow)
  flow.in_flight = flow.in_flight or (flow.head == math.huge and 0)
    or redis.call('ZCARD', keys.inflight .. flow.destination)
  return flow.in_flight
end

local function look_at(keys, flow)
  if flow.paused then
    return nil
  end
  local limit = limit_of(flow)
  local full = limit and count_in_flight(keys, flow) >= limit
  local due = full and (flow.first_end or first_score(keys.inflight .. flow.destination)) or head_of(keys, flow)
  if due == math.huge then
    return nil
  end
  return math.max(due, rate_gate(flow), flow.reopen_at > 0 and breaker_gate(keys, flow) or 0)
end

-- `flow` is the destination's where the caller has read it already, and written what it changed. What was read as later than
-- it can be is written back: read so again, it would be put off again.
local function schedule_lane(keys, destination, now, visited, flow)
  flow = flow or read_flow(keys, destination, now)
  if flow.bounded then
    write_flow(keys, flow)
  end
  local due, slow = look_at(keys, flow), is_slow(flow)
  local own, other = slow and keys.slow or keys.lanes, slow and keys.lanes or keys.slow
  if slow ~= flow.was_slow then
    redis.call('ZREM', other, destination)
  end
  if not due then
    if slow == flow.was_slow then
      redis.call('ZREM', own, destination)
    end
  elseif due > now then
    redis.call('ZADD', own, due, destination)
  elseif visited then
    redis.call('ZADD', own, now, destination)
  else
    redis.call('ZADD', own, 'LT', now, destination)
  end
end
