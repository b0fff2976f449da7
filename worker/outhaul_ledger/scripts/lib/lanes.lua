-- When a lane is looked at next, from what is in it now. Uses: nothing.
-- A paused lane is not looked at, nor one in which all wait for their turn in an order (score `inf`). A lane at its concurrency limit is looked at when the first lease ends; a settle that
-- frees a place brings it forward by calling this again.
-- A lane with due work keeps its turn: only the visit that gave it one (`visited`) sends it behind the others. Else every
-- event that comes in for a busy lane would send it to the back once more, and its turn would never come.
local function schedule_lane(keys, destination, now, visited)
  local settings = redis.call('HMGET', keys.destination .. destination, 'paused', 'limit')
  local head = redis.call('ZRANGE', keys.lane .. destination, 0, 0, 'WITHSCORES')
  if settings[1] or not head[1] or head[2] == 'inf' then
    redis.call('ZREM', keys.lanes, destination)
    return
  end
  local due = tonumber(head[2])
  local limit = tonumber(settings[2])
  if limit and redis.call('ZCARD', keys.inflight .. destination) >= limit then
    due = tonumber(redis.call('ZRANGE', keys.inflight .. destination, 0, 0, 'WITHSCORES')[2])
  end
  if due > now then
    redis.call('ZADD', keys.lanes, due, destination)
  elseif visited then
    redis.call('ZADD', keys.lanes, now, destination)
  else
    redis.call('ZADD', keys.lanes, 'LT', now, destination)
  end
end
