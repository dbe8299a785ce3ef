--- What identifies a row of a mapped class, and which version of it: the fields primary_key, pk_slots, pks_by_table and
-- version_id_col, _slot, _generator of a mapper.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"
local inheritance = require "alchemoon.orm.inheritance"
local lists = require "alchemoon.lists"
local properties = require "alchemoon.orm.properties"
local sql = require "alchemoon.orm.sql"
local warn = require "alchemoon.orm.warn"

local mapper_key = {}
local tags = core.tags

-- Columns, properties or names, as `primary_key` of __mapper_args__ gives them.
local function explicit_primary_key(self)
  local list, all = {}, self.args.primary_key
  if core.node_tag(all) or type(all) == "string" then all = { all } end
  for i, given in ipairs(all) do
    local column = given
    if type(given) == "string" then
      local prop = self.prop[given]
      if prop and (prop.kind ~= "column" or core.node_tag(prop.columns[1]) ~= tags.COLUMN) then
        exc.raise("ArgumentError", "Can't determine primary_key column '%s'; property does not refer to a single " ..
          "mapped Column", given)
      elseif not prop then
        local near = options.nearest(given, self.prop)
        exc.raise("ArgumentError", "Can't determine primary_key column '%s' - no attribute is mapped to this name.%s",
          given, near and ("  Did you mean '%s'?"):format(near) or "")
      end
      column = prop.columns[1]
    elseif properties.is(given) then
      column = given.columns[1]
    elseif core.node_tag(given) == tags.ORM_ATTR then
      column = core.node_get(given, "column")
    end
    if not self.column_slot[column] and core.node_tag(column) == tags.COLUMN then -- of a union of the mapped tables
      column = core.corresponding_column(self.persist_selectable, column) or column
    end
    list[i] = column
  end
  return list
end

-- Rows go into tables with a primary key alone.
local function warn_of_no_key(self)
  local own = self.pks_by_table[self.local_table]
  if core.node_tag(self.local_table) == tags.TABLE and own and #own == 0 and not self.args.primary_key then
    warn("Could not assemble any primary keys for locally mapped table '%s' - no rows will be persisted in this Table.",
      core.node_get(self.local_table, "name"))
  end
end

-- A joined class below one that is mapped to a SELECT has rows in the tables of that and in its own.
local function inherit_selected_tables(self)
  local base = self.inherits
  self.selected_tables = {}
  for i, owner in ipairs(base.selected_tables) do
    self.selected_tables[i], self.pks_by_table[owner] = owner, base.pks_by_table[owner]
    for _, column in ipairs(core.node_get(owner, "columns")) do
      self.column_slot[column] = self.column_slot[column] or base.column_slot[column]
    end
  end
  table.insert(self.selected_tables, self.local_table)
end

-- A class that is mapped to a SELECT: flushes write to the tables whose keys are among what it selects.
local function configure_selected_tables(self)
  local from = self.local_table
  if self.joined and self.inherits.selected_tables then return inherit_selected_tables(self) end
  if self.inherits or core.node_tag(from) ~= tags.ALIAS
    or core.node_tag(core.node_get(from, "element")) ~= tags.SELECT then return end
  local keys, order = {}, {}
  for _, column in ipairs((core.from_columns(from))) do
    local base, slot = sql.base_column(column), self.column_slot[column]
    local owner = core.node_tag(base) == tags.COLUMN and core.node_get(base, "table")
    if slot and base ~= column and core.node_tag(owner) == tags.TABLE then
      self.column_slot[base] = self.column_slot[base] or slot
      if not keys[owner] then
        keys[owner] = owner.primary_key and core.node_get(owner.primary_key, "columns") or {}
        order[#order + 1] = owner
      end
    end
  end
  self.selected_tables = {}
  for _, owner in ipairs(order) do
    local is_whole = #keys[owner] > 0
    for _, column in ipairs(keys[owner]) do is_whole = is_whole and self.column_slot[column] ~= nil end
    if is_whole then
      self.pks_by_table[owner] = keys[owner]
      table.insert(self.selected_tables, owner)
    end
  end
end

-- Per table for flushes, and the one that identifies objects.
local function configure_primary_key(self)
  self.pks_by_table = {}
  for _, from in ipairs(self.tables) do
    local list = {}
    if core.node_tag(from) == tags.TABLE then
      for _, column in ipairs(from.primary_key and core.node_get(from.primary_key, "columns") or {}) do
        list[#list + 1] = column
      end
    end
    self.pks_by_table[from] = list
  end
  configure_selected_tables(self)
  local keys
  if self.args.primary_key then
    keys = explicit_primary_key(self)
    -- A table may have no primary key of its own; without these columns it would get no rows.
    for _, column in ipairs(keys) do
      local list = self.pks_by_table[column.table]
      if list and not lists.index_of(list, column) then list[#list + 1] = column end
    end
  elseif self.inherits and not self.concrete then keys = self.inherits.primary_key
  else keys = inheritance.primary_key(self) end
  if self.joined then warn_of_no_key(self) end
  if not keys or #keys == 0 then
    exc.raise("ArgumentError", "Mapper %s could not assemble any primary key columns for mapped table '%s'",
      tostring(self), sql.table_name(self.persist_selectable))
  end
  self.primary_key, self.pk_slots = keys, {}
  for i, column in ipairs(keys) do
    local slot = self.column_slot[column]
    if not slot and self.args.primary_key then
      exc.raise("UnmappedColumnError", "No column %s is configured on mapper %s...", tostring(column), tostring(self))
    elseif not slot then
      exc.raise("ArgumentError", "Mapper %s could not assemble any primary key columns for mapped table '%s': " ..
        "column '%s' is not mapped", tostring(self), sql.table_name(self.persist_selectable), tostring(column))
    end
    self.pk_slots[i] = slot
  end
end

-- A version is of the whole object, so one of a subclass beside that of its base is warned of.
local function configure_version(self)
  local column = self.version_id_col
  if column == nil then return end
  if type(column) == "string" then
    local prop = self.prop[column]
    if not prop or prop.kind ~= "column" then
      exc.raise("ArgumentError", "version_id_col '%s' is no column of %s%s", column, tostring(self),
        options.hint(column, self.prop))
    end
    column = prop.columns[1]
  elseif properties.is(column) then column = column.columns[1]
  elseif core.node_tag(column) == tags.ORM_ATTR then column = core.node_get(column, "column") end
  local inherited = self.inherits and self.inherits.version_id_col
  if inherited and inherited ~= column then
    warn("Inheriting version_id_col '%s' does not match inherited version_id_col '%s' and will not automatically " ..
      "populate the inherited versioning column. version_id_col should only be specified on the base-most mapper " ..
      "that includes versioning.", column.name, inherited.name)
  end
  self.version_id_col = column
  self.version_id_slot = self.column_slot[column]
  if not self.version_id_slot then
    exc.raise("ArgumentError", "version_id_col '%s' of %s is not mapped", tostring(column), tostring(self))
  end
  if self.version_id_generator == nil then
    self.version_id_generator = function(version) return (version or 0) + 1 end
  end
end

--- Fills the fields in; the properties must be there.
---@param self alchemoon.Mapper
function mapper_key.configure(self)
  configure_primary_key(self)
  configure_version(self)
end

return mapper_key
