--- Index: columns, names of columns or expressions of one table.
local core = require "alchemoon.core"
local class = require "alchemoon.sql.class"
local columns = require "alchemoon.sql.columns"
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"
local attach = require "alchemoon.schema.attach"
local constraint = require "alchemoon.schema.constraint"
local default = require "alchemoon.schema.default"
local item = require "alchemoon.schema.item"

local index = {}
local tags = core.tags

local OPTIONS = { unique = true, quote = true, info = true, _implicit = true, _table = true }
local DIALECT = {
  postgresql_using = true, postgresql_where = true, postgresql_include = true, postgresql_ops = true,
  postgresql_with = true, postgresql_tablespace = true, postgresql_concurrently = true,
  postgresql_nulls_not_distinct = true, sqlite_where = true, mysql_length = true, mysql_prefix = true,
  mysql_using = true, mysql_with_parser = true, mariadb_length = true, mariadb_prefix = true, mariadb_using = true,
  mariadb_with_parser = true, ["mssql_*"] = true, ["oracle_*"] = true,
}

-- Conditions among the dialect options may be texts.
local CONDITIONS = { postgresql_where = true, sqlite_where = true }

local function adapt(dialect)
  if not dialect then return nil end
  local out = {}
  for key, value in pairs(dialect) do
    if CONDITIONS[key] then value = default.expression(value) end
    if key == "postgresql_include" and type(value) == "table" then
      local names = {}
      for i, entry in ipairs(value) do names[i] = core.node_tag(entry) and core.node_get(entry, "name") or entry end
      value = names
    end
    out[key] = value
  end
  return out
end

--- A new index; `expressions` is a list of columns, names and expressions.
function attach.new_index(name, expressions, opts)
  local known, dialect = item.read("Index", opts, OPTIONS, DIALECT)
  item.check_name("Index", name)
  local adapted = adapt(dialect)
  local flags = (item.is_conv(name) and item.CONV or 0) + (known._implicit and item.IMPLICIT or 0)
  local text = name
  if known.quote ~= nil and name ~= nil then text = item.quoted_name(item.text(name), known.quote) end
  local node = core.node(tags.INDEX, {
    name = text, unique = known.unique and 1 or 0, flags = flags, options = item.dialect_options(adapted),
  })
  local extra = item.extra(node)
  extra.info, extra.dialect = known.info, item.plain(adapted)
  constraint.attach_pending(node, known._table, constraint.column_args(expressions))
  return node
end

--- am.Index(name, column, ..., { unique, postgresql_where, postgresql_using, ... })
---@param name string?
---@param ... any
---@return any
index.Index = item.constructor("Index", function(name, ...)
  local args, opts = options.split(...)
  if opts == nil and options.is_options(name) then -- the name among the options
    opts = {}
    for key, value in pairs(name) do opts[key] = value end
    name, opts.name = opts.name, nil
  end
  if name ~= nil and not item.is_name(name) then
    exc.raise("ArgumentError", "Index: the first argument is its name (or nil), got %s", type(name))
  end
  return attach.new_index(name, args, opts)
end)

local field = class.field

local function columns_of(node)
  local found = {}
  for _, expression in ipairs(core.node_get(node, "expressions")) do
    for _, column in ipairs(constraint.columns_in(expression)) do found[#found + 1] = column end
  end
  return columns.list(found)
end

local kwargs = item.dialect_kwargs

index.class = class.define("Index", {
  tags = { "INDEX" },
  properties = {
    name = field "name", table = field "table",
    unique = function(node) return core.node_get(node, "unique") == 1 end,
    expressions = function(node) return columns.list(core.node_get(node, "expressions")) end,
    columns = columns_of,
    info = item.info,
    kwargs = kwargs, dialect_kwargs = kwargs, dialect_options = item.nested_options,
  },
  methods = {
    create = function(node, bind, opts) return index.create.create_index(node, bind, opts) end,
    drop = function(node, bind, opts) return index.create.drop_index(node, bind, opts) end,
  },
  metamethods = {
    __tostring = function(node) return ("Index(%s)"):format(core.node_get(node, "name") or "") end,
    __newindex = function(node, key, value)
      if key == "name" then
        core.node_set(node, "name", item.check_name("Index", value))
      elseif key == "info" then
        item.set_info(node, value)
      elseif key == "unique" then
        core.node_set(node, "unique", value and 1 or 0)
      else
        exc.raise("ArgumentError", "Index has no attribute '%s' that can be assigned", tostring(key))
      end
    end,
  },
})

return index
