-- Regions in Redis under real loops: the built-in one, cqueues, luv, copas, and nginx.
local am = require "alchemoon"
local backends = require "support.backends"
local cases = require "cache.host_cases"
local hosts = require "support.hosts"
local nginx = require "support.nginx"
local redis = require "support.redis"

local backend = backends.get "postgresql" or backends.get "sqlite-file"

for _, name in ipairs(hosts.NAMES) do
  describe("a region in Redis under " .. name, function()
    local host, missing = hosts.get(name)
    local server
    setup(function() server = redis.start() end)
    teardown(function()
      if server then server:stop() end
      if host then host.close() end
    end)
    if not host then pending(missing, function() end) end
    for _, case in ipairs(host and cases or {}) do
      it(case.name, function()
        if not server then return pending "redis-server is not there" end
        host.url, host.redis = backend.url, server.path
        host.run(case.fn, host)
      end)
    end
  end)
end

describe("a region in Redis in nginx", function()
  local missing = nginx.missing() or backend.dialect ~= "postgresql" and "ALCHEMOON_TEST_PG is not set"
  if missing then
    if jit then pending(missing, function() end) end
    return
  end
  local store, server, reactor
  setup(function()
    store, reactor = redis.start(), am.reactor()
    if not store then return end
    server = nginx.start{
      env = ("ALCHEMOON_TEST_PG='%s'"):format(backend.url),
      locations = { ["/case"] = "content_by_lua_block { require('cache.nginx_app').case() }" } }
  end)
  teardown(function()
    if server then server:stop() end
    if store then store:stop() end
    reactor:close()
  end)

  for n, case in ipairs(cases) do
    it(case.name, function()
      if not store then return pending "redis-server is not there" end
      local status, body = reactor:run(server.get, server, reactor, "/case?n=" .. n .. "&redis=" .. store.path)
      assert.are.equal("ok\n", body)
      assert.are.equal(200, status)
    end)
  end
end)
