-- Since when this server's word is complete. One that restarted or took another's place may have lost the last moments:
-- what was due by then may have been attempted already, and nobody would know. Uses: run.
-- An account that may not ask for the server's run gets 0: nothing is suspected.
local function complete_since(keys, now)
  local run = run_of_server()
  local known = redis.call('HMGET', keys.history, 'run', 'since')
  if run ~= '' and known[1] ~= run then
    known[2] = known[1] and string.format('%d', math.ceil(now)) or '0'
    redis.call('HSET', keys.history, 'run', run, 'since', known[2])
  end
  return tonumber(known[2] or 0)
end
