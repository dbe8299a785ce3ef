--- `am.compiles(class, dialect, fn)`: SQL text from functions of one's own, for classes of one's own (custom.lua) and
-- for the library's.
--
-- The compiler (csrc/compile/custom.c) asks the hook "construct" about kinds of nodes that somebody has named here,
-- and about no others.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local coerce = require "alchemoon.sql.coerce"
local preparer = require "alchemoon.sql.preparer"
local types = require "alchemoon.types"
local codec = require "alchemoon.types.codec"
local usage = require "alchemoon.usage"

local node_get, node_tag, tags = core.node_get, core.node_tag, core.tags

local compiler = {}

local by_class = {} -- class of a user's own → { dialect name or "default" = function }
local by_tag = {}   -- kind of node → list of { of = class, is = function(node), specs = as above }

-- --- what a function sees --------------------------------------------------------------------

local Compiler = {}

--- The text of an element, or of a list of them (joined by commas). With `kw`, the table that the function got, it is
-- rendered as the element around it is; entries of it may be set (`asfrom`, `literal_binds`, `include_table` ...).
---@param element any
---@param kw table?
---@return string
function Compiler:process(element, kw)
  local node = coerce.element(element)
  if node then return self.raw:process(node, kw) end
  if types.is_type(element) then return self.raw:process(types.coerce(element), kw) end
  if type(element) ~= "table" then
    exc.raise("ArgumentError", "compiler:process() needs an SQL element or a list of them, got %s",
      coerce.describe(element))
  end
  local nodes = {}
  for i, item in ipairs(element) do nodes[i] = coerce.expr(item) end
  return self.raw:list(nodes, kw)
end

--- A value as an SQL literal of a type.
---@param value any
---@param sql_type any
---@return string
function Compiler:render_literal_value(value, sql_type)
  return core.literal(types.coerce(sql_type or types.of(value)), value, self.dialect.name, true)
end

--- A column as it stands in CREATE TABLE.
---@param column any
---@return string
function Compiler:get_column_specification(column)
  return self.raw:plain(require("alchemoon.schema.ddl").constructors.CreateColumn(column))
end

-- visit_insert(element, kw) and the like: what the library writes for an element, whatever its kind.
local function visit(self, element, kw)
  return self.raw:plain(coerce.element(element) or types.coerce(element), kw)
end

-- visit_VARCHAR(type): the type as if it were that one.
local function visit_as(kind)
  return function(self, element, kw)
    local sql_type = types.coerce(element)
    return self.raw:plain(core.node_with(sql_type, { kind = kind }), kw)
  end
end

local kind_of_visit = {}
for id, info in pairs(types.kinds) do
  local name = "visit_" .. info.visit
  kind_of_visit[name] = math.min(id, kind_of_visit[name] or id)
end

local PARTS = { sql_compiler = true, type_compiler = true, type_compiler_instance = true, ddl_compiler = true }

local STATE = {} -- key of what functions wrote on a compiler
local Face = {}

function Face.__index(self, key)
  local own = rawget(self, STATE)[key]
  if own ~= nil then return own end
  if Compiler[key] then return Compiler[key] end
  if PARTS[key] then return self end
  if key == "preparer" or key == "identifier_preparer" then return preparer.new(self.dialect, rawget(self, "raw")) end
  if type(key) ~= "string" or key:sub(1, 6) ~= "visit_" then return nil end
  return kind_of_visit[key] and visit_as(kind_of_visit[key]) or visit
end

function Face.__newindex(self, key, value) rawget(self, STATE)[key] = value end

-- What functions write on `compiler` is common to all calls of one compilation. Compilations may stand within each
-- other (a function that prints a statement); when none is under way, those that ended are forgotten.
local states, calls = {}, 0

-- The compiler that one call sees: its `raw` ends with the call, so that every call has one of its own.
local function compiler_for(raw, dialect)
  local id = raw:id()
  if not states[id] then
    if calls == 0 then states = {} end
    states[id] = {}
  end
  return setmetatable({ raw = raw, dialect = codec.dialect(dialect), [STATE] = states[id] }, Face)
end

-- --- which function ----------------------------------------------------------------------------

--- The class of a user's own that an element has, or nil.
---@param node userdata
---@return table?
function compiler.class_of(node)
  local tag = node_tag(node)
  if tag ~= tags.CUSTOM_COLUMN and tag ~= tags.CUSTOM_CLAUSE and tag ~= tags.FUNCTION and tag ~= tags.DDL then
    return nil
  end
  local extra = node_get(node, "extra")
  if type(extra) ~= "table" then return nil end
  return extra.is_custom_class and extra or extra.custom_class
end

local function find(node, dialect)
  local cls = compiler.class_of(node)
  while cls do
    local specs = by_class[cls]
    local fn = specs and (specs[dialect] or specs.default)
    if fn then return fn end
    cls = cls.extends
  end
  for _, entry in ipairs(by_tag[node_tag(node)] or {}) do
    local fn = entry.is(node) and (entry.specs[dialect] or entry.specs.default)
    if fn then return fn end
  end
  return nil
end

core.set_compile_hook("construct", function(node, raw, kw, dialect)
  local fn = find(node, dialect)
  if not fn then
    local cls = compiler.class_of(node)
    if cls and cls.base == "ColumnClause" then
      return true, compiler_for(raw, dialect).preparer:quote(node_get(node, "name"))
    end
    if cls and not cls.renders then
      exc.raise("UnsupportedCompilationError", "Compiler for the \"%s\" dialect can't render element of type %s: "
        .. "%s construct has no default compilation handler.", dialect, tostring(cls), tostring(cls))
    end
    return false
  end
  local face = compiler_for(raw, dialect)
  calls = calls + 1
  local ok, text = pcall(fn, node, face, kw)
  calls = calls - 1
  if not ok then error(text, 0) end
  if text ~= nil and type(text) ~= "string" then
    exc.raise("CompileError", "a function given to compiles() returns a string, got %s", coerce.describe(text))
  end
  return true, text
end)

-- --- registration -------------------------------------------------------------------------------

local function entry_for(cls)
  local kinds, is
  if type(cls) == "table" and rawget(cls, "compile_tags") then kinds, is = cls.compile_tags, cls.is
  elseif types.is_class(cls) then
    kinds = { tags.TYPE }
    if cls.spec then is = function(node) return (node_get(node, "extra") or {}).class == cls end
    else is = function(node) return node_get(node, "kind") == cls.kind end end
  end
  if not kinds then
    exc.raise("ArgumentError", "compiles() needs a class of SQL elements or types, such as am.Insert, am.CreateTable, "
      .. "am.BigInteger or one made by am.FunctionElement{...}, got %s", coerce.describe(cls))
  end
  local found
  for _, tag in ipairs(kinds) do
    by_tag[tag] = by_tag[tag] or {}
    for _, entry in ipairs(by_tag[tag]) do
      if entry.of == cls then found = entry end
    end
  end
  if found then return found end
  found = { of = cls, is = is, specs = {} }
  for _, tag in ipairs(kinds) do
    table.insert(by_tag[tag], found)
    core.set_compile_override(tag, true)
  end
  return found
end

--- Gives a class a text: compiles(class, fn) everywhere, compiles(class, "sqlite", ..., fn) on those dialects.
-- fn(element, compiler, kw) returns the SQL; nil renders nothing.
---@param cls table
---@param ... any   names of dialects, then the function
---@return function fn
function compiler.compiles(cls, ...)
  local count = select("#", ...)
  local fn = count > 0 and select(count, ...)
  if type(fn) ~= "function" then
    exc.raise("ArgumentError", "compiles() needs a function as its last argument: compiles(class, [dialect, ...] fn)")
  end
  local specs
  if type(cls) == "table" and rawget(cls, "is_custom_class") then
    by_class[cls] = by_class[cls] or {}
    specs = by_class[cls]
  else
    specs = entry_for(cls).specs
  end
  for i = 1, count - 1 do
    local dialect = select(i, ...)
    if type(dialect) ~= "string" then
      exc.raise("ArgumentError", "compiles(): a dialect is named by a string, got %s", coerce.describe(dialect))
    end
    specs[dialect] = fn
  end
  if count == 1 then specs.default = fn end
  return fn
end

--- Takes back everything that compiles() was told about a class.
---@param cls table
function compiler.deregister(cls)
  usage.check_arguments("deregister", "any", cls)
  by_class[cls] = nil
  for tag, list in pairs(by_tag) do
    for i = #list, 1, -1 do
      if list[i].of == cls then table.remove(list, i) end
    end
    if #list == 0 and tag ~= tags.FUNCTION and tag ~= tags.DDL then core.set_compile_override(tag, false) end
  end
end

return compiler
