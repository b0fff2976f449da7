#!lua flags=allow-oom
-- A drain ends. Should it leave leases behind, because an answer that gave it some was lost, it counts as silent from now
-- on, so that the next `recover` takes them. Work that it was rung for and does not do goes to others.
-- KEYS: drains leases routes idle bell wake inbox routing gate lanes slow
-- STATES:
-- ARGV: drain
-- Returns: leases left behind
-- Touches: drains routes:<drain> idle bell wake
-- Uses: bind clock due wake
local drain = ARGV[FIRST]
local left = redis.call('SCARD', keys.leases .. drain)
if left == 0 then
  redis.call('ZREM', keys.drains, drain)
else
  redis.call('ZADD', keys.drains, 0, drain)
end
redis.call('DEL', keys.routes .. drain)
redis.call('ZREM', keys.idle, drain)
if redis.call('EXISTS', keys.idle) == 0 then
  redis.call('DEL', keys.bell)
end
local due = first_due(keys, clock())
if due and due <= clock() then
  wake(keys)
end
return left
