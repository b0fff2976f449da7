#!lua flags=allow-oom
-- Beat for a worker and decide whether one more drain is needed: there is due work, none that is idle can be rung for, and
-- fewer drains run or were asked for than the live workers have slots. Tell also which other operations have something to
-- do, so that a worker without work calls none of them.
-- KEYS: inbox routing gate lanes slow drains asks workers wake idle bell expiring cancelling changes leaving
--       disabled
-- STATES:
-- ARGV: worker, its slots, 1 if it is stopping, silence in ms that means dead, ms an ask stays good, name of a new ask
-- Returns: {1 to send a drain, ms until work is due (-1: none), drains alive or asked for, 1 if a drain fell silent, 1 if an
--          event has expired or was not taken back to the end, 1 if a subscription was removed or stopped and that is not done
--          with, 1 if there are any}
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

local function count_drains()
  pull_back(keys.drains)
  pull_back(keys.asks)
  redis.call('ZREMRANGEBYSCORE', keys.asks, '-inf', now - patience)
  return redis.call('ZCOUNT', keys.drains, now - silence, '+inf') + redis.call('ZCARD', keys.asks)
end

local function has_until(key, moment)
  return #redis.call('ZRANGEBYSCORE', key, '-inf', moment, 'LIMIT', 0, 1)
end

redis.call('HSET', keys.workers, worker, string.format('%d %d %d', now, slots, stopping))
-- Most of the time there is nothing, and many workers ask every second.
if redis.call(
  'EXISTS', keys.inbox, keys.routing, keys.gate, keys.lanes, keys.slow, keys.drains, keys.asks, keys.expiring,
  keys.cancelling, keys.changes, keys.leaving, keys.disabled
) == 0 then
  return { 0, -1, 0, 0, 0, 0, 0 }
end
local running = count_drains()
local due = first_due(keys, now)
local wanted = due and due <= now and stopping == '0' and not ring(keys) and running < count_slots()
if wanted then
  redis.call('ZADD', keys.asks, now, ARGV[FIRST + 5])
end
return {
  wanted and 1 or 0, due and math.max(0, math.ceil(due - now)) or -1, running,
  has_until(keys.drains, now - silence), math.max(has_until(keys.expiring, now), has_until(keys.cancelling, now)),
  math.min(1, redis.call('EXISTS', keys.leaving, keys.disabled)), redis.call('EXISTS', keys.changes),
}
