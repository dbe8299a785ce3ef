--- Operations that are objects, in a batch: `batch:invoke(operation)` records what the batch's own methods would.
local core = require "alchemoon.core"
local exc = require "alchemoon.migrate.errors"
local invoke = require "alchemoon.migrate.invoke"
local item = require "alchemoon.schema.item"
local ops = require "alchemoon.migrate.ops"

local function with(opts, more)
  for key, value in pairs(more or {}) do opts[key] = value end
  return opts
end

-- Columns of an index by their names, expressions as they are.
local function elements_of(index)
  local list = {}
  for i, element in ipairs(core.node_get(index, "expressions")) do
    list[i] = core.node_tag(element) == core.tags.COLUMN and element.name or element
  end
  return list
end

local function timing(node) return { deferrable = node.deferrable, initially = node.initially } end

local adds = {}
function adds.primary(batch, operation)
  batch:create_primary_key(operation.constraint_name, operation.columns, timing(operation.constraint))
end
function adds.unique(batch, operation)
  batch:create_unique_constraint(operation.constraint_name, operation.columns,
    with(timing(operation.constraint), item.dialect_kwargs(operation.constraint)))
end
function adds.check(batch, operation)
  batch:create_check_constraint(operation.constraint_name, core.node_get(operation.constraint, "sqltext"))
end
function adds.foreignkey(batch, operation)
  local node = operation.constraint
  batch:create_foreign_key(operation.constraint_name, operation.referent_table, operation.local_cols,
    operation.remote_cols, with(timing(node), { referent_schema = operation.referent_schema, match = node.match,
      ondelete = node.ondelete, onupdate = node.onupdate }))
end

local run = {}
function run.create_index(batch, operation)
  batch:create_index(operation.index_name, elements_of(operation.index), with({ unique = operation.unique or nil,
    if_not_exists = operation.if_not_exists }, item.dialect_kwargs(operation.index)))
end
function run.add_constraint(batch, operation)
  local add = adds[operation.constraint_type]
  if not add then
    exc.raise("CommandError", "a batch can't add a constraint of type '%s'", tostring(operation.constraint_type))
  end
  add(batch, operation)
end
function run.drop_constraint(batch, operation)
  batch:drop_constraint(operation.constraint_name, { type_ = operation.constraint_type })
end

-- What invoke.lua takes for `op`: operations on tables lose the table's name, which is the batch's.
local WITH_TABLE = { "add_column", "drop_column", "alter_column", "create_table_comment", "drop_table_comment" }

local function face(batch)
  local op = { execute = function(sqltext) return batch:execute(sqltext) end }
  for _, name in ipairs(WITH_TABLE) do
    op[name] = function(_, ...)
      local args = { ... }
      local opts = args[#args]
      if type(opts) == "table" and core.node_tag(opts) == nil then opts.schema = nil end
      return batch[name](batch, ...)
    end
  end
  function op.drop_index(name) return batch:drop_index(name) end
  return op
end

--- invoke(batch, operation, implementations of other classes)
local function batch_invoke(batch, operation, implementations)
  if ops.is(operation, ops.OpContainer) then
    for _, one in ipairs(operation.ops) do batch_invoke(batch, one, implementations) end
    return nil
  end
  local fn = ops.is(operation) and run[operation.op]
  if fn then return fn(batch, operation) end
  return invoke(face(batch), operation, implementations)
end

return batch_invoke
