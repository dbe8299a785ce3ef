--- ShardedSession: a session that chooses a database for every object and every statement.
--
-- Three functions choose: shard_chooser where a new object is stored, execute_chooser where a statement is executed,
-- identity_chooser under which tokens a primary key is looked for in the identity map. The shard of a stored object is
-- its identity token, part of its identity key, so that equal keys of two shards are two objects.
local event = require "alchemoon.event"
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"
local binds = require "alchemoon.orm.binds"
local identity = require "alchemoon.orm.identity"
local option = require "alchemoon.shard.option"
local query = require "alchemoon.shard.query"
local warn = require "alchemoon.orm.warn"
local Session = require "alchemoon.orm.session"

local session = {}
local methods = {}
local unpack = table.unpack or unpack -- luacheck: ignore 113

---@class alchemoon.ShardedSession : alchemoon.Session
---@field shard_chooser fun(mapper: table, instance: table?, clause: any): any
---@field identity_chooser fun(mapper: table, primary_key: any[], opts: table): any[]
---@field execute_chooser fun(orm_context: table): any[]
local ShardedSession = Session.subclass(methods)
ShardedSession.__name = "ShardedSession"
session.ShardedSession = ShardedSession

local VALID = { shards = true, shard_chooser = true, identity_chooser = true, execute_chooser = true,
  id_chooser = true, query_chooser = true }
for key, value in pairs(Session.VALID) do VALID[key] = value end
ShardedSession.VALID = VALID

-- --- choosing ---------------------------------------------------------------------------------------------

-- The shard of an object; a new one is asked for and remembered.
local function choose(self, mapper, instance, clause)
  if instance ~= nil then
    local token = identity.token(instance)
    if token ~= nil then return token end
  end
  local shard_id = self.shard_chooser(mapper and binds.mapper_of(mapper), instance, clause)
  if instance ~= nil and shard_id ~= nil then identity.set_token(instance, shard_id) end
  return shard_id
end

local function no_shard(self, shard_id)
  if shard_id == nil then exc.raise("InvalidRequestError", "shard_chooser returned no shard id") end
  if type(shard_id) == "table" then
    exc.raise("InvalidRequestError", "shard_chooser must return the id of one shard, got %s", exc.show_value(shard_id))
  end
  shard_id = tostring(shard_id)
  exc.raise("InvalidRequestError", "This session has no shard '%s'%s", shard_id,
    options.suggestion(shard_id, self._shards))
end

--- The engine or connection of a shard: get_bind{ shard_id = }, get_bind{ mapper =, instance =, clause = }.
---@param mapper any
---@param opts table?
function methods:get_bind(mapper, opts)
  local args = {}
  if type(mapper) == "table" and (rawget(mapper, "__mapper__") or rawget(mapper, "is_mapper")) then
    args.mapper = mapper
  elseif type(mapper) == "table" then
    opts = mapper
  end
  for key, value in pairs(opts or {}) do args[key] = value end
  local shard_id = args.shard_id
  if shard_id == nil then shard_id = choose(self, args.mapper, args.instance, args.clause) end
  return self._shards[shard_id == nil and no_shard or shard_id] or no_shard(self, shard_id)
end

--- Adds or exchanges a shard.
---@param shard_id any
---@param bind any    engine or connection
function methods:bind_shard(shard_id, bind)
  if not binds.is_bind(bind) then
    exc.raise("ArgumentError", "bind_shard: shard '%s' must be an Engine or a Connection, got %s", tostring(shard_id),
      type(bind))
  end
  self._shards[shard_id] = bind
end

--- The connection on which a flush writes an object.
---@param mapper any
---@param instance table?
---@param shard_id any
---@return alchemoon.Connection
function methods:connection_callable(mapper, instance, shard_id)
  if shard_id == nil then shard_id = choose(self, mapper, instance) end
  return self:_connection_for_bind(self:get_bind { shard_id = shard_id })
end

-- What a chooser returned, if it is a list; `{}` for nil.
local function list_of_ids(chooser, ids)
  if ids == nil then return {} end
  if type(ids) == "table" then return ids end
  return exc.raise("InvalidRequestError", "%s returned %s; it returns a list of shard ids, such as { %s }", chooser,
    type(ids) == "string" and ("'%s'"):format(ids) or type(ids),
    type(ids) == "string" and ("\"%s\""):format(ids) or "\"eu\"")
end

--- The tokens under which a primary key may be known. `opts`: lazy_loaded_from (an object), execution_options,
-- bind_arguments.
function methods:_candidate_tokens(mapper, values, opts)
  local from = opts and opts.lazy_loaded_from
  return list_of_ids("identity_chooser", self.identity_chooser(mapper, values, {
    lazy_loaded_from = from and require("alchemoon.inspection").inspect(from) or nil,
    execution_options = opts and opts.execution_options or {}, bind_arguments = opts and opts.bind_arguments or {},
  }))
end

-- --- statements ---------------------------------------------------------------------------------------------

local function shard_of(orm_context)
  local shard_id = option.shard_of(orm_context.statement)
  if shard_id ~= nil then return shard_id end
  local own = orm_context.execution_options
  if own.identity_token ~= nil then return own.identity_token end
  if own._sa_shard_id ~= nil then return own._sa_shard_id end
  return orm_context.bind_arguments.shard_id
end

local function execute_on(orm_context, shard_id)
  local arguments = {}
  for key, value in pairs(orm_context.bind_arguments) do arguments[key] = value end
  arguments.shard_id = shard_id
  orm_context:update_execution_options { identity_token = shard_id }
  return orm_context:_invoke { bind_arguments = arguments }
end

-- The do_orm_execute listener of every sharded session, after those of its class and factory.
local function execute(orm_context)
  local shard_id = shard_of(orm_context)
  if shard_id ~= nil then return execute_on(orm_context, shard_id) end
  local ids = list_of_ids("execute_chooser", orm_context.session.execute_chooser(orm_context))
  if ids[1] == nil then exc.raise("InvalidRequestError", "execute_chooser returned no shard ids") end
  local results = {}
  for i, id in ipairs(ids) do results[i] = execute_on(orm_context, id) end
  if #results == 1 then return results[1] end
  local grouped = rawget(results[1], "_grouped")
  if grouped then return results[1] end -- a loader collects what all of them bring
  return results[1]:merge(unpack(results, 2))
end

-- --- construction -----------------------------------------------------------------------------------------

local function legacy_identity_chooser(self, id_chooser)
  warn("The ``id_chooser`` parameter is deprecated; please use ``identity_chooser``.")
  return function(mapper, primary_key) return id_chooser(self:query(mapper.class), primary_key) end
end

local function identity_chooser_of(self, opts)
  if opts.id_chooser then return legacy_identity_chooser(self, opts.id_chooser) end
  if opts.identity_chooser then return opts.identity_chooser end
  return exc.raise("ArgumentError", "identity_chooser or id_chooser is required")
end

local function execute_chooser_of(opts)
  if opts.query_chooser then
    warn("The ``query_chooser`` parameter is deprecated; please use ``execute_chooser``.")
    if opts.execute_chooser then
      exc.raise("ArgumentError", "Can't pass query_chooser and execute_chooser at the same time.")
    end
    local chooser = opts.query_chooser
    return function(orm_context) return chooser(orm_context.statement) end
  end
  if opts.execute_chooser then return opts.execute_chooser end
  return exc.raise("ArgumentError", "execute_chooser or query_chooser is required")
end

--- Makes a session from options that have been read.
function ShardedSession._make(class, opts, dispatch)
  if not opts.shard_chooser then exc.raise("ArgumentError", "ShardedSession: shard_chooser is required") end
  local self = Session._make(class, opts, dispatch)
  self._query_cls = opts.query_cls or query.ShardedQuery
  self.shard_chooser = opts.shard_chooser
  self.identity_chooser = identity_chooser_of(self, opts)
  self.execute_chooser = execute_chooser_of(opts)
  self._shards = {}
  self._candidate_tokens = methods._candidate_tokens
  for shard_id, bind in pairs(opts.shards or {}) do self:bind_shard(shard_id, bind) end
  identity.use_tokens()
  event.listen(self, "do_orm_execute", execute, { retval = true })
  return self
end

return session
