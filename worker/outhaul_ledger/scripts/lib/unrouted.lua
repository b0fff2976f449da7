-- The first event, in the order of acceptance, whose destinations are not known yet: its sequence and its id. What was
-- accepted after it may have to wait for it, though nobody knows yet. Uses: nothing.
local function first_unrouted(keys)
  local head = redis.call('ZRANGE', keys.inbox, 0, 0, 'WITHSCORES')
  local first, id = tonumber(head[2] or math.huge), head[1]
  for _, other in ipairs(redis.call('ZRANGE', keys.routing, 0, -1)) do
    local sequence = tonumber(redis.call('HGET', keys.record .. other, 'sequence') or math.huge)
    if sequence < first then
      first, id = sequence, other
    end
  end
  return first, id
end
