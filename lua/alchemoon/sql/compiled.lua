--- `expr:compile{...}`: the text of a construct with its parameters.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local orm_flags = require "alchemoon.orm.orm_flags"
local options = require "alchemoon.options"
local null = require "alchemoon.null"
local types = require "alchemoon.types"
local expand = require "alchemoon.sql.expand"
local usage = require "alchemoon.usage"

local compiled = {}

local Compiled = {}

-- The parameters: a value may come from a function that loads an object.
local function own_params(self)
  local params = {}
  for _, bind in ipairs(rawget(self, "binds")) do
    if not bind.unused then
      local value = bind.bind and core.node_get(bind.bind, "value")
      local callable = bind.bind and core.node_get(bind.bind, "callable")
      if callable then
        local ok, given = pcall(callable) -- the text can be had even if a value cannot
        if ok then value = given end
      end
      if value == nil or bind.prefetched then value = null end
      params[expand.escaped(bind.name)] = value
    end
  end
  return params
end

-- They are made when they are first asked for.
local function params_of(self)
  self.params = own_params(self)
  return self.params
end

local NAMED = { named = true, pyformat = true }

local dialect_name = types.dialect_name
local STYLES = { default = "named", string = "named", sqlite = "qmark", postgresql = "numeric", mysql = "format",
  mariadb = "format" }

local function given_to(bind, values)
  if not values then return nil end
  local value = values[bind.name]
  if value == nil then value = values[expand.escaped(bind.name)] end
  return value
end

-- Values that were given instead of the statement's own; raises where there is neither.
local function lay_over(params, binds, values)
  for _, bind in ipairs(binds) do
    local value = given_to(bind, values)
    if value ~= nil then params[expand.escaped(bind.name)] = value
    elseif bind.required then
      error(exc.InvalidRequestError(("A value is required for bind parameter '%s'"):format(bind.name),
        { code = "cd3x" }), 0)
    end
  end
end

-- IN lists and literals that wait for execution, written into the text with the values at hand.
local function expanded_state(self, values, is_strict)
  local binds, dialect, paramstyle = self.binds, self.dialect_name, self.paramstyle
  for _, bind in ipairs(binds) do
    if types.kind_key(bind.type or types.NULLTYPE) == "TUPLETYPE" then
      bind.tuple_types = core.node_get(bind.type, "values")
    end
  end
  local parameters = own_params(self)
  if is_strict then lay_over(parameters, binds, values) end
  local positions = self.raw:positions()
  local texts, expanded, names = expand.expand({
    binds = binds, positions = positions, paramstyle = paramstyle, dialect = dialect,
  }, function(index)
    local value = given_to(binds[index], values)
    if value == nil then value = core.node_get(binds[index].bind, "value") end
    return value
  end, function(sql_type, value)
    local text = core.literal(sql_type, value, dialect, true)
    return paramstyle == "format" and text:gsub("%%", "%%%%") or text
  end)
  local positional, expansion = {}, {}
  for _, index in ipairs(positions) do
    local name = expand.escaped(binds[index].name)
    if texts[index] == nil then positional[#positional + 1] = name
    else
      parameters[name], expansion[name] = nil, {}
      for i, own in ipairs(names[index] or {}) do
        own = expand.escaped(own)
        positional[#positional + 1], expansion[name][i] = own, own
        parameters[own] = expanded[index][i]
      end
    end
  end
  return { statement = self.raw:render(texts), parameters = parameters, positional = positional,
    parameter_expansion = expansion }
end

-- What is made when it is asked for, and SQLAlchemy's other names of what a compiled statement has.
local ALSO = {
  params = params_of,
  string = function(self) return self.sql end,
  positiontup = function(self) return not NAMED[self.paramstyle] and self.positional or nil end,
  execution_options = function(self) return self:get_execution_options() end,
  dialect = function(self) return require("alchemoon.types.codec").dialect(self.dialect_name) end,
}
local ABSENT = { items = true } -- what asks whether something is a collection
local unknown = usage.unknown_attribute("Compiled", ABSENT, Compiled, ALSO, { sql = true, positional = true,
  dialect_name = true, binds = true, statement = true })
Compiled.__index = function(self, key)
  local property = ALSO[key]
  if property then return property(self) end
  local method = rawget(Compiled, key)
  if method ~= nil then return method end
  return unknown(key)
end
Compiled.__name = "alchemoon.compiled.face"
Compiled.__tostring = function(self) return self.sql end

--- The parameters with other values for some of them: { name = value }.
function Compiled:construct_params(values)
  usage.check_arguments("construct_params", "table?", values)
  if rawget(self, "is_expanded") and values and next(values) ~= nil then
    exc.raise("InvalidRequestError", "can't construct new parameters when render_postcompile is used; the statement is "
      .. "hard-linked to the original parameters.  Use construct_expanded_state to generate a new statement and "
      .. "parameters.")
  end
  local out = {}
  for name, value in pairs(self.params) do out[name] = value end
  lay_over(out, self.binds, values)
  return out
end

--- The text and parameters for one execution, with the lists of IN as long as they are with these values: { statement,
-- parameters, positiontup, positional_parameters, parameter_expansion = { name = names of its values } }.
---@param values table<string, any>?   in place of the statement's own
---@return table
function Compiled:construct_expanded_state(values)
  usage.check_arguments("construct_expanded_state", "table?", values)
  local state = expanded_state(self, values or {}, true)
  state.positiontup = not NAMED[self.paramstyle] and state.positional or nil
  state.positional_parameters = {}
  for i, name in ipairs(state.positional) do state.positional_parameters[i] = state.parameters[name] end
  state.positional = nil
  return state
end

--- The execution options of the statement.
function Compiled:get_execution_options()
  local own = self.statement.get_execution_options
  return own and own(self.statement) or {}
end

--- Executes it: conn:execute(stmt:compile(engine), params).
function Compiled:_execute_on(conn, params, opts)
  if not self.statement._execute_on then
    exc.raise("ObjectNotExecutableError", "Not an executable object: %s", tostring(self.statement))
  end
  return require("alchemoon.sql.execute").run_compiled(self, conn, params, opts)
end

usage.check_receivers(Compiled, "compiled", usage.receiver_of(Compiled))


-- The longest names: as asked for, or as the engine's dialect has it that was given.
local function name_lengths(opts)
  local dialect = type(opts.dialect) == "table" and opts.dialect or {}
  local label, identifier = opts.label_length or dialect.label_length,
    opts.max_identifier_length or dialect.max_identifier_length
  for name, value in pairs{ label_length = label, max_identifier_length = identifier } do
    if type(value) ~= "number" or value < 1 or value % 1 ~= 0 then
      exc.raise("ArgumentError", "compile: %s must be a positive integer, got %s", name, tostring(value))
    end
  end
  return label, identifier
end

--- Names of parameters; columns stand for their keys.
local function key_names(list)
  if list == nil then return nil end
  local out = {}
  for i, key in ipairs(list) do
    out[i] = core.node_tag(key) == core.tags.COLUMN and key.key or key
    if type(out[i]) ~= "string" then
      exc.raise("ArgumentError", "compile: column_keys holds names or columns, got %s", type(key))
    end
  end
  return out
end

--- Compiles any node for the user. Options: API.md section 1.
---@param node userdata
---@param opts table?   or an engine or connection for its dialect
---@param more table?   the options, behind an engine
---@return table   { sql, params, positional, compiled }
function compiled.compile(node, opts, more)
  local default_schema
  if type(opts) == "table" and getmetatable(opts) and opts.dialect and opts.dispatch then
    local dialect = opts.dialect
    default_schema = dialect.default_schema_name
    opts = {}
    usage.check_table("compile", more, "a table of options behind an engine")
    for key, value in pairs(more or {}) do opts[key] = value end
    opts.dialect = opts.dialect or dialect
  end
  opts = options.check("compile", opts, types.COMPILE_OPTIONS) or {}
  for key, value in pairs(opts.compile_kwargs or {}) do opts[key] = value end
  local flavour = opts.dialect == nil and core.node_tag(node) == core.tags.INSERT and core.node_get(node, "flavour")
  if flavour then -- str() of SQLAlchemy; psycopg's %(name)s is :name here
    opts.dialect = flavour
    opts.paramstyle = opts.paramstyle or flavour == "postgresql" and "named" or nil
  end
  if type(opts.dialect) == "table" then opts.paramstyle = opts.paramstyle or opts.dialect.text_paramstyle end
  local lowered = orm_flags.needs_lowering(node) and require("alchemoon.orm.lowering").statement(node) or nil
  local label_length, max_identifier_length = name_lengths(opts)
  local column_keys = key_names(opts.column_keys)
  local raw = core.compile(lowered and lowered.node or node, {
    label_length = label_length, max_identifier_length = max_identifier_length,
    extract_from = lowered and node or nil, stand_ins = lowered and lowered.stand_ins or nil,
    bind_copies = lowered and lowered.bind_copies or nil,
    dialect = dialect_name(opts.dialect) or "string", paramstyle = opts.paramstyle,
    literal_binds = opts.literal_binds, render_postcompile = opts.render_postcompile,
    column_keys = column_keys, strict = opts.dialect ~= nil,
    schema_translate_map = opts.schema_translate_map
      and compiled.translate_list(opts.schema_translate_map, default_schema),
    render_schema_translate = opts.render_schema_translate, for_executemany = opts.for_executemany,
    inline = opts.inline, backslash_escapes = true,
  })
  local self = setmetatable({ raw = raw, sql = raw:text(), positional = {}, statement = node,
    dialect_name = dialect_name(opts.dialect) or "string", binds = raw:binds(),
    paramstyle = opts.paramstyle or STYLES[dialect_name(opts.dialect) or "string"], column_keys = column_keys,
    entries = {} }, Compiled)
  local binds, positions = self.binds, raw:positions()
  for i, index in ipairs(positions) do self.positional[i] = expand.escaped(binds[index].name) end
  if opts.render_postcompile then
    local state = expanded_state(self)
    self.sql, self.params, self.positional, self.is_expanded = state.statement, state.parameters, state.positional, true
  end
  return self
end

--- The text as tostring(statement) shows it.
function compiled.text(node) return compiled.compile(node).sql end

--- { from = to } or a list of pairs → sorted list of pairs; "" or am.null names the default schema.
-- no_schema: the schema in place of null, on a connection the default one of its database.
function compiled.translate_list(map, no_schema)
  local out = {}
  for from, to in pairs(map) do
    if type(from) == "number" then out[#out + 1] = to
    else out[#out + 1] = { from == null and "" or from, to == null and no_schema or to } end
  end
  table.sort(out, function(a, b) return tostring(a[1]) < tostring(b[1]) end)
  return out
end

return compiled
