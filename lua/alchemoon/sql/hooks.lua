--- What the compiler asks about types and values: literals, user-defined types, expressions around parameters.
--
-- The compiler (csrc/compile) spells numbers, truth values and texts itself; the rest comes here through
-- core.set_compile_hook. Nothing here may wait.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local null = require "alchemoon.null"
local sorted_keys = require("alchemoon.keys").sorted
local types = require "alchemoon.types"
local codec = require "alchemoon.types.codec"
local coerce = require "alchemoon.sql.coerce"

local node_get, node_tag, tags = core.node_get, core.node_tag, core.tags

local hooks = {}

local function quoted(text, dialect, backslashes)
  return core.literal(types.STRING, text, dialect, backslashes)
end

local function refuse(sql_type, value)
  exc.raise("CompileError", "%s",
    ('Could not render literal value "%s" with datatype %s; no literal renderer is available for it'):format(
      tostring(value), types.kinds[node_get(sql_type, "kind")].name))
end

local json_text = require("alchemoon.types.json").encode

local function iso(value, separator)
  if type(value) == "userdata" and value.isoformat then
    local text = value:isoformat()
    if separator then text = text:gsub("^(%d%d%d%d%-%d%d%-%d%d)T", "%1 ") end
    return text
  end
  return tostring(value)
end

local literal

-- A text where a number is declared must be one, or it could be anything.
local function number_text(sql_type, value)
  if type(value) == "string" and not value:match("^%s*[+-]?%d+%.?%d*%s*$") then refuse(sql_type, value) end
  if type(value) == "number" and value ~= value then refuse(sql_type, value) end
  if type(value) == "table" and not (getmetatable(value) or {}).__tostring then refuse(sql_type, value) end
  return tostring(value)
end

local JSON_PATH = { INTINDEXTYPE = true, STRINDEXTYPE = true, PATHTYPE = true }

-- A whole number, as int() of Python: what stands behind the point is dropped.
local function integer_text(sql_type, value)
  local text = number_text(sql_type, value)
  return text:match "^%s*([+-]?%d+)%.%d*%s*$" or text
end

local BY_AFFINITY = {
  INTEGER = integer_text,
  NUMERIC = number_text,
  STRING = function(sql_type, value, dialect, backslashes)
    if type(value) == "number" or type(value) == "userdata" then
      return quoted(tostring(value), dialect, backslashes)
    end
    return refuse(sql_type, value)
  end,
  BOOLEAN = function(sql_type, value, dialect)
    if value == 1 or value == 0 then return core.literal(types.BOOLEAN, value == 1, dialect) end
    return refuse(sql_type, value)
  end,
  DATE = function(_, value, dialect) return quoted(iso(value), dialect) end,
  TIME = function(_, value, dialect)
    local text = iso(value)
    if dialect == "sqlite" and type(value) ~= "string" and not text:find("%.") then text = text .. ".000000" end
    return quoted(text, dialect)
  end,
  DATETIME = function(_, value, dialect)
    local text = iso(value, " ")
    if dialect == "sqlite" and type(value) ~= "string" and not text:find("%.") then text = text .. ".000000" end
    return quoted(text, dialect)
  end,
  INTERVAL = function(sql_type, value, dialect)
    if type(value) ~= "userdata" or not value.total_seconds then return refuse(sql_type, value) end
    if dialect ~= "postgresql" then return refuse(sql_type, value) end
    local seconds = value:total_seconds()
    local text = ("%.6f"):format(seconds):gsub("[^%d-]+", "."):gsub("0+$", "") -- the locale may have a comma
    if text:sub(-1) == "." then text = text .. "0" end
    return "make_interval(secs=>" .. text .. ")"
  end,
  BINARY = function(sql_type, value, dialect, backslashes)
    if type(value) ~= "string" then refuse(sql_type, value) end
    return quoted(value, dialect, backslashes)
  end,
  JSON = function(_, value, dialect, backslashes) return quoted(json_text(value), dialect, backslashes) end,
  UUID = function(sql_type, value, dialect)
    local native = dialect == "postgresql" and not types.has_bit(node_get(sql_type, "options"), types.BITS.no_native)
    local text = tostring(value)
    if not native and types.kind_key(sql_type) == "UUID" then text = text:gsub("%-", "") end
    return quoted(text, dialect)
  end,
  ARRAY = function(sql_type, value, dialect, backslashes)
    if type(value) ~= "table" then return refuse(sql_type, value) end
    local item_type, parts = node_get(sql_type, "item"), {}
    for i = 1, value.n or #value do
      local item = value[i]
      if type(item) == "table" and getmetatable(item) == nil and types.affinity(item_type) ~= "JSON" then
        parts[i] = literal(sql_type, item, dialect, backslashes)
      else
        if item == null then item = nil end
        parts[i] = core.literal(item_type, item, dialect, backslashes)
      end
    end
    return "ARRAY[" .. table.concat(parts, ", ") .. "]"
  end,
  HSTORE = function(_, value, dialect, backslashes)
    local parts = {}
    local function escape(text) return '"' .. tostring(text):gsub('[\\"]', "\\%0") .. '"' end
    for i, key in ipairs(sorted_keys(value)) do
      parts[i] = escape(key) .. "=>" .. (value[key] == null and "NULL" or escape(value[key]))
    end
    return quoted(table.concat(parts, ", "), dialect, backslashes)
  end,
  RANGE = function(_, value, dialect) return quoted(tostring(value), dialect) end,
  NETWORK = function(_, value, dialect) return quoted(tostring(value), dialect) end,
}

-- Subscripts of JSON as the dialect's parameters would be.
local function json_path(sql_type, value, dialect, backslashes)
  if dialect == "string" or dialect == "default" then return refuse(sql_type, value) end
  return quoted(core.encode_text(value, sql_type, dialect), dialect, backslashes)
end

-- A type written in Lua: its own literal function, or what it would bind, as a literal of the type below.
local function decorated(sql_type, value, dialect, backslashes)
  local spec, extra = types.spec(sql_type)
  local own = codec.dialect(dialect)
  if types.kind_key(sql_type) == "USERDEFINED" then
    if spec.literal_processor then return spec.literal_processor(extra, own)(value) end
    if not spec.process_literal_param and not spec.process_bind_param then
      exc.raise("CompileError", 'No literal value renderer is available for literal value "%s" with datatype %s',
        tostring(value), tostring(sql_type))
    end
  elseif spec.literal_processor then
    return spec.literal_processor(own, sql_type)(value)
  end
  local impl = node_get(sql_type, "item")
  if spec.load_dialect_impl then impl = types.coerce(spec.load_dialect_impl(own, sql_type)) end
  if spec.process_literal_param then value = spec.process_literal_param(value, own, sql_type)
  elseif spec.process_bind_param then value = spec.process_bind_param(value, own, sql_type) end
  if value == null or value == nil then return "NULL" end
  return core.literal(impl or types.of(value), value, dialect, backslashes)
end

--- A value as an SQL literal of a type, where the compiler itself does not know how.
function literal(sql_type, value, dialect, backslashes)
  local kind = sql_type and types.kind_key(sql_type) or "NULLTYPE"
  if kind == "DECORATOR" or kind == "USERDEFINED" then return decorated(sql_type, value, dialect, backslashes) end
  local rule
  if kind == "NULLTYPE" then
    local own = types.of(value)
    if own == types.NULLTYPE then
      exc.raise("CompileError", "%s", "Don't know how to render literal SQL value: " .. tostring(value))
    end
    sql_type = own
  end
  rule = JSON_PATH[kind] and json_path or BY_AFFINITY[types.affinity(sql_type)]
  if not rule then return refuse(sql_type, value) end
  return rule(sql_type, value, dialect, backslashes)
end
core.set_compile_hook("literal", literal)

core.set_compile_hook("type_impl", function(sql_type, dialect)
  local spec = types.spec(sql_type)
  if spec and spec.load_dialect_impl then
    return types.coerce(spec.load_dialect_impl(codec.dialect(dialect), sql_type))
  end
  return node_get(sql_type, "item")
end)

core.set_compile_hook("type_spec", function(sql_type, dialect)
  local spec, extra = types.spec(sql_type)
  if not spec or not spec.get_col_spec then
    exc.raise("CompileError", "the user-defined type %s has no get_col_spec", spec and extra.class.name or "?")
  end
  return spec.get_col_spec(extra, { dialect = dialect })
end)

local function expression(key)
  return function(sql_type, dialect, node)
    while sql_type do -- the outermost type that has one decides
      local spec = types.spec(sql_type)
      local made = spec and spec[key]
      if made then
        local around = made(node, sql_type)
        return around ~= nil and coerce.expr(around) or nil
      end
      if types.kind_key(sql_type) ~= "DECORATOR" then return nil end
      local impl = spec and spec.load_dialect_impl
        and types.coerce(spec.load_dialect_impl(codec.dialect(dialect), sql_type))
      sql_type = impl or node_get(sql_type, "item")
    end
    return nil
  end
end
core.set_compile_hook("bind_expression", expression "bind_expression")
core.set_compile_hook("column_expression", expression "column_expression")

--- The members of an IN list as literals.
local function members(bind, dialect, backslashes, before, after)
  local value, sql_type, parts = node_get(bind, "value"), core.node_type(bind), {}
  local tuple = types.kind_key(sql_type) == "TUPLETYPE"
  local part_types = tuple and node_get(sql_type, "values") or {}
  for i = 1, value.n or #value do
    local item = value[i]
    if type(item) == "table" and getmetatable(item) == nil and (tuple or types.affinity(sql_type) == "NULLTYPE") then
      local inner = {}
      for k = 1, item.n or #item do
        local part = item[k]
        if part == null then part = nil end
        inner[k] = core.literal(part_types[k] or types.of(part), part, dialect, backslashes)
      end
      parts[i] = "(" .. table.concat(inner, ", ") .. ")"
    else
      if item == null then item = nil end
      parts[i] = core.literal(sql_type, item, dialect, backslashes)
    end
    if before then parts[i] = before .. parts[i] .. after end
  end
  if #parts == 0 then return hooks.empty_text(bind, dialect) end
  local text = table.concat(parts, ", ")
  if tuple and dialect == "sqlite" then text = "VALUES " .. text end
  return text
end
core.set_compile_hook("expand_literal", members)

--- What stands for an empty IN list.
function hooks.empty_text(bind, dialect)
  local sql_type = core.node_type(bind)
  local tuple = node_tag(sql_type) == tags.TYPE and types.kind_key(sql_type) == "TUPLETYPE"
    and node_get(sql_type, "values") or nil
  return require("alchemoon.sql.expand").empty_text({ bind = bind, type = sql_type, tuple_types = tuple }, dialect)
end

hooks.literal = literal
return hooks
