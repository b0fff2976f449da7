#!lua flags=no-writes
-- Read all there is of one event, in pages, as it may have many deliveries.
-- KEYS: record inbox routing lane destination inflight order
-- STATES:
-- ARGV: id, cursor ('0' at first), fields to look at
-- Returns: {now, next cursor ('0': that was all), 1 while it is not routed yet, record as field, value, ..., attempt logs as
--          destination, JSON lines, ..., per destination {name, what holds its lane back (as lib/flow.lua describes it), the
--          event its delivery waits for to keep their order, or ''}}; the record is empty for an unknown event
-- Touches: record:<id> destination:<d> lane:<d> order:<d>:<key> inbox routing
-- Uses: bind clock delivery concurrency rate breaker flow unrouted run portion
local id, now = ARGV[FIRST], clock()
local _, following, page = read_portion(keys, id, ARGV[FIRST + 1], ARGV[FIRST + 2], EVERYTHING)
local record, logs, flows, first_waiting = {}, {}, {}, nil

-- The same for all deliveries of the page.
local function unrouted_first()
  first_waiting = first_waiting or select(2, first_unrouted(keys)) or ''
  return first_waiting
end

local function ahead(destination, delivery)
  if delivery.order == '' or redis.call('ZSCORE', keys.lane .. destination, id) ~= 'inf' then
    return ''
  end
  local first = redis.call('ZRANGE', keys.order .. destination .. ':' .. order_key(delivery.order), 0, 0)[1]
  return first ~= id and first or unrouted_first()
end

for i = 1, #page, 2 do
  local what, destination = string.match(page[i], '^([ad]):(.+)$')
  if what == 'a' then
    logs[#logs + 1], logs[#logs + 2] = destination, page[i + 1]
  else
    record[#record + 1], record[#record + 2] = page[i], page[i + 1]
  end
  if what == 'd' then
    local flow = describe_flow(read_flow(keys, destination, now))
    flows[#flows + 1] = { destination, flow, ahead(destination, unpack_delivery(page[i + 1])) }
  end
end
local unrouted = (redis.call('ZSCORE', keys.inbox, id) or redis.call('ZSCORE', keys.routing, id)) and 1 or 0
return { math.floor(now), following, unrouted, record, logs, flows }
