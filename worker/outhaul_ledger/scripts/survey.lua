#!lua flags=no-writes
-- Read how every destination stands.
-- KEYS: destinations destination lane inflight dead held
-- STATES:
-- ARGV: none
-- Returns: {now, per destination {name, in the lane, in flight, dead, held, oldest due time or -1, settings as field, value, ...}}
-- Touches: destinations destination:<d> lane:<d> inflight:<d> dead:<d> held:<d>
-- Uses: bind clock
local now = math.floor(clock())
local rows = {}
for _, name in ipairs(redis.call('SMEMBERS', keys.destinations)) do
  local head = redis.call('ZRANGE', keys.lane .. name, 0, 0, 'WITHSCORES')
  rows[#rows + 1] = {
    name, redis.call('ZCARD', keys.lane .. name), redis.call('ZCARD', keys.inflight .. name),
    redis.call('ZCARD', keys.dead .. name), redis.call('ZCARD', keys.held .. name),
    head[1] and math.floor(tonumber(head[2])) or -1, redis.call('HGETALL', keys.destination .. name),
  }
end
return { now, rows }
