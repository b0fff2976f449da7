#!lua flags=allow-oom
-- A drain ends. Should it leave leases behind, because an answer that gave it some was lost, it counts as silent from now
-- on, so that the next `recover` takes them.
-- KEYS: drains leases
-- STATES:
-- ARGV: drain
-- Returns: leases left behind
-- Touches: drains
-- Uses: bind
local drain = ARGV[FIRST]
local left = redis.call('SCARD', keys.leases .. drain)
if left == 0 then
  redis.call('ZREM', keys.drains, drain)
else
  redis.call('ZADD', keys.drains, 0, drain)
end
return left
