-- The shared cases under a real copas loop: copas 1 of Debian 12 or, where it is in the path, copas 3 or 4.
local backends = require "support.backends"
local cases = require "reactor.cases"
local hosts = require "support.hosts"

describe("copas", function()
  local host, missing = hosts.get "copas"
  local backend = backends.get "postgresql"
  if not host or not backend then
    pending(missing or "ALCHEMOON_TEST_PG is not set", function() end)
    return
  end
  host.url = backend.url

  for _, case in ipairs(cases) do
    it(case.name, function() host.run(case.fn, host) end)
  end
end)
