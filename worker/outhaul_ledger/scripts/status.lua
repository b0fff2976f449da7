#!lua flags=no-writes
-- Read all there is of one event, in pages, as it may have many deliveries.
-- KEYS: record attempts inbox destination inflight
-- STATES:
-- ARGV: id, cursor ('0' at first), fields to look at
-- Returns: {now, next cursor ('0': that was all), 1 while it is not routed yet, record as field, value, ..., attempt logs as
--          destination, JSON lines, ..., per destination {name, what holds its lane back (as lib/flow.lua describes it)}};
--          the record is empty for an unknown event
-- Touches: record:<id> attempts:<id> inbox destination:<d>
-- Uses: bind clock concurrency rate breaker flow
local id, now = ARGV[FIRST], clock()
local page = redis.call('HSCAN', keys.record .. id, ARGV[FIRST + 1], 'COUNT', ARGV[FIRST + 2])
local record, logs, flows = page[2], {}, {}
for i = 1, #record, 2 do
  local destination = string.match(record[i], '^d:(.+)$')
  if destination then
    local log = redis.call('HGET', keys.attempts .. id, destination)
    if log then
      logs[#logs + 1], logs[#logs + 2] = destination, log
    end
    flows[#flows + 1] = { destination, describe_flow(read_flow(keys, destination, now)) }
  end
end
local unrouted = redis.call('ZSCORE', keys.inbox, id) and 1 or 0
return { math.floor(now), page[1], unrouted, record, logs, flows }
