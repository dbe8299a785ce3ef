-- What holds for a region in Redis under every host; see spec/reactor/cases.lua for what `h` is. h.redis is the path of
-- the server's socket. Works in nginx too, where there is no busted.
local am = require "alchemoon"
local cache = require "alchemoon.cache"
local core = require "alchemoon.core"

local cases = {}
local function case(name, fn) cases[#cases + 1] = { name = name, fn = fn } end

local function region_of(h, opts)
  opts = opts or {}
  opts.path, opts.reactor, opts.key_prefix = h.redis, h.option, tostring({}):gsub("%W", "") .. ":"
  opts.expiration_time = 60
  return cache.make_region():configure("redis", opts)
end

local function clock()
  local _, now = core.clock()
  return now
end

-- Runs fn(1) ... fn(n) side by side; returns { { ok, value or error } ... }.
local function all(h, n, fn)
  local results, left = {}, n
  for i = 1, n do
    h.spawn(function()
      results[i] = { pcall(fn, i) }
      left = left - 1
    end)
  end
  local start = clock()
  while left > 0 do
    h.sleep(0.002)
    assert(clock() - start < 30, "the coroutines do not end")
  end
  return results
end

local function succeed(results)
  for _, result in ipairs(results) do
    if not result[1] then error(result[2], 0) end
  end
end

case("fifty coroutines get what they set", function(h)
  local region = region_of(h)
  succeed(all(h, 50, function(i)
    for j = 1, 5 do
      region:set("key" .. i, i * 100 + j)
      assert(region:get("key" .. i) == i * 100 + j, "another one's value")
    end
  end))
end)

case("one coroutine makes a value while the others wait for it", function(h)
  local region, made = region_of(h), 0
  succeed(all(h, 10, function()
    local value = region:get_or_create("k", function()
      made = made + 1
      h.sleep(0.05)
      return { made = made }
    end)
    assert(value.made == 1)
  end))
  assert(made == 1, made .. " times made")
end)

case("waits for Redis overlap, and nobody else stands still", function(h)
  local region, ticks, start = region_of(h), 0, clock()
  local slow = 8
  succeed(all(h, slow + 1, function(i)
    if i <= slow then
      local client = region.backend.client
      assert(client:call("BLPOP", "nothing comes here" .. i, "0.3") == false)
      slow = slow - 1
      return
    end
    while slow > 0 do
      ticks = ticks + 1
      h.sleep(0.005)
    end
  end))
  assert(clock() - start < 2, "eight waits of 0.3 s took " .. clock() - start)
  assert(ticks > 5, "only " .. ticks .. " ticks beside them")
end)

case("a large value travels in pieces", function(h)
  local region, big = region_of(h), ("0123456789"):rep(300000)
  succeed(all(h, 2, function(i)
    region:set("big" .. i, big)
    assert(region:get("big" .. i) == big, "the value changed")
  end))
end)

case("connections that the server ends fail those who wait; the next call opens others", function(h)
  local region = region_of(h)
  local killed = false
  local results = all(h, 5, function(i)
    if i < 5 then return region.backend.client:call("BLPOP", "nothing comes here" .. i, "20") end
    h.sleep(0.1)
    killed = true
    region.backend.client:call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
  end)
  assert(killed)
  for i = 1, 4 do
    local e = results[i][2]
    assert(am.exc.is(e, am.exc.DisconnectionError), tostring(e))
  end
  region:set("after", 7)
  assert(region:get "after" == 7)
end)

case("results of queries: one SELECT for all coroutines, gone after a flush", function(h)
  local engine = am.create_engine(h.url, { reactor = h.option, pool_size = 3 })
  local Base = am.declarative_base()
  local User = Base:model("User", { __tablename__ = "cache_host_users",
    id = am.Column(am.Integer, { primary_key = true }), name = am.Column(am.String(30)) })
  Base.metadata:drop_all(engine)
  Base.metadata:create_all(engine)
  local Session = am.sessionmaker(engine)
  Session:begin(function(session) session:add(User{ id = 1, name = "Ann" }) end)
  cache.ORMCache{ default = region_of(h) }:listen_on_session(Session)
  local selects = 0
  am.event.listen(engine, "before_cursor_execute", function(_, _, sql)
    if sql:find "^SELECT" then selects = selects + 1 end
  end)
  local function name()
    return Session(function(session)
      return session:scalars(am.select(User):options(cache.FromCache())):one().name
    end)
  end
  succeed(all(h, 10, function() assert(name() == "Ann") end))
  assert(selects == 1, selects .. " times asked")
  Session:begin(function(session) session:get(User, 1).name = "Eve" end)
  succeed(all(h, 5, function() assert(name() == "Eve") end))
  Base.metadata:drop_all(engine)
  engine:dispose()
end)

return cases
