--- A connection that was checked out of a pool (SQLAlchemy calls it a fairy): the driver connection, and the lease and
-- record that it goes back with.
--
-- pool.lua makes one for each checkout; engine connections and programs that use the pool by themselves close it.
local event = require "alchemoon.event"
local exc = require "alchemoon.exc"
local pool_record = require "alchemoon.engine.pool_record"
local usage = require "alchemoon.usage"
local wait = require "alchemoon.engine.wait"

local fire, debug, show = event.fire, pool_record.debug, pool_record.show
local close_record, leave_empty, abandon = pool_record.close, pool_record.leave_empty, pool_record.abandon
local invalidation = pool_record.invalidation
local pool_fairy = {}

---@class alchemoon.PoolProxiedConnection
---@field dbapi_connection userdata?   the driver connection; nil when closed or invalidated
---@field info table
local Fairy = {}
Fairy.__name = "alchemoon.PoolProxiedConnection"

local function new_fairy(pool, record, lease)
  return setmetatable({ dbapi_connection = record.dbapi_connection, driver_connection = record.dbapi_connection,
    _connection_record = record, _pool = pool, _lease = lease,
    _spare = false, _settings = false, _on_reset = false }, Fairy)
end

-- SingletonThreadPool: who finds the thread's connection in use joins its user, and listeners hear nothing of it.
local function joins_others(pool, lease) return pool.class.kind == "singleton" and lease:sharers() > 1 end

-- --- use -------------------------------------------------------------------------------------------

---@class alchemoon.PoolProxiedConnection
local fairy_methods = {}

local DRIVER_METHODS = { cursor = true, execute = true, commit = true, rollback = true }
-- What is nil once the connection is closed.
local ABSENT = { dbapi_connection = true, driver_connection = true, info = true, record_info = true }
local function refuse_closed() exc.raise("ResourceClosedError", "This connection is closed") end

local unknown = usage.unknown_attribute("PoolProxiedConnection", ABSENT, fairy_methods, DRIVER_METHODS)

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
  if fn == nil then return unknown(key) end
  if type(fn) ~= "function" then return fn end
  return function(first, ...)
    if first == self then return fn(dbconn, ...) end
    return fn(first, ...)
  end
end

-- --- return ----------------------------------------------------------------------------------------

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
local function checkin(self)
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
  local ok, problem = true, nil
  if not dbconn then
    leave_empty(pool, record, lease)
  elseif pool._shares then
    if not lease:give_back() and pool._static ~= record then ok, problem = pcall(close_record, pool, record) end
  else
    local silently = lease:forked() or lease:outdated() -- what a disposed pool gets back is no longer its own
    if lease:give_back(dbconn) then
      record.dbapi_connection, record.driver_connection = nil, nil
      if pool._keeps_records then pool._records[record.id], pool._boxes[record.id] = record, dbconn end
    elseif silently then
      wait.close(pool._waiter, dbconn)
    else
      ok, problem = pcall(close_record, pool, record)
    end
  end
  lease:free()
  pool._queue:wake()
  if not ok then error(problem, 0) end
  debug(pool, "Connection %s being returned to pool", dbconn)
end

-- Ends a checkout whose connection nobody may use again: that one goes, its record stays.
local function discard(fairy, e)
  local ok, problem = pcall(fairy._connection_record._invalidate, fairy._connection_record, e)
  fairy.dbapi_connection, fairy.driver_connection = nil, nil
  checkin(fairy)
  if not ok then error(problem, 0) end
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
      local told, problem = true, nil
      if pool.dispatch.close_detached then told, problem = pcall(fire, pool.dispatch.close_detached, dbconn) end
      wait.close(pool._waiter, dbconn)
      if not told then error(problem, 0) end
    end
    return
  end
  if dbconn and (not pool._shares or self._lease:sharers() == 1) and not self._lease:forked() then
    local ok, e = pcall(reset, self, transaction_was_reset)
    if not ok then
      pool.logger:error("Exception during reset or similar: %s", tostring(e))
    end
    if not ok or dbconn:tx_status() == "unknown" then -- the latter was lost where nobody was told
      return discard(self, e)
    end
  end
  checkin(self)
end

--- Closes the connection at once, or (soft) lets it be replaced at its next checkout.
---@param e any
---@param soft boolean?
function fairy_methods:invalidate(e, soft) return self:_invalidate(invalidation(e, soft)) end

function fairy_methods:_invalidate(e, soft)
  if not self.dbapi_connection then return end
  local record = self._connection_record
  if soft then
    if record then
      record:_invalidate(e, true)
      self._lease:soft_invalidate()
    end
    return
  end
  if record then return discard(self, e) end
  wait.close(self._pool._waiter, self.dbapi_connection)
  self.dbapi_connection, self.driver_connection = nil, nil
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

-- --- checkout --------------------------------------------------------------------------------------

local function ping(pool, fairy)
  local dbconn = fairy.dbapi_connection
  local ok, e = pcall(pool.dialect.do_ping, pool.dialect, function(conn, sql)
    return wait.query(pool._waiter, conn, sql)
  end, dbconn)
  if ok then return true end
  if exc.is(e, exc.DBAPIError) then
    if pool._ping_failed then return not pool._ping_failed(e), e end -- the engine asks its listeners
    if pool.dialect:is_disconnect(e) then return false, e end
  end
  error(e, 0)
end

-- Replaces the connection of a fairy on the same lease.
local function reconnect(pool, fairy)
  local record = fairy._connection_record
  fairy.dbapi_connection, fairy.driver_connection = nil, nil
  pool_record.open(pool, record, fairy._lease)
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

-- Pre-ping and checkout listeners, twice at most: what they find to be dead is replaced.
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

--- The connection of a record, checked out: alive as far as pre-ping and listeners can tell.
---@return alchemoon.PoolProxiedConnection
function pool_fairy.checkout(pool, record, lease)
  local fairy = new_fairy(pool, record, lease)
  debug(pool, "Connection %s checked out from pool", fairy.dbapi_connection)
  if joins_others(pool, lease) then return fairy end
  if (pool._pre_ping and not record.fresh) or pool.dispatch.checkout then
    local ok, e = pcall(verify, pool, fairy)
    if not ok then
      local ended, problem = pcall(discard, fairy, e)
      if not ended then error(problem, 0) end
      error(e, 0)
    end
  end
  record.fresh = false
  return fairy
end

usage.check_receivers(fairy_methods, "connection", usage.receiver_of(Fairy))

return pool_fairy
