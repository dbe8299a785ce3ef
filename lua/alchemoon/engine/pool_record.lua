--- Records of a pool: each stands for one place in it, and keeps its name when its connection is replaced.
--
-- Here connections are opened and closed, and the lease that a checkout took (csrc/engine/pool.h) becomes a record with
-- an open connection. Every path ends the lease: give_back, drop, or (when its holder is collected) in C.
local core = require "alchemoon.core"
local event = require "alchemoon.event"
local exc = require "alchemoon.exc"
local logging = require "alchemoon.logging"
local options = require "alchemoon.options"
local wait = require "alchemoon.engine.wait"

local fire = event.fire
local pool_record = {}

---@class alchemoon.ConnectionRecord
---@field info table             belongs to the program; lives as long as the driver connection
---@field record_info table      lives as long as the record
---@field dbapi_connection userdata?
local Record = {}
Record.__index = Record
Record.__name = "alchemoon.ConnectionRecord"

local DEBUG = logging.DEBUG

--- What the log calls a driver connection.
local function show(dbconn) return tostring(dbconn) end
pool_record.show = show

--- Logs a line about a driver connection, where somebody listens to such lines.
local function debug(pool, format, dbconn)
  if pool.logger:enabled(DEBUG) then pool.logger:debug(format, show(dbconn)) end
end
pool_record.debug = debug

--- The record of a connection that was idle at the place `id` without one: another Lua state opened it.
local function record_of_idle(pool, id)
  return setmetatable({ id = id, info = {}, record_info = {}, _pool = pool, starttime = core.clock() }, Record)
end

-- --- opening, closing -----------------------------------------------------------------------------

--- Opens the connection of a record; the lease is open with it. An error of a listener closes it again.
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
pool_record.open = open

--- Closes the connection of a record; errors of listeners pass, those of the driver cannot happen.
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
pool_record.close = close_record

--- Closes an idle connection that was taken out of the pool.
function pool_record.close_idle(pool, id, dbconn)
  local record = pool._records[id] or record_of_idle(pool, id)
  pool._records[id] = nil
  record.dbapi_connection = dbconn
  close_record(pool, record)
end

-- --- leases ----------------------------------------------------------------------------------------

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
  local dbconn = lease:take(pool._boxes[id])
  local record = pool._records[id] or record_of_idle(pool, id)
  pool._records[id], pool._boxes[id] = nil, nil
  record.dbapi_connection, record.driver_connection = dbconn, dbconn
  return record
end

--- Ends a lease whose connection is gone. The record stays in the pool, empty: who gets it next opens another one.
local function leave_empty(pool, record, lease)
  local id = lease:record_id()
  if lease:state() ~= "over" and lease:drop(true) and pool._keeps_records then pool._records[id] = record end
end
pool_record.leave_empty = leave_empty

-- Opens a connection for a record that had one before.
local function open_again(pool, record, lease)
  local ok, e = pcall(open, pool, record, lease)
  if ok then return end
  leave_empty(pool, record, lease)
  pool._queue:wake()
  if pool.dispatch.checkin then fire(pool.dispatch.checkin, nil, record) end
  error(e, 0)
end

--- The record of a lease, with an open connection. Waits where the pool is exhausted.
function pool_record.of_lease(pool, lease)
  local state = lease:state()
  if state == "wait" then
    state = pool._queue:await(lease, pool._timeout)
    note_lost(pool)
    if state == "wait" then timed_out(pool) end
  end
  if state == "create" then
    note_lost(pool) -- perhaps this connection takes the place of one that was collected before anybody waited
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
  if stale == "dirty" then -- one of those who shared it was lost; another may have ended the transaction since
    if record.dbapi_connection:tx_status() ~= "idle" then
      wait.query(pool._waiter, record.dbapi_connection, "ROLLBACK")
    end
  elseif stale then
    pool.logger:info("Connection %s %s; recycling", show(record.dbapi_connection),
      stale == "recycle" and "exceeded timeout"
      or stale == "invalid" and "invalidated due to pool invalidation" or "invalidated due to local soft invalidation")
    close_record(pool, record)
    open_again(pool, record, lease)
  end
  return record
end

--- Ends a checkout that failed: its connection, if there is one, is closed without a word to listeners.
function pool_record.abandon(pool, lease, record)
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

-- --- invalidation ----------------------------------------------------------------------------------

--- What a program called invalidate with: (e, soft), or { e =, soft = }. Inside, an error that a listener raised may be
-- any table, so it is never read as options.
local function invalidation(e, soft)
  if not options.is_options(e) then return e, soft end
  local opts = options.read("invalidate", e, { e = true, soft = false })
  return opts.e, opts.soft
end
pool_record.invalidation = invalidation

function Record:_invalidate(e, soft)
  local pool, dbconn = self._pool, self.dbapi_connection
  if not dbconn then return end
  local name = soft and "soft_invalidate" or "invalidate"
  local ok, problem = true, nil
  if pool.dispatch[name] then ok, problem = pcall(fire, pool.dispatch[name], dbconn, self, e) end
  pool.logger:info("%s connection %s%s", soft and "Soft invalidate" or "Invalidate", show(dbconn),
    e and (" (reason: %s)"):format(tostring(type(e) == "table" and e.message or e)) or "")
  if not soft then close_record(pool, self) end
  if not ok then error(problem, 0) end
end

--- Closes the connection of the record; with `soft` it is replaced at the next checkout.
---@param e any   the error that it is done for
---@param soft boolean?
function Record:invalidate(e, soft) self:_invalidate(invalidation(e, soft)) end

return pool_record
