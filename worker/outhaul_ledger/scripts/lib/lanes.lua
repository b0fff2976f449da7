-- When a lane is looked at next, from what is in it now. Uses: concurrency rate breaker flow.
-- A paused lane is not looked at, nor one in which all wait for their turn in an order (score `inf`). A lane at its concurrency limit is looked at when the first lease ends; a settle that
-- frees a place brings it forward by calling this again. A lane whose breaker is open, or whose rate is used up, is looked at
-- when that lets the next one through.
-- A lane with due work keeps its turn: only the visit that gave it one (`visited`) sends it behind the others. Else every
-- event that comes in for a busy lane would send it to the back once more, and its turn would never come.
local function look_at(keys, flow)
  local head = redis.call('ZRANGE', keys.lane .. flow.destination, 0, 0, 'WITHSCORES')
  if flow.paused or not head[1] or head[2] == 'inf' then
    return nil
  end
  local due, limit = tonumber(head[2]), limit_of(flow)
  if limit and (flow.in_flight or redis.call('ZCARD', keys.inflight .. flow.destination)) >= limit then
    due = tonumber(redis.call('ZRANGE', keys.inflight .. flow.destination, 0, 0, 'WITHSCORES')[2])
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
    redis.call('ZREM', own, destination)
  elseif due > now then
    redis.call('ZADD', own, due, destination)
  elseif visited then
    redis.call('ZADD', own, now, destination)
  else
    redis.call('ZADD', own, 'LT', now, destination)
  end
end
