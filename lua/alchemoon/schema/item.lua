--- What all schema items share: Lua-side extras, names, callable constructors, dialect options.
--
-- A node's field `extra` holds one Lua table for what the C core need not know (info, listeners). It lives as long as
-- the node, so it must never hold a member of the node's own family, which would then keep itself alive.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"

local item = {}
local tags = core.tags

local E = core.enums -- see csrc/sql/enums.def
item.CONV, item.TYPE_BOUND, item.USE_ALTER, item.IMPLICIT = E.ITEM_CONV, E.ITEM_TYPE_BOUND, E.ITEM_USE_ALTER,
  E.ITEM_IMPLICIT
item.ISOLATED, item.NEEDS_NAME = E.ITEM_ISOLATED, E.ITEM_NEEDS_NAME
item.INHERIT_SCHEMA = 1048576 -- an option of types; see types/base.lua
item.NO_NAME, item.LINK_TO_NAME, item.COLUMN_LEVEL = E.ITEM_NO_NAME, E.ITEM_LINK_TO_NAME, E.ITEM_COLUMN_LEVEL
item.PRIMARY_KEY, item.FOREIGN_KEY, item.UNIQUE = E.CONSTRAINT_PRIMARY_KEY, E.CONSTRAINT_FOREIGN_KEY,
  E.CONSTRAINT_UNIQUE
item.CHECK, item.EXCLUDE = E.CONSTRAINT_CHECK, E.CONSTRAINT_EXCLUDE
item.VALUE, item.CALLABLE, item.EXPRESSION = E.DEFAULT_SCALAR, E.DEFAULT_CALLABLE, E.DEFAULT_SQL
item.SEQUENCE, item.FETCHED, item.SERVER = E.DEFAULT_SEQUENCE, E.DEFAULT_FETCHED, E.DEFAULT_SERVER

-- Dialects whose options are read; anything else before the first "_" is no dialect option.
local DIALECTS = { sqlite = true, postgresql = true, mysql = true, mariadb = true, mssql = true, oracle = true }

local bits = require "alchemoon.bits"
item.has, item.with = bits.has, bits.with

local created = 0

--- The name of a table, type or sequence with its schema, if it has one: what it is known by in its MetaData.
---@param schema string?
---@param name string
---@return string
function item.full_name(schema, name) return schema and schema .. "." .. name or name end

--- A number that grows with everything that a class body may declare: the order in which it was written.
function item.next_number()
  created = created + 1
  return created
end

local function holder(node)
  if core.node_tag(node) == tags.COLUMN then return core.node_get(node, "schema") end
  return node
end

--- The extras of a schema item, or nil when it has none yet.
function item.peek(node)
  local at = holder(node)
  return at and core.node_get(at, "extra")
end

--- The extras of a schema item, made on first use.
function item.extra(node)
  local at = holder(node)
  local extra = core.node_get(at, "extra")
  if not extra then
    extra = {}
    core.node_set(at, "extra", extra)
  end
  return extra
end

--- The `info` table, made on first use.
function item.info(node)
  local extra = item.extra(node)
  if not extra.info then extra.info = {} end
  return extra.info
end

function item.set_info(node, value) item.extra(node).info = value end

local quoted = { __name = "quoted_name" }
quoted.__index = quoted
quoted.__tostring = function(self) return self[1] end
quoted.__eq = function(a, b) return tostring(a) == tostring(b) end

--- am.quoted_name("Name", true): a name with a wish about its quotes. Without a wish it is the plain string.
---@param text string
---@param quote boolean?   nil: where the dialect needs it
---@return any
function item.quoted_name(text, quote)
  if getmetatable(text) == quoted then
    if quote == nil or quote == text.quote then return text end
    text = text[1]
  end
  if type(text) ~= "string" then exc.raise("ArgumentError", "quoted_name: a string is needed, got %s", type(text)) end
  if quote == nil then return text end
  return setmetatable({ text, quote = quote and true or false }, quoted)
end

local conv = { __name = "conv" }
conv.__index = conv
conv.__tostring = function(self) return self[1] end

--- am.conv("name"): a constraint name to which no naming convention is applied any more.
---@param text string
---@return any
function item.conv(text)
  if type(text) ~= "string" then exc.raise("ArgumentError", "conv: a string is needed, got %s", type(text)) end
  return setmetatable({ text }, conv)
end

function item.is_conv(value) return getmetatable(value) == conv end

--- Is it a name: a string, quoted_name or conv?
function item.is_name(value)
  if type(value) == "string" then return true end
  local mt = type(value) == "table" and getmetatable(value)
  return mt == quoted or mt == conv
end

--- The text of a name.
function item.text(name) return type(name) == "table" and name[1] or name end

function item.check_name(what, name)
  if name ~= nil and not item.is_name(name) then
    exc.raise("ArgumentError", "%s: the name must be a string, got %s", what, type(name))
  end
  return name
end

--- A class of schema items that is called to make one: `am.Table(...)`; also a target of events.
function item.constructor(name, make, statics)
  local cls = statics or {}
  cls.__name = name
  return setmetatable(cls, {
    __call = function(_, ...) return make(...) end,
    __tostring = function() return "alchemoon." .. name end,
    __name = "class",
  })
end

function item.is_tag(value, tag) return core.node_tag(value) == tags[tag] end

--- Splits options into known ones and dialect options ("sqlite_where"); anything else is an ArgumentError.
-- `dialect_keys` are the dialect options that this construct has (full names).
function item.read(what, opts, valid, dialect_keys)
  local known, dialect = {}, nil
  for key, value in next, opts or {} do
    local prefix = type(key) == "string" and key:match("^(%a+)_%w")
    if valid[key] ~= nil then
      if not options.is_absent(key, value) then known[key] = value end
    elseif prefix and DIALECTS[prefix] and (dialect_keys[key] or dialect_keys[prefix .. "_*"]) then
      dialect = dialect or {}
      if not options.is_absent(key, value) then dialect[key] = value end
    else
      local all = {}
      for name in next, valid do all[name] = true end
      for name in next, dialect_keys do
        if name:sub(-1) ~= "*" then all[name] = true end
      end
      options.read(what, { [key] = value }, all)
    end
  end
  return known, dialect
end

-- Options of dialects are compared and compiled in C, so they become nodes.
local function option_node(name, value)
  local fields = { name = name }
  if core.node_tag(value) then
    fields.value = value
  elseif type(value) == "boolean" then
    fields.number = value and 1 or 0
  elseif type(value) == "number" then
    fields.number = value
    fields.text = tostring(value)
  elseif type(value) == "string" or item.is_name(value) then
    fields.text = value
  elseif type(value) == "table" then
    local items, names = {}, {}
    for i, entry in ipairs(value) do
      items[i] = core.node_tag(entry) and entry or option_node(tostring(i), entry)
    end
    for key in next, value do
      if type(key) == "string" then names[#names + 1] = key end
    end
    table.sort(names)
    for _, key in ipairs(names) do items[#items + 1] = option_node(key, value[key]) end
    fields.value = core.node(tags.CLAUSE_LIST, { items = items })
    fields.number = 1
  else
    exc.raise("ArgumentError", "option '%s': a value of type %s cannot be used", name, type(value))
  end
  return core.node(tags.OPTION, fields)
end

--- Dialect options as a sorted list of OPTION nodes for the compiler; nil if there are none.
function item.dialect_options(dialect)
  if not dialect then return nil end
  local names, list = {}, {}
  for name in pairs(dialect) do names[#names + 1] = name end
  table.sort(names)
  for i, name in ipairs(names) do list[i] = option_node(name, dialect[name]) end
  return list
end

--- What `extra.dialect` may hold: plain values. Expressions stay in the node's list only, because they may
-- refer to the item's own family; here stands `false` for them.
function item.plain(dialect)
  if not dialect then return nil end
  local out = {}
  for key, value in pairs(dialect) do out[key] = core.node_tag(value) == nil and value end
  return out
end

local LISTS = { [tags.INDEX] = "options", [tags.CONSTRAINT] = "dialect_options", [tags.TABLE] = "options" }

-- A dialect without options has an empty table.
local NO_OPTIONS = { __index = function(self, key)
  if key ~= "postgresql" and key ~= "sqlite" and key ~= "mysql" and key ~= "mariadb" then return nil end
  self[key] = {}
  return self[key]
end }

--- The Lua form of dialect options, as `obj.dialect_kwargs` shows it.
function item.dialect_kwargs(node)
  local extra = item.peek(node)
  local out = {}
  for key, value in pairs(extra and extra.dialect or {}) do out[key] = value end
  local list = LISTS[core.node_tag(node)]
  for _, option in ipairs(list and core.node_get(node, list) or {}) do
    local value = core.node_get(option, "value")
    if value and core.node_tag(value) ~= tags.CLAUSE_LIST then out[core.node_get(option, "name")] = value end
  end
  return out
end

--- `obj.dialect_options.postgresql.using`: the same by dialect and name; the full names stand beside the dialects.
function item.nested_options(node)
  local out = {}
  for key, value in pairs(item.dialect_kwargs(node)) do
    local dialect, name = key:match "^([^_]+)_(.+)$"
    if dialect then
      out[dialect] = out[dialect] or {}
      out[dialect][name] = value
    end
    out[key] = value
  end
  return setmetatable(out, NO_OPTIONS)
end

--- The `info` of a copy: a table of its own.
function item.copy_info(extra)
  local info = extra and extra.info
  if not info then return nil end
  local copy = {}
  for key, value in pairs(info) do copy[key] = value end
  return copy
end

return item
