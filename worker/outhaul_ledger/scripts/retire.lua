#!lua flags=allow-oom
-- A drain ends. Should it leave leases behind, it stays listed, so that `recover` finds them when it no longer beats.
-- KEYS: drains leases
-- STATES:
-- ARGV: drain
-- Returns: leases left behind
-- Touches: drains
-- Uses: bind
local left = redis.call('SCARD', keys.leases .. ARGV[FIRST])
if left == 0 then
  redis.call('ZREM', keys.drains, ARGV[FIRST])
end
return left
