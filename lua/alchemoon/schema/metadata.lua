--- MetaData: a set of tables that know each other.
local core = require "alchemoon.core"
local class = require "alchemoon.sql.class"
local columns = require "alchemoon.sql.columns"
local entries = require "alchemoon.entries"
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"
local item = require "alchemoon.schema.item"
local naming = require "alchemoon.schema.naming"

local metadata = {}
local tags = core.tags

--- am.MetaData{ schema, naming_convention, quote_schema, info }: tables that belong together.
---@param ... any
---@return any
local function make(...)
  local args, opts = options.split(...)
  opts = options.read("MetaData", opts, { schema = true, quote_schema = true, naming_convention = true, info = true })
  if opts.schema == nil then opts.schema = args[1] end
  if opts.schema ~= nil and not item.is_name(opts.schema) then
    exc.raise("ArgumentError", "expected schema argument to be a string, got %s.", type(opts.schema))
  end
  local node = core.node(tags.METADATA, { schema = opts.schema and item.quoted_name(opts.schema, opts.quote_schema) })
  local extra = item.extra(node)
  extra.info = opts.info
  if opts.naming_convention ~= nil then
    if type(opts.naming_convention) ~= "table" then
      exc.raise("ArgumentError", "MetaData: naming_convention must be a table, got %s", type(opts.naming_convention))
    end
    extra.naming = opts.naming_convention
    if next(opts.naming_convention) == nil then extra.naming = naming.DEFAULT end
  end
  return node
end

--- A named type that belongs to the metadata: created and dropped with its tables, used or not.
function metadata.add_type(node, type_)
  if core.node_tag(node) ~= tags.METADATA then
    exc.raise("ArgumentError", "metadata: a MetaData is needed, got %s", type(node))
  end
  local extra = item.extra(node)
  extra.types = extra.types or {}
  table.insert(extra.types, type_)
end

metadata.MetaData = item.constructor("MetaData", make)

-- metadata.tables: read by key, with pairs, keys(), values(), contains().
local node_of = entries.beside() -- view → its MetaData
local view = { __name = "tables" }
local view_methods = {}

local function keys(self)
  local names = {}
  for i, entry in ipairs(core.node_get(node_of[self], "tables")) do names[i] = entry.key end
  return names
end

--- The keys of the tables: names, with the schema in front where there is one.
---@return string[]
function view_methods.keys(self) return keys(self) end

--- The tables, in the order in which they were made.
---@return alchemoon.Table[]
function view_methods.values(self) return columns.list(core.node_get(node_of[self], "tables")) end

--- Is there a table of that key?
---@param key string
---@return boolean
function view_methods.contains(self, key) return core.metadata_table(node_of[self], key) ~= nil end

--- The table of that key, or nil.
---@param key string
---@return alchemoon.Table?
function view_methods.get(self, key) return core.metadata_table(node_of[self], key) end

--- for key, t in metadata.tables:items() do
---@return fun():string?, alchemoon.Table?
function view_methods.items(self)
  local i, node = 0, node_of[self]
  return function()
    i = i + 1
    local entry = core.list_item(node, "tables", i)
    if entry then return entry.key, entry end
  end
end

function view.__index(self, key)
  local node = node_of[self]
  if type(key) == "number" then return core.list_item(node, "tables", key) end
  local found = type(key) == "string" and core.metadata_table(node, key)
  if found then return found end
  return view_methods[key]
end
function view.__len(self) return core.list_count(node_of[self], "tables") end
function view.__pairs(self) return view_methods.items(self) end
function view.__newindex() exc.raise("ArgumentError", "metadata.tables is read-only") end
function view.__tostring(self) return "tables(" .. table.concat(keys(self), ", ") .. ")" end

local function tables_of(node)
  local self = setmetatable({}, view)
  node_of[self] = node
  return entries.show(self, view_methods.items(self))
end

metadata.methods = {
  contains = function(node, value)
    if type(value) == "string" then return core.metadata_table(node, value) ~= nil end
    if core.node_tag(value) ~= tags.TABLE then
      exc.raise("ArgumentError", "MetaData.contains: a Table or its name is needed, got %s", type(value))
    end
    return core.metadata_table(node, value.key) ~= nil
  end,
  remove = function(node, table_)
    if core.node_tag(table_) ~= tags.TABLE then
      exc.raise("ArgumentError", "MetaData.remove: a Table is needed, got %s", type(table_))
    end
    core.metadata_remove(node, table_)
  end,
  clear = function(node)
    for _, table_ in ipairs(core.node_get(node, "tables")) do core.metadata_remove(node, table_) end
    for _, seq in ipairs(core.node_get(node, "sequences")) do core.metadata_remove(node, seq) end
    local extra = item.peek(node)
    if extra then extra.untyped = nil end
  end,
}

metadata.properties = {
  tables = tables_of,
  schema = function(node) return core.node_get(node, "schema") end,
  info = item.info,
  naming_convention = function(node)
    local extra = item.peek(node)
    return extra and extra.naming or naming.DEFAULT
  end,
  _sequences = function(node) return columns.list(core.node_get(node, "sequences")) end,
}

class.define("MetaData", {
  tags = { "METADATA" }, methods = metadata.methods, properties = metadata.properties,
  metamethods = {
    __tostring = function() return "MetaData()" end,
    __newindex = function(node, key, value)
      if key == "info" then return item.set_info(node, value) end
      if key == "schema" then return core.node_set(node, "schema", value) end
      if key == "naming_convention" then
        item.extra(node).naming = value
        return nil
      end
      return exc.raise("ArgumentError", "MetaData has no attribute '%s' that can be assigned", tostring(key))
    end,
  },
})

return metadata
