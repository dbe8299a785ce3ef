--- Copies key values along the column pairs of a relationship or of joined inheritance.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local access = require "alchemoon.orm.access"
local settled = require "alchemoon.orm.settled"
local symbols = require "alchemoon.orm.symbols"

local sync = {}
local null = symbols.null
local value_at, set_column = access.value_at, access.set_column
local rawget, rawset = rawget, rawset

local function describe_column(column)
  local from = core.node_get(column, "table")
  return from and (from.name .. "." .. column.name) or tostring(column)
end

local function no_slot(is_dest, source_mapper, source_column, dest_mapper, dest_column)
  if is_dest then
    exc.raise("UnmappedColumnError", "Can't execute sync rule for destination column '%s'; mapper '%s' does not map " ..
      "this column.  Try using an explicit `foreign_keys` collection which does not include this column (or use a " ..
      "viewonly=true relation).", describe_column(dest_column), tostring(dest_mapper))
  end
  exc.raise("UnmappedColumnError", "Can't execute sync rule for source column '%s'; mapper '%s' does not map this " ..
    "column.  Try using an explicit `foreign_keys` collection which does not include destination column '%s' (or " ..
    "use a viewonly=true relation).", describe_column(source_column), tostring(source_mapper),
    describe_column(dest_column))
end

-- A concrete class has a column of its own under the name that its base gives to the base's.
local function namesake_slot(mapper, column)
  local above = mapper.inherits
  while above do
    local prop = above.column_slot[column] and mapper.prop[above.name_of[above.column_slot[column]]]
    if prop then return prop.kind == "column" and prop.slot or nil end
    above = above.inherits
  end
  return nil
end

local function source_slot(pair, source_mapper, dest_mapper)
  return source_mapper.column_slot[pair[1]] or namesake_slot(source_mapper, pair[1])
    or no_slot(false, source_mapper, pair[1], dest_mapper, pair[2])
end

local function dest_slot(pair, source_mapper, dest_mapper)
  return dest_mapper.column_slot[pair[2]] or namesake_slot(dest_mapper, pair[2])
    or no_slot(true, source_mapper, pair[1], dest_mapper, pair[2])
end

-- Without the Lua side of a column, which flushes would pay for.
local function is_primary_key(column)
  local schema = core.node_get(column, "schema")
  return schema ~= nil and core.node_get(schema, "primary_key") ~= 0
end
sync.is_primary_key = is_primary_key

--- Notes that ON UPDATE CASCADE has changed a key of `dest` already, if it is one that refers to the other of the pair.
function sync.flag_cascaded(uow, dest, pair)
  if is_primary_key(pair[1]) and is_primary_key(pair[2]) and pair[2]:references(pair[1]) then
    uow:memo("pk_cascaded", dest, function() return {} end)[pair[2]] = true
  end
end

--- dest.column = source.column for every pair. `flag_cascaded`: the database's ON UPDATE CASCADE has changed the key
-- already.
function sync.populate(source, source_mapper, dest, dest_mapper, pairs_list, uow, flag_cascaded)
  for i = 1, #pairs_list do
    local pair = pairs_list[i]
    local from = source_slot(pair, source_mapper, dest_mapper)
    local value = rawget(source, from)
    if value == nil then value = value_at(source, source_mapper, from)
    elseif value == null then value = nil end
    local into = dest_slot(pair, source_mapper, dest_mapper)
    local stored = value
    if stored == nil then stored = null end
    local context = rawget(dest, 1)
    if context and context.lifecycle == "pending" and dest_mapper.write_slot[dest_mapper.name_of[into]] then
      rawset(dest, into, stored)
    else
      set_column(dest, dest_mapper, into, value)
    end
    if flag_cascaded then sync.flag_cascaded(uow, dest, pair) end
  end
end

--- dest.column = NULL for every pair; a primary key column cannot be blanked out.
function sync.clear(dest, dest_mapper, pairs_list)
  for i = 1, #pairs_list do
    local pair = pairs_list[i]
    local into = dest_slot(pair, nil, dest_mapper)
    if is_primary_key(pair[2]) and value_at(dest, dest_mapper, into) ~= nil then
      local e = exc.InvalidRequestError(("Dependency rule on column '%s' tried to blank-out primary key column '%s' on "
        .. "instance '%s'"):format(describe_column(pair[1]), describe_column(pair[2]), access.describe(dest)))
      error(e, 0)
    end
    set_column(dest, dest_mapper, into, nil)
  end
end

--- row[column key] = value and row[prefix .. column key] = committed value, for association rows.
function sync.update(source, source_mapper, row, prefix, pairs_list)
  for i = 1, #pairs_list do
    local pair = pairs_list[i]
    local from = source_slot(pair, source_mapper, nil)
    local new, old = value_at(source, source_mapper, from), access.committed_at(source, source_mapper, from)
    row[pair[2].key] = new == nil and null or new
    row[prefix .. pair[2].key] = old == nil and null or old
  end
end

--- row[column key] = value.
function sync.populate_row(source, source_mapper, row, pairs_list)
  for i = 1, #pairs_list do
    local pair = pairs_list[i]
    local value = value_at(source, source_mapper, source_slot(pair, source_mapper, nil))
    row[pair[2].key] = value == nil and null or value
  end
end

-- The same of a new object that had a row before: make_transient() and another key.
local function settled_modified(source, source_mapper, pairs_list)
  local before = settled.values(source)
  for i = 1, before and #pairs_list or 0 do
    local slot = source_slot(pairs_list[i], source_mapper, nil)
    local old = before[slot]
    if old ~= nil and old ~= null and not access.same(old, rawget(source, slot)) then return true end
  end
  return false
end

--- Did one of the source columns change its value?
function sync.source_modified(source, source_mapper, pairs_list)
  local changes = access.changes_of(source)
  if not changes then return settled_modified(source, source_mapper, pairs_list) end
  for i = 1, #pairs_list do
    local slot = source_slot(pairs_list[i], source_mapper, nil)
    if changes[slot] ~= nil then
      local changed, _, old = access.column_change(source, slot)
      if changed and old ~= nil then return true end
    end
  end
  return false
end

return sync
