-- Gathers what a script has to write to the keys of one command, so that each key is written by one call: from a script a
-- call costs the server about as much as what it does. Nothing is written before `write`. Uses: nothing.
local AT_ONCE = 1000 -- arguments of one call, an even number: Lua's stack is no deeper than 8000

local function sheaf(command)
  local gathered = {}
  local function put(key, one, two)
    local parts = gathered[key] or {}
    gathered[key] = parts
    parts[#parts + 1] = one
    parts[#parts + 1] = two
  end
  local function write()
    for key, parts in pairs(gathered) do
      for first = 1, #parts, AT_ONCE do
        redis.call(command, key, unpack(parts, first, math.min(first + AT_ONCE - 1, #parts)))
      end
    end
    gathered = {}
  end
  return put, write
end
