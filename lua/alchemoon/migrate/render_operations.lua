--- From operations (UpgradeOps, DowngradeOps) to the Lua text of a migration's functions.
local core = require "alchemoon.core"
local exc = require "alchemoon.migrate.errors"
local item = require "alchemoon.schema.item"
local render = require "alchemoon.migrate.render"

local operations = {}
local tags = core.tags
local literal, add, table_text, text_call = render.literal, render.add, render.table_text, render.text_call
local render_type, default_text, identity_text, sql_of = render.type, render.default, render.identity, render.sql_of
local dialect_parts, foreign_parts, foreign_specs = render.dialect_parts, render.foreign_parts, render.foreign_specs
local name_text, element_text = render.name_text, render.element

local function with_schema(parts, schema, key)
  if schema then add(parts, key or "schema", schema) end
end

-- --- operations ----------------------------------------------------------------------------------------------

local write = {}

local function if_part(parts, d)
  if d.if_exists then add(parts, "if_exists", true) end
  if d.if_not_exists then add(parts, "if_not_exists", true) end
end

-- What a type brings along and keys that come later are no part of it.
function write.create_table(ctx, d)
  local lines = {}
  local t = d.table
  for _, column in ipairs(core.node_get(t, "columns")) do lines[#lines + 1] = render.column(ctx, column) end
  for _, node in ipairs(core.node_get(t, "constraints")) do
    local bits, kind = core.node_get(node, "options"), core.node_get(node, "kind")
    local empty = kind == item.PRIMARY_KEY and core.list_count(node, "columns") == 0
    local later = kind == item.FOREIGN_KEY and d.without and d.without[node]
    if not empty and not later and not item.has(bits, item.TYPE_BOUND) then
      lines[#lines + 1] = render.constraint(ctx, node)
    end
  end
  local parts = {}
  with_schema(parts, t.schema)
  add(parts, "comment", t.comment)
  if_part(parts, d)
  dialect_parts(parts, item.dialect_kwargs(t), ctx)
  if #parts > 0 then lines[#lines + 1] = "{ " .. table.concat(parts, ", ") .. " }" end
  return ("op.create_table(%s,\n  %s)"):format(literal(t.name), table.concat(lines, ",\n  "))
end

function write.drop_table(_, d)
  local parts = {}
  with_schema(parts, d.schema)
  if_part(parts, d)
  return ("op.drop_table(%s%s)"):format(literal(d.table_name), table_text(parts))
end

function write.rename_table(_, d)
  local parts = {}
  with_schema(parts, d.schema)
  return ("op.rename_table(%s, %s%s)"):format(literal(d.table_name), literal(d.new_table_name), table_text(parts))
end

function write.alter_enum(_, d)
  local parts = { "existing_values = " .. literal(d.existing_values) }
  if d.columns and #d.columns > 0 then parts[#parts + 1] = "columns = " .. literal(d.columns) end
  with_schema(parts, d.schema)
  return ("op.alter_enum(%s, %s%s)"):format(literal(d.name), literal(d.values), table_text(parts))
end
function write.create_enum(_, d)
  local parts = {}
  with_schema(parts, d.schema)
  return ("op.create_enum(%s, %s%s)"):format(literal(d.name), literal(d.values), table_text(parts))
end
function write.drop_enum(_, d)
  local parts = {}
  with_schema(parts, d.schema)
  return ("op.drop_enum(%s%s)"):format(literal(d.name), table_text(parts))
end
function write.implicit_enum() return nil end

local SEQUENCE = { "start", "increment", "minvalue", "maxvalue", "cycle", "cache" }
local function sequence_parts(ctx, options)
  local parts = {}
  for _, key in ipairs(SEQUENCE) do add(parts, key, options[key]) end
  if options.data_type then parts[#parts + 1] = "data_type = " .. render_type(ctx, options.data_type) end
  return parts
end
function write.create_sequence(ctx, d)
  local parts = sequence_parts(ctx, d.options)
  with_schema(parts, d.schema)
  return ("op.create_sequence(%s%s)"):format(literal(d.name), table_text(parts))
end
function write.alter_sequence(ctx, d)
  local parts = sequence_parts(ctx, d.options)
  with_schema(parts, d.schema)
  return ("op.alter_sequence(%s%s)"):format(literal(d.name), table_text(parts))
end
function write.drop_sequence(_, d)
  local parts = {}
  with_schema(parts, d.schema)
  return ("op.drop_sequence(%s%s)"):format(literal(d.name), table_text(parts))
end

function write.execute(_, d)
  if type(d.sqltext) ~= "string" then return ("op.execute(am.text(%s))"):format(literal(tostring(d.sqltext))) end
  return ("op.execute(%s)"):format(literal(d.sqltext))
end

-- Operations on one table: with the table's name, or without it in a batch.
local function head(d, first, in_batch)
  if in_batch then return first or "" end
  return (first and first .. ", " or "") .. literal(d.table_name)
end
local function call(name, arguments, parts, in_batch)
  return ("%s.%s(%s%s)"):format(in_batch and "batch" or "op", name, arguments, table_text(parts))
end
local function joined(...)
  local list = {}
  for i = 1, select("#", ...) do
    local part = select(i, ...)
    if part ~= "" then list[#list + 1] = part end
  end
  return table.concat(list, ", ")
end
local function schema_part(d, in_batch, key)
  local parts = {}
  if not in_batch then with_schema(parts, d.schema, key) end
  return parts
end
local function append(parts, more)
  for _, part in ipairs(more) do parts[#parts + 1] = part end
end

function write.add_column(ctx, d, in_batch)
  local parts = schema_part(d, in_batch)
  if_part(parts, d)
  return call("add_column", joined(head(d, nil, in_batch), render.column(ctx, d.column)), parts, in_batch)
end
function write.drop_column(_, d, in_batch)
  local parts = schema_part(d, in_batch)
  if_part(parts, d)
  return call("drop_column", joined(head(d, nil, in_batch), literal(d.column_name)), parts, in_batch)
end

local function any_default(ctx, value)
  if not value then return "false" end
  local tag = core.node_tag(value)
  if tag == tags.IDENTITY then return identity_text(value) end
  if type(value) == "string" then return literal(value) end
  if tag == tags.DEFAULT then return default_text(ctx, value) end
  if tag == tags.COMPUTED then return nil end
  return tag and text_call(sql_of(ctx, value)) or nil
end

local function existing_parts(ctx, d, parts)
  if d.modify_nullable == nil and d.existing_nullable ~= nil then
    add(parts, "existing_nullable", d.existing_nullable)
  end
  if d.modify_comment == nil and d.existing_comment then add(parts, "existing_comment", d.existing_comment) end
  local default = d.existing_server_default
  if default and (d.modify_server_default == nil or core.node_tag(default) == tags.IDENTITY) then
    local text = any_default(ctx, default)
    if text then parts[#parts + 1] = "existing_server_default = " .. text end
  end
end

-- `existing_` parts let databases without ALTER COLUMN write the whole column.
function write.alter_column(ctx, d, in_batch)
  local parts = {}
  if d.existing_type then parts[1] = "existing_type = " .. (render_type(ctx, d.existing_type) or "nil") end
  if d.modify_server_default ~= nil then
    parts[#parts + 1] = "server_default = " .. (any_default(ctx, d.modify_server_default) or "false")
  end
  if d.modify_type then parts[#parts + 1] = "type_ = " .. render_type(ctx, d.modify_type) end
  if d.modify_nullable ~= nil then add(parts, "nullable", d.modify_nullable) end
  if d.modify_comment ~= nil then add(parts, "comment", d.modify_comment) end
  existing_parts(ctx, d, parts)
  add(parts, "new_column_name", d.modify_name)
  if d.modify_type and ctx.dialect_name == "postgresql" then add(parts, "postgresql_using", d.kw.postgresql_using) end
  if d.kw.autoincrement ~= nil then add(parts, "autoincrement", d.kw.autoincrement) end
  append(parts, schema_part(d, in_batch))
  return call("alter_column", joined(head(d, nil, in_batch), literal(d.column_name)), parts, in_batch)
end

local function name_of(d, node, field)
  if node then return name_text(node) or "nil" end
  return d[field] ~= nil and literal(item.text(d[field])) or "nil"
end

function write.create_index(ctx, d, in_batch)
  local index, elements = d.index, {}
  for i, element in ipairs(core.node_get(index, "expressions")) do elements[i] = element_text(ctx, element) end
  local parts = {}
  add(parts, "unique", index.unique or false)
  append(parts, schema_part(d, in_batch))
  if_part(parts, d)
  dialect_parts(parts, index.kwargs, ctx)
  return call("create_index", joined(head(d, name_of(d, index), in_batch), "{ " .. table.concat(elements, ", ")
    .. " }"), parts, in_batch)
end
function write.drop_index(ctx, d, in_batch)
  local parts = {}
  if not in_batch then add(parts, "table_name", d.table_name) end
  append(parts, schema_part(d, in_batch))
  if_part(parts, d)
  if d.index then dialect_parts(parts, d.index.kwargs, ctx) end
  return call("drop_index", name_of(d, d.index, "index_name"), parts, in_batch)
end

function write.drop_constraint(_, d, in_batch)
  local node, parts = d.constraint, {}
  if d.constraint_name == nil and d.columns then add(parts, "columns", d.columns) end
  add(parts, "type_", d.constraint_type)
  append(parts, schema_part(d, in_batch))
  if_part(parts, d)
  return call("drop_constraint", head(d, name_of(d, node, "constraint_name"), in_batch), parts, in_batch)
end

local adding = {}

adding[item.UNIQUE] = function(_, d, parts, name, in_batch)
  append(parts, schema_part(d, in_batch))
  return call("create_unique_constraint", joined(head(d, name, in_batch), literal(d.columns)), parts, in_batch)
end
adding[item.PRIMARY_KEY] = function(_, d, parts, name, in_batch)
  append(parts, schema_part(d, in_batch))
  return call("create_primary_key", joined(head(d, name, in_batch), literal(d.columns)), parts, in_batch)
end
adding[item.CHECK] = function(ctx, d, parts, name, in_batch)
  append(parts, schema_part(d, in_batch))
  return call("create_check_constraint", joined(head(d, name, in_batch),
    literal(sql_of(ctx, core.node_get(d.constraint, "sqltext")))), parts, in_batch)
end
adding[item.EXCLUDE] = function(ctx, d, parts, name, in_batch)
  append(parts, render.exclude_parts(ctx, d.constraint))
  append(parts, schema_part(d, in_batch))
  return call("create_exclude_constraint", joined(head(d, name, in_batch),
    render.exclude_elements(ctx, d.constraint)), parts, in_batch)
end
adding[item.FOREIGN_KEY] = function(_, d, parts, name, in_batch)
  foreign_parts(d.constraint, parts)
  local remote, referred, referred_schema = {}, nil, nil
  for i, spec in ipairs(foreign_specs(d.constraint)) do
    local before, column = spec:match "^(.*)%.([^.]+)$"
    remote[i] = column
    referred_schema, referred = before:match "^(.*)%.([^.]+)$"
    referred = referred or before
  end
  append(parts, schema_part(d, in_batch, "source_schema"))
  with_schema(parts, referred_schema, "referent_schema")
  return call("create_foreign_key", joined(head(d, name, in_batch), literal(referred), literal(d.columns),
    literal(remote)), parts, in_batch)
end

function write.add_constraint(ctx, d, in_batch)
  local node, parts = d.constraint, {}
  local kind = core.node_get(node, "kind")
  if kind ~= item.EXCLUDE then
    add(parts, "deferrable", node.deferrable)
    add(parts, "initially", node.initially)
    dialect_parts(parts, item.dialect_kwargs(node), ctx)
  end
  return adding[kind](ctx, d, parts, name_of(d, node), in_batch)
end

function write.create_table_comment(_, d, in_batch)
  local parts = schema_part(d, in_batch)
  add(parts, "existing_comment", d.existing_comment)
  return call("create_table_comment", joined(head(d, nil, in_batch), literal(d.comment)), parts, in_batch)
end
function write.drop_table_comment(_, d, in_batch)
  local parts = schema_part(d, in_batch)
  add(parts, "existing_comment", d.existing_comment)
  return call("drop_table_comment", head(d, nil, in_batch), parts, in_batch)
end

-- --- operations of one's own ---------------------------------------------------------------------------------

local renderers = { registered = {} }
operations.renderers = renderers

--- fn(context, op) gives the Lua text (or a list of texts) of operations of that class.
function renderers.dispatch_for(cls, fn)
  renderers.registered[cls] = fn
  return fn
end

-- A writer that was registered wins over the built-in one.
local function one(ctx, d, in_batch)
  for _, cls in ipairs(require("alchemoon.migrate.ops").classes_of(d)) do
    local fn = renderers.registered[cls]
    if fn then
      local text = fn(ctx, d)
      return type(text) == "table" and table.concat(text, "\n") or text
    end
  end
  local fn = write[d.op]
  if not fn then
    exc.raise("CommandError", "%s can't be written into a migration; give its text with " ..
      "migrate.renderers.dispatch_for", tostring(getmetatable(d).__name))
  end
  return fn(ctx, d, in_batch)
end

-- --- the bodies ----------------------------------------------------------------------------------------------

local BATCHED = { add_column = true, drop_column = true, alter_column = true, create_index = true, drop_index = true,
  add_constraint = true, drop_constraint = true, create_table_comment = true, drop_table_comment = true }

local function indented(text, by) return by .. text:gsub("\n", "\n" .. by) end

local function take_batch(context, modify, lines)
  local inner, before = {}, #lines
  for _, d in ipairs(modify.ops) do
    if BATCHED[d.op] then inner[#inner + 1] = indented(one(context, d, true), "  ")
    else lines[#lines + 1] = one(context, d) end
  end
  if #inner == 0 then return end
  table.insert(lines, before + 1, ("op.batch_alter_table(%s%s, function(batch)\n%s\nend)"):format(
    literal(modify.table_name), modify.schema and (", { schema = %s }"):format(literal(modify.schema)) or "",
    table.concat(inner, "\n")))
end

local function take(context, list, lines, batches)
  for _, d in ipairs(list) do
    if type(d) ~= "table" or getmetatable(d) == nil then
      exc.raise("ArgumentError", "render_lua_code: expected operations, got %s", exc.show_value(d))
    end
    if d.op == "modify_table" and batches and not d.of_new_table then take_batch(context, d, lines)
    elseif d.ops then take(context, d.ops, lines, batches)
    else lines[#lines + 1] = one(context, d) end
  end
end

--- The body of a function that does these operations: UpgradeOps, DowngradeOps or a list.
function operations.body(context, container)
  local lines = {}
  local batches = context.opts.render_as_batch
  if batches == nil then batches = context.dialect_name == "sqlite" end
  take(context, container and container.ops or container or {}, lines, batches)
  if #lines == 0 then return "    -- nothing" end
  return indented(table.concat(lines, "\n"), "    ")
end

return operations
