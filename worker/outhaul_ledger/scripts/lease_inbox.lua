#!lua flags=allow-oom
-- Lease accepted events for routing, in the order of acceptance. An event whose lease ends without a fan-out is simply
-- leased again.
-- KEYS: event record inbox routing leases drains lane lanes slow inflight destination order gate
-- STATES:
-- ARGV: drain, most events, lease in ms
-- Returns: {id, body, id, body, ...}
-- Touches: inbox routing leases:<drain> drains event:<id>; record:<id> lane:<d> lanes slow gate (deliveries whose turn has come)
-- Uses: bind clock delivery concurrency rate breaker flow lanes inbox order unrouted gate
local drain, most, lease = ARGV[FIRST], ARGV[FIRST + 1], ARGV[FIRST + 2]
local now = clock()
redis.call('ZADD', keys.drains, now, drain)
for _, id in ipairs(redis.call('ZRANGEBYSCORE', keys.routing, '-inf', now)) do
  return_to_inbox(keys, id)
end
local taken, found = redis.call('ZPOPMIN', keys.inbox, most), {}
for i = 1, #taken, 2 do
  local id = taken[i]
  redis.call('ZADD', keys.routing, now + lease, id)
  redis.call('SADD', keys.leases .. drain, ' ' .. id)
  found[#found + 1] = id
  found[#found + 1] = redis.call('GET', keys.event .. id) or ''
end
for destination in pairs(open_gate(keys, now)) do
  schedule_lane(keys, destination, now)
end
return found
