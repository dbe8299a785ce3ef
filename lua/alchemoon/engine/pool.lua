--- Pools as programs and listeners see them: `engine.pool`, connection records, checked-out connections.
--
-- Who may have a connection is decided in C (csrc/engine/pool.h): this file takes a lease, opens or replaces the
-- connection when the lease says so, fires the pool events in SQLAlchemy's order, and gives the lease back. Every
-- path ends the lease: return, drop, or (when its holder is collected) in C.
local core = require "alchemoon.core"
local event = require "alchemoon.event"
local exc = require "alchemoon.exc"
local logging = require "alchemoon.logging"
local options = require "alchemoon.options"
local Queue = require "alchemoon.engine.queue"
local targets = require "alchemoon.engine.targets"
local wait = require "alchemoon.engine.wait"

local fire = event.fire

---@class alchemoon.ConnectionRecord
---@field info table             belongs to the program; lives as long as the driver connection
---@field record_info table      lives as long as the record
---@field dbapi_connection userdata?
local Record = {}
Record.__index = Record
Record.__name = "alchemoon.ConnectionRecord"

---@class alchemoon.PoolProxiedConnection
---@field dbapi_connection userdata?   the driver connection; nil when closed or invalidated
---@field info table
local Fairy = {}
Fairy.__name = "alchemoon.PoolProxiedConnection"

---@class alchemoon.Pool
local Pool = { dispatch = targets.pool_all }
Pool.__index = Pool
Pool.__name = "alchemoon.Pool"
targets.pool_class(Pool, targets.pool_all)
targets.instances(Pool, "pool")

local function show(dbconn) return tostring(dbconn) end

local DEBUG = logging.DEBUG
local debug_traceback = debug.traceback
local function debug(pool, format, dbconn)
  if pool.logger:enabled(DEBUG) then pool.logger:debug(format, show(dbconn)) end
end

-- Opening, closing --------------------------------------------------------------------------------

local function open(pool, record, lease)
  local dbconn = pool._creator(record)
  record.dbapi_connection, record.driver_connection = dbconn, dbconn
  record.info, record.fresh = {}, true
  record.starttime = core.clock()
  debug(pool, "Created new connection %s", dbconn)
  if not pool._shares then
    lease:opened()
    record.id = lease:record_id()
  end
  local ok, e = pcall(function()
    local dispatch = pool.dispatch
    if dispatch.first_connect and not pool._first_connect_done then
      fire(dispatch.first_connect, dbconn, record)
      pool._first_connect_done = true
    end
    if dispatch.connect then fire(dispatch.connect, dbconn, record) end
  end)
  if not ok then
    wait.close(pool._waiter, dbconn)
    record.dbapi_connection, record.driver_connection = nil, nil
    error(e, 0)
  end
  if pool._shares then -- the others join a connection that is ready for use
    pool._static = record
    lease:opened()
    record.id = lease:record_id()
    pool._queue:wake()
  end
  return dbconn
end

-- Closes the connection of a record; errors of listeners pass, those of the driver cannot happen.
local function close_record(pool, record)
  local dbconn = record.dbapi_connection
  if not dbconn then return end
  record.dbapi_connection, record.driver_connection = nil, nil
  if pool._static == record then pool._static = nil end
  debug(pool, "Closing connection %s", dbconn)
  if pool.dispatch.close then
    local ok, e = pcall(fire, pool.dispatch.close, dbconn, record)
    if not ok then
      wait.close(pool._waiter, dbconn)
      error(e, 0)
    end
  end
  wait.close(pool._waiter, dbconn)
end

-- Leases ------------------------------------------------------------------------------------------

local function timed_out(pool)
  local _, _, _, overflow = pool._core:counts()
  local e = exc.TimeoutError(("%s limit of size %d overflow %d reached, connection timed out, timeout %0.2f"):format(
    pool.class_name, pool._size, math.max(overflow, 0), pool._timeout))
  e.code = "3o7r"
  error(e, 0)
end

local function note_lost(pool)
  local _, _, _, _, _, lost = pool._core:counts()
  if lost > pool._lost then
    pool.logger:error("The garbage collector cleaned up %d checked-out connection(s), which have been terminated. "
      .. "Close connections explicitly, or use the function form engine:connect(function(conn) ... end)",
      lost - pool._lost)
    pool._lost = lost
  end
end

-- The record behind a lease that has a connection. Only records of idle connections stand in pool._records: a
-- connection whose holder vanishes must be garbage together with its record.
local function ready_record(pool, lease)
  if pool._shares then return pool._static end
  local id = lease:record_id()
  local record = pool._records[id]
  local dbconn = lease:take()
  if not record then
    record = setmetatable({ id = id, info = {}, record_info = {}, _pool = pool, starttime = core.clock() }, Record)
  end
  pool._records[id] = nil
  record.dbapi_connection, record.driver_connection = dbconn, dbconn
  return record
end

-- Ends a lease whose connection is gone. The record stays in the pool, empty: who gets it next opens another one.
local function leave_empty(pool, record, lease)
  local id = lease:record_id()
  if lease:state() ~= "over" and lease:drop(true) and pool._keeps_records then pool._records[id] = record end
end

-- Opens a connection for a record that had one before.
local function open_again(pool, record, lease)
  local ok, e = pcall(open, pool, record, lease)
  if ok then return end
  leave_empty(pool, record, lease)
  pool._queue:wake()
  if pool.dispatch.checkin then fire(pool.dispatch.checkin, nil, record) end
  error(e, 0)
end

local function connect_lease(pool, lease)
  local state = lease:state()
  if state == "wait" then
    state = pool._queue:await(lease, pool._timeout)
    note_lost(pool)
    if state == "wait" then timed_out(pool) end
  end
  if state == "create" then
    local id = lease:record_id()
    local record = not pool._shares and pool._records[id]
    if record then
      pool._records[id] = nil
      open_again(pool, record, lease)
    else
      record = setmetatable({ record_info = {}, _pool = pool }, Record)
      open(pool, record, lease)
    end
    return record
  end
  local record = ready_record(pool, lease)
  local stale = lease:stale()
  if stale == "dirty" then
    wait.query(pool._waiter, record.dbapi_connection, "ROLLBACK")
  elseif stale then
    pool.logger:info("Connection %s %s; recycling", show(record.dbapi_connection),
      stale == "recycle" and "exceeded timeout"
      or stale == "invalid" and "invalidated due to pool invalidation" or "invalidated due to local soft invalidation")
    close_record(pool, record)
    open_again(pool, record, lease)
  end
  return record
end

-- Pool --------------------------------------------------------------------------------------------

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
    _records = {}, _lost = 0, _timeout = opts.timeout or 30, _size = opts.pool_size or 5,
    _pre_ping = opts.pre_ping or false, _reset_on_return = "rollback",
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

local function new_fairy(pool, record, lease)
  return setmetatable({ dbapi_connection = record.dbapi_connection, driver_connection = record.dbapi_connection,
    _connection_record = record, _pool = pool, _lease = lease,
    _spare = false, _settings = false, _on_reset = false }, Fairy)
end

local function ping(pool, fairy)
  local dbconn = fairy.dbapi_connection
  local ok, e = pcall(pool.dialect.do_ping, pool.dialect, function(conn, sql)
    return wait.query(pool._waiter, conn, sql)
  end, dbconn)
  if ok then return true end
  if exc.is(e, exc.Error) and pool.dialect:is_disconnect(e) then return false, e end
  error(e, 0)
end

-- Replaces the connection of a fairy on the same lease.
local function reconnect(pool, fairy)
  local record = fairy._connection_record
  fairy.dbapi_connection, fairy.driver_connection = nil, nil
  open(pool, record, fairy._lease)
  fairy.dbapi_connection, fairy.driver_connection = record.dbapi_connection, record.dbapi_connection
end

-- One attempt of pre-ping and checkout listeners.
local function attempt_checkout(pool, fairy)
  local record = fairy._connection_record
  local fresh = record.fresh
  record.fresh = false
  if pool._pre_ping and not fresh then
    debug(pool, "Pool pre-ping on connection %s", fairy.dbapi_connection)
    local alive, reason = ping(pool, fairy)
    if not alive then
      debug(pool, "Pool pre-ping on connection %s failed, will invalidate pool", fairy.dbapi_connection)
      local e = exc.InvalidatePoolError("pre-ping failed: " .. tostring(reason and reason.message))
      e.orig = reason
      error(e, 0)
    end
  end
  if pool.dispatch.checkout then
    fire(pool.dispatch.checkout, fairy.dbapi_connection, record, fairy)
  end
end

local checkin -- below

-- A checkout that fails after there was a connection: that one goes, its record stays.
local function checkin_failed(fairy, e)
  fairy._connection_record:invalidate(e)
  fairy.dbapi_connection, fairy.driver_connection = nil, nil
  checkin(fairy)
end

local function verify(pool, fairy)
  for _ = 1, 2 do
    local ok, e = pcall(attempt_checkout, pool, fairy)
    if ok then return true end
    if not exc.is(e, exc.DisconnectionError) then error(e, 0) end
    if exc.is(e, exc.InvalidatePoolError) or e.invalidate_pool then
      pool.logger:info("Disconnection detected on checkout, invalidating all pooled connections prior to "
        .. "current timestamp (reason: %s)", tostring(e.message))
      fairy._lease:invalidate_pool()
    else
      pool.logger:info("Disconnection detected on checkout, invalidating individual connection %s (reason: %s)",
        show(fairy.dbapi_connection), tostring(e.message))
    end
    if pool.dispatch.invalidate then
      fire(pool.dispatch.invalidate, fairy.dbapi_connection, fairy._connection_record, e)
    end
    close_record(pool, fairy._connection_record)
    reconnect(pool, fairy)
  end
  pool.logger:info("Reconnection attempts exhausted on checkout")
  exc.raise("InvalidRequestError", "This connection is closed")
end

local function abandon(pool, lease, record)
  if record and record.dbapi_connection then
    local dbconn = record.dbapi_connection
    record.dbapi_connection, record.driver_connection = nil, nil
    if pool._static == record then pool._static = nil end
    wait.close(pool._waiter, dbconn)
  end
  if lease:state() ~= "over" then lease:drop() end
  lease:free()
  pool._queue:wake()
end

-- AssertionPool: the second checkout is a mistake, and is told where the first one came from.
local function assert_free(pool)
  if pool:checkedout() == 0 then return end
  exc.raise("InvalidRequestError", "connection is already checked out at:\n%s", pool._checkout_traceback)
end

-- SingletonThreadPool: who finds the thread's connection in use joins its user, and listeners hear nothing of it.
local function joins_others(pool, lease) return pool.class.kind == "singleton" and lease:sharers() > 1 end

--- Checks a connection out: the driver connection in the pool's wrapper.
---@return alchemoon.PoolProxiedConnection
function Pool:connect()
  if self.class_name == "AssertionPool" then
    assert_free(self)
    self._checkout_traceback = debug_traceback("", 2)
  end
  local lease = self._core:checkout()
  local ok, record = pcall(connect_lease, self, lease)
  if not ok then
    if lease:state() ~= "over" then
      if lease:state() == "wait" then lease:free() else abandon(self, lease, nil) end
    end
    error(record, 0)
  end
  local fairy = new_fairy(self, record, lease)
  debug(self, "Connection %s checked out from pool", fairy.dbapi_connection)
  if joins_others(self, lease) then return fairy end
  if (self._pre_ping and not record.fresh) or self.dispatch.checkout then
    local good, e = pcall(verify, self, fairy)
    if not good then
      local ended, problem = pcall(checkin_failed, fairy, e)
      if not ended then
        abandon(self, lease, record)
        error(problem, 0)
      end
      error(e, 0)
    end
  end
  record.fresh = false
  return fairy
end

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
  while true do
    local dbconn, id = self._core:take_idle()
    if not dbconn then break end
    local record = self._records[id] or setmetatable({ id = id, info = {}, record_info = {}, _pool = self }, Record)
    self._records[id] = nil
    record.dbapi_connection = dbconn
    close_record(self, record)
  end
  if self._static then close_record(self, self._static) end
  self._records = {}
  self._queue:wake()
  self.logger:info("Pool disposed. %s", self:status())
end

--- A new pool of the same kind and options.
---@return alchemoon.Pool
function Pool:recreate()
  self.logger:info("Pool recreating")
  local fresh = Pool.new(self.class, self._creator, self._opts)
  fresh.dispatch = event.node{ { self.dispatch, "all" } }
  return fresh
end

--- Connections opened before now will be replaced when they are checked out next (listeners see nothing).
function Pool:_invalidate(fairy, e, gives_back)
  if fairy and fairy._lease and fairy._lease:state() ~= "over" then
    fairy._lease:invalidate_pool()
    if gives_back ~= false and fairy.dbapi_connection then fairy:invalidate(e) end
  elseif not fairy then
    self._core:invalidate()
  end
end

-- Record ------------------------------------------------------------------------------------------

-- invalidate(e, soft) or invalidate{ e =, soft = }.
local function invalidation(e, soft)
  if not options.is_options(e) then return e, soft end
  local opts = options.read("invalidate", e, { e = true, soft = false })
  return opts.e, opts.soft
end

--- Closes the connection of the record; with `soft` it is replaced at the next checkout.
---@param e any   the error that it is done for
---@param soft boolean?
function Record:invalidate(e, soft)
  e, soft = invalidation(e, soft)
  local pool, dbconn = self._pool, self.dbapi_connection
  if not dbconn then return end
  local name = soft and "soft_invalidate" or "invalidate"
  if pool.dispatch[name] then fire(pool.dispatch[name], dbconn, self, e) end
  pool.logger:info("%s connection %s%s", soft and "Soft invalidate" or "Invalidate", show(dbconn),
    e and (" (reason: %s)"):format(tostring(type(e) == "table" and e.message or e)) or "")
  if not soft then close_record(pool, self) end
end

-- Fairy -------------------------------------------------------------------------------------------

---@class alchemoon.PoolProxiedConnection
local fairy_methods = {}

local DRIVER_METHODS = { cursor = true, execute = true, commit = true, rollback = true }
local function refuse_closed() exc.raise("ResourceClosedError", "This connection is closed") end

-- info is the record's; what is not here is asked of the driver connection (cursor, execute, commit, rollback ...).
function Fairy.__index(self, key)
  local method = fairy_methods[key]
  if method then return method end
  if key == "info" then
    local record = rawget(self, "_connection_record")
    return record and record.info
  elseif key == "record_info" then
    local record = rawget(self, "_connection_record")
    return record and record.record_info
  elseif key == "is_valid" then return rawget(self, "dbapi_connection") ~= nil
  elseif key == "is_detached" then return rawget(self, "_connection_record") == nil
  elseif key == "dbapi_connection" or key == "driver_connection" or type(key) ~= "string" or key:sub(1, 1) == "_" then
    return nil
  end
  local dbconn = rawget(self, "dbapi_connection")
  if not dbconn and DRIVER_METHODS[key] then return refuse_closed end
  local fn = dbconn and dbconn[key]
  if type(fn) ~= "function" then return fn end
  return function(first, ...)
    if first == self then return fn(dbconn, ...) end
    return fn(first, ...)
  end
end

-- Brings the connection back to a neutral state before others get it.
local function reset(self, transaction_was_reset)
  local pool, dbconn, record = self._pool, self.dbapi_connection, self._connection_record
  if pool.dispatch.reset then
    fire(pool.dispatch.reset, dbconn, record,
      { transaction_was_reset = transaction_was_reset or false, terminate_only = record == nil, asyncio_safe = true })
  end
  -- A transaction is done with, too, when its COMMIT failed; what that left open must not stay.
  local how = transaction_was_reset and "rollback" or pool._reset_on_return
  if how and dbconn:tx_status() ~= "idle" then
    debug(pool, "Connection %s %s-on-return", dbconn, how)
    wait.query(pool._waiter, dbconn, how:upper())
  end
  if self._on_reset then self:_on_reset() end
end

-- Ends the lease; what the pool does not keep is closed.
function checkin(self)
  local pool, lease, record = self._pool, self._lease, self._connection_record
  if not record then return end
  self._connection_record, self._lease = nil, nil
  local dbconn = self.dbapi_connection
  self.dbapi_connection, self.driver_connection = nil, nil
  if pool.dispatch.checkin and not (dbconn and joins_others(pool, lease)) then
    local ok, e = pcall(fire, pool.dispatch.checkin, dbconn, record)
    if not ok then
      abandon(pool, lease, record)
      error(e, 0)
    end
  end
  if not dbconn then
    leave_empty(pool, record, lease)
  elseif pool._shares then
    if not lease:give_back() and pool._static ~= record then close_record(pool, record) end
  else
    local silently = lease:forked() or lease:outdated() -- what a disposed pool gets back is no longer its own
    if lease:give_back(dbconn) then
      record.dbapi_connection, record.driver_connection = nil, nil
      if pool._keeps_records then pool._records[record.id] = record end
    elseif silently then
      wait.close(pool._waiter, dbconn)
    else
      close_record(pool, record)
    end
  end
  lease:free()
  pool._queue:wake()
  debug(pool, "Connection %s being returned to pool", dbconn)
end

--- Gives the connection back to its pool, rolled back (pool_reset_on_return).
---@param transaction_was_reset boolean?
function fairy_methods:close(transaction_was_reset)
  local dbconn, pool = self.dbapi_connection, self._pool
  if not self._connection_record then
    if dbconn then
      local ok, e = pcall(reset, self, transaction_was_reset)
      if not ok then pool.logger:error("Exception during reset or similar: %s", tostring(e)) end
      self.dbapi_connection, self.driver_connection = nil, nil
      if pool.dispatch.close_detached then fire(pool.dispatch.close_detached, dbconn) end
      wait.close(pool._waiter, dbconn)
    end
    return
  end
  if dbconn and (not pool._shares or self._lease:sharers() == 1) and not self._lease:forked() then
    local ok, e = pcall(reset, self, transaction_was_reset)
    if not ok then
      pool.logger:error("Exception during reset or similar: %s", tostring(e))
    end
    if not ok or dbconn:tx_status() == "unknown" then -- the latter was lost where nobody was told
      self._connection_record:invalidate(e)
      self.dbapi_connection, self.driver_connection = nil, nil
    end
  end
  checkin(self)
end

--- Closes the connection at once, or (soft) lets it be replaced at its next checkout.
---@param e any
---@param soft boolean?
function fairy_methods:invalidate(e, soft)
  e, soft = invalidation(e, soft)
  if not self.dbapi_connection then return end
  local record = self._connection_record
  if soft then
    if record then
      record:invalidate(e, true)
      self._lease:soft_invalidate()
    end
    return
  end
  if record then record:invalidate(e) else wait.close(self._pool._waiter, self.dbapi_connection) end
  self.dbapi_connection, self.driver_connection = nil, nil
  checkin(self)
end

--- Takes the connection out of the pool for good; close() then closes it really.
function fairy_methods:detach()
  local record, lease = self._connection_record, self._lease
  if not record then return end
  self._connection_record, self._lease = nil, nil
  local info = {}
  for key, value in pairs(record.info) do info[key] = value end
  rawset(self, "info", info)
  if self._pool._static == record then self._pool._static = nil end
  record.dbapi_connection, record.driver_connection = nil, nil
  leave_empty(self._pool, record, lease)
  lease:free()
  self._pool._queue:wake()
  if self._pool.dispatch.detach then fire(self._pool.dispatch.detach, self.dbapi_connection, record) end
end

-- Classes -----------------------------------------------------------------------------------------

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

return {
  Pool = Pool,
  QueuePool = pool_class "QueuePool",
  NullPool = pool_class "NullPool",
  StaticPool = pool_class "StaticPool",
  SingletonThreadPool = pool_class "SingletonThreadPool",
  AssertionPool = pool_class "AssertionPool",
}
