--- Column defaults: ColumnDefault, DefaultClause, FetchedValue, Computed, Identity, Sequence.
local core = require "alchemoon.core"
local class = require "alchemoon.sql.class"
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"
local item = require "alchemoon.schema.item"
local roles = require "alchemoon.sql.roles"

local default = {}
local tags = core.tags

--- An expression of DDL: a node, a thing with __clause_element__, or an SQL text.
function default.expression(value)
  if core.node_tag(value) then return value end
  if type(value) == "string" then return core.node(tags.TEXT, { text = value }) end
  local element = type(value) == "table" and value.__clause_element__
  if element then return element(value) end
  return roles.refuse(roles.DDL_EXPRESSION, value)
end

local function is_callable(value)
  if type(value) == "function" then return true end
  local mt = type(value) == "table" and getmetatable(value)
  return mt and mt.__call ~= nil or false
end

-- The default itself, or one like it that is (or is not) for updates.
local function with_purpose(node, for_update)
  local flag = for_update and 1 or 0
  if core.node_get(node, "for_update") == flag then return node end
  return core.node_with(node, { for_update = flag })
end

--- am.ColumnDefault(value or function or expression): what `default` and `onupdate` become.
function default.column_default(arg, for_update)
  local fields = { for_update = for_update and 1 or 0 }
  local element = type(arg) == "table" and arg.__clause_element__
  if core.node_tag(arg) == tags.SEQUENCE then
    fields.kind, fields.arg = item.SEQUENCE, arg
  elseif core.node_tag(arg) == tags.DEFAULT then
    if core.node_get(arg, "kind") >= item.FETCHED then
      exc.raise("ArgumentError", "ColumnDefault may not be a server-side default type.")
    end
    return with_purpose(arg, for_update)
  elseif core.node_tag(arg) then
    fields.kind, fields.arg = item.EXPRESSION, arg
  elseif element then
    fields.kind, fields.arg = item.EXPRESSION, element(arg)
  elseif is_callable(arg) then
    fields.kind, fields.callable = item.CALLABLE, arg
  else
    fields.kind, fields.value = item.VALUE, arg
  end
  return core.node(tags.DEFAULT, fields)
end

--- am.DefaultClause(text or expression): DEFAULT in the table's definition.
function default.clause(arg, for_update, reflected)
  if core.node_tag(arg) == tags.DEFAULT then return with_purpose(arg, for_update) end
  local fields = { kind = item.SERVER, for_update = for_update and 1 or 0, reflected = reflected and 1 or 0 }
  if type(arg) == "string" then
    fields.value = arg
  elseif core.node_tag(arg) then
    fields.arg = arg
  else
    exc.raise("ArgumentError", "Argument 'arg' is expected to be a string or an SQL expression, got %s", type(arg))
  end
  return core.node(tags.DEFAULT, fields)
end

local function fetched(for_update)
  return core.node(tags.DEFAULT, { kind = item.FETCHED, for_update = for_update and 1 or 0 })
end

local IDENTITY_OPTIONS = { start = true, increment = true, minvalue = true, maxvalue = true, nominvalue = true,
  nomaxvalue = true, cycle = true, cache = true, order = true }

local function integer_text(what, key, value)
  if value == nil then return nil end
  if type(value) == "number" and value == math.floor(value) then return ("%d"):format(value) end
  local text = tostring(value):gsub("[UL]+$", "")
  if not text:match("^%-?%d+$") then exc.raise("ArgumentError", "%s: '%s' must be an integer", what, key) end
  return text
end

-- nil is unset (0), true 1, false 2.
local function flag(value)
  if value == nil then return 0 end
  return value and 1 or 2
end
default.flag = flag

--- Reads a flag back.
function default.flag_value(number)
  if number == 0 then return nil end
  return number == 1
end

local function identity_fields(what, opts)
  local fields = {}
  for _, key in ipairs { "start", "increment", "minvalue", "maxvalue", "cache" } do
    fields[key] = integer_text(what, key, opts[key])
  end
  for _, key in ipairs { "nominvalue", "nomaxvalue", "cycle", "order" } do fields[key] = flag(opts[key]) end
  return fields
end

local function with_identity_options(more)
  for key in pairs(IDENTITY_OPTIONS) do more[key] = true end
  return more
end

local SEQUENCE_OPTIONS = with_identity_options { schema = true, data_type = true, optional = true, quote = true,
  metadata = true, quote_schema = true, for_update = true }

--- am.Sequence(name, { start, increment, schema, metadata, data_type, ... })
---@param name string
---@param ... any
---@return any
local function sequence(name, ...)
  local args, opts = options.split(...)
  if not item.is_name(name) then exc.raise("ArgumentError", "Sequence: a name is needed, got %s", type(name)) end
  if args.n > 0 then opts = opts or {} end
  opts = options.read("Sequence", opts, SEQUENCE_OPTIONS)
  if args[1] ~= nil then opts.start = args[1] end
  if args[2] ~= nil then opts.increment = args[2] end
  local fields = identity_fields("Sequence", opts)
  local metadata, schema = opts.metadata, opts.schema
  if schema == default.BLANK_SCHEMA then schema = nil
  elseif schema == nil and metadata then schema = core.node_get(metadata, "schema") end
  fields.name = item.quoted_name(name, opts.quote)
  fields.schema = schema and item.quoted_name(schema, opts.quote_schema)
  fields.optional = opts.optional and 1 or 0
  if opts.data_type then fields.data_type = default.to_type(opts.data_type) end
  local seq = core.node(tags.SEQUENCE, fields)
  if metadata then core.metadata_add(metadata, seq) end
  return seq
end

--- am.Identity{ always, start, increment, on_null, ... }: GENERATED AS IDENTITY.
---@param ... any
---@return any
local function identity(...)
  local args, opts = options.split(...)
  local by_place = { always = args[1], on_null = args[2] }
  for key, value in pairs(opts or {}) do
    if by_place[key] ~= nil then
      exc.raise("ArgumentError", "Identity() got multiple values for argument '%s'", key)
    end
    by_place[key] = value
  end
  opts = options.read("Identity", by_place, with_identity_options { always = true, on_null = true })
  local fields = identity_fields("Identity", opts)
  fields.always, fields.on_null = opts.always and 1 or 0, flag(opts.on_null)
  return core.node(tags.IDENTITY, fields)
end

--- am.Computed(expression, { persisted }): GENERATED ALWAYS AS (expression).
---@param sqltext any
---@param opts table?
---@return any
local function computed(sqltext, opts)
  opts = options.read("Computed", opts, { persisted = true })
  return core.node(tags.COMPUTED, { sqltext = default.expression(sqltext),
    persisted = flag(opts.persisted) })
end

-- "a sentinel": Sequence(schema = am.BLANK_SCHEMA)
default.BLANK_SCHEMA = setmetatable({}, { __name = "BLANK_SCHEMA", __tostring = function() return "BLANK_SCHEMA" end })

--- am.ColumnDefault(value, expression or function, { for_update }): what `default =` of a Column makes.
---@param arg any
---@param opts table?
---@return any
default.ColumnDefault = item.constructor("ColumnDefault", function(arg, opts)
  opts = options.read("ColumnDefault", opts, { for_update = true })
  return default.column_default(arg, opts.for_update)
end)
--- am.DefaultClause(text or expression, { for_update }): what `server_default =` of a Column makes.
---@param arg any
---@param opts table?
---@return any
default.DefaultClause = item.constructor("DefaultClause", function(arg, opts)
  opts = options.read("DefaultClause", opts, { for_update = true, _reflected = true })
  return default.clause(arg, opts.for_update, opts._reflected)
end)
--- am.FetchedValue{ for_update }: the database makes the value by means that the table does not say.
---@param ... any
---@return any
default.FetchedValue = item.constructor("FetchedValue", function(...)
  local _, opts = options.split(...)
  opts = options.read("FetchedValue", opts, { for_update = true })
  return fetched(opts.for_update)
end)
default.Sequence = item.constructor("Sequence", sequence)
default.Identity = item.constructor("Identity", identity)
default.Computed = item.constructor("Computed", computed)

local function kind(node) return core.node_get(node, "kind") end

local function default_arg(node)
  local k = kind(node)
  if k == item.VALUE then return core.node_get(node, "value") end
  if k == item.CALLABLE then return core.node_get(node, "callable") end
  if k == item.SERVER then return core.node_get(node, "arg") or core.node_get(node, "value") end
  return core.node_get(node, "arg")
end

class.define("ColumnDefault", {
  tags = { "DEFAULT" },
  properties = {
    arg = default_arg,
    is_scalar = function(node) return kind(node) == item.VALUE end,
    is_callable = function(node) return kind(node) == item.CALLABLE end,
    is_clause_element = function(node) return kind(node) == item.EXPRESSION end,
    is_sequence = function(node) return kind(node) == item.SEQUENCE end,
    is_server_default = function(node) return kind(node) >= item.FETCHED end,
    has_argument = function(node) return kind(node) == item.SERVER end,
    for_update = function(node) return core.node_get(node, "for_update") == 1 end,
    reflected = function(node) return core.node_get(node, "reflected") == 1 end,
  },
  metamethods = {
    __tostring = function(node)
      return (kind(node) >= item.FETCHED and "DefaultClause(%s)" or "ColumnDefault(%s)"):format(
        tostring(default_arg(node)))
    end,
  },
})

local function number(field)
  return function(node)
    local text = core.node_get(node, field)
    return text and tonumber(text)
  end
end
local function tristate(field)
  return function(node) return default.flag_value(core.node_get(node, field)) end
end

local function identity_properties(more)
  for _, key in ipairs { "start", "increment", "minvalue", "maxvalue", "cache" } do more[key] = number(key) end
  for _, key in ipairs { "nominvalue", "nomaxvalue", "cycle", "order" } do more[key] = tristate(key) end
  return more
end

class.define("Identity", {
  tags = { "IDENTITY" },
  properties = identity_properties {
    always = function(node) return core.node_get(node, "always") == 1 end,
    on_null = tristate("on_null"),
    is_server_default = function() return true end,
    has_argument = function() return false end,
  },
  metamethods = { __tostring = function() return "Identity()" end },
})

class.define("Computed", {
  tags = { "COMPUTED" },
  properties = {
    sqltext = function(node) return core.node_get(node, "sqltext") end,
    persisted = tristate("persisted"),
    is_server_default = function() return true end,
    has_argument = function() return false end,
  },
  metamethods = { __tostring = function(node) return ("Computed(%s)"):format(tostring(core.node_get(node,
    "sqltext"))) end },
})

class.define("Sequence", {
  tags = { "SEQUENCE" },
  properties = identity_properties {
    name = function(node) return core.node_get(node, "name") end,
    schema = function(node) return core.node_get(node, "schema") end,
    metadata = function(node) return core.node_get(node, "metadata") end,
    data_type = function(node) return core.node_get(node, "data_type") end,
    optional = function(node) return core.node_get(node, "optional") == 1 end,
    is_sequence = function() return true end,
    is_scalar = function() return false end,
    is_callable = function() return false end,
    is_clause_element = function() return false end,
    info = item.info,
    key = function(node) return item.full_name(core.node_get(node, "schema"), core.node_get(node, "name")) end,
  },
  methods = {
    create = function(node, bind, opts) return default.create.create_sequence(node, bind, opts) end,
    drop = function(node, bind, opts) return default.create.drop_sequence(node, bind, opts) end,
    --- conn:execute(sequence), conn:scalar(sequence): the next value.
    _execute_on = function(node, conn) return require("alchemoon.sql.row_defaults").next_value(conn, node) end,
    next_value = function(node)
      return core.node(tags.NEXT_VALUE, { sequence = node }, core.node_get(node, "data_type")
        or require("alchemoon.types").INTEGER)
    end,
  },
  metamethods = { __tostring = function(node) return ("Sequence('%s')"):format(core.node_get(node, "name")) end },
})

return default
