-- Every change of a subscription has a version of its own. A reader that has seen all up to one asks for what came later.
-- A name that is gone stays listed with its version for a while; who is further behind begins anew.
local function next_version(keys)
  return redis.call('HINCRBY', keys.edition, 'version', 1)
end

-- What is kept of a subscription: created (ms), version, identity, document, in tab-separated columns.
local function unpack_subscription(packed)
  local created, version, identity, document = string.match(packed, '^([^\t]*)\t([^\t]*)\t([^\t]*)\t(.*)$')
  return { created = created, version = tonumber(version), identity = identity, document = document }
end

local function store_subscription(keys, name, created, identity, document)
  local version = next_version(keys)
  redis.call('HSET', keys.subscriptions, name, table.concat({ created, version, identity, document }, '\t'))
  redis.call('ZADD', keys.changes, version, name)
  return version
end
