-- Subscriptions are destinations too. A subscription's name holds a dot, which no configured destination's may.
local function is_subscription(destination)
  return string.find(destination, '.', 1, true) ~= nil
end
