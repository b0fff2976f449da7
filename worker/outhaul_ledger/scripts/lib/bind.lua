-- Binds what the Python face passes by name: `keys.<name>` from KEYS, `states.<name>` for the states a script may write.
-- A name that was not declared in the script's header is an error, not a nil that ends up in the data.
local function bind(what, names, values)
  local bound, index = {}, 0
  for name in string.gmatch(names, '%S+') do
    index = index + 1
    bound[name] = values and values[index] or name
  end
  return setmetatable(bound, { __index = function(_, name) error('undeclared ' .. what .. ' ' .. tostring(name)) end })
end
local keys = bind('key', ARGV[1], KEYS)
local states = bind('state', ARGV[2])
local FIRST = 3
