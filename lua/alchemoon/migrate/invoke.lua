--- Runs an operation that is an object: what `op.invoke(operation)` does.
local core = require "alchemoon.core"
local exc = require "alchemoon.migrate.errors"
local am = require "alchemoon"
local item = require "alchemoon.schema.item"
local ops = require "alchemoon.migrate.ops"

local run = {}

local function all(op, operation)
  for _, one in ipairs(operation.ops) do op.invoke(one) end
end
run.modify_table, run.upgrade, run.downgrade, run.container = all, all, all, all

function run.create_table(op, operation)
  op._impl:create_table(operation.table, operation.if_not_exists, operation)
  return operation.table
end
function run.drop_table(op, operation)
  return op.drop_table(operation.table_name, { schema = operation.schema, if_exists = operation.if_exists })
end
function run.rename_table(op, operation)
  return op.rename_table(operation.table_name, operation.new_table_name, { schema = operation.schema })
end
function run.create_table_comment(op, operation)
  return op.create_table_comment(operation.table_name, operation.comment, { schema = operation.schema })
end
function run.drop_table_comment(op, operation)
  return op.drop_table_comment(operation.table_name, { schema = operation.schema })
end
function run.add_column(op, operation)
  return op.add_column(operation.table_name, operation.column, { schema = operation.schema,
    if_not_exists = operation.if_not_exists, inline_references = operation.inline_references,
    inline_primary_key = operation.inline_primary_key })
end
function run.drop_column(op, operation)
  return op.drop_column(operation.table_name, operation.column_name, { schema = operation.schema,
    if_exists = operation.if_exists })
end
function run.alter_column(op, operation)
  return op.alter_column(operation.table_name, operation.column_name, { schema = operation.schema,
    existing_type = operation.existing_type, existing_nullable = operation.existing_nullable,
    existing_server_default = operation.existing_server_default or nil, existing_comment = operation.existing_comment,
    type_ = operation.modify_type, nullable = operation.modify_nullable, comment = operation.modify_comment,
    server_default = operation.modify_server_default, new_column_name = operation.modify_name,
    postgresql_using = operation.kw.postgresql_using })
end
function run.create_index(op, operation)
  op._impl:execute(am.CreateIndex(operation.index, { if_not_exists = operation.if_not_exists }))
end
function run.drop_index(op, operation)
  return op.drop_index(operation.index_name, { table_name = operation.table_name, schema = operation.schema,
    if_exists = operation.if_exists })
end
function run.add_constraint(op, operation)
  op._impl:refuse_without_alter("add_constraint")
  op._impl:execute(am.AddConstraint(operation.constraint))
end
function run.drop_constraint(op, operation)
  return op.drop_constraint(operation.constraint_name, operation.table_name, { type_ = operation.constraint_type,
    schema = operation.schema, if_exists = operation.if_exists, columns = operation.columns })
end
function run.create_enum(op, operation)
  return op.create_enum(operation.name, operation.values, { schema = operation.schema })
end
function run.implicit_enum() end
function run.drop_enum(op, operation) return op.drop_enum(operation.name, { schema = operation.schema }) end
function run.alter_enum(op, operation)
  return op.alter_enum(operation.name, operation.values, { schema = operation.schema, columns = operation.columns,
    existing_values = operation.existing_values })
end
local function sequence_options(operation)
  local out = { schema = operation.schema }
  for key, value in pairs(operation.options) do out[key] = value end
  return out
end
function run.create_sequence(op, operation)
  return op.create_sequence(operation.name, sequence_options(operation))
end
function run.alter_sequence(op, operation) return op.alter_sequence(operation.name, sequence_options(operation)) end
function run.drop_sequence(op, operation) return op.drop_sequence(operation.name, { schema = operation.schema }) end
function run.execute(op, operation) return op.execute(operation.sqltext) end
function run.bulk_insert(op, operation)
  return op.bulk_insert(operation.table, operation.rows, { multiinsert = operation.multiinsert })
end

--- invoke(op, operation, implementations of other classes)
return function(op, operation, implementations)
  if not ops.is(operation) then
    exc.raise("ArgumentError", "op.invoke: an operation or the name of one is needed, got %s",
      core.node_tag(operation) and item.text(tostring(operation)) or type(operation))
  end
  for _, cls in ipairs(ops.classes_of(operation)) do
    if implementations[cls] then return implementations[cls](op, operation) end
  end
  local fn = run[operation.op]
  if not fn then
    exc.raise("CommandError", "%s has no implementation; give it one with Operations.implementation_for",
      getmetatable(operation).__name)
  end
  return fn(op, operation)
end
