#!lua flags=allow-oom
-- Beat for a worker and decide whether one more drain is needed: there is due work, none that is idle can be rung for, and
-- fewer drains run or were asked for than the live workers have slots.
-- KEYS: inbox routing gate lanes slow drains asks workers wake idle bell
-- STATES:
-- ARGV: worker, its slots, 1 if it is stopping, silence in ms that means dead, ms an ask stays good, name of a new ask
-- Returns: {1 to send a drain, ms until work is due (-1: none), drains alive or asked for}
-- Touches: workers asks drains bell
-- Uses: bind clock due wake
local worker, slots, stopping = ARGV[FIRST], ARGV[FIRST + 1], ARGV[FIRST + 2]
local silence, patience = tonumber(ARGV[FIRST + 3]), tonumber(ARGV[FIRST + 4])
local now = clock()

-- A stopping worker's slots count as well: its last drains still fill them, and must not stand for those of others.
local function count_slots()
  local total, fields = 0, redis.call('HGETALL', keys.workers)
  for i = 1, #fields, 2 do
    local beat, its_slots = string.match(fields[i + 1], '(%S+) (%S+) (%S+)')
    if tonumber(beat) < now - silence then
      redis.call('HDEL', keys.workers, fields[i])
    else
      total = total + tonumber(its_slots)
    end
  end
  return total
end

-- When the server's clock was set back, a beat from the future would count as alive until the clock is there again.
local function pull_back(key)
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', key, '(' .. string.format('%.3f', now), '+inf')) do
    redis.call('ZADD', key, now, member)
  end
end

-- Most of the time there are none, and many workers ask every second.
local function count_drains()
  if redis.call('EXISTS', keys.drains, keys.asks) == 0 then
    return 0
  end
  pull_back(keys.drains)
  pull_back(keys.asks)
  redis.call('ZREMRANGEBYSCORE', keys.asks, '-inf', now - patience)
  return redis.call('ZCOUNT', keys.drains, now - silence, '+inf') + redis.call('ZCARD', keys.asks)
end

redis.call('HSET', keys.workers, worker, string.format('%d %d %d', now, slots, stopping))
local running = count_drains()
local due = first_due(keys, now)
local wanted = due and due <= now and stopping == '0' and not ring(keys) and running < count_slots()
if wanted then
  redis.call('ZADD', keys.asks, now, ARGV[FIRST + 5])
end
return { wanted and 1 or 0, due and math.max(0, math.ceil(due - now)) or -1, running }
