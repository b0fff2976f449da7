#!lua flags=allow-oom
-- Take events that have expired out of the index of events, the oldest first, a few at a time.
-- KEYS: events record
-- STATES:
-- ARGV: retention in ms, place in the index to begin at, most events to look at
-- Returns: {removed, place to go on from, 0 at the end}
-- Touches: events record:<id>
-- Uses: bind clock
local begin, most = tonumber(ARGV[FIRST + 1]), tonumber(ARGV[FIRST + 2])
local expired_before = clock() - tonumber(ARGV[FIRST])
local page = redis.call('ZRANGE', keys.events, begin, begin + most - 1, 'WITHSCORES')
local gone = {}
local function take_out()
  return gone[1] and redis.call('ZREM', keys.events, unpack(gone)) or 0
end
for i = 1, #page, 2 do
  if tonumber(page[i + 1]) > expired_before then
    return { take_out(), 0 }
  end
  if redis.call('EXISTS', keys.record .. page[i]) == 0 then
    gone[#gone + 1] = page[i]
  end
end
local removed, complete = take_out(), #page < 2 * most
return { removed, complete and 0 or begin + most - removed }
