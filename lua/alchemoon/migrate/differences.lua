--- What autogenerate found, as tuples (as Alembic lists it) and as lines for people.
local item = require "alchemoon.schema.item"
local objects = require "alchemoon.migrate.schema_objects"

local differences = {}
local key_of = item.full_name

local function existing(op, without)
  local out = {}
  for _, name in ipairs { "type", "nullable", "server_default", "comment" } do
    if name ~= without then out["existing_" .. name] = op["existing_" .. name] end
  end
  if without ~= "server_default" and out.existing_server_default == nil then out.existing_server_default = false end
  return out
end

local tuples = {}
function tuples.create_table(op) return { "add_table", op.table } end
function tuples.drop_table(op) return { "remove_table", op.table } end
function tuples.add_column(op) return { "add_column", op.schema, op.table_name, op.column, n = 4 } end
function tuples.drop_column(op) return { "remove_column", op.schema, op.table_name, op.column, n = 4 } end
function tuples.create_index(op) return { "add_index", op.index } end
function tuples.drop_index(op) return { "remove_index", op.index } end
function tuples.add_constraint(op)
  return { op.constraint_type == "foreignkey" and "add_fk" or "add_constraint", op.constraint }
end
function tuples.drop_constraint(op)
  return { op.constraint_type == "foreignkey" and "remove_fk" or "remove_constraint", op.constraint }
end
local function table_of(op) return objects.bare(op.table_name, op.schema, {}) end
function tuples.create_table_comment(op) return { "add_table_comment", table_of(op), op.existing_comment, n = 3 } end
function tuples.drop_table_comment(op) return { "remove_table_comment", table_of(op) } end
function tuples.rename_table(op) return { "rename_table", op.schema, op.table_name, op.new_table_name, n = 4 } end
function tuples.alter_enum(op) return { "modify_enum", op.schema, op.name, op.existing_values, op.values, n = 5 } end
function tuples.create_enum(op) return { "add_enum", op.schema, op.name, n = 3 } end
function tuples.drop_enum(op) return { "remove_enum", op.schema, op.name, n = 3 } end
function tuples.create_sequence(op) return { "add_sequence", op.schema, op.name, n = 3 } end
function tuples.drop_sequence(op) return { "remove_sequence", op.schema, op.name, n = 3 } end
function tuples.alter_sequence(op)
  return { "modify_sequence", op.schema, op.name, op.existing_options, op.options, n = 5 }
end
function tuples.execute(op) return { "execute", op.sqltext } end
function tuples.bulk_insert(op) return { "bulk_insert", op.table, op.rows } end
-- Made with the table that uses it: no difference of its own.
function tuples.implicit_enum() return nil end

local PARTS = { { "type", "modify_type" }, { "nullable", "modify_nullable" }, { "server_default", "modify_default" },
  { "comment", "modify_comment" } }

-- One alter_column is a list of changes.
function tuples.alter_column(op)
  local list = {}
  for _, part in ipairs(PARTS) do
    local new = op["modify_" .. part[1]]
    if new ~= nil then
      list[#list + 1] = { part[2], op.schema, op.table_name, op.column_name, existing(op, part[1]),
        op["existing_" .. part[1]], new or nil, n = 7 }
      if part[1] == "nullable" then list[#list][7] = new end
    end
  end
  if op.modify_name then
    list[#list + 1] = { "rename_column", op.schema, op.table_name, op.column_name, existing(op), op.column_name,
      op.modify_name, n = 7 }
  end
  return list
end

--- One operation as a tuple; nil if it is no difference.
function differences.tuple(op)
  local tuple = tuples[op.op]
  return tuple and tuple(op)
end

--- A list of operations as a list of tuples.
function differences.as_diffs(list)
  local out = {}
  for _, op in ipairs(list) do out[#out + 1] = op:to_diff_tuple() end
  return out
end

-- --- for people ----------------------------------------------------------------------------------------------

local function type_text(type_) return tostring(type_) end
local function default_text(value)
  if not value then return "none" end
  if value.arg == nil then return tostring(value) end
  return type(value.arg) == "string" and ("'%s'"):format(value.arg) or tostring(value.arg)
end
local function identity_or_default(value)
  local ok, text = pcall(default_text, value)
  return ok and text or tostring(value)
end

local SHOWN = {
  type = function(op) return ("type %s -> %s"):format(type_text(op.existing_type), type_text(op.modify_type)) end,
  nullable = function(op) return op.modify_nullable and "NOT NULL -> NULL" or "NULL -> NOT NULL" end,
  server_default = function(op)
    return ("default %s -> %s"):format(identity_or_default(op.existing_server_default),
      identity_or_default(op.modify_server_default))
  end,
  comment = function(op)
    return ("comment '%s' -> '%s'"):format(op.existing_comment or "", op.modify_comment or "")
  end,
}

local function column_line(op, name)
  local what = {}
  if op.modify_name then what[1] = "is called " .. op.modify_name end
  for _, part in ipairs(PARTS) do
    if op["modify_" .. part[1]] ~= nil then what[#what + 1] = SHOWN[part[1]](op) end
  end
  return ("~ column %s.%s: %s"):format(name, op.column_name, table.concat(what, ", "))
end

local function constraint_text(op)
  local kinds = { unique = "unique constraint", foreignkey = "foreign key", check = "check constraint",
    primary = "primary key", exclude = "exclude constraint" }
  local text = kinds[op.constraint_type] or "constraint"
  if op.constraint_name then text = text .. " " .. tostring(op.constraint_name) end
  if op.columns and #op.columns > 0 then text = text .. " (" .. table.concat(op.columns, ", ") .. ")" end
  return text
end

local function list_text(values) return "(" .. table.concat(values, ", ") .. ")" end

local lines = {}
function lines.create_table(_, name) return "+ table " .. name end
function lines.drop_table(_, name) return "- table " .. name end
function lines.add_column(op, name)
  return ("+ column %s.%s %s"):format(name, op.column.name, type_text(op.column.type))
end
function lines.drop_column(op, name) return ("- column %s.%s"):format(name, op.column_name) end
function lines.create_index(op, name) return ("+ index %s on %s"):format(tostring(op.index_name), name) end
function lines.drop_index(op, name) return ("- index %s on %s"):format(tostring(op.index_name), name) end
function lines.add_constraint(op, name) return ("+ %s on %s"):format(constraint_text(op), name) end
function lines.drop_constraint(op, name) return ("- %s on %s"):format(constraint_text(op), name) end
function lines.create_table_comment(op, name)
  return ("~ comment of table %s: '%s' -> '%s'"):format(name, op.existing_comment or "", op.comment)
end
function lines.drop_table_comment(op, name)
  return ("~ comment of table %s: '%s' -> none"):format(name, op.existing_comment or "")
end
function lines.rename_table(op, name) return ("~ table %s is called %s"):format(name, op.new_table_name) end
function lines.alter_enum(op)
  return ("~ enum %s: %s -> %s"):format(key_of(op.schema, op.name), list_text(op.existing_values),
    list_text(op.values))
end
function lines.create_enum(op) return "+ enum " .. key_of(op.schema, op.name) end
function lines.drop_enum(op) return "- enum " .. key_of(op.schema, op.name) end
function lines.create_sequence(op) return "+ sequence " .. key_of(op.schema, op.name) end
function lines.drop_sequence(op) return "- sequence " .. key_of(op.schema, op.name) end
function lines.alter_sequence(op)
  local parts = {}
  for _, key in ipairs { "start", "increment", "minvalue", "maxvalue", "cycle", "cache" } do
    if op.options[key] ~= nil then
      parts[#parts + 1] = ("%s %s -> %s"):format(key, tostring(op.existing_options[key]), tostring(op.options[key]))
    end
  end
  return ("~ sequence %s: %s"):format(key_of(op.schema, op.name), table.concat(parts, ", "))
end
lines.alter_column = column_line

--- One line about one operation.
function differences.describe(op)
  local line = lines[op.op]
  if op.describe then return op:describe() end
  if not line then return "~ " .. tostring(op) end
  return line(op, op.table_name and key_of(op.schema, op.table_name))
end

return differences
