--- SessionTransaction: what a session remembers so that a rollback restores its objects exactly.
--
-- A root transaction and every savepoint are boundaries with a snapshot of their own: which objects were stored
-- (new), deleted,
-- changed (dirty) and which got another key (key_switches) since they began. A flush runs in a subtransaction, which
-- shares its
-- parent's snapshot. States: active → prepared → committed → closed, or → deactive (rolled back) → closed.
local event = require "alchemoon.event"
local exc = require "alchemoon.exc"
local Connection = require "alchemoon.engine.connection"
local expire = require "alchemoon.orm.expire"
local identity = require "alchemoon.orm.identity"
local instance = require "alchemoon.orm.instance"
local states = require "alchemoon.orm.states"
local symbols = require "alchemoon.orm.symbols"
local usage = require "alchemoon.usage"
local warn = require "alchemoon.orm.warn"

local Transaction = { __name = "SessionTransaction" }
---@class alchemoon.SessionTransaction
local methods = {}
local ORIGIN = symbols.origin
local NOTHING = {}
local rawget, rawset, getmetatable = rawget, rawset, getmetatable
local WEAK_VALUES, WEAK_KEYS = { __mode = "v" }, { __mode = "k" }
local MOST_FLUSHES = 100
local lent = 0 -- connections that transactions took out of pools and have not given back
local FIELDS = { session = true, nested = true, origin = true, parent = true, is_active = true }
local unknown = usage.unknown_attribute("SessionTransaction", FIELDS, methods)

function Transaction.__index(self, key)
  if key == "parent" then return rawget(self, "_parent") end
  if key == "is_active" then return self.session ~= nil and self._state == "active" end
  local method = methods[key]
  if method ~= nil then return method end
  return unknown(key)
end

-- --- snapshots ------------------------------------------------------------------------------------------

local function take_snapshot(self)
  local parent = self._parent
  if parent and not self.nested then
    self._new, self._deleted, self._dirty = parent._new, parent._deleted, parent._dirty
    self._key_switches, self._boundary = parent._key_switches, parent._boundary
    return
  end
  if self.nested and not self.session._flushing then self.session:flush() end
  self._boundary = self
  self._new = setmetatable({ n = 0 }, WEAK_VALUES)
  self._deleted = { list = {}, context = {} }
  self._dirty = setmetatable({}, WEAK_KEYS)
  self._key_switches = setmetatable({}, WEAK_KEYS)
end

--- The transaction remembers that a flush stored a new object.
function methods:_remember_new(obj)
  local new = self._new
  local n = new.n + 1
  new.n = n
  new[n] = obj
end

function methods:_remember_deleted(obj, context, modified)
  -- The rollback of a savepoint expires what had changed before it was deleted.
  if modified and self._boundary.nested then self._dirty[obj] = true end
  local deleted = self._deleted
  if deleted.context[obj] then return end -- deleted twice: the first context is the one to go back to
  deleted.list[#deleted.list + 1] = obj
  deleted.context[obj] = context
end

function methods:_forget_deleted(obj)
  local deleted = self._deleted
  if not deleted.context[obj] then return end
  deleted.context[obj] = nil
  for i = #deleted.list, 1, -1 do
    if deleted.list[i] == obj then
      table.remove(deleted.list, i)
      break
    end
  end
end

-- values: those of the old key, if they cannot be read from it.
function methods:_remember_key_switch(obj, old, new, values)
  local before = self._key_switches[obj]
  if before then old, values = before[1], before[3] end
  self._key_switches[obj] = { old, new, values }
end

local function restore_keys(self, session, expunged)
  for obj, switch in pairs(self._key_switches) do
    local mapper = rawget(getmetatable(obj), "__mapper__")
    if expunged[obj] or rawget(obj, 1) then -- one that was made transient since then is given no key back
      identity.discard(session, obj, mapper)
      rawset(obj, 2, switch[1])
      if expunged[obj] then states.detach_with_key(obj)
      else
        for i, value in ipairs(switch[3] or NOTHING) do rawset(obj, mapper.pk_slots[i], value) end
        identity.replace(session, obj, mapper)
      end
    end
  end
end

-- Objects are again what they were when this boundary began.
local function restore_snapshot(self, dirty_only)
  local session = self.session
  local to_expunge, expunged = {}, {}
  local new = self._new
  for i = 1, new.n do
    local obj = new[i]
    if obj then
      to_expunge[#to_expunge + 1] = obj
      expunged[obj] = true
    end
  end
  for _, obj in ipairs(session._new:items()) do
    if not expunged[obj] then to_expunge[#to_expunge + 1] = obj end
  end
  states.expunge(session, to_expunge, true)
  restore_keys(self, session, expunged)
  local deleted = self._deleted
  for _, obj in ipairs(deleted.list) do
    if instance.kept_changes(obj) then self._dirty[obj] = true end -- written to after it was deleted
    states.revert_deletion(session, obj, deleted.context[obj])
  end
  local marked = session._deleted:items()
  for i = #marked, 1, -1 do
    if instance.kept_changes(marked[i]) then self._dirty[marked[i]] = true end
    states.revert_deletion(session, marked[i])
  end
  if not dirty_only then return expire.all(session) end
  local changed = {}
  for obj in pairs(session.modified) do changed[obj] = true end
  for obj in pairs(self._dirty) do changed[obj] = true end
  for obj in pairs(changed) do
    local mapper = rawget(getmetatable(obj), "__mapper__")
    if identity.holds(session, obj, mapper) then expire.object(session, obj, mapper) end
  end
end

local function merge_into_parent(self)
  local parent = self._parent
  for i = 1, self._new.n do
    if self._new[i] then parent:_remember_new(self._new[i]) end
  end
  for obj in pairs(self._dirty) do parent._dirty[obj] = true end
  for _, obj in ipairs(self._deleted.list) do parent:_remember_deleted(obj, self._deleted.context[obj]) end
  for obj, switch in pairs(self._key_switches) do
    parent:_remember_key_switch(obj, switch[1], switch[2], switch[3])
  end
end

-- After a commit the snapshot is not needed any more, or it becomes part of the parent's. Without expire_on_commit
-- nothing is touched: deleted objects stay in the state "deleted", as in SQLAlchemy.
local function remove_snapshot(self)
  local session = self.session
  if self.nested then return merge_into_parent(self) end
  if not session.expire_on_commit then return end
  expire.all(session)
  local list = self._deleted.list
  self._deleted = { list = {}, context = {} }
  states.detach_deleted(session, list)
end

-- --- construction ---------------------------------------------------------------------------------------

--- The transaction of a function that runs (`session:begin(fn)`): if it is over, no SQL before the function returns.
function methods:_check_scope()
  local state = self._state
  if state == "active" or state == "provisioning" then return end -- an after_begin listener may ask
  exc.raise("InvalidRequestError", "Can't operate on closed transaction inside context manager.  Please complete the "
    .. "context manager before emitting further commands.")
end

--- Opens a transaction. origin: one of symbols.origin.
function Transaction.new(session, origin, parent)
  local scoped = session._scope_transaction
  if scoped then scoped:_check_scope() end
  if session._close_state == "closed" then
    exc.raise("InvalidRequestError", "This Session has been permanently closed and is unable to handle any more "
      .. "transaction requests.")
  end
  local self = setmetatable({ session = session, origin = origin, nested = origin == ORIGIN.BEGIN_NESTED,
    _parent = parent, _connections = {}, _state = "active", _next_state = false, _current_fn = false }, Transaction)
  if self.nested then
    if not parent then
      exc.raise("InvalidRequestError", "Can't start a SAVEPOINT transaction when no existing transaction is in "
        .. "progress")
    end
    self._previous_nested = session._nested_transaction
  end
  take_snapshot(self)
  session._transaction = self
  local list = session.dispatch.after_transaction_create
  if list then event.fire(list, session, self) end
  return self
end

-- --- states ---------------------------------------------------------------------------------------------

local IN_PROGRESS = "a change in progress"

local function illegal(text, ...) exc.raise("IllegalStateChangeError", text, ...) end

local function settle(self, name, moves_to, outer, existing, ok, ...)
  self._next_state, self._current_fn = outer, existing
  if not ok then error((...), 0) end
  if self._state ~= moves_to then
    if existing then
      illegal("While method '%s()' was running, method '%s()' caused an unexpected state change to '%s'", existing,
        name, self._state)
    end
    illegal("Method '%s()' caused an unexpected state change to '%s'", name, self._state)
  end
  return ...
end

-- A method that leads to a state (nil: leaves it as it is). While it runs, a listener or whoever it calls cannot lead
-- the transaction somewhere else.
local function declared(name, moves_to, fn)
  return function(self, ...)
    local outer, existing = self._next_state, self._current_fn
    if moves_to and outer and outer ~= moves_to then
      if existing and outer == IN_PROGRESS then
        illegal("Method '%s()' can't be called here; method '%s()' is already in progress and this would cause an "
          .. "unexpected state change to '%s'", name, existing, moves_to)
      end
      illegal("Can't run operation '%s()' here; will move to state '%s' where we are expecting '%s'", name, moves_to,
        outer)
    end
    self._current_fn, self._next_state = name, IN_PROGRESS
    return settle(self, name, moves_to or self._state, outer, existing, pcall(fn, self, ...))
  end
end

-- Inside of a declared method: the one that leads to this state may be called now.
local function expecting(self, state, method, ...)
  self._next_state = state
  method(self, ...)
  self._next_state = IN_PROGRESS
end

local REFUSALS = {
  prepared = "This session is in 'prepared' state; no further SQL can be emitted within this transaction.",
  committed = "This session is in 'committed' state; no further SQL can be emitted within this transaction.",
  closed = "This transaction is closed",
}

--- Raises if SQL cannot be emitted any more in this transaction.
function methods:_check_active()
  local state = self._state
  if state == "active" then return end
  if state == "deactive" then
    if self._rollback_exception ~= nil then
      local e = exc.PendingRollbackError(("This Session's transaction has been rolled back due to a previous exception "
        .. "during flush. To begin a new transaction with this Session, first issue Session.rollback(). Original "
        .. "exception was: %s"):format(tostring(self._rollback_exception)))
      e.code = "7s2a"
      exc.rethrow(e)
    end
    exc.raise("InvalidRequestError", "This session is in 'inactive' state, due to the SQL transaction being rolled "
      .. "back; no further SQL can be emitted within this transaction.")
  end
  exc.raise(state == "closed" and "ResourceClosedError" or "InvalidRequestError", "%s", REFUSALS[state] or state)
end

--- From this transaction outwards, up to (and without) `upto`; everything without one.
function methods:_iterate(upto)
  local list, current = {}, self
  while current do
    list[#list + 1] = current
    if current._parent == upto then return list end
    current = current._parent
  end
  return exc.raise("InvalidRequestError", "Transaction %s is not on the active transaction list", tostring(upto))
end

local begin = declared("_begin", nil, function(self, nested)
  return Transaction.new(self.session, nested and ORIGIN.BEGIN_NESTED or ORIGIN.SUBTRANSACTION, self)
end)

function methods:_begin(nested)
  self:_check_active()
  return begin(self, nested)
end

-- --- connections ----------------------------------------------------------------------------------------

local function is_connection(bind) return getmetatable(bind) == Connection end

-- The engine transaction that a session joins, and whether commit() reaches it. `is_local`: the session took the
-- connection itself from an engine, where nobody expects one that is begun already.
local function join(session, conn, is_local)
  local mode = session.join_transaction_mode
  if mode == "conditional_savepoint" then
    mode = conn:in_nested_transaction() and "create_savepoint" or "rollback_only"
    if is_local then
      warn("The engine provided as bind produced a connection that is already in a transaction. This is usually caused "
        .. "by a core event, such as 'engine_connect', that has left a transaction open. The effective join "
        .. "transaction mode used by this session is '%s'. To silence this warning, do not leave transactions open",
        mode)
    end
  end
  if mode == "create_savepoint" then return conn:begin_nested(), true end
  local transaction = conn:get_nested_transaction()
  if not transaction or not transaction.is_active then transaction = conn:get_transaction() end
  return transaction, mode ~= "rollback_only"
end

local function begin_on(self, conn, is_local)
  local session = self.session
  if session.twophase and not self._parent then return conn:begin_twophase(), true end
  if self.nested then return conn:begin_nested(), true end
  if conn:in_transaction() then return join(session, conn, is_local) end
  return conn:begin(), true
end

-- A connection takes part once: begun here, or joined if the program has begun a transaction on it.
local provision = declared("_connection_for_bind", nil, function(self, bind, execution_options)
  local conn, is_local
  if self._parent then
    conn = self._parent:_connection_for_bind(bind, execution_options)
    if not self.nested then return conn end
  elseif is_connection(bind) then
    conn = bind
    if self._connections[conn.engine] then
      exc.raise("InvalidRequestError", "Session already has a Connection associated for the given Connection's Engine")
    end
  else
    conn, is_local = bind:connect(), true
  end
  local ok, transaction, should_commit = pcall(function()
    if execution_options then conn = conn:execution_options(execution_options) end
    return begin_on(self, conn, is_local)
  end)
  if not ok then
    if is_local then conn:close() end
    error(transaction, 0)
  end
  local record = { conn = conn, transaction = transaction, should_commit = should_commit, close = is_local }
  self._connections[conn], self._connections[conn.engine], self._connections[bind] = record, record, record
  self._order = self._order or {}
  self._order[#self._order + 1] = record
  if is_local then lent = lent + 1 end
  local list = self.session.dispatch.after_begin
  if list then event.fire(list, self.session, self, conn) end
  return conn
end)

--- The connection for an engine (or the connection itself), in a transaction.
function methods:_connection_for_bind(bind, execution_options)
  self:_check_active()
  local known = self._connections[bind]
  if known then
    if execution_options then
      warn("Connection is already established for the given bind; execution_options ignored")
    end
    return known.conn
  end
  if self._state == "provisioning" then
    exc.raise("IllegalStateChangeError", "This session is provisioning a new connection; concurrent operations are not "
      .. "permitted")
  end
  self._state = "provisioning"
  local ok, conn = pcall(provision, self, bind, execution_options)
  if self._state == "provisioning" then self._state = "active" end
  if not ok then error(conn, 0) end
  return conn
end

--- The connection for a mapper: the session's own of the present transaction.
---@param bindkey any   a class or table
---@param opts table?   execution_options
---@return alchemoon.Connection
function methods:connection(bindkey, opts)
  self:_check_active()
  return self:_connection_for_bind(self.session:get_bind(bindkey), opts and opts.execution_options)
end

--- The connection for the objects of a mapper.
---@param mapper any
---@return alchemoon.Connection
function methods:connection_for_mapper(mapper)
  return self:_connection_for_bind(self.session:get_bind({ mapper = mapper }))
end

function methods:_records() return self._order or {} end

-- --- the end of a transaction ---------------------------------------------------------------------------

local function flush_all(session)
  session:_sweep_collections(true)
  for _ = 1, MOST_FLUSHES do
    if session:_is_clean() then return end
    session:flush()
  end
  exc.raise("FlushError", "Over 100 subsequent flushes have occurred within session.commit() - is an after_flush() "
    .. "hook creating new objects?")
end

-- Everything that may fail comes before the first commit.
local prepare = declared("_prepare_impl", "prepared", function(self)
  local session = self.session
  local boundary = not self._parent or self.nested
  if boundary and session.dispatch.before_commit then event.fire(session.dispatch.before_commit, session) end
  local innermost = session._transaction
  if innermost ~= self then
    for _, sub in ipairs(innermost:_iterate(self)) do sub:commit() end
  end
  if not session._flushing then flush_all(session) end
  if not self._parent and session.twophase then
    local ok, e = pcall(function()
      for _, record in ipairs(self:_records()) do record.transaction:prepare() end
    end)
    if not ok then
      expecting(self, "closed", self.rollback)
      exc.rethrow(e)
    end
  end
  self._state = "prepared"
end)

--- First phase of a two-phase commit.
function methods:prepare()
  if self._parent or not self.session.twophase then
    exc.raise("InvalidRequestError", "'twophase' mode not enabled, or not root transaction; can't prepare.")
  end
  self:_check_active()
  prepare(self)
end

local commit = declared("commit", "closed", function(self, to_root)
  if self._state ~= "prepared" then expecting(self, "prepared", prepare) end
  local session, parent = self.session, self._parent
  if not parent or self.nested then
    for _, record in ipairs(self:_records()) do
      if record.should_commit then record.transaction:commit() end
    end
    self._state = "committed"
    if session.dispatch.after_commit then event.fire(session.dispatch.after_commit, session) end
    remove_snapshot(self)
  end
  expecting(self, "closed", self.close)
  if to_root and parent then return parent:commit(true) end
end)

--- Commits this transaction; with `to_root` all up to the outermost.
---@param to_root boolean?
function methods:commit(to_root)
  if self._state ~= "prepared" then self:_check_active() end
  return commit(self, to_root)
end

-- All connections are rolled back even if one fails; the first error is reported.
local function roll_back_boundary(self, transaction)
  local session = self.session
  local ok, e = pcall(function()
    local failed = nil
    for _, record in ipairs(transaction:_records()) do
      local done, why = pcall(record.transaction.rollback, record.transaction)
      if not done and failed == nil then failed = why end
    end
    if failed ~= nil then error(failed, 0) end
    transaction._state = "deactive"
    if session.dispatch.after_rollback then event.fire(session.dispatch.after_rollback, session) end
  end)
  transaction._state = "deactive"
  restore_snapshot(transaction, transaction.nested)
  return ok, e
end

local roll_back = declared("rollback", "closed", function(self, to_root, cause)
  local session = self.session
  local innermost = session._transaction
  if innermost and innermost ~= self then
    for _, sub in ipairs(innermost:_iterate(self)) do sub:close() end
  end
  local boundary, failure, failed = self, nil, false
  if self._state == "active" or self._state == "prepared" or self._state == "provisioning" then
    for _, transaction in ipairs(self:_iterate()) do
      if not transaction._parent or transaction.nested then
        local ok, e = roll_back_boundary(self, transaction)
        if not ok then failed, failure = true, e end
        boundary = transaction
        break
      end
      transaction._state = "deactive"
    end
  end
  if not failed and not session:_is_clean() then
    warn("Session's state has been changed on a non-active transaction - this state will be discarded.")
    restore_snapshot(boundary, boundary.nested)
  end
  local parent = self._parent
  expecting(self, "closed", self.close)
  if parent and cause ~= nil then parent._rollback_exception = cause end
  if failed then error(failure, 0) end
  if session.dispatch.after_soft_rollback then event.fire(session.dispatch.after_soft_rollback, session, self) end
  if to_root and parent then return parent:rollback(true) end
end)

--- Rolls back to the nearest boundary (savepoint or root) and closes this transaction.
---@param to_root boolean?
---@param cause any   the error that it is rolled back for
function methods:rollback(to_root, cause)
  if self._state == "closed" or self._state == "committed" then self:_check_active() end
  return roll_back(self, to_root, cause)
end

local close = declared("close", "closed", function(self, invalidate)
  local session = self.session
  if self.nested then session._nested_transaction = self._previous_nested
  elseif not self._parent then session._nested_transaction = nil end
  session._transaction = self._parent
  local failed, failure = false, nil
  local is_root = not self._parent
  for _, record in ipairs((is_root or self.nested) and self:_records() or NOTHING) do
    local ok, e = pcall(function()
      if invalidate and is_root then record.conn:invalidate() end
      local open = record.transaction.is_active or is_root and record.transaction.is_valid
      if record.should_commit and open then record.transaction:close() end
    end)
    if not ok then failed, failure = true, e end
    if record.close and is_root then
      lent = lent - 1
      record.conn:close()
    end
  end
  if is_root then session:_let_go() end
  self._state = "closed"
  local list = session.dispatch.after_transaction_end
  if list then event.fire(list, session, self) end
  if failed then error(failure, 0) end
end)

--- Ends the transaction without a word about its outcome: what is open at the database is rolled back.
---@param invalidate boolean?
function methods:close(invalidate)
  if self._state ~= "closed" then close(self, invalidate) end
end

--- Connections that none of these, the sessions that are known, has: they belong to sessions that nobody holds any
-- more. The collector has been at such a session, but may come to its connection much later, and not at all while the
-- program waits for a lock of the transaction that is open on it.
---@param sessions table    sessions as keys
function Transaction.collect_lost(sessions)
  local known = 0
  for session in pairs(sessions) do
    local transaction = session._transaction
    while transaction and transaction._parent do transaction = transaction._parent end
    for _, record in ipairs(transaction and transaction:_records() or NOTHING) do
      if record.close then known = known + 1 end
    end
  end
  if lent == known then return end
  lent = known
  collectgarbage()
  collectgarbage()
end

-- --- scopes ---------------------------------------------------------------------------------------------

-- The end of a scope: the outer scope is restored before anything that may raise.
local function finish(self, outer, ok, ...)
  local session = self.session
  session._scope_transaction = outer
  if ok then
    if self._state == "active" or self._state == "prepared" then
      local done, e = pcall(self.commit, self)
      if not done then
        if self._state ~= "closed" then pcall(self.rollback, self) end
        exc.rethrow(e)
      end
    elseif self._state ~= "closed" then
      self:close()
    end
    return ...
  end
  local e = (...)
  if self._state == "active" or self._state == "prepared" then
    pcall(self.rollback, self) -- the user's error is the one that counts
  elseif self._state ~= "closed" then
    pcall(self.close, self)
  end
  return exc.rethrow(e)
end

--- Calls fn with what was opened first, a savepoint or a session whose transaction began, and with the other one
-- second; commits, or rolls back and raises the error again.
function methods:_run(fn)
  local session = self.session
  local outer = session._scope_transaction
  session._scope_transaction = self
  if self.nested then return finish(self, outer, pcall(fn, self, session)) end
  return finish(self, outer, pcall(fn, session, self))
end

function Transaction:__close(e)
  if self._state == "closed" then return end
  if e ~= nil then
    if self.is_active then self:rollback() else self:close() end
  elseif self.is_active then
    self:commit()
  else
    self:close()
  end
end

Transaction.__tostring = function(self) return ("SessionTransaction(%s, %s)"):format(self.origin.name, self._state) end
Transaction.methods = methods
usage.check_receivers(methods, "transaction", usage.receiver_of(Transaction))

return Transaction
