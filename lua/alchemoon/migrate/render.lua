--- From operations found by autogenerate to the Lua text of a migration.
local am = require "alchemoon"
local base = require "alchemoon.types.base"
local core = require "alchemoon.core"
local exc = require "alchemoon.migrate.errors"
local item = require "alchemoon.schema.item"
local template = require "alchemoon.migrate.template"

local render = {}
local tags = core.tags

local function literal(value)
  if type(value) == "string" then return template.literal(value) end
  if type(value) == "table" and not core.node_tag(value) then
    local parts, names = {}, {}
    for i, one in ipairs(value) do parts[i] = literal(one) end
    for key in pairs(value) do
      if type(key) == "string" then names[#names + 1] = key end
    end
    table.sort(names)
    for _, key in ipairs(names) do
      local shown = key:match "^[%a_][%w_]*$" and key or ("[%s]"):format(literal(key))
      parts[#parts + 1] = shown .. " = " .. literal(value[key])
    end
    return #parts == 0 and "{}" or "{ " .. table.concat(parts, ", ") .. " }"
  end
  if type(value) == "number" and value % 1 == 0 then return ("%d"):format(value) end
  return tostring(value)
end
render.literal = literal

--- `name = value` parts in a fixed order; "" when there are none.
local function table_text(parts)
  if #parts == 0 then return "" end
  return ", { " .. table.concat(parts, ", ") .. " }"
end

local function add(parts, key, value)
  if value ~= nil then parts[#parts + 1] = key .. " = " .. literal(value) end
end

local sql_of = require("alchemoon.migrate.compare_column").ddl_text

--- An SQL text as am.text("…"); colons that would be parameters are escaped.
local function text_call(text)
  text = (" " .. text):gsub("([^:%w\\]):([%w_])", "%1\\:%2"):sub(2)
  return "am.text(" .. literal(text) .. ")"
end

-- --- types --------------------------------------------------------------------------------------------------

local names_by_kind

-- kind → { name, class }; the dialects' own come last.
local function type_names()
  if names_by_kind then return names_by_kind end
  names_by_kind = {}
  local function take(space, prefix)
    local names = {}
    for name, cls in pairs(space) do
      if type(cls) == "table" and rawget(cls, "kind") and rawget(cls, "positional") then names[#names + 1] = name end
    end
    table.sort(names, function(a, b)
      if #a ~= #b then return #a > #b end
      return a < b
    end)
    for _, name in ipairs(names) do
      local kind = space[name].kind
      if not names_by_kind[kind] then names_by_kind[kind] = { prefix .. name, space[name] } end
    end
  end
  take(am, "am.")
  for _, dialect in ipairs { "postgresql", "mysql", "sqlite" } do take(am[dialect] or {}, "am." .. dialect .. ".") end
  return names_by_kind
end

local FIELDS = { length = "length", display_width = "length", dimensions = "length", precision = "precision",
  fsp = "precision", scale = "scale", second_precision = "precision", collation = "collation", charset = "charset",
  fields = "name" }
local BITS = { timezone = "timezone", varying = "varying", unsigned = "unsigned", zerofill = "zerofill",
  none_as_null = "none_as_null", zero_indexes = "zero_indexes" }

local render_type

local function enum_text(name, node, parts)
  local values = {}
  for i, word in ipairs(core.node_get(node, "values")) do values[i] = literal(core.node_get(word, "name")) end
  add(parts, "name", core.node_get(node, "name"))
  add(parts, "schema", core.node_get(node, "schema"))
  local bits = core.node_get(node, "options")
  if item.has(bits, base.BITS.no_native) then add(parts, "native_enum", false) end
  if item.has(bits, base.BITS.create_constraint) then add(parts, "create_constraint", true) end
  local longest = 0
  for _, word in ipairs(core.node_get(node, "values")) do
    longest = math.max(longest, #core.node_get(word, "name"))
  end
  if item.has(bits, base.BITS.no_native) and core.node_get(node, "length") > longest then
    add(parts, "length", core.node_get(node, "length"))
  end
  return ("%s(%s%s)"):format(name, table.concat(values, ", "), table_text(parts))
end

local function valid_keys(cls)
  local keys = {}
  for key in pairs(cls.valid or {}) do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end

local function plain_text(ctx, found, node)
  local name, cls = found[1], found[2]
  local args, named, seen = {}, {}, {}
  local function value_of(key)
    if key == "item_type" then
      local of = core.node_get(node, "item")
      return of and render_type(ctx, of)
    end
    if FIELDS[key] then
      local value = core.node_get(node, FIELDS[key])
      if value ~= nil and value ~= -1 then return literal(value) end
    elseif BITS[key] and item.has(core.node_get(node, "options"), base.BITS[BITS[key]]) then
      return "true"
    end
  end
  local open = true -- positional until the first gap
  for _, key in ipairs(cls.positional) do
    seen[key] = true
    local value = value_of(key)
    local field = FIELDS[key]
    if open and value ~= nil and key ~= "dimensions" and not BITS[key] then args[#args + 1] = value
    else
      open = false
      if value ~= nil then named[#named + 1] = key .. " = " .. value end
    end
    seen[field or key] = true
  end
  for _, key in ipairs(valid_keys(cls)) do
    local value = not seen[key] and not seen[FIELDS[key] or key] and value_of(key)
    if value then
      seen[FIELDS[key] or key] = true
      named[#named + 1] = key .. " = " .. value
    end
  end
  if #args == 0 and #named == 0 then return name end
  local options = #named > 0 and "{ " .. table.concat(named, ", ") .. " }" or nil
  if options then args[#args + 1] = options end
  return name .. "(" .. table.concat(args, ", ") .. ")"
end

--- A type as Lua text.
function render_type(ctx, node)
  if ctx.opts and ctx.opts.render_item then
    local text = ctx.opts.render_item("type", node, ctx)
    if text then return text end
  end
  local key = base.kind_key(node)
  if key == "DECORATOR" then return render_type(ctx, core.node_get(node, "item")) end
  if key == "NULLTYPE" then return nil end
  local found = type_names()[core.node_get(node, "kind")]
  if not found or key == "USERDEFINED" then
    exc.raise("CommandError", "Type %s can't be written into a migration; give its text with the option render_item",
      tostring(node))
  end
  local text
  if key == "ENUM" or key == "PG_ENUM" then text = enum_text(found[1], node, {})
  elseif key == "DOMAIN" then
    text = ("%s(%s, %s)"):format(found[1], literal(core.node_get(node, "name")),
      render_type(ctx, core.node_get(node, "item")) or "nil")
  else text = plain_text(ctx, found, node) end
  for _, variant in ipairs(core.node_get(node, "variants")) do
    local call = text:match "%)$" and text or text .. "()"
    text = ("%s:with_variant(%s, %s)"):format(call, render_type(ctx, core.node_get(variant, "impl")),
      literal(core.node_get(variant, "dialect")))
  end
  return text
end
render.type = render_type

-- --- columns and constraints --------------------------------------------------------------------------------------

local function default_text(ctx, value)
  local arg = value.arg
  if arg == nil then return nil end
  if type(arg) == "string" then return literal(arg) end
  return text_call(sql_of(ctx, arg))
end
render.default = default_text

local IDENTITY = { "always", "start", "increment", "minvalue", "maxvalue", "nominvalue", "nomaxvalue", "cycle",
  "cache" }

local function identity_text(node)
  local parts = {}
  for _, key in ipairs(IDENTITY) do
    local value = core.node_get(node, key)
    if key == "always" then
      if value == 1 then add(parts, key, true) end
    elseif key == "nominvalue" or key == "nomaxvalue" or key == "cycle" then
      if value ~= 0 then add(parts, key, value == 1) end
    elseif value ~= nil then
      add(parts, key, tonumber(value) or value)
    end
  end
  return "am.Identity(" .. (#parts > 0 and "{ " .. table.concat(parts, ", ") .. " }" or "") .. ")"
end

--- A column as Lua text, without its foreign keys.
function render.column(ctx, column)
  local args = { literal(column.name) }
  local type_ = render_type(ctx, column.type)
  if type_ then args[2] = type_ end
  local parts = {}
  if column.computed then
    local persisted = core.node_get(column.computed, "persisted")
    args[#args + 1] = ("am.Computed(%s%s)"):format(literal(sql_of(ctx, core.node_get(column.computed, "sqltext"))),
      persisted ~= 0 and (", { persisted = %s }"):format(tostring(persisted == 1)) or "")
  elseif column.identity then
    args[#args + 1] = identity_text(column.identity)
  elseif column.server_default then
    local text = default_text(ctx, column.server_default)
    if text and not column._skip_default then parts[#parts + 1] = "server_default = " .. text end
  end
  if column.autoincrement == false or column.autoincrement == true then
    add(parts, "autoincrement", column.autoincrement)
  end
  add(parts, "nullable", column.nullable)
  if column.system then add(parts, "system", true) end
  add(parts, "comment", column.comment)
  return "am.Column(" .. table.concat(args, ", ") .. table_text(parts) .. ")"
end

local function names_of(list)
  local names = {}
  for i, column in ipairs(list) do names[i] = core.node_get(column, "name") end
  return names
end
render.names_of = names_of

-- A name that a convention made is not treated once more.
local function name_text(node)
  local name = core.node_get(node, "name")
  if name == nil then return nil end
  local bits = core.node_get(node, core.node_tag(node) == tags.INDEX and "flags" or "options")
  local table_ = core.node_get(node, "table")
  local metadata = table_ and core.node_get(table_, "metadata")
  local extra = metadata and item.peek(metadata)
  if item.has(bits, item.CONV) and extra and extra.naming then return ("op.f(%s)"):format(literal(name)) end
  return literal(name)
end

local function constraint_parts(node)
  local parts = {}
  local name = name_text(node)
  if name then parts[#parts + 1] = "name = " .. name end
  add(parts, "deferrable", node.deferrable)
  add(parts, "initially", node.initially)
  return parts
end

local function dialect_parts(parts, given, ctx)
  local keys = {}
  for key in pairs(given or {}) do keys[#keys + 1] = key end
  table.sort(keys)
  for _, key in ipairs(keys) do
    local value = given[key]
    if core.node_tag(value) then parts[#parts + 1] = key .. " = " .. text_call(sql_of(ctx, value))
    elseif type(value) ~= "table" or next(value) ~= nil then add(parts, key, value) end
  end
end

local function foreign_specs(node)
  local specs = {}
  for i, fk in ipairs(core.node_get(node, "elements")) do specs[i] = fk.target_fullname end
  return specs
end
render.foreign_specs = foreign_specs

local function foreign_parts(node, parts)
  add(parts, "onupdate", node.onupdate)
  add(parts, "ondelete", node.ondelete)
  add(parts, "match", node.match)
  if node.use_alter then add(parts, "use_alter", true) end
end

--- A constraint as part of a table.
function render.constraint(ctx, node)
  local kind = core.node_get(node, "kind")
  local parts = constraint_parts(node)
  local columns = names_of(core.node_get(node, "columns"))
  local quoted = {}
  for i, name in ipairs(columns) do quoted[i] = literal(name) end
  dialect_parts(parts, item.dialect_kwargs(node), ctx)
  if kind == item.PRIMARY_KEY then
    return ("am.PrimaryKeyConstraint(%s%s)"):format(table.concat(quoted, ", "), table_text(parts))
  elseif kind == item.UNIQUE then
    return ("am.UniqueConstraint(%s%s)"):format(table.concat(quoted, ", "), table_text(parts))
  elseif kind == item.CHECK then
    return ("am.CheckConstraint(%s%s)"):format(literal(sql_of(ctx, core.node_get(node, "sqltext"))), table_text(parts))
  elseif kind == item.FOREIGN_KEY then
    foreign_parts(node, parts)
    return ("am.ForeignKeyConstraint(%s, %s%s)"):format(literal(columns), literal(foreign_specs(node)),
      table_text(parts))
  end
  return nil
end

local function element_text(ctx, element)
  if core.node_tag(element) == tags.COLUMN then return literal(element.name) end
  return text_call(sql_of(ctx, element))
end

local function with_schema(parts, schema, key)
  if schema then add(parts, key or "schema", schema) end
end

-- --- operations -----------------------------------------------------------------------------------------------------

local write = {}

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
  dialect_parts(parts, item.dialect_kwargs(t), ctx)
  if #parts > 0 then lines[#lines + 1] = "{ " .. table.concat(parts, ", ") .. " }" end
  return ("op.create_table(%s,\n  %s)"):format(literal(t.name), table.concat(lines, ",\n  "))
end

function write.drop_table(_, d)
  local parts = {}
  with_schema(parts, d.table.schema)
  return ("op.drop_table(%s%s)"):format(literal(d.table.name), table_text(parts))
end

function write.rename_table(_, d)
  local parts = {}
  with_schema(parts, d.schema)
  return ("op.rename_table(%s, %s%s)"):format(literal(d.old), literal(d.new), table_text(parts))
end

function write.alter_enum(_, d)
  local parts = { "existing_values = " .. literal(d.old) }
  if d.columns and #d.columns > 0 then parts[#parts + 1] = "columns = " .. literal(d.columns) end
  with_schema(parts, d.schema)
  return ("op.alter_enum(%s, %s%s)"):format(literal(d.name), literal(d.new), table_text(parts))
end

function write.drop_enum(_, d)
  local parts = {}
  with_schema(parts, d.schema)
  return ("op.drop_enum(%s%s)"):format(literal(d.name), table_text(parts))
end
function write.nothing() return nil end

-- Operations on one table: with the table's name, or without it in a batch.
local function head(d, first)
  if d.in_batch then return first or "" end
  return (first and first .. ", " or "") .. literal(d.table_name)
end
local function call(d, name, arguments, parts)
  return ("%s.%s(%s%s)"):format(d.in_batch and "batch" or "op", name, arguments, table_text(parts))
end
local function joined(...)
  local list = {}
  for i = 1, select("#", ...) do
    local part = select(i, ...)
    if part ~= "" then list[#list + 1] = part end
  end
  return table.concat(list, ", ")
end
local function schema_part(d, key)
  local parts = {}
  if not d.in_batch then with_schema(parts, d.schema, key) end
  return parts
end

function write.add_column(ctx, d)
  return call(d, "add_column", joined(head(d), render.column(ctx, d.column)), schema_part(d))
end
function write.drop_column(_, d)
  return call(d, "drop_column", joined(head(d), literal(d.column.name)), schema_part(d))
end

function write.alter_column(ctx, d)
  local parts = {}
  if d.existing_type then parts[1] = "existing_type = " .. (render_type(ctx, d.existing_type) or "nil") end
  if d.type_ then parts[#parts + 1] = "type_ = " .. render_type(ctx, d.type_) end
  if d.nullable ~= nil then add(parts, "nullable", d.nullable)
  elseif d.existing_nullable ~= nil then add(parts, "existing_nullable", d.existing_nullable) end
  if d.server_default ~= nil then
    parts[#parts + 1] = "server_default = " .. (d.server_default and default_text(ctx, d.server_default) or "false")
  end
  if d.comment ~= nil then add(parts, "comment", d.comment) end
  add(parts, "new_column_name", d.new_column_name)
  if d.type_ and d.existing_type and ctx.dialect_name == "postgresql" and d.using then
    add(parts, "postgresql_using", d.using)
  end
  for _, part in ipairs(schema_part(d)) do parts[#parts + 1] = part end
  return call(d, "alter_column", joined(head(d), literal(d.column_name)), parts)
end

function write.create_index(ctx, d)
  local index, elements = d.index, {}
  for i, element in ipairs(core.node_get(index, "expressions")) do elements[i] = element_text(ctx, element) end
  local parts = {}
  add(parts, "unique", index.unique)
  for _, part in ipairs(schema_part(d)) do parts[#parts + 1] = part end
  dialect_parts(parts, index.kwargs, ctx)
  return call(d, "create_index", joined(head(d, name_text(index) or "nil"), "{ " .. table.concat(elements, ", ")
    .. " }"), parts)
end
function write.drop_index(_, d)
  local parts = {}
  if not d.in_batch then add(parts, "table_name", d.table_name) end
  for _, part in ipairs(schema_part(d)) do parts[#parts + 1] = part end
  return call(d, "drop_index", name_text(d.index) or "nil", parts)
end

local TYPES = { [item.UNIQUE] = "unique", [item.CHECK] = "check", [item.FOREIGN_KEY] = "foreignkey",
  [item.PRIMARY_KEY] = "primary" }

function write.drop_constraint(_, d)
  local node = d.constraint
  local kind = core.node_get(node, "kind")
  local parts = {}
  if core.node_get(node, "name") == nil then add(parts, "columns", names_of(core.node_get(node, "columns"))) end
  add(parts, "type_", TYPES[kind])
  for _, part in ipairs(schema_part(d)) do parts[#parts + 1] = part end
  return call(d, "drop_constraint", head(d, name_text(node) or "nil"), parts)
end

function write.add_constraint(ctx, d)
  local node = d.constraint
  local kind = core.node_get(node, "kind")
  local columns = names_of(core.node_get(node, "columns"))
  local name = name_text(node) or "nil"
  local parts = {}
  add(parts, "deferrable", node.deferrable)
  add(parts, "initially", node.initially)
  dialect_parts(parts, item.dialect_kwargs(node), ctx)
  if kind == item.UNIQUE then
    for _, part in ipairs(schema_part(d)) do parts[#parts + 1] = part end
    return call(d, "create_unique_constraint", joined(head(d, name), literal(columns)), parts)
  elseif kind == item.CHECK then
    for _, part in ipairs(schema_part(d)) do parts[#parts + 1] = part end
    return call(d, "create_check_constraint", joined(head(d, name),
      literal(sql_of(ctx, core.node_get(node, "sqltext")))), parts)
  end
  foreign_parts(node, parts)
  local remote, referred, referred_schema = {}, nil, nil
  for i, spec in ipairs(foreign_specs(node)) do
    local before, column = spec:match "^(.*)%.([^.]+)$"
    remote[i] = column
    referred_schema, referred = before:match "^(.*)%.([^.]+)$"
    referred = referred or before
  end
  for _, part in ipairs(schema_part(d, "source_schema")) do parts[#parts + 1] = part end
  with_schema(parts, referred_schema, "referent_schema")
  return call(d, "create_foreign_key", joined(head(d, name), literal(referred), literal(columns), literal(remote)),
    parts)
end

function write.table_comment(_, d)
  if d.comment then
    return call(d, "create_table_comment", joined(head(d), literal(d.comment)), schema_part(d))
  end
  return call(d, "drop_table_comment", head(d), schema_part(d))
end

-- --- the bodies -----------------------------------------------------------------------------------------------------

local BATCHED = { add_column = true, drop_column = true, alter_column = true, create_index = true, drop_index = true,
  add_constraint = true, drop_constraint = true }

local function indented(text, by) return by .. text:gsub("\n", "\n" .. by) end

local function table_key(d) return (d.schema or "") .. "\0" .. d.table_name end

--- The body of a function that does these operations.
function render.body(context, list)
  local lines, i = {}, 1
  local batches = context.opts.render_as_batch
  if batches == nil then batches = context.dialect_name == "sqlite" end
  while list[i] do
    local d = list[i]
    if batches and BATCHED[d.op] and not d.of_new_table then
      local key, inner = table_key(d), {}
      while list[i] and BATCHED[list[i].op] and table_key(list[i]) == key and not list[i].of_new_table do
        local copy = {}
        for name, value in pairs(list[i]) do copy[name] = value end
        copy.in_batch = true
        inner[#inner + 1] = indented(write[copy.op](context, copy), "  ")
        i = i + 1
      end
      lines[#lines + 1] = ("op.batch_alter_table(%s%s, function(batch)\n%s\nend)"):format(literal(d.table_name),
        d.schema and (", { schema = %s }"):format(literal(d.schema)) or "", table.concat(inner, "\n"))
    else
      lines[#lines + 1] = write[d.op](context, d)
      i = i + 1
    end
  end
  if #lines == 0 then return "    -- nothing" end
  return indented(table.concat(lines, "\n"), "    ")
end

return render
