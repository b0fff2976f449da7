-- Which run of the server this is; '' to an account that may not ask. Uses: nothing.
local function run_of_server()
  local info = redis.pcall('INFO', 'server')
  return type(info) == 'string' and string.match(info, 'run_id:(%w+)') or ''
end
