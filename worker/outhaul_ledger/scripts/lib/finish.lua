-- What ends with a delivery's last state: its event's books, and the event itself when nothing of it is left to do.

-- Events finished for good expire together with their record: at one moment, as the server's own clock goes on between two
-- commands of a script. Uses: delivery.
local function expire_event(keys, id, now, retention)
  local moment = digits[now + retention]
  redis.call('PEXPIREAT', keys.event .. id, moment)
  redis.call('PEXPIREAT', keys.record .. id, moment)
end

local function finish_event(keys, id, now, retention, expires)
  expire_event(keys, id, now, retention)
  if expires then
    redis.call('ZREM', keys.expiring, id)
  end
end

local function expire_if_finished(keys, id, now, retention)
  local left = redis.call('HMGET', keys.record .. id, 'open', 'kept', 'expires')
  if tonumber(left[1]) == 0 and tonumber(left[2] or 0) == 0 then
    finish_event(keys, id, now, retention, left[3])
  end
end

-- Put a delivery that leaves its lane where a person will look for it.
local function keep(keys, shelf, destination, id, now)
  redis.call('ZADD', shelf .. destination, now, id)
  redis.call('HINCRBY', keys.record .. id, 'kept', 1)
end

local function leave_lane(keys, destination, id)
  redis.call('ZREM', keys.lane .. destination, id)
  redis.call('HINCRBY', keys.record .. id, 'open', -1)
end
