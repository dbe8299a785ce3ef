--- Transactions: root, nested (savepoint) and two-phase, with SQLAlchemy's states.
--
-- A transaction is active until it is committed, rolled back or closed. After a failed commit it stays the connection's
-- transaction, inactive, until it is rolled back: statements in between raise PendingRollbackError.
local exc = require "alchemoon.exc"
local guard = require "alchemoon.engine.guard"
local logging = require "alchemoon.logging"
local scope = require "alchemoon.engine.scope"
local usage = require "alchemoon.usage"

---@class alchemoon.Transaction
---@field connection alchemoon.Connection
---@field is_active boolean
---@field is_valid boolean     active, and its connection has not been lost
local Transaction = { __name = "alchemoon.Transaction" }
Transaction.__index = Transaction

local FIELDS = { connection = true, is_active = true, is_valid = true, is_prepared = true, xid = true }

local function class(name, base)
  local c = setmetatable({ __name = "alchemoon." .. name }, { __index = base })
  local unknown = usage.unknown_attribute(name, {}, FIELDS, c)
  c.__index = function(self, key)
    if key == "is_valid" then return self.is_active and not self.connection.invalidated end
    local method = c[key]
    if method ~= nil then return method end
    return unknown(key)
  end
  c.__close = base.__close
  c.__tostring = function(self) return ("alchemoon.%s(%s)"):format(name, self.is_active and "active" or "inactive") end
  return c
end

-- `local trans <close> = conn:begin()`: commits, or rolls back when an error passes.
function Transaction:__close(e)
  if e ~= nil then self:_exit_failed() else self:_exit() end
end

local Root = class("RootTransaction", Transaction)
local Nested = class("NestedTransaction", Transaction)
local TwoPhase = class("TwoPhaseTransaction", Root)

local function warn(message) logging.getLogger("alchemoon.engine"):warning("%s", message) end

local function check_free(self)
  if self.connection._busy then guard.check(self.connection) end
end

--- Commits.
-- Raises InvalidRequestError if it is not active any more.
function Transaction:commit()
  check_free(self)
  return self:_do_commit()
end
--- Rolls back.
function Transaction:rollback()
  check_free(self)
  return self:_do_rollback()
end
--- Rolls back if still active; a nested transaction rolls back to its savepoint.
function Transaction:close()
  check_free(self)
  return self:_do_close()
end

usage.check_receivers(Transaction, "transaction", function(self)
  return type(self) == "table" and rawget(self, "connection") ~= nil
end)

function Transaction:_exit()
  if self.is_active then
    local ok, e = pcall(self.commit, self)
    if not ok then
      if self:_is_current() then pcall(self.rollback, self) end
      exc.rethrow(e)
    end
  elseif self:_is_current() then
    self:close()
  end
end

function Transaction:_exit_failed()
  if self.is_active then self:rollback()
  elseif self:_is_current() then self:close() end
end

--- Calls fn(self) and commits, or rolls back and raises again. While it runs, statements after a commit
-- or rollback inside it are refused, as in a `with` block.
function Transaction:_run(fn)
  local conn = self.connection
  local outer = conn._scope_transaction
  conn._scope_transaction = self
  return scope.run(self, function()
    conn._scope_transaction = outer
    self:_exit()
  end, fn, function()
    conn._scope_transaction = outer
    self:_exit_failed()
  end)
end

-- Root --------------------------------------------------------------------------------------------

function Root.new(conn)
  if conn._scope_transaction then conn:_check_scope() end
  local self = setmetatable({ connection = conn, is_active = false }, Root)
  conn:_begin_impl()
  conn._transaction = self
  self.is_active = true
  return self
end

function Root:_is_current() return self.connection._transaction == self end

function Root:_commit_impl() self.connection:_commit_impl() end
function Root:_rollback_impl() self.connection:_rollback_impl() end

local function cancel_nested(conn)
  local nested = conn._nested_transaction
  while nested do
    nested.is_active = false
    nested = nested._previous_nested
  end
  conn._nested_transaction = false
end

function Root:_do_commit()
  local conn = self.connection
  if not self.is_active then
    if conn._transaction == self then conn:_invalid_transaction() end
    exc.raise("InvalidRequestError", "This transaction is inactive")
  end
  local ok, e = pcall(self._commit_impl, self)
  cancel_nested(conn)
  self.is_active = false
  if not ok then exc.rethrow(e) end
  conn._transaction = false
end

function Root:_end()
  local conn = self.connection
  local ok, e = true, nil
  if self.is_active then ok, e = pcall(self._rollback_impl, self) end
  cancel_nested(conn)
  self.is_active = false
  if conn._transaction == self then conn._transaction = false end
  if not ok then exc.rethrow(e) end
end
Root._do_close = Root._end

function Root:_do_rollback()
  if not self.is_active and not self:_is_current() then warn("transaction already deassociated from connection") end
  self:_end()
end

-- Nested ------------------------------------------------------------------------------------------

function Nested.new(conn)
  conn:_check_scope()
  local self = setmetatable({ connection = conn, is_active = false }, Nested)
  self._savepoint = conn:_savepoint_impl()
  self.is_active = true
  self._previous_nested = conn._nested_transaction
  conn._nested_transaction = self
  return self
end

function Nested:_is_current() return self.connection._nested_transaction == self end

local function leave(self)
  local conn = self.connection
  if conn._nested_transaction == self then conn._nested_transaction = self._previous_nested end
end

function Nested:_do_commit()
  local conn = self.connection
  if not self.is_active then
    if conn._nested_transaction == self then conn:_invalid_transaction() end
    exc.raise("InvalidRequestError", "This nested transaction is inactive")
  end
  local ok, e = pcall(conn._release_savepoint_impl, conn, self._savepoint)
  self.is_active = false
  if not ok then exc.rethrow(e) end
  if not self:_is_current() then warn "nested transaction already deassociated from connection" end
  leave(self)
end

local function end_nested(self)
  local conn = self.connection
  local root = conn._transaction
  local ok, e = true, nil
  if self.is_active and root and root.is_active then
    ok, e = pcall(conn._rollback_to_savepoint_impl, conn, self._savepoint)
  end
  self.is_active = false
  leave(self)
  if not ok then exc.rethrow(e) end
end
Nested._do_close = end_nested

function Nested:_do_rollback()
  local is_over = not self:_is_current()
  end_nested(self)
  if is_over then warn("nested transaction already deassociated from connection") end
end

-- Two-phase ---------------------------------------------------------------------------------------

function TwoPhase.new(conn, xid)
  if conn._scope_transaction then conn:_check_scope() end
  local self = setmetatable({ connection = conn, is_active = false, xid = xid, is_prepared = false }, TwoPhase)
  conn:_begin_twophase_impl(self)
  conn._transaction = self
  self.is_active = true
  return self
end

--- First phase: PREPARE TRANSACTION.
function TwoPhase:prepare()
  if not self.is_active then exc.raise("InvalidRequestError", "This transaction is inactive") end
  self.connection:_prepare_twophase_impl(self.xid)
  self.is_prepared = true
end

function TwoPhase:_commit_impl() self.connection:_commit_twophase_impl(self.xid, self.is_prepared) end
function TwoPhase:_rollback_impl() self.connection:_rollback_twophase_impl(self.xid, self.is_prepared) end

return {
  Transaction = Transaction, RootTransaction = Root, NestedTransaction = Nested, TwoPhaseTransaction = TwoPhase,
}
