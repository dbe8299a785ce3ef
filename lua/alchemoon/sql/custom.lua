--- SQL constructs of a user's own: `am.FunctionElement{...}`, `am.GenericFunction{...}`, `am.ColumnElement{...}`,
-- `am.Executable{...}`, `am.ExecutableDDLElement{...}` give classes; calling a class gives an element.
--
-- A class is the author's table behind a metatable. An element is a node that refers to the class, or to a table of
-- its own attributes where `init` set some; attributes are part of the element's identity, so that a cached text is
-- never taken for an element with others. The text comes from am.compiles (compiler.lua).
local core = require "alchemoon.core"
local class = require "alchemoon.sql.class"
local coerce = require "alchemoon.sql.coerce"
local compiler = require "alchemoon.sql.compiler"
local elements = require "alchemoon.sql.elements"
local exc = require "alchemoon.exc"
local func = require "alchemoon.sql.func"
local options = require "alchemoon.options"
local statement = require "alchemoon.sql.statement"
local types = require "alchemoon.types"

local node_get, tags = core.node_get, core.tags

-- What a class says about itself, as opposed to attributes of its elements; expressions have their name and type in the
-- node.
local OWN = { init = true, extends = true, inherit_cache = true }
local EXPRESSION_OWN = { name = true, type = true }
local IS_EXPRESSION = { [tags.FUNCTION] = true, [tags.CUSTOM_COLUMN] = true }

local Class = {}
Class.__tostring = function(cls) return "<class '" .. cls.class_name .. "'>" end

--- The value of a key in the author's tables, from the class upwards.
local function declared(cls, key)
  while cls do
    if cls.spec[key] ~= nil then return cls.spec[key] end
    cls = cls.extends
  end
  return nil
end

-- An attribute of an element: its own, or one of its class.
local function attribute(node, key)
  local extra = node_get(node, "extra")
  if type(extra) ~= "table" or OWN[key] then return nil end
  if EXPRESSION_OWN[key] and IS_EXPRESSION[core.node_tag(node)] then return nil end
  local cls = compiler.class_of(node)
  if not cls then return nil end
  if extra ~= cls and extra[key] ~= nil then return extra[key] end
  return declared(cls, key)
end

--- Runs `init` → what the node keeps as its `extra`, and what init returned.
local function initialise(cls, ...)
  local init = declared(cls, "init")
  if not init then return cls, { n = select("#", ...), ... } end
  local self = setmetatable({}, { __index = function(_, key) return declared(cls, key) end })
  local given = (function(...) return { n = select("#", ...), ... } end)(init(self, ...))
  setmetatable(self, nil)
  if next(self) == nil and declared(cls, "inherit_cache") ~= false then return cls, given end
  self.custom_class = cls
  return self, given
end

local function type_of(cls, extra, ...)
  local sql_type = extra ~= cls and extra.type or declared(cls, "type")
  if type(sql_type) == "function" then sql_type = sql_type(...) end
  return sql_type and types.coerce(sql_type) or types.NULLTYPE
end

-- --- the kinds of classes --------------------------------------------------------------------

local TYPE_ = { type_ = true }

local BASES

local function make_function(cls, ...)
  local extra, given = initialise(cls, ...)
  local opts
  if given.n > 0 and options.is_options(given[given.n]) and given[given.n].type_ ~= nil then
    opts = options.check(cls.class_name, given[given.n], TYPE_)
    given.n = given.n - 1
  end
  local args = {}
  local name = declared(cls, "name")
  for i = 1, given.n do args[i] = coerce.expr(given[i], { name = name }) end
  local sql_type = opts and types.coerce(opts.type_) or type_of(cls, extra, args)
  local kind = BASES[cls.base]
  return elements.function_node(name, args, sql_type, { extra = extra, generic = kind.generic, options = kind.options })
end

local function make_column(cls, ...)
  local extra, given = initialise(cls, ...)
  local name = extra ~= cls and extra.name or declared(cls, "name")
  local is_clause = cls.base == "ColumnClause"
  if is_clause and not declared(cls, "init") and type(given[1]) == "string" then name = given[1] end
  return core.node(tags.CUSTOM_COLUMN, { name = name, clause = is_clause and 1 or 0, extra = extra },
    type_of(cls, extra))
end

local function make_clause(cls, ...)
  return core.node(tags.CUSTOM_CLAUSE, { extra = (initialise(cls, ...)) })
end

local function make_ddl(cls, ...)
  return core.node(tags.DDL, { kind = core.ddl_kinds.CUSTOM, if_flag = 0, options = 0, extra = (initialise(cls, ...)) })
end

-- The first type of the arguments: for functions such as coalesce().
local function type_from_args(args)
  for _, arg in ipairs(args) do
    local own = core.node_type(arg)
    if own and types.kind_key(own) ~= "NULLTYPE" then return own end
  end
  return types.NULLTYPE
end

BASES = {
  FunctionElement = { make = make_function, tag = "FUNCTION", options = core.enums.FUNCTION_PLAIN_BINDS },
  GenericFunction = { make = make_function, tag = "FUNCTION", renders = true, registered = true },
  ReturnTypeFromArgs = { make = make_function, tag = "FUNCTION", renders = true, registered = true,
    type = type_from_args },
  AnsiFunction = { make = make_function, tag = "FUNCTION", renders = true, registered = true,
    generic = core.enums.FUNC_ANSI },
  ColumnElement = { make = make_column, tag = "CUSTOM_COLUMN" },
  ColumnClause = { make = make_column, tag = "CUSTOM_COLUMN" },
  ClauseElement = { make = make_clause, tag = "CUSTOM_CLAUSE" },
  Executable = { make = make_clause, tag = "CUSTOM_CLAUSE" },
  ExecutableDDLElement = { make = make_ddl, tag = "DDL" },
}

Class.__call = function(cls, ...) return BASES[cls.base].make(cls, ...) end
Class.__index = function(cls, key) return declared(cls, key) end

local function is_class(value) return type(value) == "table" and getmetatable(value) == Class end

--- A class of elements from the author's table.
local function define(base, spec)
  if not options.is_options(spec) then
    exc.raise("ArgumentError", "am.%s{...} makes a class of SQL elements from a table, got %s", base,
      coerce.describe(spec))
  end
  local parent = spec.extends
  if parent ~= nil and (not is_class(parent) or BASES[parent.base].make ~= BASES[base].make) then
    exc.raise("ArgumentError", "extends must be a class made by am.%s{...}, got %s", base, coerce.describe(parent))
  end
  local kind = BASES[base]
  local own = {}
  for key, value in pairs(spec) do own[key] = value end
  if own.type == nil then own.type = kind.type end
  local cls = {
    is_custom_class = true, base = base, spec = own, extends = parent or false, renders = kind.renders or false,
  }
  setmetatable(cls, Class)
  local name = declared(cls, "name")
  cls.class_name = type(name) == "table" and tostring(name.text or name[1]) or name or spec.identifier or base
  cls.is = function(value)
    local of = compiler.class_of(value)
    while of and of ~= cls do of = of.extends end
    return of == cls
  end
  core.set_compile_override(tags[kind.tag], true)
  if kind.registered then func.register(cls, spec.identifier or cls.class_name, spec.package) end
  return cls
end

-- --- what elements can do --------------------------------------------------------------------

local function attributes_first(cls)
  local inherited = cls.metatable.__index
  cls.metatable.__index = function(node, key)
    local value = attribute(node, key)
    if value ~= nil then return value end
    return inherited(node, key)
  end
end

attributes_first(class.define("ColumnElement", {
  tags = { "CUSTOM_COLUMN" }, parent = elements.ColumnElement,
  properties = {
    name = function(self) return node_get(self, "name") end,
    key = function(self) return node_get(self, "name") end,
  },
}))
attributes_first(class.define("Executable", {
  tags = { "CUSTOM_CLAUSE" }, parent = statement.Executable,
  methods = { get_children = elements.ClauseElement.methods.get_children,
    compare = elements.ClauseElement.methods.compare, self_group = elements.ClauseElement.methods.self_group },
}))
attributes_first(require("alchemoon.schema.ddl").class)
elements.Function.fallback = attribute

-- --- the public names ---------------------------------------------------------------------------

local public = {
  compiles = compiler.compiles, deregister = compiler.deregister,
}
local classes = require "alchemoon.sql.classes"
for base, kind in pairs(BASES) do
  --- A class of constructs of one's own; am.compiles says how it is written.
  ---@param spec table   what the class has; inherit_cache, type ...
  ---@return table
  local function make(_, spec) return define(base, spec) end
  local known = classes[base]
  if known then -- it tells elements apart already: now it makes classes too
    getmetatable(known).__call = make
  else
    public[base] = setmetatable({
      name = base,
      is = function(value)
        local cls = compiler.class_of(value)
        return cls ~= nil and BASES[cls.base].tag == kind.tag
      end,
    }, {
      __call = make,
      __tostring = function() return "<class 'alchemoon." .. base .. "'>" end,
    })
  end
end
public.DDLElement, public.BaseDDLElement = public.ExecutableDDLElement, public.ExecutableDDLElement

return public
