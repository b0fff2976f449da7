-- When there is work, of all that the ledger has. Uses: nothing.
-- What has stayed behind the gate with nothing left to wait for is let out by a drain.
local function first_due(keys, now)
  if redis.call('EXISTS', keys.inbox, keys.routing, keys.gate, keys.lanes, keys.slow) == 0 then
    return nil
  end
  local free = redis.call('EXISTS', keys.routing) == 0 and redis.call('EXISTS', keys.gate) == 1
  if free or redis.call('EXISTS', keys.inbox) == 1 then
    return now
  end
  local due
  for _, key in ipairs({ keys.routing, keys.lanes, keys.slow }) do
    local head = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
    if head[1] and (not due or tonumber(head[2]) < due) then
      due = tonumber(head[2])
    end
  end
  return due
end
