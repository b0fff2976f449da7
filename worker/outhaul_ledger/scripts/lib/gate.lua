-- Ordered deliveries stand behind the gate while an event is unrouted that was accepted before them: it may have to go first.
-- Uses: delivery, order, unrouted.

-- A delivery enters its order behind the gate: `open_gate` lets it out, at once where nothing before it is unrouted.
local function enter_order(keys, destination, id, order)
  local sequence = redis.call('HGET', keys.record .. id, 'sequence') or '0'
  redis.call('ZADD', order_of(keys, destination, order), sequence, id)
  redis.call('ZADD', keys.gate, sequence, destination .. ' ' .. id)
  redis.call('ZADD', keys.lane .. destination, 'inf', id)
end

-- Let out, in portions, what was accepted before everything that is still unrouted. Returns the destinations whose lanes
-- changed, and whether there may be more.
local GATE_PORTION = 128
local function open_gate(keys, now)
  local touched = {}
  if redis.call('EXISTS', keys.gate) == 0 then
    return touched, false
  end
  local first = string.format('(%.17g', (first_unrouted(keys)))
  local through = redis.call('ZRANGEBYSCORE', keys.gate, '-inf', first, 'LIMIT', 0, GATE_PORTION)
  for _, member in ipairs(through) do
    local destination, id = string.match(member, '^([^ ]*) (.*)$')
    redis.call('ZREM', keys.gate, member)
    local packed = redis.call('HGET', keys.record .. id, 'd:' .. destination)
    local order = packed and unpack_delivery(packed).order
    if order and order ~= '' then
      release_first(keys, destination, order_of(keys, destination, order), now)
      touched[destination] = true
    end
  end
  return touched, #through == GATE_PORTION
end
