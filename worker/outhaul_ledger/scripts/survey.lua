#!lua flags=no-writes
-- Read how the destinations stand, in pages, as there may be many.
-- KEYS: destinations destination lane inflight dead held
-- STATES:
-- ARGV: cursor ('0' at first), destinations to look at
-- Returns: {now, next cursor ('0': that was all), per destination {name, in the lane, in flight, dead, held, oldest due time
--          of what is not in flight or -1, counters and settings as field, value, ..., what holds its lane back (as
--          lib/flow.lua describes it), how many wait for their turn in an order}}
-- Touches: destinations destination:<d> lane:<d> inflight:<d> dead:<d> held:<d>
-- Uses: bind clock concurrency rate breaker flow
local now = math.floor(clock())
local rows = {}

-- What is in flight stands in the lane too, at the end of its lease.
local function oldest_due(name, in_flight)
  local head = redis.call('ZRANGE', keys.lane .. name, 0, in_flight, 'WITHSCORES')
  local flying = {}
  for _, id in ipairs(in_flight > 0 and redis.call('ZRANGE', keys.inflight .. name, 0, -1) or {}) do
    flying[id] = true
  end
  for i = 1, #head, 2 do
    if head[i + 1] ~= 'inf' and not flying[head[i]] then
      return math.floor(tonumber(head[i + 1]))
    end
  end
  return -1
end

local page = redis.call('SSCAN', keys.destinations, ARGV[FIRST], 'COUNT', ARGV[FIRST + 1])
for _, name in ipairs(page[2]) do
  local in_flight = redis.call('ZCARD', keys.inflight .. name)
  rows[#rows + 1] = {
    name, redis.call('ZCARD', keys.lane .. name), in_flight,
    redis.call('ZCARD', keys.dead .. name), redis.call('ZCARD', keys.held .. name),
    oldest_due(name, in_flight), redis.call('HGETALL', keys.destination .. name),
    describe_flow(read_flow(keys, name, now)), redis.call('ZCOUNT', keys.lane .. name, 'inf', 'inf'),
  }
end
return { now, page[1], rows }
