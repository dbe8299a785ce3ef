--- How schema items become parts of a table: columns, constraints, indexes.
--
-- An item that joins a table joins its family (core.table_adopt_item): its references into the family are no longer
-- counted, so that a table does not keep itself alive.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local logging = require "alchemoon.logging"
local columns = require "alchemoon.sql.columns"
local constraint = require "alchemoon.schema.constraint"
local default = require "alchemoon.schema.default"
local events = require "alchemoon.schema.events"
local foreign_key = require "alchemoon.schema.foreign_key"
local item = require "alchemoon.schema.item"
local naming = require "alchemoon.schema.naming"
local types = require "alchemoon.types"

local attach = {}
local tags = core.tags

local key_of = columns.key_of
attach.key_of = key_of

-- Names among pending columns become columns of the table; expressions stay.
local function resolve(table_, node, pending)
  local found = {}
  for i, value in ipairs(pending) do
    if type(value) == "string" then
      local column = core.column_find(table_, value)
      if not column then
        exc.raise("ConstraintColumnNotFoundError", "Can't create %s on table '%s': no column named '%s' is present.",
          constraint.class_name(node), core.node_get(table_, "name"), value)
      end
      found[i] = column
    else
      found[i] = value
    end
  end
  return found
end

local function append(node, field, member)
  local list = core.node_get(node, field)
  list[#list + 1] = member
  core.node_set(node, field, list)
end

-- --- foreign keys ------------------------------------------------------------------------

local function typed(column)
  local type_ = core.node_type(column)
  return type_ ~= nil and core.node_get(type_, "kind") ~= 0
end

-- A column without a type takes the type of the column that its foreign key refers to, now or when that appears.
local function take_type(column, fk)
  if typed(column) then return end
  local target = core.foreign_key_column(fk, true)
  local from = target and core.node_get(target, "table")
  if target and typed(target) then
    core.node_set_type(column, core.node_type(target))
    core.node_reseal(column)
    return
  end
  local key = from and from.key or core.foreign_key_table_key(fk)
  local table_ = core.node_get(column, "table")
  local metadata = core.node_get(table_, "metadata")
  if not key or not metadata then return end
  local extra = item.extra(metadata)
  extra.untyped = extra.untyped or {}
  extra.untyped[key] = extra.untyped[key] or {}
  table.insert(extra.untyped[key], { table_.key, key_of(column) }) -- names, not nodes: see item.lua
end

--- Columns that wait for a type from that table get it.
function attach.settle_types(table_)
  local metadata = core.node_get(table_, "metadata")
  local extra = metadata and item.peek(metadata)
  local waiting = extra and extra.untyped and extra.untyped[table_.key]
  if not waiting then return end
  extra.untyped[table_.key] = nil
  for _, pair in ipairs(waiting) do
    local from = core.metadata_table(metadata, pair[1])
    local column = from and core.column_find(from, pair[2])
    if column and not typed(column) then
      for _, fk in ipairs(core.node_get(core.node_get(column, "schema"), "foreign_keys")) do take_type(column, fk) end
      if typed(column) then attach.settle_types(from) end
    end
  end
end

-- The column takes the key's type if it has none itself.
local function adopt_key(column, fk, owner)
  local parent = core.node_get(fk, "parent")
  if parent and parent ~= column then
    exc.raise("InvalidRequestError", "This ForeignKey already has a parent !")
  end
  core.node_set(fk, "parent", column)
  core.node_set(fk, "constraint", owner)
  core.foreign_key_column(fk, true) -- a Column that was given becomes a plain pointer
  local schema = core.node_get(column, "schema")
  local keys = core.node_get(schema, "foreign_keys")
  for _, known in ipairs(keys) do
    if known == fk then return take_type(column, fk) end
  end
  append(schema, "foreign_keys", fk)
  take_type(column, fk)
end

-- A ForeignKey given to a Column makes a constraint of its own.
local function column_key(table_, column, fk)
  local extra = item.peek(fk) or {}
  local node = constraint.foreign_node(extra.opts or {}, extra.dialect, { fk })
  attach.constraint(table_, node, { column })
end

-- --- constraints -----------------------------------------------------------------------------

-- primary_key = true on columns that the explicit PrimaryKeyConstraint does not name.
local function warn_of_other_key(table_, given)
  if #given == 0 then return end
  local marked, names, differs = {}, {}, false
  for _, column in ipairs(core.node_get(table_, "columns")) do
    if core.node_get(core.node_get(column, "schema"), "primary_key") == 1 then
      marked[#marked + 1] = "'" .. core.node_get(column, "name") .. "'"
      local named = false
      for _, other in ipairs(given) do named = named or other == column end
      differs = differs or not named
    end
  end
  if #marked == 0 or not differs and #marked == #given then return end
  for i, column in ipairs(given) do names[i] = "'" .. core.node_get(column, "name") .. "'" end
  logging.getLogger("alchemoon.schema"):warning("%s", ("Table '%s' specifies columns %s as primary_key=true, not " ..
    "matching locally specified columns %s; setting the current primary key columns to %s. This warning may become " ..
    "an exception in a future release"):format(core.node_get(table_, "name"), table.concat(marked, ", "),
    table.concat(names, ", "), table.concat(names, ", ")))
end

-- Flags of columns and the constraint must say the same, whichever of them was given.
local function attach_primary_key(table_, node, found)
  local former = core.node_get(table_, "primary_key")
  if former and former ~= node then core.table_drop(table_, "constraints", former) end
  core.node_set(table_, "primary_key", node)
  local given = {}
  for i, column in ipairs(found) do given[i] = column end
  warn_of_other_key(table_, given)
  for _, column in ipairs(core.node_get(table_, "columns")) do
    local schema = core.node_get(column, "schema")
    if core.node_get(schema, "primary_key") == 1 and #given == 0 then found[#found + 1] = column end
  end
  for _, column in ipairs(core.node_get(table_, "columns")) do
    local schema, member = core.node_get(column, "schema"), false
    for _, other in ipairs(found) do member = member or other == column end
    core.node_set(schema, "primary_key", member and 1 or 0)
    if member and core.node_get(schema, "nullable_given") == 0 then core.node_set(schema, "nullable", 0) end
  end
  core.node_set(node, "columns", found)
end

-- One constraint refers to one table.
local function check_destination(table_, node)
  local first, keys = nil, {}
  for _, fk in ipairs(core.node_get(node, "elements")) do
    local key = core.foreign_key_table_key(fk)
    if key and first == nil then first = key end
    if key and key ~= first then keys = { first, key } end
  end
  if keys[1] then
    table.sort(keys)
    local names = {}
    for i, column in ipairs(core.node_get(node, "columns")) do names[i] = "'" .. key_of(column) .. "'" end
    exc.raise("ArgumentError", "ForeignKeyConstraint on %s(%s) refers to multiple remote tables: %s and %s",
      table_.fullname, table.concat(names, ", "), keys[1], keys[2])
  end
end

local function attach_foreign(table_, node, found)
  local elements = core.node_get(node, "elements")
  for i, fk in ipairs(elements) do adopt_key(found[i], fk, node) end
  check_destination(table_, node)
end

local function exclude_elements(node, found)
  local extra, elements, all = item.peek(node), {}, {}
  for i, expression in ipairs(found) do
    for _, column in ipairs(constraint.columns_in(expression)) do all[#all + 1] = column end
    local ops = extra.ops
    local key = core.node_tag(expression) == tags.COLUMN and key_of(expression) or nil
    elements[i] = core.node(tags.OPTION, { name = extra.operators[i], value = expression,
      text = ops and key and ops[key] or nil })
  end
  core.node_set(node, "elements", elements)
  core.node_set(node, "columns", all)
end

--- Makes a constraint part of a table; its columns are found by name. `pending` are those of a constraint that has not
-- waited for its table.
function attach.constraint(table_, node, pending)
  local former = core.node_get(node, "table")
  if former == table_ then return end
  if former then
    exc.raise("ArgumentError", "%s is already attached to table '%s'", tostring(node), former.fullname)
  end
  events.fire("before_parent_attach", node, table_)
  local extra, kind = item.peek(node), core.node_get(node, "kind")
  local found = resolve(table_, node, pending or extra and extra.pending or {})
  for _, column in ipairs(found) do
    local owner = core.node_tag(column) == tags.COLUMN and core.node_get(column, "table")
    if owner and owner ~= table_ and kind ~= item.CHECK and kind ~= item.EXCLUDE then
      exc.raise("ArgumentError", "Column(s) '%s.%s' are not part of table '%s'.", owner.fullname,
        core.node_get(column, "name"), core.node_get(table_, "name"))
    end
  end
  if extra then extra.pending = nil end -- a member of the family must not hold others; see item.lua
  core.table_adopt_item(table_, "constraints", node)
  if kind == item.EXCLUDE then exclude_elements(node, found)
  else core.node_set(node, "columns", found) end
  if kind == item.PRIMARY_KEY then attach_primary_key(table_, node, found)
  elseif kind == item.FOREIGN_KEY then attach_foreign(table_, node, found) end
  naming.apply(node, table_)
  events.fire("after_parent_attach", node, table_)
end

-- Columns in `pending` (names aside): their table when all are in one, or the first that has none yet.
local function table_of(pending)
  local table_
  for _, value in ipairs(pending) do
    if core.node_tag(value) == nil then return nil end
    for _, column in ipairs(constraint.columns_in(value)) do
      local from = core.node_get(column, "table")
      if from ~= nil then
        if core.node_tag(from) ~= tags.TABLE or core.node_get(from, "kind") ~= 1 then return nil end
        table_ = table_ or from
      elseif core.node_get(column, "schema") ~= nil then -- not am.column("x"), which never gets a table
        return nil, column
      end
    end
  end
  return table_
end

--- A new constraint or index whose columns are known attaches itself, at once or when the last column gets its table.
-- Only one that must wait remembers its columns: were it refused, it would keep their table alive (item.lua).
function constraint.attach_pending(node, table_, pending)
  local into = core.node_tag(node) == tags.INDEX and attach.index or attach.constraint
  if table_ then return into(table_, node, pending) end
  local found, waiting = table_of(pending)
  if found then return into(found, node, pending) end
  item.extra(node).pending = pending
  if waiting then
    local extra = item.extra(waiting)
    extra.waiting = extra.waiting or {}
    table.insert(extra.waiting, node)
  end
end

-- --- indexes ---------------------------------------------------------------------------------

--- Makes an index part of a table; `pending` as for a constraint.
function attach.index(table_, node, pending)
  local former = core.node_get(node, "table")
  if former == table_ then return end
  if former then
    exc.raise("ArgumentError", "Index '%s' is against table '%s', and cannot be associated with table '%s'.",
      tostring(core.node_get(node, "name")), former.fullname, table_.fullname)
  end
  events.fire("before_parent_attach", node, table_)
  local extra = item.peek(node)
  local found = resolve(table_, node, pending or extra and extra.pending or {})
  for _, expression in ipairs(found) do
    for _, column in ipairs(constraint.columns_in(expression)) do
      local owner = core.node_get(column, "table")
      if owner and owner ~= table_ then
        exc.raise("ArgumentError", "Column(s) '%s.%s' are not part of table '%s'.", tostring(owner.fullname),
          core.node_get(column, "name"), core.node_get(table_, "name"))
      end
    end
  end
  if extra then extra.pending = nil end
  core.table_adopt_item(table_, "indexes", node)
  core.node_set(node, "expressions", found)
  naming.apply(node, table_)
  events.fire("after_parent_attach", node, table_)
end

-- --- columns ---------------------------------------------------------------------------------

-- `is_append`: by append_column(), which might replace a column.
local function check_new_column(table_, column, replace, is_append)
  local name = core.node_get(column, "name")
  if name == nil or name == "" then
    exc.raise("ArgumentError",
      "Column must be constructed with a non-blank name or assign a non-blank .name before adding to a Table.")
  end
  local former = core.node_get(column, "table")
  if former and former ~= table_ then
    exc.raise("ArgumentError", "Column object '%s' already assigned to Table '%s'", key_of(column),
      core.node_get(former, "name"))
  end
  local same_key = core.column_find(table_, key_of(column))
  local same = same_key or core.column_find(table_, name, true)
  if same and same ~= column and not replace then
    local by_key = same_key and key_of(column) ~= name
    exc.raise("DuplicateColumnError", "A column with %s '%s' is already present in table '%s'.%s", by_key and "key"
      or "name", same_key and key_of(column) or name, core.node_get(table_, "name"), is_append and " Specify "
      .. "replace_existing=true to Table.append_column() to replace an existing column." or "")
  end
  return same ~= column and same or nil
end

--- Takes a column's foreign key constraints and its place in the primary key away.
local function forget_column(table_, column)
  for _, fk in ipairs(core.node_get(core.node_get(column, "schema"), "foreign_keys")) do
    local owner = core.node_get(fk, "constraint")
    if owner then core.table_drop(table_, "constraints", owner) end
  end
  local primary_key = core.node_get(table_, "primary_key")
  local kept = {}
  for _, member in ipairs(core.node_get(primary_key, "columns")) do
    if member ~= column then kept[#kept + 1] = member end
  end
  core.node_set(primary_key, "columns", kept)
end

local function column_sequence(table_, schema)
  for _, field in ipairs { "default_", "onupdate" } do
    local node = core.node_get(schema, field)
    if node and core.node_get(node, "kind") == item.SEQUENCE then
      if core.node_get(schema, "identity") then
        exc.raise("ArgumentError", "An column cannot specify both Identity and Sequence.")
      end
      local seq, metadata = core.node_get(node, "arg"), core.node_get(table_, "metadata")
      core.node_set(seq, "options", 1) -- it comes and goes with the table
      if core.node_get(seq, "metadata") == nil then core.metadata_add(metadata, seq) end
    end
  end
end

local function own_column(table_, column, former)
  local schema = core.node_get(column, "schema")
  column_sequence(table_, schema)
  if former then forget_column(table_, former) end
  core.table_adopt_column(table_, column, former)
  return schema
end

local function column_flags(table_, column, schema)
  local unique, index = core.node_get(schema, "unique") == 1, core.node_get(schema, "index") == 1
  if index then
    attach.new_index(nil, { key_of(column) }, { unique = unique, _implicit = true, _table = table_ })
  elseif unique then
    constraint.UniqueConstraint(key_of(column), { _implicit = true, _table = table_ })
  end
end

local CREATE_CONSTRAINT = core.enums.TYPE_CREATE_CONSTRAINT

-- Enum{inherit_schema = true}: the type lives in the schema of the table.
local function inherit_schema(table_, column)
  local type_, schema = core.node_type(column), core.node_get(table_, "schema")
  if not type_ or not schema or not item.has(core.node_get(type_, "options"), item.INHERIT_SCHEMA) then return end
  core.node_set_type(column, core.node_with(type_, { schema = schema }))
end

-- The CHECK of a type, for the `dialects` only if it is a variant.
local function check_of_type(table_, column, type_, dialects)
  while types.kind_key(type_) == "DECORATOR" and core.node_get(type_, "item") do
    type_ = core.node_get(type_, "item")
  end
  if not item.has(core.node_get(type_, "options"), CREATE_CONSTRAINT) then return end
  local extra = core.node_get(type_, "extra")
  local name = type(extra) == "table" and extra.given_name or core.node_get(type_, "name")
  local node = constraint.node("CheckConstraint", item.CHECK, { name = name }, nil, { options = item.TYPE_BOUND })
  for i, dialect in ipairs(dialects) do dialects[i] = core.node(tags.OPTION, { name = "ddl_if", text = dialect }) end
  if #dialects > 0 then core.node_set(node, "dialect_options", dialects) end
  attach.constraint(table_, node, { column })
end

-- Boolean and Enum with create_constraint bring a CHECK, rendered only where the type is not native. So does a variant,
-- for its dialects alone.
local function type_constraint(table_, column)
  local type_ = core.node_type(column)
  if not type_ then return end
  check_of_type(table_, column, type_, {})
  local variants, dialects = {}, {}
  for _, variant in ipairs(core.node_get(type_, "variants")) do
    local impl = core.node_get(variant, "impl")
    if not dialects[impl] then
      dialects[impl] = {}
      variants[#variants + 1] = impl
    end
    table.insert(dialects[impl], core.node_get(variant, "dialect"))
  end
  for _, impl in ipairs(variants) do check_of_type(table_, column, impl, dialects[impl]) end
end

-- The database's rows are told apart by one column.
local function check_one_sentinel(table_, column, former)
  local function is_sentinel(member) return core.node_get(core.node_get(member, "schema"), "sentinel") == 1 end
  if not is_sentinel(column) then return end
  for _, member in ipairs(core.node_get(table_, "columns")) do
    if member ~= former and is_sentinel(member) then
      exc.raise("InvalidRequestError",
        "a Table may have only one explicit sentinel column: '%s' has '%s', and gets '%s'",
        core.node_get(table_, "name"), member.name, column.name)
    end
  end
end

--- Makes a column part of a table.
function attach.column(table_, column, replace, is_append)
  local former = check_new_column(table_, column, replace, is_append)
  if core.node_get(column, "table") == table_ then return end
  check_one_sentinel(table_, column, former)
  events.fire("before_parent_attach", column, table_)
  inherit_schema(table_, column)
  local extra = item.peek(column)
  local checks, waiting = extra and extra.constraints, extra and extra.waiting
  if extra then extra.constraints, extra.waiting = nil, nil end
  local schema = own_column(table_, column, former)
  local primary_key = core.node_get(table_, "primary_key")
  if core.node_get(schema, "primary_key") == 1 then
    append(primary_key, "columns", column)
    if item.has(core.node_get(primary_key, "options"), item.IMPLICIT) then attach.rename_primary_key(table_,
      primary_key) end
  end
  for _, fk in ipairs(core.node_get(schema, "foreign_keys")) do column_key(table_, column, fk) end
  column_flags(table_, column, schema)
  type_constraint(table_, column)
  for _, node in ipairs(checks or {}) do
    local bits = core.node_get(node, "options")
    core.node_set(node, "options", item.with(bits, item.COLUMN_LEVEL))
    attach.constraint(table_, node)
    append(schema, "options", node)
  end
  for _, node in ipairs(waiting or {}) do
    if core.node_get(node, "table") == nil then constraint.attach_pending(node, nil, item.peek(node).pending) end
  end
  attach.settle_types(table_)
  events.fire("after_parent_attach", column, table_)
end

--- The name of an implicit primary key follows its columns.
function attach.rename_primary_key(table_, node)
  core.node_set(node, "name", nil)
  local bits = core.node_get(node, "options")
  if item.has(bits, item.CONV) then core.node_set(node, "options", bits - item.CONV) end
  naming.apply(node, table_)
end

attach.foreign_key = foreign_key
attach.default = default
return attach
