--- Engines: what `am.create_engine` returns. One pool, one dialect, one set of options; see connection.lua for work.
local event = require "alchemoon.event"
local exc = require "alchemoon.exc"
local execution_options = require "alchemoon.execution_options"
local options = require "alchemoon.options"
local Connection = require "alchemoon.engine.connection"
local errors = require "alchemoon.engine.errors"
local scope = require "alchemoon.engine.scope"
local targets = require "alchemoon.engine.targets"
local usage = require "alchemoon.usage"

local fire = event.fire

---@class alchemoon.Engine
---@field url userdata
---@field dialect alchemoon.Dialect
---@field pool alchemoon.Pool
---@field name string     the database: "sqlite", "postgresql"
---@field driver string   "sqlite3", "libpq"
local Engine = { __name = "alchemoon.Engine" }
Engine.__index = Engine
Engine._base_settings = false -- not absent: what is absent is looked for by a function
Engine.__tostring = function(self) return ("Engine(%s)"):format(tostring(self.url)) end
targets.engine_class(Engine)
targets.instances(Engine, "engine")

-- am.Engine is the class of all engines, for listeners. What an engine lacks is looked for here.
local ABSENT = { engine = true } -- a connection has one
local unknown = usage.unknown_attribute("Engine", ABSENT, Engine)
setmetatable(Engine, { __tostring = function() return "alchemoon.Engine" end, __index = function(_, key)
  if type(key) == "string" and not ABSENT[key] and Connection.has_method(key) then
    exc.raise("ArgumentError", "Engine object has no attribute '%s'; a connection has it: engine:connect()", key)
  end
  return unknown(key)
end })

--- Checks a pool connection out, as it is: the pool's wrapper of the driver connection. It begins no transaction by
-- itself: each statement stands alone until "BEGIN" is executed; then commit(), rollback() or close() end it.
---@return alchemoon.PoolProxiedConnection
function Engine:raw_connection()
  local ok, fairy = pcall(self.pool.connect, self.pool)
  if ok then return fairy end
  if exc.is(fairy, exc.DBAPIError) then return errors.handle_without_connection(self, fairy) end
  error(fairy, 0)
end

--- A connection. With a function: calls it with the connection, closes it, returns what the function returned.
---@param fn function?
function Engine:connect(fn)
  if getmetatable(self) ~= Engine then exc.raise_not_a_method("connect", "engine") end
  if fn ~= nil then usage.check_function("engine:connect", fn) end
  local conn = Connection.new(self)
  if fn == nil then return conn end
  return scope.run(conn, conn.close, fn)
end

--- A connection in a transaction. With a function: commits after it, or rolls back and raises again. Without: commit,
-- rollback or close of the connection end the transaction.
---@param fn function?
function Engine:begin(fn)
  if getmetatable(self) ~= Engine then exc.raise_not_a_method("begin", "engine") end
  if fn ~= nil then usage.check_function("engine:begin", fn) end
  local conn = Connection.new(self)
  if fn == nil then
    local ok, e = pcall(conn.begin, conn)
    if not ok then
      pcall(conn.close, conn)
      exc.rethrow(e)
    end
    conn._begun_scope = true
    return conn
  end
  return scope.run(conn, conn.close, function()
    return conn:begin(function() return fn(conn) end)
  end)
end

--- An engine with the same pool and dialect, and these execution options on top.
---@param opts table
---@return alchemoon.Engine
function Engine:execution_options(opts)
  local copy = {}
  for key, value in pairs(self) do copy[key] = value end
  copy._execution_options = {}
  for key, value in pairs(self._execution_options) do copy._execution_options[key] = value end
  copy.dispatch = event.node{ { self.dispatch, "joined" } }
  setmetatable(copy, Engine)
  self._family[copy] = true
  return copy:_set_execution_options(opts)
end

function Engine:_set_execution_options(opts)
  execution_options.check(opts, true)
  if opts.isolation_level then self.dialect:check_isolation_level(opts.isolation_level) end
  if self.dispatch.set_engine_execution_options then
    fire(self.dispatch.set_engine_execution_options, self, opts)
  end
  for key, value in pairs(opts) do self._execution_options[key] = value end
  execution_options.end_unset(self._execution_options)
  return self
end

--- Adds to the execution options of this very engine.
---@param opts table
function Engine:update_execution_options(opts)
  local merged = {}
  for key, value in pairs(self._execution_options) do merged[key] = value end
  self._execution_options = merged
  self:_set_execution_options(opts)
end

--- The engine's execution options.
---@return table
function Engine:get_execution_options() return self._execution_options end

--- Closes the idle connections; what is in use is closed when it comes back. The engine goes on with a new pool.
---@param opts table?   { close = false }: connections of the old pool are left alone (after fork)
function Engine:dispose(opts)
  opts = options.read("engine:dispose", opts, { close = true })
  local old = self.pool
  local ok, problem = true, nil
  if opts.close ~= false then ok, problem = pcall(old.dispose, old) end
  local fresh = old:recreate()
  fresh.dispatch = old.dispatch -- whoever listens to this engine's pool goes on listening
  for engine in pairs(self._family) do engine.pool = fresh end
  if self.dispatch.engine_disposed then fire(self.dispatch.engine_disposed, self) end
  if not ok then error(problem, 0) end
end

--- Counters of the compiled statements' cache: { size, count, hits, misses, evicted }.
---@return table
function Engine:compiled_cache_stats() return self._compiled_cache:stats() end

--- Forgets all compiled statements.
function Engine:clear_compiled_cache()
  self._shapes, self._shape_count = {}, 0
  self._compiled_cache:clear()
end

--- Calls fn(self, ...): for programs that were written for an asyncio API.
---@param fn function
---@param ... any
---@return any
function Engine:run_sync(fn, ...)
  usage.check_function("engine:run_sync", fn)
  return fn(self, ...)
end

usage.check_receivers(Engine, "engine", usage.receiver_of(Engine), { connect = true, begin = true })

return Engine
