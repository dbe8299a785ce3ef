--- ORMExecuteState: what a do_orm_execute listener is told about a statement, and how it takes part.
local column_adapter = require "alchemoon.orm.column_adapter"
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local inspection = require "alchemoon.inspection"
local path = require "alchemoon.orm.path"
local symbols = require "alchemoon.orm.symbols"
local user_option = require "alchemoon.orm.user_option"

local State = { __name = "ORMExecuteState" }
local methods = {}
local T, null = core.tags, symbols.null
local unpack = table.unpack or unpack -- luacheck: ignore 113

local SELECTS = { [T.SELECT] = true, [T.COMPOUND] = true, [T.TEXTUAL_SELECT] = true }
local DML = { [T.INSERT] = true, [T.UPDATE] = true, [T.DELETE] = true }

-- The kind of the statement; select(…):from_statement(other) is of the other one's kind.
local function kind_of(self)
  local statement = self.statement
  local tag = core.node_tag(statement)
  local other = tag == T.SELECT and core.node_get(statement, "from_statement")
  return other and core.node_tag(other) or tag
end

-- Execution options that say how rows are loaded, and how changes of rows reach objects, with their defaults.
local LOAD_OPTIONS = { populate_existing = false, autoflush = true, yield_per = null, identity_token = null }
local UPDATE_OPTIONS = { dml_strategy = "auto", synchronize_session = "auto", autoflush = true,
  populate_existing = false, identity_token = null }

-- Those of an execution, by their names in SQLAlchemy: with an underscore.
local function options_of(self, defaults)
  local found = {}
  for name, default in pairs(defaults) do
    local value = (self.local_execution_options or {})[name]
    if value == nil then value = self.execution_options[name] end
    if value == nil then value = default end
    if value ~= null then found["_" .. name] = value end
  end
  local load = (self.local_execution_options or {})._orm_load
  if load and load.no_autoflush then found._autoflush = false end
  return found
end

local fields = {
  is_select = function(self) return SELECTS[kind_of(self)] or false end,
  is_insert = function(self) return kind_of(self) == T.INSERT end,
  is_update = function(self) return kind_of(self) == T.UPDATE end,
  is_delete = function(self) return kind_of(self) == T.DELETE end,
  is_from_statement = function(self)
    local load = (rawget(self, "local_execution_options") or {})._orm_load
    if load then return load.template.how.bare_from == true end -- columns of a subclass from its own tables
    return self._handler ~= nil and self._handler.is_from_statement ~= nil
      and self._handler.is_from_statement(self.statement)
  end,
  is_executemany = function(self) return type(self.parameters) == "table" and type(self.parameters[1]) == "table" end,
  is_orm_statement = function(self) -- a UNION of entities has no handler of its own
    return self._handler ~= nil or core.node_tag(self.statement) ~= nil and column_adapter.is_orm(self.statement)
  end,
  bind_mapper = function(self) return self.bind_arguments.mapper end,
  all_mappers = function(self)
    local load = (rawget(self, "local_execution_options") or {})._orm_load
    local of_loader = load and load.template and load.template.all_mappers
    if of_loader then return { unpack(of_loader) } end
    if self._handler and self._handler.all_mappers then return self._handler.all_mappers(self.statement) end
    return { self.bind_arguments.mapper }
  end,
  load_options = function(self)
    if not SELECTS[kind_of(self)] then
      exc.raise("InvalidRequestError", "This ORM execution is not against a SELECT statement so there are no load "
        .. "options.")
    end
    return options_of(self, LOAD_OPTIONS)
  end,
  update_delete_options = function(self)
    if not DML[kind_of(self)] then
      exc.raise("InvalidRequestError", "This ORM execution is not against an UPDATE or DELETE statement so there are "
        .. "no update options.")
    end
    return options_of(self, UPDATE_OPTIONS)
  end,
  user_defined_options = function(self)
    local tag = core.node_tag(self.statement)
    return (tag == T.SELECT or DML[tag]) and user_option.of(self.statement) or {}
  end,
}

-- What only a load knows: is_column_load, is_relationship_load, lazy_loaded_from, loader_strategy_path.
local function load_field(self, key)
  if key == "lazy_loaded_from" and not fields.is_select(self) then
    exc.raise("InvalidRequestError", "This ORM execution is not against a SELECT statement so there are no load "
      .. "options.")
  end
  local load = (rawget(self, "local_execution_options") or {})._orm_load
  if key == "is_column_load" then return load ~= nil and load.is_column_load == true end
  if key == "is_relationship_load" then
    return load ~= nil and (load.is_relationship_load or load.trail ~= nil and #load.trail > 0)
  end
  if load and key == "lazy_loaded_from" then
    return load.lazy_loaded_from and inspection.inspect(load.lazy_loaded_from) or nil
  end
  if key == "loader_strategy_path" then -- empty: of the object itself, or of a Query
    local flags = not load and core.node_tag(self.statement) == T.SELECT and core.node_get(self.statement, "orm")
    if load and load.trail then return load.trail end
    if load or flags and flags.legacy then return path.as_list(load and load.path) end
  end
  return nil
end

State.__index = function(self, key)
  local method = methods[key]
  if method then return method end
  local field = fields[key]
  if field then return field(self) end
  return load_field(self, key)
end

-- The options of the statement and those given with it, as they are before any listener changes them.
local function all_options(statement, given)
  local all = {}
  local tag = core.node_tag(statement)
  local own = (SELECTS[tag] or DML[tag]) and tag ~= T.TEXTUAL_SELECT and statement:get_execution_options() or {}
  for key, value in pairs(own) do all[key] = value end
  for key, value in pairs(given or {}) do all[key] = value end
  return all
end

function State.new(session, statement, params, options, bind_arguments, handler, listeners, parent)
  return setmetatable({ execution_options = all_options(statement, options),
    session = session, statement = statement, parameters = params, bind_arguments = bind_arguments,
    local_execution_options = options or {}, _handler = handler, _listeners = listeners, _next_event = 1,
    _parent = parent }, State)
end

local function merged(first, second)
  if not second then return first end
  local out = {}
  for key, value in pairs(first or {}) do out[key] = value end
  for key, value in pairs(second) do out[key] = value end
  return out
end

-- The parameters of the execution with those that a listener gives; one set to one set, list to list.
local function with_parameters(self, parameters, params)
  if type(parameters) ~= "table" then return params end
  if not fields.is_executemany(self) then return merged(parameters, params) end
  if #parameters ~= #params then
    exc.raise("InvalidRequestError", "Can't apply executemany parameters to statement; number of parameter sets " ..
      "passed to Session.execute() (%d) does not match number of parameter sets given to " ..
      "ORMExecuteState.invoke_statement() (%d)", #parameters, #params)
  end
  local rows = {}
  for i, set in ipairs(parameters) do rows[i] = merged(set, params[i]) end
  return rows
end

--- Executes the statement (or another one) now, after the listeners that follow, and returns its result.
---@param options table?   { statement =, params =, execution_options =, bind_arguments = }, or the statement itself
function methods:invoke_statement(options, params, execution_options, bind_arguments)
  local own = self.local_execution_options
  if own and own._orm_load and own._orm_load.run.groups then -- the listener wants rows, not groups of them
    local load, run = {}, {}
    for key, value in pairs(own._orm_load) do load[key] = value end
    for key, value in pairs(load.run) do run[key] = value end
    run.groups = nil
    load.run = run
    self:update_execution_options { _orm_load = load }
  end
  return self:_invoke(options, params, execution_options, bind_arguments)
end

--- The same for listeners that know how loaders take their rows.
function methods:_invoke(options, params, execution_options, bind_arguments)
  local statement = self.statement
  if type(options) == "table" and getmetatable(options) == nil then
    statement, params = options.statement or statement, options.params
    execution_options, bind_arguments = options.execution_options, options.bind_arguments
  elseif options ~= nil then
    statement = options
  end
  local parameters = self.parameters
  if params then parameters = with_parameters(self, parameters, params) end
  return require("alchemoon.orm.execution").execute(self.session, statement, parameters,
    merged(self.local_execution_options, execution_options), merged(self.bind_arguments, bind_arguments), self)
end

--- Adds execution options to this execution.
function methods:update_execution_options(options)
  self.local_execution_options = merged(self.local_execution_options, options)
end

return State
