--- What autogenerate found, as tuples (as Alembic lists it) and as lines for people.
local core = require "alchemoon.core"
local item = require "alchemoon.schema.item"

--- Adds compare_metadata and describe.
return function(autogenerate, key_of)

local function existing(d) return { existing_type = d.existing_type, existing_nullable = d.existing_nullable } end

local diffs = {
  create_table = function(d) return { "add_table", d.table } end,
  drop_table = function(d) return { "remove_table", d.table } end,
  add_column = function(d) return { "add_column", d.schema, d.table_name, d.column, n = 4 } end,
  drop_column = function(d) return { "remove_column", d.schema, d.table_name, d.column, n = 4 } end,
  create_index = function(d) return { "add_index", d.index } end,
  drop_index = function(d) return { "remove_index", d.index } end,
  add_constraint = function(d)
    return { core.node_get(d.constraint, "kind") == item.FOREIGN_KEY and "add_fk" or "add_constraint", d.constraint }
  end,
  drop_constraint = function(d)
    return { core.node_get(d.constraint, "kind") == item.FOREIGN_KEY and "remove_fk" or "remove_constraint",
      d.constraint }
  end,
  table_comment = function(d)
    return { d.comment and "add_table_comment" or "remove_table_comment", d.table_name, d.old }
  end,
  rename_table = function(d) return { "rename_table", d.schema, d.old, d.new, n = 4 } end,
  alter_enum = function(d) return { "modify_enum", d.schema, d.name, d.old, d.new, n = 5 } end,
  drop_enum = function(d) return { "remove_enum", d.schema, d.name, n = 3 } end,
}

-- One alter_column is a list of changes.
local function column_diffs(d)
  local list = {}
  local function add(what, old, new)
    list[#list + 1] = { what, d.schema, d.table_name, d.column_name, existing(d), old, new, n = 7 }
  end
  if d.type_ ~= nil then add("modify_type", d.reverse.type_, d.type_) end
  if d.nullable ~= nil then add("modify_nullable", d.reverse.nullable, d.nullable) end
  if d.server_default ~= nil then add("modify_default", d.reverse.server_default, d.server_default) end
  if d.comment ~= nil then add("modify_comment", d.reverse.comment, d.comment) end
  if d.new_column_name then add("rename_column", d.column_name, d.new_column_name) end
  return list
end

--- Differences as a list of tuples; changes of one column are a list of tuples. Empty: nothing differs.
function autogenerate.compare_metadata(context, metadata)
  local out = {}
  for i, d in ipairs(autogenerate.produce_migrations(context, metadata)) do
    out[i] = d.op == "alter_column" and column_diffs(d) or diffs[d.op](d)
  end
  return out
end

--- One line about one operation, for `alchemoon check`.
function autogenerate.describe(d)
  local name = d.table_name and key_of(d.schema, d.table_name)
  if d.op == "create_table" then return "+ table " .. name end
  if d.op == "drop_table" then return "- table " .. name end
  if d.op == "add_column" then return ("+ column %s.%s"):format(name, d.column.name) end
  if d.op == "drop_column" then return ("- column %s.%s"):format(name, d.column.name) end
  if d.op == "create_index" then return ("+ index %s on %s"):format(tostring(d.index.name), name) end
  if d.op == "drop_index" then return ("- index %s on %s"):format(tostring(d.index.name), name) end
  if d.op == "add_constraint" then return ("+ constraint %s on %s"):format(tostring(d.constraint), name) end
  if d.op == "drop_constraint" then return ("- constraint %s on %s"):format(tostring(d.constraint), name) end
  if d.op == "table_comment" then return "~ comment of table " .. name end
  if d.op == "rename_table" then return ("~ table %s is called %s"):format(d.old, d.new) end
  if d.op == "alter_enum" then
    return ("~ enum %s: (%s) to (%s)"):format(d.name, table.concat(d.old, ", "), table.concat(d.new, ", "))
  end
  if d.op == "drop_enum" then return "- enum " .. d.name end
  local what = {}
  for i, diff in ipairs(column_diffs(d)) do what[i] = diff[1]:gsub("^modify_", ""):gsub("^rename_column", "name") end
  return ("~ column %s.%s: %s"):format(name, d.column_name, table.concat(what, ", "))
end

end
