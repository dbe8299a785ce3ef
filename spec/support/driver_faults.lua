-- Faults in the calls to libpq and SQLite: repeats something with the n-th call of the drivers failing.
--
--   local driver_faults = require "support.driver_faults"        -- before the first engine is made
--   driver_faults.sweep(backend, function(engine) … end, { check = function(ok, where, engine) … end })
--
-- See driver_faults.c for what a failing call is.
local am = require "alchemoon"
local resources = require "support.resources"

local driver_faults = {}

-- SQLite's code; libpq's call fails and the connection stays sound. In mode cut libpq's socket is shut down before
-- the call.
local CODES = { cut = -1, memory = 7, io = 10 }
local MODES = { sqlite = { "io", "memory" }, postgresql = { "io", "cut" } }
local DENSE, STRIDE = 40, 5 -- every call up to there, then every fifth

-- Into the global scope: only then does it stand before the libraries of drivers that are loaded later.
local path = assert(package.searchpath("support.driver_faults", package.cpath), "make spec-support builds it")
--- True if other specs of this process have loaded the drivers already: there will be no faults.
driver_faults.late = package.loaded["alchemoon.driver.sqlite"] ~= nil
  or package.loaded["alchemoon.driver.postgresql"] ~= nil
if driver_faults.late then return driver_faults end
assert(package.loadlib(path, "*"))
local native = assert(package.loadlib(path, "luaopen_driver_faults"))()
for _, name in ipairs{ "sqlite", "postgresql" } do
  native.load(assert(package.searchpath("alchemoon.driver." .. name, package.cpath)))
end

-- The drivers hold as much as `before`; what only the collector can free may need a collection.
local function assert_given_back(before, where)
  for attempt = 1, 3 do
    local left
    for kind, count in pairs(native.alive()) do
      if count ~= before[kind] then left = ("%s: %d %s left behind"):format(where, count - before[kind], kind) end
    end
    if not left then return end
    assert(attempt < 3, left)
    collectgarbage()
  end
end

-- An error of the database that says what happened, or Lua's own for memory.
local function assert_precise(e, where)
  if tostring(e):find("not enough memory", 1, true) then return end
  assert(am.exc.is(e, am.exc.DBAPIError), where .. ": " .. tostring(e))
  local message = e.orig.message
  assert(#message > 0, where .. ": an empty message")
  -- What libpq says of a socket that it has closed itself: not the reason.
  assert(not message:find("invalid socket", 1, true), where .. ": " .. message)
end

-- The engine serves again, and a writer finds no lock.
local function assert_serves(engine, where)
  assert(engine.pool:checkedout() == 0, where .. ": a connection is checked out")
  local function use()
    engine:begin(function(conn)
      conn:exec_driver_sql(engine.dialect.name == "sqlite" and "pragma user_version = 1" or "select 2")
      assert(conn:exec_driver_sql("select 1"):scalar() == 1)
    end)
  end
  local ok, e = pcall(use)
  if ok then return end
  -- Cut when nobody looked any more: the next user learns of it, the one after that does not.
  assert(where:find("cut", 1, true) and e.connection_invalidated, where .. ": " .. tostring(e))
  use()
end

-- One call after the other; `prepare` gives the engine for each try, `finish(engine, where)` takes it back.
local function every_call(mode, fn, opts, prepare, finish)
  local tried, n = {}, 0
  while true do
    n = n + (n < DENSE and 1 or STRIDE)
    assert(n < 5000, "sweep: there is no end of calls")
    local engine = prepare()
    native.arm(n, CODES[mode])
    local ok, e = pcall(fn, engine)
    local name, rest = native.disarm()
    local where = ("call %d (%s, %s)"):format(n, name or "none", mode)
    if name then tried[name] = (tried[name] or 0) + 1 end
    if not ok then assert_precise(e, where) end
    e = nil -- luacheck: ignore (the error may hold on to what is counted)
    if opts.check then opts.check(ok, where, engine) end
    assert_serves(engine, where)
    finish(engine, where)
    if rest > 0 then return tried end
  end
end

local function sweep(mode, backend, fn, opts)
  collectgarbage() -- what others have left goes before it is counted
  collectgarbage()
  local before, fds = native.alive(), resources.fds()
  local function open()
    local engine = am.create_engine(opts.url or backend.url, { pool_size = 2, max_overflow = 0, pool_timeout = 1 })
    if not opts.cold then engine:connect():close() end
    return engine
  end
  local function close(engine, where)
    engine:dispose()
    assert_given_back(before, where)
    assert(resources.fds() <= fds, where .. ": a descriptor is left open")
  end
  if opts.cold or backend.dialect == "sqlite" then return every_call(mode, fn, opts, open, close) end
  -- Connecting to a server takes long: one engine for all, its connection as good as new each time.
  local engine = open()
  local tried = every_call(mode, fn, opts, function()
    engine:connect(function(conn)
      conn:execution_options{ isolation_level = "AUTOCOMMIT" }
      conn:exec_driver_sql "discard all"
    end)
    return engine
  end, function() end)
  close(engine, mode)
  return tried
end

--- Repeats fn(engine) with the first, second, ... call that can fail failing, until none fails, in every mode; each
--- time with one idle connection on which nothing is prepared. fn must succeed or raise a precise error, and
--- leave nothing behind; then the engine must serve again.
--- opts: check(ok, where, engine) after each run, without faults; cold = true for an empty pool; url = another one.
--- Returns how often each function failed.
---@param backend table
---@param fn function
---@param opts { check: function?, cold: boolean?, url: string? }?
---@return table<string, integer>
function driver_faults.sweep(backend, fn, opts)
  local all = {}
  for _, mode in ipairs(MODES[backend.dialect]) do
    for name, times in pairs(sweep(mode, backend, fn, opts or {})) do all[name] = (all[name] or 0) + times end
  end
  return all
end

return driver_faults
