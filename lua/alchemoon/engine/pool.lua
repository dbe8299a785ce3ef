--- Pools as programs see them: `engine.pool`.
--
-- Who may have a connection is decided in C (csrc/engine/pool.h): a checkout takes a lease, pool_record.lua opens or
-- replaces the connection when the lease says so, and pool_fairy.lua is what was checked out and gives the lease back.
-- The pool events come in SQLAlchemy's order.
local core = require "alchemoon.core"
local event = require "alchemoon.event"
local exc = require "alchemoon.exc"
local logging = require "alchemoon.logging"
local options = require "alchemoon.options"
local pool_fairy = require "alchemoon.engine.pool_fairy"
local pool_record = require "alchemoon.engine.pool_record"
local Queue = require "alchemoon.engine.queue"
local stack = require "alchemoon.stack"
local targets = require "alchemoon.engine.targets"
local usage = require "alchemoon.usage"

---@class alchemoon.Pool
local Pool = { dispatch = targets.pool_all }
Pool.__index = Pool
Pool.__name = "alchemoon.Pool"
targets.pool_class(Pool, targets.pool_all)
targets.instances(Pool, "pool")

local KINDS = { QueuePool = "queue", NullPool = "null", StaticPool = "static", SingletonThreadPool = "singleton",
  AssertionPool = "queue" }

local POOL_OPTIONS = { pool_size = true, max_overflow = true, timeout = true, recycle = true, use_lifo = true,
  reset_on_return = true, pre_ping = true, echo = true, logging_name = true, shared = true, shared_key = true,
  waiter = true, dialect = true, events = true }

--- A pool. `creator(record)` returns an open driver connection (it may wait).
---@param class table      QueuePool, NullPool, StaticPool or SingletonThreadPool
---@param creator function
---@param opts table
function Pool.new(class, creator, opts)
  opts = options.read(class.class_name, opts, POOL_OPTIONS)
  if class.class_name == "AssertionPool" then opts.pool_size, opts.max_overflow = 1, 0 end
  local self = setmetatable({
    class_name = class.class_name, class = class, _creator = creator,
    _records = {}, _boxes = {}, -- of idle connections, by id: their records, and the objects that stood for them
    _lost = 0, _timeout = opts.timeout or 30, _size = opts.pool_size or 5,
    _pre_ping = opts.pre_ping or false, _reset_on_return = "rollback",
    _ping_failed = false, -- function(error) → is the connection dead?; the engine asks its listeners
    _waiter = opts.waiter or {}, dialect = opts.dialect, _opts = opts,
    _queue = Queue.new(opts.waiter or {}, opts.shared ~= nil),
    _shares = class.kind == "static" or class.kind == "singleton", _keeps_records = not opts.shared,
    dispatch = event.node{ { class.dispatch, "all" } },
  }, Pool)
  if opts.reset_on_return == false or opts.reset_on_return == core.null then self._reset_on_return = nil
  elseif opts.reset_on_return == "commit" then self._reset_on_return = "commit"
  elseif opts.reset_on_return ~= nil and opts.reset_on_return ~= true and opts.reset_on_return ~= "rollback" then
    exc.raise("ArgumentError", "Invalid value for 'reset_on_return': %s", exc.show_value(opts.reset_on_return))
  end
  local name = "alchemoon.pool." .. class.class_name
  if opts.logging_name then name = name .. "." .. opts.logging_name end
  self.logger = logging.instance(name, opts.echo)
  if opts.shared and self._shares then
    exc.raise("ArgumentError", "a shared engine needs QueuePool or NullPool, not %s", class.class_name)
  end
  self._core = core.pool_new{
    kind = class.kind, size = self._size, max_overflow = opts.max_overflow or 10, recycle = opts.recycle or -1,
    lifo = opts.use_lifo, name = opts.shared, key = opts.shared_key,
  }
  self._lost = select(6, self._core:counts()) -- a shared pool may have lost some before
  for _, listener in ipairs(opts.events or {}) do event.listen(self, listener[2], listener[1]) end
  return self
end

-- --- checkout --------------------------------------------------------------------------------------

-- AssertionPool: the second checkout is a mistake, and is told where the first one came from.
local function assert_free(pool)
  if pool:checkedout() == 0 then return end
  exc.raise("InvalidRequestError", "connection is already checked out at:\n%s", pool._checkout_traceback)
end

--- Checks a connection out: the driver connection in the pool's wrapper.
---@return alchemoon.PoolProxiedConnection
function Pool:connect()
  if self.class_name == "AssertionPool" then
    assert_free(self)
    self._checkout_traceback = stack.trace(1)
  end
  local lease = self._core:checkout()
  local ok, record = pcall(pool_record.of_lease, self, lease)
  if not ok then
    if lease:state() ~= "over" then
      if lease:state() == "wait" then lease:free() else pool_record.abandon(self, lease) end
    end
    error(record, 0)
  end
  return pool_fairy.checkout(self, record, lease)
end

-- --- state -----------------------------------------------------------------------------------------

--- Number of connections that the pool keeps open (QueuePool).
---@return integer
function Pool:size() return self.class_name == "QueuePool" and self._size or 0 end

--- Open connections that nobody uses.
---@return integer
function Pool:checkedin()
  local _, checkedin = self._core:counts()
  return checkedin
end

--- Connections in use.
---@return integer
function Pool:checkedout()
  local _, _, checkedout = self._core:counts()
  return checkedout
end

--- Connections beyond the size; negative while there are fewer than the size.
---@return integer
function Pool:overflow()
  if self.class_name ~= "QueuePool" or self._size == 0 then return 0 end
  local _, _, _, overflow = self._core:counts()
  return overflow
end

--- How long a checkout waits for a connection.
---@return number seconds
function Pool:timeout() return self._timeout end

--- One line about the pool's state.
---@return string
function Pool:status()
  if self.class_name == "QueuePool" then
    return ("Pool size: %d  Connections in pool: %d Current Overflow: %d Current Checked out connections: %d"):format(
      self:size(), self:checkedin(), self:overflow(), self:checkedout())
  elseif self.class.kind == "singleton" then
    return ("SingletonThreadPool id:%s size: %d"):format(tostring(self):match("0x%x+") or "0", self._static and 1 or 0)
  end
  return self.class_name
end

--- Closes all idle connections; those in use are closed when they come back.
function Pool:dispose()
  self._core:dispose()
  local problem = nil -- the first listener's error; the others' connections are closed none the less
  local function each(close, ...)
    local ok, e = pcall(close, self, ...)
    if not ok and not problem then problem = { e } end
  end
  while true do
    local dbconn, id = self._core:take_idle(self._boxes)
    if not dbconn then break end
    each(pool_record.close_idle, id, dbconn)
  end
  if self._static then each(pool_record.close, self._static) end
  self._records, self._boxes = {}, {}
  self._queue:wake()
  self.logger:info("Pool disposed. %s", self:status())
  if problem then error(problem[1], 0) end
end

--- A new pool of the same kind and options.
---@return alchemoon.Pool
function Pool:recreate()
  self.logger:info("Pool recreating")
  local fresh = Pool.new(self.class, self._creator, self._opts)
  fresh.dispatch = event.node{ { self.dispatch, "all" } }
  fresh._ping_failed = self._ping_failed
  return fresh
end

--- Connections opened before now will be replaced when they are checked out next (listeners see nothing).
function Pool:_invalidate(fairy, e, gives_back)
  if fairy and fairy._lease and fairy._lease:state() ~= "over" then
    fairy._lease:invalidate_pool()
    if gives_back ~= false and fairy.dbapi_connection then fairy:_invalidate(e) end
  elseif not fairy then
    self._core:invalidate()
  end
end

-- --- classes ---------------------------------------------------------------------------------------

local function pool_class(name)
  local class = { class_name = name, kind = KINDS[name], __name = "alchemoon." .. name,
    dispatch = event.node{ { targets.pool_all, "all" } } }
  targets.pool_class(class, class.dispatch)
  return setmetatable(class, {
    --- A pool over a function that opens driver connections.
    ---@param creator function
    ---@param opts table?   pool_size, max_overflow, timeout, recycle, pre_ping, use_lifo, reset_on_return ...
    ---@return alchemoon.Pool
    __call = function(_, creator, opts) return Pool.new(class, creator, opts) end,
    __tostring = function() return "alchemoon." .. name end,
  })
end

usage.check_receivers(Pool, "pool", usage.receiver_of(Pool), { new = true })
local unknown = usage.unknown_attribute("Pool", { dialect = true }, Pool)
setmetatable(Pool, { __index = function(_, key) return unknown(key) end })

return {
  Pool = Pool,
  QueuePool = pool_class "QueuePool",
  NullPool = pool_class "NullPool",
  StaticPool = pool_class "StaticPool",
  SingletonThreadPool = pool_class "SingletonThreadPool",
  AssertionPool = pool_class "AssertionPool",
}
