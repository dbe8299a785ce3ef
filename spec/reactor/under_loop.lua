-- A describe block for one of the loops of support/hosts.lua, with what holds under each of them.
local backends = require "support.backends"
local cases = require "reactor.cases"
local hosts = require "support.hosts"
local luassert = require "luassert"
local resources = require "support.resources"
local am = require "alchemoon"

local ROUNDS, VISITORS = 20, 4 -- more visitors than the pool has connections

-- Connections come, are thrown away and wait for each other, again and again; the descriptors stay as many.
local function leaves_nothing_behind(host)
  local engine = am.create_engine(host.url, { reactor = host.option, pool_size = 2, max_overflow = 0 })
  local fds = resources.fds()
  for _ = 1, ROUNDS do
    host.run(function()
      for i = 1, VISITORS do
        host.spawn(function()
          engine:connect(function(conn)
            if i == 3 then conn:invalidate() end
            conn:exec_driver_sql("select $1::int", { i }):scalar()
          end)
        end)
      end
    end)
  end
  engine:dispose()
  collectgarbage()
  collectgarbage()
  luassert.is_true(resources.fds() <= fds)
end

-- name: the loop's; fn(host), if there is one, adds what holds under this loop alone. host.url is PostgreSQL's.
return function(name, fn)
  local busted = require "busted"
  busted.describe(name, function()
    local host, missing = hosts.get(name)
    local backend = backends.get "postgresql"
    if not host or not backend then
      busted.pending(missing or "ALCHEMOON_TEST_PG is not set", function() end)
      return
    end
    host.url = backend.url

    for _, case in ipairs(cases) do
      busted.it(case.name, function() host.run(case.fn, host) end)
    end
    busted.it("leaves nothing behind", function() leaves_nothing_behind(host) end)
    if fn then fn(host) end
  end)
end
