--- Types, columns and constraints as the Lua text of a migration.
local am = require "alchemoon"
local base = require "alchemoon.types.base"
local generic = require "alchemoon.types.generic"
local core = require "alchemoon.core"
local exc = require "alchemoon.migrate.errors"
local item = require "alchemoon.schema.item"
local objects = require "alchemoon.migrate.schema_objects"
local sorted_keys = require("alchemoon.keys").sorted
local template = require "alchemoon.migrate.template"

local render = {}
local tags = core.tags

-- Names in their alphabetical order: the same models must give the same file.
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
  fsp = "scale", scale = "scale", second_precision = "precision", collation = "collation", charset = "charset",
  fields = "name" }
local BITS = { timezone = "timezone", varying = "varying", unsigned = "unsigned", zerofill = "zerofill",
  none_as_null = "none_as_null", zero_indexes = "zero_indexes" }

local render_type

-- Options that are as they would be anyway are left out.
local function enum_text(name, node, parts)
  local values = {}
  for i, word in ipairs(core.node_get(node, "values")) do values[i] = literal(core.node_get(word, "name")) end
  add(parts, "name", core.node_get(node, "name"))
  add(parts, "schema", core.node_get(node, "schema"))
  local bits = core.node_get(node, "options")
  if item.has(bits, base.BITS.no_native) then add(parts, "native_enum", false) end
  if item.has(bits, base.BITS.create_constraint) then add(parts, "create_constraint", true) end
  local length = core.node_get(node, "length")
  if length < 0 then parts[#parts + 1] = "length = am.null"
  elseif length ~= generic.longest_word(core.node_get(node, "values")) then add(parts, "length", length) end
  return ("%s(%s%s)"):format(name, table.concat(values, ", "), table_text(parts))
end

local function valid_keys(cls) return sorted_keys(cls.valid or {}) end

-- Arguments by position as long as there is no gap, the rest by name.
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

local MOMENTS = { SQL_TIME = true, SQL_TIMESTAMP = true, SQL_DATETIME = true }

-- The class of a type and its name; MySQL's texts and moments with a fraction share kinds with the standard's.
local function class_of(node, key)
  local found = type_names()[core.node_get(node, "kind")]
  local of_mysql = item.has(core.node_get(node, "options"), core.enums.TYPE_OF_MYSQL)
    or MOMENTS[key] and core.node_get(node, "scale") >= 0
  local name = of_mysql and found[1]:match "[%w_]+$"
  if name and am.mysql[name] then return { "am.mysql." .. name, am.mysql[name] } end
  return found
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
  local found = class_of(node, key)
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

-- --- columns and constraints ---------------------------------------------------------------------------------

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
  for _, key in ipairs(sorted_keys(given or {})) do
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
  local columns = objects.names_of(core.node_get(node, "columns"))
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
  elseif kind == item.EXCLUDE then
    local shown = name_text(node)
    local own = { shown and "name = " .. shown or nil }
    for _, part in ipairs(render.exclude_parts(ctx, node)) do own[#own + 1] = part end
    return ("am.ExcludeConstraint(%s%s)"):format(render.exclude_elements(ctx, node), table_text(own))
  end
  return nil
end

local function element_text(ctx, element)
  if core.node_tag(element) == tags.COLUMN then return literal(element.name) end
  return text_call(sql_of(ctx, element))
end

-- The elements of an ExcludeConstraint: { column, operator } ...
function render.exclude_elements(ctx, node)
  local list = {}
  for i, option in ipairs(core.node_get(node, "elements")) do
    list[i] = ("{ %s, %s }"):format(element_text(ctx, core.node_get(option, "value")),
      literal(core.node_get(option, "name")))
  end
  return table.concat(list, ", ")
end

function render.exclude_parts(ctx, node)
  local parts = constraint_parts(node)
  if core.node_get(node, "name") ~= nil then table.remove(parts, 1) end
  local using, where = core.node_get(node, "match"), core.node_get(node, "sqltext")
  if using and using ~= "gist" then add(parts, "using", using) end
  if where then parts[#parts + 1] = "where = " .. text_call(sql_of(ctx, where)) end
  return parts
end

render.add, render.table_text, render.text_call, render.sql_of = add, table_text, text_call, sql_of
render.dialect_parts, render.foreign_parts, render.name_text = dialect_parts, foreign_parts, name_text
render.element, render.identity = element_text, identity_text

return render
