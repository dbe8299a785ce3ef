-- Regions: the same behaviour in memory and in a private Redis server, blocking and under the built-in reactor.
local am = require "alchemoon"
local cache = require "alchemoon.cache"
local redis = require "support.redis"
local raises_exc = require("support.init").raises_exc

local server
setup(function() server = redis.start() end)
teardown(function() if server then server:stop() end end)

local BACKENDS = { "memory", "memory_serial", "redis" }
local number = 0

-- A region with a key prefix of its own.
local function region_on(backend, opts)
  local all = {}
  for key, value in pairs(opts or {}) do all[key] = value end
  if backend == "redis" then
    if not server then return nil end
    number = number + 1
    all.path, all.key_prefix, all.lock_sleep = server.path, "s" .. number .. ":", 0.005
  end
  return cache.make_region():configure(backend, all)
end

for _, backend in ipairs(BACKENDS) do
  describe("a region in " .. backend, function()
    local region
    before_each(function()
      region = region_on(backend, { expiration_time = 60 })
      if not region then pending "redis-server is not there" end
    end)

    it("says whether it is configured", function()
      assert.is_true(region.is_configured)
      assert.is_false(cache.make_region().is_configured)
    end)

    it("keeps, finds and forgets values", function()
      assert.equal(cache.NO_VALUE, region:get "a")
      region:set("a", 1)
      assert.equal(1, region:get "a")
      region:set_multi { b = "two", c = { 3 } }
      assert.same({ 1, "two", { 3 }, cache.NO_VALUE }, region:get_multi { "a", "b", "c", "d" })
      region:delete "a"
      region:delete_multi { "b" }
      assert.same({ cache.NO_VALUE, cache.NO_VALUE, { 3 } }, region:get_multi { "a", "b", "c" })
    end)

    it("keeps nil as a value", function()
      assert.is_nil(region:get_or_create("n", function() return nil end))
      assert.is_nil(region:get "n")
    end)

    it("keeps every value of a column exactly", function()
      local values = { am.decimal "1.10", am.decimal "-12345678901234567890.123", am.date(2026, 11, 21),
        am.time(1, 2, 3, 4), am.datetime(2026, 1, 2, 3, 4, 5, 6), am.datetime.parse "2026-01-02T03:04:05+01:00",
        am.timedelta { days = -1, seconds = 5, microseconds = 7 }, am.int64 "9007199254740993", 2 ^ 52, 0.1, -1.5e300,
        true, false, "a\0b\255", am.null, am.Range(1, 5, { bounds = "[)" }), am.uuid4() }
      region:set("v", values)
      local back = region:get "v"
      assert.equal(#values, #back)
      for i, value in ipairs(values) do
        assert.equal(type(value), type(back[i]))
        assert.is_true(value == back[i], "value " .. i .. ": " .. tostring(value) .. " / " .. tostring(back[i]))
        assert.equal(tostring(value), tostring(back[i]))
      end
    end)

    it("makes a value once and again when it has expired", function()
      local made = 0
      local function create() made = made + 1 return made end
      assert.equal(1, region:get_or_create("x", create))
      assert.equal(1, region:get_or_create("x", create))
      assert.equal(cache.NO_VALUE, region:get("x", { expiration_time = 0 }))
      assert.equal(1, region:get("x", { expiration_time = 0, ignore_expiration = true }))
      assert.equal(2, region:get_or_create("x", create, { expiration_time = 0 }))
      assert.equal(2, region:get_or_create("x", create, { expiration_time = -1 }))
    end)

    it("does not keep what should_cache_fn refuses", function()
      region:get_or_create("x", function() return 5 end, { should_cache_fn = function(value) return value > 5 end })
      assert.equal(cache.NO_VALUE, region:get "x")
    end)

    it("hands creator_args to the creator, and an error of its passes and frees the lock", function()
      assert.equal(7, region:get_or_create("x", function(a, b) return a + b end, { creator_args = { 3, 4 } }))
      local ok, e = pcall(region.get_or_create, region, "y", function() error({ mine = true }) end)
      assert.is_false(ok)
      assert.is_true(e.mine)
      assert.equal(1, region:get_or_create("y", function() return 1 end))
    end)

    it("makes the missing ones of many", function()
      region:set("a", 1)
      local asked
      local list = region:get_or_create_multi({ "a", "b", "c" }, function(...)
        asked = { ... }
        return { 2, 3 }
      end)
      assert.same({ { "b", "c" }, { 1, 2, 3 } }, { asked, list })
      assert.equal(3, region:get "c")
    end)

    it("keeps results of functions by their arguments", function()
      local calls = 0
      local double = region:cache_on_arguments(function(n) calls = calls + 1 return n * 2 end, { namespace = "double" })
      assert.same({ 4, 4, 6 }, { double(2), double(2), double(3) })
      assert.equal(2, calls)
      double.invalidate(2)
      assert.same({ 4, 3 }, { double(2), calls })
      double.set(99, 2)
      assert.equal(99, double(2))
      assert.equal(99, double:get(2))
      assert.equal(4, double.refresh(2))
      assert.equal(4, double(2))
      assert.equal(10, double.original(5))
      assert.equal(cache.NO_VALUE, double.get(5))
      local triple = region:cache_on_arguments { namespace = "triple" } (function(n) return n * 3 end)
      assert.equal(6, triple(2))
    end)

    it("voids everything, at once or softly", function()
      local made = 0
      local function create() made = made + 1 return made end
      region:get_or_create("x", create)
      region:invalidate()
      assert.equal(cache.NO_VALUE, region:get "x")
      assert.equal(2, region:get_or_create("x", create))
      region:invalidate(false)
      assert.equal(3, region:get_or_create("x", create))
      assert.equal(3, region:get "x")
    end)

    it("lets one coroutine make a value while the others wait for it", function()
      local reactor = am.reactor()
      local shared = region_on(backend, { expiration_time = 60, reactor = reactor })
      local made, got = 0, {}
      for i = 1, 20 do
        reactor:spawn(function()
          got[i] = shared:get_or_create("k", function()
            made = made + 1
            reactor:sleep(0.05)
            return "value"
          end)
        end)
      end
      reactor:run()
      assert.equal(1, made)
      assert.equal(20, #got)
      assert.equal("value", got[20])
    end)

    it("hands the expired value out while another coroutine makes a new one", function()
      local reactor = am.reactor()
      local shared = region_on(backend, { expiration_time = 0.02, reactor = reactor })
      shared:set("k", "old")
      local slow, quick, making
      reactor:spawn(function()
        reactor:sleep(0.05)
        slow = shared:get_or_create("k", function()
          making = true
          while not quick do reactor:sleep(0.005) end
          return "new"
        end)
      end)
      reactor:spawn(function()
        while not making do reactor:sleep(0.005) end
        quick = shared:get_or_create("k", function() return "never" end)
      end)
      reactor:run()
      assert.same({ "new", "old" }, { slow, quick })
    end)

    it("frees the lock of a coroutine that was cancelled while it made the value", function()
      local reactor = am.reactor()
      local shared = region_on(backend, { expiration_time = 60, reactor = reactor })
      local task = reactor:spawn(function()
        shared:get_or_create("k", function() reactor:sleep(5) return "never" end)
      end)
      local value
      reactor:spawn(function()
        reactor:sleep(0.02)
        task:cancel()
        value = shared:get_or_create("k", function() return "made" end)
      end)
      reactor:run()
      assert.equal("made", value)
    end)
  end)
end

describe("a region", function()
  it("must be configured, once, with a backend that exists", function()
    local region = cache.make_region()
    raises_exc("InvalidRequestError", function() region:get "x" end, "No backend is configured")
    raises_exc("ArgumentError", function() region:configure "memori" end, "did you mean 'memory'")
    region:configure "memory"
    raises_exc("InvalidRequestError", function() region:configure "memory" end, "already configured")
    region:configure("memory", { replace_existing_backend = true })
    raises_exc("ArgumentError", function() cache.make_region():configure("memory", { expire = 5 }) end, "expire")
  end)

  it("takes another name for a key from its key_mangler", function()
    local region = cache.make_region { key_mangler = cache.length_conditional_mangler(5, cache.md5_mangle_key) }
    region:configure "memory"
    region:set("short", 1)
    region:set("a", 2)
    assert.equal(1, region:get "short")
    assert.same({ ct = region.backend:get("a").ct, payload = 2 }, region.backend:get "a")
    assert.is_nil(region.backend:get "short")
  end)

  it("keeps the values themselves in memory, copies in memory_serial", function()
    local value = { 1 }
    local plain, copied = region_on "memory", region_on "memory_serial"
    plain:set("x", value)
    copied:set("x", value)
    assert.equal(value, plain:get "x")
    assert.are_not.equal(value, copied:get "x")
    raises_exc("ArgumentError", function() copied:set("f", print) end, "cannot keep a function")
  end)

  it("drops the least recently used entries beyond max_entries", function()
    local region = region_on("memory", { max_entries = 10 })
    for i = 1, 100 do
      region:set("k" .. i, i)
      region:get "k1"
    end
    assert.equal(1, region:get "k1")
    assert.equal(100, region:get "k100")
    assert.equal(cache.NO_VALUE, region:get "k50")
  end)

  it("accepts backends of others", function()
    cache.register_backend("spec", function(opts)
      return { get = function() return { payload = opts.x, ct = 0 } end }
    end)
    assert.equal(4, cache.make_region():configure("spec", { x = 4 }):get "k")
  end)
end)

describe("the Redis client", function()
  before_each(function() if not server then pending "redis-server is not there" end end)

  it("says who refuses what", function()
    local region = cache.make_region():configure("redis", { path = server.path .. "x" })
    raises_exc("DisconnectionError", function() region:get "x" end, "connect: No such file")
    local other = cache.make_region():configure("redis", { path = server.path, password = "wrong" })
    local e = raises_exc("InvalidRequestError", function() other:get "x" end)
    assert.is_nil(tostring(e):find("wrong", 1, true))
  end)

  it("reads URLs", function()
    local region = cache.make_region():configure("redis", { url = "unix://" .. server.path .. "?db=2" })
    region:set("x", 1)
    assert.equal(1, region:get "x")
    assert.equal(cache.NO_VALUE, cache.make_region():configure("redis", { path = server.path }):get "x")
    assert.equal("alchemoon.cache.Redis(host:7000/3)",
      tostring(cache.make_region():configure("redis", { url = "redis://user:secret@host:7000/3" }).backend.client))
  end)

  it("opens another connection when the server closed the idle one", function()
    local region = region_on "redis"
    region:set("x", 1)
    region.backend.client:call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "no")
    assert.equal(1, region:get "x")
  end)

  it("moves large values in pieces, under the reactor too", function()
    local reactor = am.reactor()
    local region = region_on("redis", { reactor = reactor })
    local text = ("0123456789\0\r\n"):rep(300000)
    reactor:run(function()
      region:set("big", text)
      assert.is_true(region:get "big" == text)
    end)
  end)

  it("lets Redis drop entries by itself", function()
    local region = region_on("redis", { redis_expiration_time = 0.05 })
    region:set("x", 1)
    os.execute "sleep 0.2"
    assert.equal(cache.NO_VALUE, region:get "x")
  end)

  it("keeps makers in other processes away", function()
    local region = region_on("redis", { expiration_time = 60 })
    local prefix = region.backend._prefix
    local script = os.tmpname()
    local file = assert(io.open(script, "w"))
    file:write(([[
      local cache = require "alchemoon.cache"
      local region = cache.make_region():configure("redis", { path = %q, key_prefix = %q, expiration_time = 60 })
      io.write(region:get_or_create("k", function() os.execute "sleep 0.5" return "theirs" end))
    ]]):format(server.path, prefix))
    file:close()
    local pipe = io.popen(require "support.interpreter" .. " " .. script)
    local client = region.backend.client
    for _ = 1, 500 do -- until they hold the lock
      if client:call("EXISTS", prefix .. "_lockk") == 1 then break end
      os.execute "sleep 0.01"
    end
    assert.equal("theirs", region:get_or_create("k", function() return "mine" end))
    assert.equal("theirs", pipe:read "*a")
    pipe:close()
    os.remove(script)
  end)

  it("makes no key of an argument that has no text of its own", function()
    local square = region_on("memory"):cache_on_arguments(function(n) return n end)
    assert.equal("1.5", tostring(square(am.decimal "1.5")))
    raises_exc("ArgumentError", function() square({}) end, "argument #1", "function_key_generator")
    raises_exc("ArgumentError", function() square(1, print) end, "argument #2")
  end)

  it("says which options it knows", function()
    raises_exc("ArgumentError", function() region_on("memory", { expiration = 1 }) end,
      "did you mean 'expiration_time'?")
  end)
end)
