--- Tables, constraints and indexes made from names alone: what operations compile.
local am = require "alchemoon"
local attach = require "alchemoon.schema.attach"
local core = require "alchemoon.core"
local item = require "alchemoon.schema.item"
local options = require "alchemoon.options"
local usage = require "alchemoon.usage"

local objects = {}
local unpack = table.unpack or unpack -- luacheck: ignore 113
local tags = core.tags

--- The names of columns.
---@param columns userdata[]
---@return string[]
function objects.names_of(columns)
  local names = {}
  for i, column in ipairs(columns) do names[i] = core.node_get(column, "name") end
  return names
end

-- "schema.table.column" → schema, table, column
local function tokens(spec)
  local before, column = spec:match "^(.*)%.([^.]+)$"
  if not before then return nil, spec, nil end
  local schema, name = before:match "^(.*)%.([^.]+)$"
  return schema, name or before, column
end

-- A foreign key compiles when the table that it refers to is known.
local function ensure_referred(metadata, fk)
  local spec = fk.target_fullname
  local schema, name, column = tokens(spec)
  if not column then return end
  local key = item.full_name(schema, name)
  local known = core.metadata_table(metadata, key)
  if not known then
    am.Table(name, metadata, am.Column(column), { schema = schema })
  elseif not core.column_find(known, column) then
    am.Table(name, metadata, am.Column(column), { schema = schema, extend_existing = true })
  end
end

--- Makes everything that the foreign keys of a table refer to known.
function objects.settle(table_)
  local metadata = core.node_get(table_, "metadata")
  for _, constraint in ipairs(core.node_get(table_, "constraints")) do
    for _, fk in ipairs(core.node_get(constraint, "elements")) do
      if core.node_tag(fk) == tags.FOREIGN_KEY then ensure_referred(metadata, fk) end
    end
  end
  return table_
end

-- Everything below takes, last, the MetaData that it becomes part of: its naming convention names what has no name.

--- A table as create_table gets it: name, columns and constraints, options.
function objects.table(name, opts, items, metadata)
  local args = {}
  for i, value in ipairs(items) do
    -- a column of a model's table may be given: it stays where it is
    if core.node_tag(value) == tags.COLUMN and core.node_get(value, "table") then value = value:copy() end
    args[i] = value
  end
  args[#args + 1] = opts or {}
  return objects.settle(am.Table(name, metadata or am.MetaData(), unpack(args)))
end

--- A table of which only some columns' names are known.
function objects.bare(name, schema, columns, metadata)
  local items = {}
  for i, column in ipairs(columns) do items[i] = am.Column(column) end
  items[#items + 1] = { schema = schema }
  return am.Table(name, metadata or am.MetaData(), unpack(items))
end

local function append(list, opts)
  local args = { unpack(list) }
  args[#args + 1] = opts
  return args
end

local function with_table(opts, table_)
  local out = { _table = table_ }
  for key, value in pairs(opts) do out[key] = value end
  return out
end

function objects.primary_key(name, table_name, schema, columns, opts, metadata)
  local table_ = objects.bare(table_name, schema, columns, metadata)
  opts.name = name
  return am.PrimaryKeyConstraint(unpack(append(columns, with_table(opts, table_))))
end

function objects.unique(name, table_name, schema, columns, opts, metadata)
  local table_ = objects.bare(table_name, schema, columns, metadata)
  opts.name = name
  return am.UniqueConstraint(unpack(append(columns, with_table(opts, table_))))
end

function objects.check(name, table_name, schema, condition, opts, metadata)
  local table_ = objects.bare(table_name, schema, {}, metadata)
  opts.name = name
  return am.CheckConstraint(condition, with_table(opts, table_))
end

function objects.exclude(name, table_name, schema, elements, opts, metadata)
  local names, seen = {}, {}
  for _, pair in ipairs(elements) do
    if type(pair) == "table" and type(pair[1]) == "string" and not seen[pair[1]] then
      seen[pair[1]] = true
      names[#names + 1] = pair[1]
    end
  end
  local table_ = objects.bare(table_name, schema, names, metadata)
  opts.name = name
  return am.ExcludeConstraint(unpack(append(elements, with_table(opts, table_))))
end

-- Both tables are made with just the columns that the key names.
function objects.foreign_key(name, source, schema, referent, referent_schema, local_columns, remote_columns, opts,
  metadata)
  metadata = metadata or am.MetaData()
  local same = source == referent and schema == referent_schema
  local all, seen = {}, {}
  for _, list in ipairs { local_columns, same and remote_columns or {} } do
    for _, column in ipairs(list) do
      if not seen[column] then all[#all + 1] = column end
      seen[column] = true
    end
  end
  local table_ = objects.bare(source, schema, all, metadata)
  if not same then objects.bare(referent, referent_schema, remote_columns, metadata) end
  local specs = {}
  for i, column in ipairs(remote_columns) do
    specs[i] = (referent_schema and referent_schema .. "." or "") .. referent .. "." .. column
  end
  opts.name = name
  return am.ForeignKeyConstraint(local_columns, specs, with_table(opts, table_))
end

function objects.index(name, table_name, schema, columns, opts, metadata)
  local names, seen = {}, {}
  local function take(column)
    if type(column) == "string" and not seen[column] then names[#names + 1] = column end
    seen[column] = true
  end
  for _, column in ipairs(columns) do take(column) end
  local table_ = objects.bare(table_name, schema, names, metadata)
  local elements = {}
  for i, column in ipairs(columns) do
    elements[i] = type(column) == "string" and column or column
  end
  return attach.new_index(name, elements, with_table(opts, table_))
end

--- Keys of `opts` that are for the operation itself, and those for the object that is made.
function objects.split(what, opts, own, object)
  usage.check_table(what, opts, "a table of options")
  local mine, rest = {}, {}
  for key, value in pairs(opts or {}) do
    if own[key] then mine[key] = value
    elseif object == nil or object[key] or key:match "^%l+_" and (key:match "^postgresql_" or key:match "^sqlite_"
      or key:match "^mysql_" or key:match "^mariadb_") then rest[key] = value
    else
      local valid = {}
      for name in pairs(own) do valid[name] = true end
      for name in pairs(object or {}) do valid[name] = true end
      options.read(what, { [key] = value }, valid)
    end
  end
  return mine, rest
end

return objects
