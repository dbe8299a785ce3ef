--- Session: the objects of a conversation with the database, and its transaction.
--
-- What it does with single objects stands in session_objects.lua, flush in flush.lua, bulk operations in bulk.lua.
-- Raw fields: identity (base mapper → key → object), modified (object → changes), _new and _deleted
-- (object_set.lua), _transaction, _pending, _persistent (contexts, states.lua).
-- One coroutine at a time may be inside a session.
local exc = require "alchemoon.exc"
local check_execution_options = require("alchemoon.execution_options").check
local options = require "alchemoon.options"
local blocked = require "alchemoon.engine.blocked"
local scope = require "alchemoon.engine.scope"
local usage = require "alchemoon.usage"
local wait = require "alchemoon.engine.wait"
local binds = require "alchemoon.orm.binds"
local watch = require "alchemoon.orm.collection_watch"
local execution = require "alchemoon.orm.execution"
local identity = require "alchemoon.orm.identity"
local instance = require "alchemoon.orm.instance"
local object_set = require "alchemoon.orm.object_set"
local session_events = require "alchemoon.orm.session_events"
local session_loop = require "alchemoon.orm.session_loop"
local states = require "alchemoon.orm.states"
local symbols = require "alchemoon.orm.symbols"
local Transaction = require "alchemoon.orm.session_transaction"

---@class alchemoon.Session
---@field autoflush boolean
---@field expire_on_commit boolean
---@field info table
---@field bind any
---@field add fun(self, obj:table)   the object, and what it cascades to, is inserted by the next flush
---@field add_all fun(self, objects:table[])   add() for each of a list
---@field delete fun(self, obj:table)   the next flush deletes its row
---@field delete_all fun(self, objects:table[])   delete() for each of a list
---@field get fun(self, entity:any, ident:any, opts:table?):table?   the object of a primary key, or nil
---@field get_one fun(self, entity:any, ident:any, opts:table?):table   the same; raises NoResultFound
---@field refresh fun(self, obj:table, names:string[]?, opts:table?)   reads the row anew
---@field merge fun(self, obj:table, opts:table?):table   the session's own object in the state of another one
---@field merge_all fun(self, objects:table[], opts:table?):table[]   merge() for each of a list
---@field expire fun(self, obj:table, names:string[]?)   what is read next is loaded anew
---@field expire_all fun(self)   expire() for all objects
---@field expunge fun(self, obj:table)   the session forgets the object
---@field expunge_all fun(self)   the session forgets all objects
---@field flush fun(self, objects:table[]?)   writes what changed
---@field commit fun(self)   flushes, and ends the transaction
---@field rollback fun(self)   undoes the transaction; objects are as before it
---@field prepare fun(self)   first phase of a two-phase commit
---@field close fun(self)   gives connections back, forgets all objects
---@field reset fun(self)   the same, for a session that goes on
---@field invalidate fun(self)   close() that closes the connections, too
---@field contains fun(self, obj:table):boolean   is the object in the session?
---@field is_modified fun(self, obj:table, opts:table?):boolean   has it changes that a flush would write?
---@field bulk_insert_mappings fun(self, entity:any, mappings:table[], opts:table?)   INSERT of plain tables
---@field bulk_update_mappings fun(self, entity:any, mappings:table[])   UPDATE by primary key of plain tables
---@field bulk_save_objects fun(self, objects:table[], opts:table?)   INSERT and UPDATE without the unit of work
local Session = { __name = "Session" }
---@class alchemoon.Session
local methods = {}
local fields = {}
local classes = setmetatable({ [Session] = true }, { __mode = "k" }) -- this one and its subclasses
local checked = {} -- names of methods that look for themselves whom they are called for
local running = coroutine.running
local MAIN = "main"
local unpack = table.unpack or unpack -- luacheck: ignore 113

-- --- fields ---------------------------------------------------------------------------------------------

local ABSENT = { bind = true, dialect = true, connection_callable = true } -- dialect: an engine or a connection has one
local unknown = usage.unknown_attribute("Session", ABSENT, methods, fields)

-- Fields that are computed when they are read.
local function read_field(self, key, unknown_of_class)
  local field = fields[key]
  if field then return field(self) end
  return unknown_of_class(key)
end

Session.__index = function(self, key)
  local method = methods[key]
  if method ~= nil then return method end
  return read_field(self, key, unknown)
end

--- session.new: the objects that were added and not stored yet.
function fields.new(self) return object_set.view(self._new:items()) end

--- session.deleted: the objects whose rows the next flush deletes.
function fields.deleted(self) return object_set.view(self._deleted:items()) end

--- session.dirty: the persistent objects with changes.
function fields.dirty(self)
  local out = {}
  for _, obj in ipairs(self:_dirty_objects()) do out[#out + 1] = obj end
  return object_set.view(out)
end

--- session.identity_map: the persistent objects by identity key.
function fields.identity_map(self) return identity.face(self) end

--- session.is_active: false after a failed flush, until rollback().
function fields.is_active(self)
  return not self._transaction or self._transaction.is_active
end

--- session.info: a table for the program.
function fields.info(self)
  local info = {}
  rawset(self, "info", info)
  return info
end

-- Values that were changed in place since they were read (ext/mutable.lua) count as changes from here on.
local function sweep(self)
  if self.mutable_reads then require("alchemoon.orm.ext.mutable").sweep(self) end
end

--- Finds what was done to collections behind their methods (collection_watch.lua); `all`: as far as anybody may
-- remember.
function methods:_sweep_collections(all)
  if self.collection_reads or all and self.collections_seen then watch.sweep(self, all) end
end

--- The transaction ends: objects are held no longer because of what may happen to their values unnoticed.
function methods:_let_go()
  if self.mutable_reads then require("alchemoon.orm.ext.mutable").let_go(self) end
  self.collections_held = false
end

--- Modified objects that are not marked as deleted, by class and key.
function methods:_dirty_objects()
  sweep(self)
  self:_sweep_collections()
  local list, n = {}, 0
  for obj in pairs(self.modified) do
    if not (self._deleted.count > 0 and self._deleted:contains(obj)) then
      n = n + 1
      list[n] = obj
    end
  end
  if n > 1 then
    table.sort(list, function(a, b)
      local ma, mb = rawget(getmetatable(a), "__mapper__"), rawget(getmetatable(b), "__mapper__")
      if ma ~= mb then return ma.class_name < mb.class_name end
      return identity.before(a[2], b[2])
    end)
  end
  return list
end

--- An object changes for the first time since the last flush: it is kept alive, a transaction begins.
function methods:_modified_first(obj)
  local context = obj[1]
  if context == self._deleted_context or context.lifecycle == "displaced" then return instance.note_unwritten(obj) end
  local changes = {}
  self.modified[obj] = changes
  if not self._transaction then self:_autobegin() end
  return changes
end

-- --- construction ---------------------------------------------------------------------------------------

local VALID = {
  bind = true, autoflush = options.TRUE, future = true, expire_on_commit = options.TRUE, autobegin = options.TRUE,
  twophase = false, binds = true, enable_baked_queries = options.TRUE, info = true, query_cls = true,
  join_transaction_mode = "conditional_savepoint", close_resets_only = true, sync_session_class = true,
  autocommit = false,
}
Session.VALID = VALID
local JOIN_MODES = { conditional_savepoint = true, rollback_only = true, control_fully = true, create_savepoint = true }

local counter = { n = 0 }
local open_sessions = setmetatable({}, { __mode = "k" })

local function check_options(opts)
  if opts.autocommit then exc.raise("ArgumentError", "autocommit=true is no longer supported") end
  if opts.future == false then
    exc.raise("ArgumentError", "The 'future' parameter passed to Session() may only be set to true.")
  end
  if not JOIN_MODES[opts.join_transaction_mode] then
    exc.raise("ArgumentError", "%s", ('invalid selection for join_transaction_mode: "%s"'):format(
      tostring(opts.join_transaction_mode)))
  end
end

-- Methods that stand in every session itself, because looking one up costs more than what they do.
local HOT = { "get", "_exclusive", "_autoflush", "_connection_for_bind" }

--- Makes a session of a class from options that have been read; factories call it with their own node.
function Session._make(class, opts, dispatch)
  local number = counter.n + 1
  counter.n = number
  local self = setmetatable({
    hash_key = number, bind = opts.bind, autoflush = opts.autoflush, expire_on_commit = opts.expire_on_commit,
    autobegin = opts.autobegin, twophase = opts.twophase, enable_baked_queries = opts.enable_baked_queries,
    join_transaction_mode = opts.join_transaction_mode, _query_cls = opts.query_cls, _binds = {}, dispatch = dispatch,
    identity = {}, modified = {}, _new = object_set.new(), _deleted = object_set.new(), _flushing = false,
    _inside = false, _inserted = false, _simple_runs = false, _later_peers = false, _lanes = false, -- not absent:
    _scope_transaction = false, _unfetched = false, _candidate_tokens = false, mutable_reads = false,
    collection_reads = false,
    _map_order = false, collections_seen = false, collections_held = false,
    collections_seen_count = 0, -- absent fields are looked for by a function
  }, class)
  self._maps = identity.NO_MAPS
  if opts.close_resets_only == false then self._close_state = "active" end
  states.new_contexts(self)
  if opts.info then
    self.info = {}
    for key, value in pairs(opts.info) do self.info[key] = value end
  end
  if opts.binds then binds.add_all(self, opts.binds) end
  for i = 1, #HOT do rawset(self, HOT[i], self[HOT[i]]) end
  open_sessions[self] = true
  return self
end

--- Splits (bind, opts, fn), every part of which may be missing or nil.
local function read_scope(...)
  local n, list = select("#", ...), { ... }
  while n > 0 and list[n] == nil do n = n - 1 end
  return options.split_scope(0, unpack(list, 1, n))
end
Session.read_scope = read_scope

--- am.Session(bind, opts, fn): a session; with fn, fn(session) is called and the session closed.
---@param ... any   bind, autoflush, expire_on_commit, info, binds, twophase, query_cls ...
---@return alchemoon.Session|any
local function construct(class, ...)
  local args, opts, fn = read_scope(...)
  opts = options.read("Session", opts, class.VALID)
  if args.n > 1 then exc.raise("ArgumentError", "Session() takes a bind and options, got %d arguments", args.n) end
  if args[1] ~= nil then opts.bind = args[1] end
  if opts.bind ~= nil and not binds.is_bind(opts.bind) then
    exc.raise("ArgumentError", "Session(): the bind must be an Engine or a Connection, got %s", type(opts.bind))
  end
  check_options(opts)
  local self = class._make(class, opts, class.node)
  if fn then return self:_scoped(fn) end
  return self
end
Session._check_options = check_options

-- A class whose sessions have the methods `more`, and for what is not there those of `base`.
local function subclass_of(base, more)
  local derived = setmetatable(more or {}, { __index = base })
  local class = { __name = "Session", methods = derived, VALID = VALID, _make = Session._make,
    subclass = function(further) return subclass_of(derived, further) end,
    node = session_events.class_node(), __close = Session.__close,
    __call = session_loop.next_object, __tostring = Session.__tostring }
  local unknown_here = usage.unknown_attribute("Session", ABSENT, derived, fields)
  class.__index = function(self, key)
    local method = derived[key]
    if method ~= nil then return method end
    return read_field(self, key, unknown_here)
  end
  classes[class] = true
  session_events.class(class, class.node)
  session_events.instances(class, "session")
  return setmetatable(class, { __call = construct, __index = function(_, key) return derived[key] end,
    __newindex = derived }) -- function Class:method() … end
end

--- A class of sessions with more methods, given here or afterwards: `function Class:method() … end`.
---@param more table?
---@return table class
function Session.subclass(more) return subclass_of(methods, more) end

Session.__call = session_loop.next_object
Session.node = session_events.all
Session.methods = methods
session_events.class(Session)
session_events.instances(Session, "session")
setmetatable(Session, { __call = construct, __index = methods })

Session.__tostring = function(self) return ("alchemoon.Session(%d)"):format(self.hash_key) end

-- Calls fn(session) and closes the session.
local function close_after(self, ok, ...)
  if ok then
    self:close()
    return ...
  end
  pcall(self.close, self)
  return exc.rethrow((...))
end
function methods:_scoped(fn) return close_after(self, pcall(fn, self)) end

Session.__close = function(self) self:close() end

--- The session's object, for programs that were written for asyncio.
fields.sync_session = function(self) return self end
--- fn(session, …): for programs that were written for asyncio.
---@param fn fun(session:alchemoon.Session, ...):any
---@param ... any
---@return any
function methods:run_sync(fn, ...)
  usage.check_function("session:run_sync", fn)
  return fn(self, ...)
end

-- --- one coroutine at a time ----------------------------------------------------------------------------

local function leave(self, ok, ...)
  self._inside, self._method = false, nil
  if ok then return ... end
  return exc.rethrow((...))
end

-- In nginx coroutines of other requests look dead from here; its reactor, which is found by itself, knows better.
local function is_dead(co)
  local host = wait.reactor()
  if host and host.is_dead then return host.is_dead(co) end
  return coroutine.status(co) == "dead"
end

--- Calls fn(self, …) as the only coroutine inside the session.
function methods:_exclusive(name, fn, ...)
  local me = running() or MAIN
  local inside = self._inside
  if inside == me then return fn(self, ...) end
  if inside and (inside == MAIN or not is_dead(inside)) then
    exc.raise("InvalidRequestError", "Method '%s()' can't be called here%s; method '%s()' is already in progress in "
      .. "another coroutine%s and this would cause an unexpected state change: a Session belongs to one coroutine at "
      .. "a time", name, blocked.place(), tostring(self._method), inside ~= MAIN and blocked.place(inside) or "")
  end
  self._inside, self._method = me, name
  return leave(self, pcall(fn, self, ...))
end

-- The coroutine inside this session was killed: what its statement does is unknown.
function methods:_orphaned()
  self._inside, self._method = false, nil
  self:invalidate()
end

local function exclusive(name, fn)
  checked[name] = true
  methods[name] = function(self, ...)
    local enter = self ~= nil and self._exclusive
    if not enter then exc.raise_not_a_method(name, "session") end
    return enter(self, name, fn, ...)
  end
end
Session.exclusive = exclusive

-- --- transactions ---------------------------------------------------------------------------------------

--- The transaction, begun if there is none.
function methods:_autobegin(explicit)
  local transaction = self._transaction
  if transaction then return transaction end
  if not explicit and not self.autobegin then
    exc.raise("InvalidRequestError", "Autobegin is disabled on this Session; please call session.begin() to start a "
      .. "new transaction")
  end
  return Transaction.new(self, explicit and symbols.origin.BEGIN or symbols.origin.AUTOBEGIN, nil)
end

--- Begins a transaction; `nested`: a savepoint. With a function: commits after it, or rolls back and raises again.
-- The function gets the session; that of a savepoint gets the savepoint, which it may roll back, and the session.
---@param nested boolean|table|nil
---@param fn function?
function methods:begin(nested, fn)
  if type(nested) == "function" then nested, fn = nil, nested end
  if type(nested) == "table" then nested = options.read("session:begin", nested, { nested = true }).nested end
  if fn ~= nil then usage.check_function("session:begin", fn) end
  local transaction = self:_exclusive("begin", function()
    local current = self._transaction
    if not current then
      current = self:_autobegin(true)
      if not nested then return current end
    end
    if not nested then exc.raise("InvalidRequestError", "A transaction is already begun on this Session.") end
    local savepoint = current:_begin(true)
    self._nested_transaction = savepoint
    return savepoint
  end)
  if fn then return transaction:_run(fn) end
  return transaction
end

--- Begins a savepoint.
---@param fn fun(savepoint: table, session: table): ...?
function methods:begin_nested(fn)
  if fn ~= nil then usage.check_function("session:begin_nested", fn) end
  return self:begin(true, fn)
end

exclusive("commit", function(self)
  local transaction = self._transaction or self:_autobegin()
  transaction:commit(true)
end)

exclusive("rollback", function(self)
  if self._transaction then self._transaction:rollback(true) end
end)

exclusive("prepare", function(self)
  local transaction = self._transaction or self:_autobegin()
  transaction:prepare()
end)

--- Is a transaction under way?
---@return boolean
function methods:in_transaction() return self._transaction ~= nil end

--- Is a savepoint open?
---@return boolean
function methods:in_nested_transaction() return self._nested_transaction ~= nil end

--- The root transaction, or nil.
---@return alchemoon.SessionTransaction?
function methods:get_transaction()
  local transaction = self._transaction
  while transaction and transaction._parent do transaction = transaction._parent end
  return transaction
end

--- The innermost savepoint's transaction, or nil.
---@return alchemoon.SessionTransaction?
function methods:get_nested_transaction() return self._nested_transaction end

local function close(self, invalidate, is_reset)
  if not is_reset and self._close_state == "active" then self._close_state = "closed" end
  states.expunge_all(self)
  local transaction = self._transaction
  if transaction then
    for _, each in ipairs(transaction:_iterate()) do each:close(invalidate) end
  end
end

exclusive("close", function(self) close(self, false, false) end)
exclusive("reset", function(self) close(self, false, true) end)
exclusive("invalidate", function(self) close(self, true, false) end)
exclusive("expunge_all", function(self) states.expunge_all(self) end)

--- close(), for programs that were written for asyncio.
methods.aclose = function(self) return self:close() end

-- --- execution ------------------------------------------------------------------------------------------

--- The engine or connection for { mapper =, clause =, bind = }.
-- Raises UnboundExecutionError when there is none.
---@param mapper any   a class, or the options
---@param opts table?
---@return alchemoon.Engine|alchemoon.Connection
function methods:get_bind(mapper, opts)
  if not self then exc.raise_not_a_method("get_bind", "session") end
  local args = mapper
  if binds.is_subject(mapper) then
    args = { mapper = mapper }
    usage.check_table("session:get_bind", opts, "a table of options")
    for key, value in pairs(opts or {}) do args[key] = value end
  elseif mapper == nil then
    args = opts
  end
  usage.check_table("session:get_bind", args, "a class or a table of options")
  return binds.find(self, args)
end

--- A class and those that inherit from it, or a table, use this engine or connection from now on.
---@param mapper table   a class
---@param bind alchemoon.Engine|alchemoon.Connection
function methods:bind_mapper(mapper, bind) binds.add(self, mapper, bind) end

--- A table uses this engine.
---@param from any   a Table
---@param bind alchemoon.Engine|alchemoon.Connection
function methods:bind_table(from, bind) binds.add(self, from, bind) end

function methods:_connection_for_bind(bind, execution_options)
  local scoped = self._scope_transaction
  if scoped and scoped._state ~= "active" then scoped:_check_scope() end
  local transaction = self._transaction or self:_autobegin()
  return transaction:_connection_for_bind(bind, execution_options)
end

--- The connection that the session uses: { bind_arguments =, execution_options =, mapper =, clause =, bind = }.
---@param bind_arguments table?
---@param execution_options table?
---@return alchemoon.Connection
function methods:connection(bind_arguments, execution_options)
  usage.check_table("session:connection", bind_arguments, "a table of options")
  if type(bind_arguments) == "table" and not rawget(bind_arguments, "__mapper__") then
    local given = bind_arguments
    if given.bind_arguments or given.execution_options then
      bind_arguments, execution_options = given.bind_arguments, given.execution_options
    end
  end
  return self:_exclusive("connection", function()
    local bind = bind_arguments and bind_arguments.bind or self:get_bind(bind_arguments)
    return self:_connection_for_bind(bind, execution_options)
  end)
end

--- Executes a statement; entities in it come back as objects.
---@param statement any
---@param params table?
---@param opts table?   execution options; `bind_arguments` among them chooses the engine
---@return alchemoon.Result
function methods:execute(statement, params, opts)
  if type(self) ~= "table" then exc.raise_not_a_method("execute", "session") end
  local bind_arguments = nil
  if opts ~= nil then check_execution_options(opts) end
  if opts and (opts.bind_arguments or opts.execution_options) then
    bind_arguments = opts.bind_arguments
    local rest = {}
    for key, value in pairs(opts) do
      if key ~= "bind_arguments" and key ~= "execution_options" then rest[key] = value end
    end
    for key, value in pairs(check_execution_options(opts.execution_options or {})) do rest[key] = value end
    opts = rest
  end
  local me = running() or MAIN
  if self._inside == me then return execution.execute(self, statement, params, opts, bind_arguments) end
  return self:_exclusive("execute", execution.execute, statement, params, opts, bind_arguments)
end

--- First column of the first row.
---@param statement any
---@param params table?
---@param opts table?
---@return any
function methods:scalar(statement, params, opts)
  if type(self) ~= "table" then exc.raise_not_a_method("scalar", "session") end
  return self:execute(statement, params, opts):scalar()
end
--- The objects or values of the first column.
---@param statement any
---@param params table?
---@param opts table?
---@return alchemoon.Result
function methods:scalars(statement, params, opts)
  if type(self) ~= "table" then exc.raise_not_a_method("scalars", "session") end
  return self:execute(statement, params, opts):scalars()
end

--- execute() whose rows are fetched as they are read.
---@param statement any
---@param params table?
---@param opts table?
---@return alchemoon.Result
function methods:stream(statement, params, opts)
  usage.check_table("session:stream", opts, "a table of execution options")
  local merged = { stream_results = true }
  for key, value in pairs(opts or {}) do merged[key] = value end
  return self:execute(statement, params, merged)
end

--- scalars() whose rows are fetched as they are read.
---@param statement any
---@param params table?
---@param opts table?
---@return alchemoon.Result
function methods:stream_scalars(statement, params, opts) return self:stream(statement, params, opts):scalars() end

--- The legacy query interface.
---@param ... any   entities and columns
---@return alchemoon.Query
function methods:query(...)
  local class = self._query_cls or require("alchemoon.orm.query_legacy").Query
  if type(class) == "function" then return class({ ... }, self) end
  return class.new and class.new(self, ...) or class(self, ...)
end

-- --- other ----------------------------------------------------------------------------------------------

--- Calls fn(session, ...) without autoflush.
---@param fn fun(session:alchemoon.Session, ...:any):any
---@param ... any
---@return any what fn returns
function methods:no_autoflush(fn, ...)
  usage.check_function("session:no_autoflush", fn)
  local before = self.autoflush
  self.autoflush = false
  return (function(ok, ...)
    self.autoflush = before
    if ok then return ... end
    return exc.rethrow((...))
  end)(pcall(fn, self, ...))
end

-- Says in the error that nobody called flush().
function methods:_autoflush()
  if self.autoflush and not self._flushing then
    sweep(self)
    self:_sweep_collections()
    if self._new.count == 0 and self._deleted.count == 0 and next(self.modified) == nil then return end
    local ok, e = pcall(self.flush, self)
    if not ok then
      if exc.is(e, exc.StatementError) then
        e.detail = e.detail or {}
        table.insert(e.detail, 1, "raised as a result of Query-invoked autoflush; consider using a "
          .. "session.no_autoflush block if this flush is occurring prematurely")
      end
      exc.rethrow(e)
    end
  end
end

--- Is there nothing to flush?
function methods:_is_clean()
  sweep(self)
  return self._new.count == 0 and self._deleted.count == 0 and next(self.modified) == nil
end

--- { class, primary key, token } of an object, or from class, key and options: session:identity_key(…), and
-- Session.identity_key(…) of the class.
---@return any[]
function Session.identity_key(...) return require("alchemoon.orm.attribute_functions").identity_key(...) end
function methods.identity_key(_, ...) return Session.identity_key(...) end

--- The session of an object, or nil: Session.object_session(obj), or session:object_session(obj).
---@param obj table
---@return alchemoon.Session?
function Session.object_session(obj, of_session)
  if of_session ~= nil then obj = of_session end -- called with a colon
  return states.mapper_of(obj) and states.session_of(obj)
end
methods.object_session = Session.object_session

--- Closes every session of this Lua state, also what is left of those that nobody holds any more.
function Session.close_all()
  local list = {}
  for session in pairs(open_sessions) do list[#list + 1] = session end
  table.sort(list, function(a, b) return a.hash_key < b.hash_key end)
  for i = 1, #list do list[i]:close() end
  Transaction.collect_lost(open_sessions)
end

require("alchemoon.orm.session_objects").install(methods, exclusive)
require("alchemoon.orm.flush").install(methods, exclusive)
require("alchemoon.orm.bulk").install(methods, exclusive)
scope.give_results(methods, { "execute", "scalars", "stream", "stream_scalars" })

for _, name in ipairs{ "execute", "scalar", "scalars", "get", "get_bind" } do checked[name] = true end
usage.check_receivers(methods, "session", function(self) return classes[getmetatable(self)] end, checked)

return Session
