--- What each step of a transaction does at the database: methods of Connection that its transactions call.
--
-- Listeners first, then the statement. BEGIN is none: it travels with the first statement (run.lua), so here it is only
-- told. What was open on a lost connection went with it, and a forked child leaves its parent's wire alone.
local errors = require "alchemoon.engine.errors"
local event = require "alchemoon.event"
local run = require "alchemoon.engine.run"

local fire = event.fire
local steps = {}

function steps:_begin_impl()
  if self._echo then
    self:_log_info(self._autocommit and "BEGIN (implicit; DBAPI should not BEGIN due to autocommit mode)"
      or "BEGIN (implicit)")
  end
  if self.dispatch.begin then
    self._in_begin = true
    local ok, e = pcall(fire, self.dispatch.begin, self)
    self._in_begin = false
    if not ok then error(e, 0) end
  end
  if not self._fairy then self:_revalidate() end
end

-- COMMIT or ROLLBACK at the database, if a transaction is open there.
local function end_transaction(self, sql, autocommit_note)
  local fairy = self._fairy
  if (not fairy or not fairy.dbapi_connection) and sql == "ROLLBACK" then return end
  if self._echo then
    self:_log_info(self._autocommit and autocommit_note or sql)
  end
  if not fairy or not fairy.dbapi_connection then -- what was to be committed went with the old connection
    self:_invalid_transaction()
  end
  local lease = fairy._lease
  if sql == "ROLLBACK" and lease and lease:forked() then return end -- the transaction is the parent's
  local status = fairy.dbapi_connection:tx_status()
  if status == "idle" or status == "unknown" and sql == "ROLLBACK" then return end
  run.command(self, sql)
end

function steps:_rollback_impl()
  if self.dispatch.rollback then fire(self.dispatch.rollback, self) end
  end_transaction(self, "ROLLBACK", self.dialect.skip_autocommit_rollback
    and "ROLLBACK will be skipped by skip_autocommit_rollback"
    or "ROLLBACK using DBAPI connection.rollback(); set skip_autocommit_rollback to prevent fully")
end

function steps:_commit_impl()
  if self.dispatch.commit then fire(self.dispatch.commit, self) end
  end_transaction(self, "COMMIT", "COMMIT using DBAPI connection.commit(), has no effect due to autocommit mode")
end

local NO_KEY = { cache_note = "no key 0.00000s" }

-- A savepoint's statement, which execute listeners see as well.
local function savepoint_statement(self, sql)
  local dispatch = self.dispatch
  if not dispatch.before_execute and not dispatch.after_execute then return run.execute(self, sql, nil, NO_KEY) end
  local stmt, options = require("alchemoon.sql.text").text(sql), self._execution_options
  for _, listener in ipairs(dispatch.before_execute or {}) do listener(self, stmt, {}, {}, options) end
  local result = run.execute(self, sql, nil, NO_KEY)
  fire(dispatch.after_execute, self, stmt, {}, {}, options, result)
end

function steps:_savepoint_impl()
  if self.dispatch.savepoint then fire(self.dispatch.savepoint, self, nil) end -- its name is made later
  self._savepoint_seq = self._savepoint_seq + 1
  local name = "sa_savepoint_" .. self._savepoint_seq
  savepoint_statement(self, self.dialect:savepoint_sql(name))
  return name
end

function steps:_rollback_to_savepoint_impl(name)
  if self.dispatch.rollback_savepoint then fire(self.dispatch.rollback_savepoint, self, name, nil) end
  if not self._fairy then return end
  -- The nested transactions above this one may be inactive by now, which must not stop the way back.
  local nested = self._nested_transaction
  self._nested_transaction = false
  local ok, e = pcall(savepoint_statement, self, self.dialect:rollback_savepoint_sql(name))
  self._nested_transaction = nested
  if not ok then error(e, 0) end
end

function steps:_release_savepoint_impl(name)
  if self.dispatch.release_savepoint then fire(self.dispatch.release_savepoint, self, name, nil) end
  savepoint_statement(self, self.dialect:release_savepoint_sql(name))
end

function steps:_begin_twophase_impl(trans)
  if self._echo then self:_log_info("BEGIN TWOPHASE (implicit)") end
  if self.dispatch.begin_twophase then
    self._in_begin = true
    local ok, e = pcall(fire, self.dispatch.begin_twophase, self, trans.xid)
    self._in_begin = false
    if not ok then error(e, 0) end
  end
  if self.dialect.supports_two_phase then return end
  local _, refusal = pcall(self.dialect.two_phase_sql, self.dialect)
  errors.handle(self, refusal) -- as an error of the database: listeners hear of it, and what was begun is rolled back
end

function steps:_prepare_twophase_impl(xid)
  if self.dispatch.prepare_twophase then fire(self.dispatch.prepare_twophase, self, xid) end
  run.ensure_begun(self, self._fairy or self:_revalidate(), "PREPARE")
  run.command(self, self.dialect:two_phase_sql("prepare", xid))
end

--- Ends a prepared transaction; the events of a transaction are not told, since this one may be another's.
function steps:_end_prepared(verb, xid)
  if not self._fairy then
    if verb == "rollback" and self._transaction then return end -- the server has it, prepared
    self:_revalidate()
  end
  run.command(self, self.dialect:two_phase_sql(verb, xid))
end

local function end_twophase(self, verb, xid, is_prepared)
  if is_prepared then return self:_end_prepared(verb, xid) end
  return end_transaction(self, verb:upper())
end

function steps:_commit_twophase_impl(xid, is_prepared)
  if self.dispatch.commit_twophase then fire(self.dispatch.commit_twophase, self, xid, is_prepared) end
  end_twophase(self, "commit", xid, is_prepared)
end

function steps:_rollback_twophase_impl(xid, is_prepared)
  if self.dispatch.rollback_twophase then fire(self.dispatch.rollback_twophase, self, xid, is_prepared) end
  end_twophase(self, "rollback", xid, is_prepared)
end

return steps
