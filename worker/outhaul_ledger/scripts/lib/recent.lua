-- The events that a subscription's latest attempts were for: subscribers look there, who know no ids.
local RECENT = 50
local function note_recent(keys, destination, id, now)
  redis.call('ZADD', keys.recent .. destination, now, id)
  redis.call('ZREMRANGEBYRANK', keys.recent .. destination, 0, -1 - RECENT)
end
