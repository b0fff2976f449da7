-- A delivery's packed form in record:<id>, field d:<destination>: eleven tab-separated columns.
local COLUMNS = '^([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)\t(.*)$'

local function unpack_delivery(packed)
  local state, attempts, tries, lost, due, since, duplicate, status, drain, order, reason = string.match(packed, COLUMNS)
  return {
    state = state, attempts = tonumber(attempts), tries = tonumber(tries), lost = tonumber(lost), due = due,
    since = since, duplicate = duplicate, status = status, drain = drain, order = order, reason = reason,
  }
end

-- Numbers as text: most are small and the same for many deliveries of a call, and Lua writes each as a fraction might be.
local digits = setmetatable({}, { __index = function(known, number)
  local text = string.format('%d', number)
  known[number] = text
  return text
end })

local function pack_delivery(d)
  return table.concat({
    d.state, digits[d.attempts], digits[d.tries], digits[d.lost], d.due, d.since, d.duplicate, d.status, d.drain, d.order,
    d.reason,
  }, '\t')
end

-- What the deliveries of an order have in common, in the column `order`.
local function order_key(order)
  return string.match(order, '^[^/]*')
end

-- Whole milliseconds as text: Lua would print a large number in scientific notation.
local function stamp(milliseconds)
  return string.format('%d', math.floor(milliseconds))
end
