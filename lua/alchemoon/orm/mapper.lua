--- Mapper: how a class lies over its table: properties and slots. Fields: README.md.
--
-- A mapper is made by declarative.lua or registry.lua, which gather columns and properties; inheritance.lua decides
-- on tables and discriminators. Relationships are finished by registry.configure.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"
local inheritance = require "alchemoon.orm.inheritance"
local instance = require "alchemoon.orm.instance"
local mapper_checks = require "alchemoon.orm.mapper_checks"
local mapper_key = require "alchemoon.orm.mapper_key"
local properties = require "alchemoon.orm.properties"
local sql = require "alchemoon.orm.sql"
local warn = require "alchemoon.orm.warn"
local usage = require "alchemoon.usage"

local mapper = {}

---@class alchemoon.Mapper
local Mapper = { __name = "Mapper" }
mapper.Mapper = Mapper
local tags = core.tags

local FIRST_SLOT = 3

mapper.ARGS = {
  inherits = true, inherit_condition = true, inherit_foreign_keys = true, always_refresh = true,
  version_id_col = true, version_id_generator = true, polymorphic_on = true, polymorphic_identity = true,
  polymorphic_abstract = true, polymorphic_load = true, with_polymorphic = true, concrete = true,
  primary_key = true, eager_defaults = true, batch = true, confirm_deleted_rows = true, passive_updates = true,
  passive_deletes = true, include_properties = true, exclude_properties = true, column_prefix = true,
  properties = true, allow_partial_pks = true, legacy_is_orphan = true, local_table = true,
}

local computed = {}   -- fields that are made when asked for

-- Fields that not every mapper has.
local ABSENT = {}
for name in ([[
  after_flush cascade_props collection_props composite_list concrete_order concrete_rank_list concrete_union
  configure_failed constructed delete_orphan_props dependency_cache flush_plans flush_tables general_read
  get_info get_template has_identities_below inherit_condition inherit_descriptor inherit_pairs
  inherit_sync_pairs inherits init_listened init_name init_slot init_value inline_subclasses isolated
  isolated_of key key_switch_cache local_table mutable_props new_row own_selectable parent_props parked_error
  pk_sort_keys polymorphic_abstract polymorphic_extras polymorphic_identity polymorphic_load polymorphic_on
  polymorphic_prop polymorphic_slot readonly_slots reconstructor refresh_templates refused_props unset_slots
  version_id_col version_id_generator version_id_slot was_configured watched_props with_polymorphic
]]):gmatch "%S+" do
  ABSENT[name] = true
end
local unknown = usage.misspelt_attribute("Mapper", ABSENT, Mapper, computed)

function Mapper.__index(self, key)
  if ABSENT[key] then return nil end -- first: flushes and loads ask for these
  local method = Mapper[key]
  if method ~= nil then return method end
  local make = computed[key]
  if make then return make(self) end
  return unknown(key)
end

function Mapper:__tostring()
  local from = rawget(self, "local_table")
  return ("Mapper[%s(%s)]"):format(self.class_name, from and sql.table_name(from) or "?")
end

-- --- slots ------------------------------------------------------------------------------------------

-- The highest slot in use by a mapper or anything that inherits from it.
local function highest_slot(self)
  local top = self.slot_count
  for _, sub in ipairs(self.subclasses) do top = math.max(top, highest_slot(sub)) end
  return top
end

local function give_slot(self, prop)
  if prop.slot == nil then prop.slot = highest_slot(self) + 1 end
  self.slot_count = math.max(self.slot_count, prop.slot)
  self.name_of[prop.slot] = prop.key
  self.prop_at[prop.slot] = prop
  if self.new_row then instance.resized(self) end
end

local HAS_SLOT = { column = true, relationship = true, composite = true }

-- --- properties ---------------------------------------------------------------------------------------

local function register_columns(self, prop)
  for _, column in ipairs(prop.columns) do
    if core.node_tag(column) == tags.COLUMN then
      self.column_slot[column] = prop.slot
      self.prop_of_column[column] = prop
    end
  end
end

-- The entity learns which columns a subquery of it has: when a property comes late, and when a class is added below one
-- that loads its subclasses along. An expression over the class or its attributes would hold the entity that holds it.
local function entity_columns(self)
  if not rawget(self, "entity") then return end
  local select_columns = require "alchemoon.orm.select_columns"
  local union, to_union = self.with_polymorphic and self.with_polymorphic[2], nil
  if union then
    to_union = require("alchemoon.orm.adapt").columns(union, require("alchemoon.orm.aliased").equal_columns(self))
  end
  local columns = select_columns.of_subquery(self, inheritance.with_polymorphic_mappers(self), to_union, union)
  for i, column in ipairs(columns) do
    local made = core.node_replace(column, function(node)
      if node == self.entity then return core.node_get(node, "from") end -- correlate(Class)
      local own = core.node_tag(node) == tags.ORM_ATTR and core.node_get(node, "entity") == self.entity
      return own and core.node_get(node, "column") or nil
    end)
    if made ~= column then select_columns.remember(column, made) end
    columns[i] = made
  end
  core.node_set(self.entity, "columns", columns)
  for _, sub in ipairs(self.subclasses) do entity_columns(sub) end
end

--- Makes a property part of the mapper under a name, and of all that inherit from it.
function Mapper:_configure_property(key, prop, from_base)
  local former = self.prop[key]
  if former == prop then return prop end
  if former and not from_base then
    for i, known in ipairs(self.props) do
      if known == former then table.remove(self.props, i) break end
    end
    if prop.slot == nil and HAS_SLOT[prop.kind] and HAS_SLOT[former.kind] then prop.slot = former.slot end
  elseif former then
    return former -- a subclass has its own
  end
  if not from_base then
    prop.key, prop.parent = key, self
    prop.late = rawget(self.class, "__mapper__") == self or nil
    local column = prop.columns and prop.columns[1]
    if column then prop.column = column end
  elseif rawget(self.class, "__mapper__") == self then
    self.latecomers[prop] = true -- the base got it when this class was mapped already
  end
  self.props[#self.props + 1] = prop
  self.prop[key] = prop
  self.declared_at[key] = #self.props
  if HAS_SLOT[prop.kind] then
    give_slot(self, prop)
    self.slot[key] = prop.slot
  end
  if prop.kind == "column" then register_columns(self, prop) end
  mapper.attach(self, key, prop)
  if rawget(self, "configured") and prop.init and not from_base then
    self.configured = false
    mapper.registry_changed(self)
  end
  for _, sub in ipairs(self.subclasses) do sub:_adapt_inherited(key, prop) end
  if prop.late and prop.kind == "column" then entity_columns(self) end
  return prop
end

--- Door for the attribute files: gives class and instances access to a property. Replaced by attach.lua.
function mapper.attach() end
--- Door for the registry.
function mapper.registry_changed() end

local hides

function Mapper:_adapt_inherited(key, prop)
  if not self.concrete then
    if not hides(self, prop) then self:_configure_property(key, prop, true) end
  elseif self.prop[key] == nil and prop.kind == "relationship" then
    self.concrete_missing[key] = prop
  end
end

-- What every class has: `registry` and `metadata` are given to it, not written by its author.
local NO_SHADOW = { registry = true, metadata = true }

-- Is the column mapped? One for the sentinels of INSERT alone never is.
local function wanted(self, key, column)
  if column._omit_from_statements then return false end
  local args = self.args
  local name = args.column_prefix and column.key or key -- the prefix is no part of what the lists say
  local function listed(list)
    for _, entry in ipairs(list) do
      if entry == name or entry == column then return true end
    end
    return false
  end
  if args.include_properties and not listed(args.include_properties) then return false end
  if args.exclude_properties and listed(args.exclude_properties) then return false end
  return true
end

-- Has the class itself something else under the name: a hybrid, a method, a plain value? That hides a column of its
-- table and what its base has mapped under it.
local function shadowed(self, key)
  local members = rawget(self.class, "__members")
  local own = members and rawget(members, key)
  local validator = self.validators[key]
  return self.own_descriptors[key] ~= nil
    or own ~= nil and core.node_tag(own) == nil and not NO_SHADOW[key] and not (validator and validator.attr_key == key)
end

local IMPLICIT = "Implicitly combining column %s with column %s under attribute '%s'.  Please configure one or more " ..
  "attributes for these same-named columns explicitly."

-- A column of a subclass's table whose name the base has already: one attribute over both. Nothing is implicit about
-- it where the column has another name than the attribute.
local function combine(self, key, column, base_prop)
  local base_column = base_prop.columns[1]
  if key == column.key and base_prop.parent ~= self and not inheritance.synchronized(self, column, base_column)
    and core.node_get(column, "table") ~= core.node_get(base_column, "table") then
    warn(IMPLICIT, tostring(base_column), tostring(column), key)
  end
  local prop = base_prop:copy()
  table.insert(prop.columns, 1, column)
  prop.number = base_prop.number
  return prop
end

-- Columns that were listed for one attribute stand over the base's in the order in which they were listed.
local function combine_listed(given, base_prop)
  local prop, known = base_prop:copy(), {}
  prop.columns, prop.number = {}, base_prop.number
  for _, list in ipairs { given.columns, base_prop.columns } do
    for _, column in ipairs(list) do
      if core.node_tag(column) == tags.ORM_ATTR then column = core.node_get(column, "column") end
      if not known[column] then
        known[column] = true
        prop.columns[#prop.columns + 1] = column
      end
    end
  end
  return prop
end

-- What is declared under the name of an inherited column must be about that column, or, in a declarative class, about
-- one of its own table (which then stands over the base's); and no column takes the name of something else that is
-- inherited.
local function check_override(self, key, given)
  local former = self.prop[key]
  if not former or former.parent == self or self.concrete then return end
  if given.kind ~= "column" then
    if former.kind == "column" and former:is_table_column() then
      mapper_checks.refuse_taken(self, key, former.columns[1], given)
    end
  elseif former.kind ~= "column" then -- a column that is given another name may take the place of a relationship
    local is_taken = given.implicit and given:is_table_column()
    if is_taken then mapper_checks.refuse_taken(self, key, given.columns[1], former) end
  elseif former:is_table_column() and former.columns[1] ~= self.inherits.version_id_col then
    local column = given.columns[1]
    local own = self.joined and not self.is_imperative and given:is_table_column()
      and core.node_get(column, "table") == self.local_table
    for _, mapped in ipairs(given.columns) do
      for _, known in ipairs(former.columns) do own = own or mapped == known end
    end
    if not own then
      exc.raise("InvalidRequestError", IMPLICIT, tostring(former.columns[#former.columns]), tostring(column), key)
    end
  end
end

-- A column may stand under a declared name, over the base's column of that name, or be left out.
local function map_column(self, key, column, given)
  local base_prop = self.prop[key]
  if given and not (given.implicit and not wanted(self, key, column)) then
    -- declared under this name: its columns stand over the base's
    if base_prop and base_prop.kind == "column" and base_prop.parent ~= self and given:is_table_column() then
      local prop = given.columns[2] and combine_listed(given, base_prop)
        or combine(self, key, given.columns[1], base_prop)
      for name, value in pairs(given) do
        if name ~= "columns" and name ~= "slot" and name ~= "column" then prop[name] = value end
      end
      prop.slot, prop.renames = base_prop.slot, key ~= given.columns[1].key
      return self:_replace(key, prop)
    end
    return self:_replace(key, given)
  end
  if not wanted(self, key, column) or shadowed(self, key) then return nil end
  if base_prop and base_prop.columns and base_prop.columns[1] == column and base_prop.parent == self then
    return base_prop -- a listener of instrument_class has added it
  elseif base_prop and base_prop.parent == self and base_prop.kind == "column" then
    exc.raise("InvalidRequestError", IMPLICIT, tostring(base_prop.columns[#base_prop.columns]), tostring(column), key)
  elseif base_prop and base_prop.parent ~= self then
    if base_prop.kind ~= "column" then
      return warn("'%s' on %s hides a property of its base", key, tostring(self))
    end
    local prop = combine(self, key, column, base_prop)
    prop.slot = base_prop.slot
    return self:_replace(key, prop)
  end
  local prop = properties.column({ column })
  local orm = column.orm_options
  if orm then
    prop.deferred, prop.group, prop.raiseload = properties.is_deferred(orm), orm.deferred_group,
      orm.deferred_raiseload
    prop.active_history = orm.active_history
  end
  return self:_replace(key, prop)
end

-- The new property takes the place and the slot of the old one, so that objects keep their values.
function Mapper:_replace(key, prop)
  local former, at = self.prop[key], nil
  if former then
    for i, known in ipairs(self.props) do
      if known == former then at = i end
    end
    table.remove(self.props, at)
    self.prop[key] = nil
    local is_same = former.kind == prop.kind or former.parent == self
    if is_same and HAS_SLOT[prop.kind] and prop.slot == nil and HAS_SLOT[former.kind] then prop.slot = former.slot end
  end
  self:_configure_property(key, prop)
  if at then -- in the place of the one that it replaces
    table.remove(self.props)
    table.insert(self.props, at, prop)
  end
  return prop
end

local function all_columns(from)
  if core.node_tag(from) == tags.TABLE then return core.node_get(from, "columns") end
  local list = {}
  for i, column in ipairs(require("alchemoon.sql.columns").all(from)) do list[i] = column end
  return list
end

--- The column that a synonym with map_column takes its name from.
function Mapper:_column_behind(key, synonym)
  local column = core.column_find(self.local_table, key)
  if column then return column end
  return exc.raise("ArgumentError", "Can't compile synonym '%s': no column on table '%s' named '%s'", synonym.name,
    sql.table_name(self.local_table), key)
end

-- The columns that a mapper maps itself. One that shares the table of its base maps what the base left out; a
-- declarative class declares its columns, and what else its table has belongs to its siblings.
local function own_columns(self)
  if not self.inherits or self.concrete or self.joined then return all_columns(self.local_table) end
  local list = {}
  if not self.is_imperative then return list end
  for _, column in ipairs(all_columns(self.local_table)) do
    if not self.column_slot[column] then list[#list + 1] = column end
  end
  return list
end

-- Columns first (own tables in order, declared names first), then everything else in the order in which it was written.
local function configure_properties(self, declared)
  local named = {}  -- column → declared name and property
  local taken = {}  -- name → property that is no column
  for _, entry in ipairs(declared) do
    if entry.prop.kind ~= "column" then taken[entry.key] = entry.prop
    else
      if entry.prop.bare then mapper_checks.own_columns(self, entry.key, entry.prop) end
      for _, column in ipairs(entry.prop.columns) do named[column] = named[column] or entry end
    end
  end
  for _, entry in ipairs(declared) do
    -- synonym with map_column: the column of the synonym's own name is mapped under the other name
    if entry.prop.kind == "synonym" and entry.prop.map_column then
      local column = self:_column_behind(entry.key, entry.prop)
      if named[column] and named[column].key == entry.prop.name then
        exc.raise("ArgumentError", "Can't call map_column=true for synonym '%s'='%s', a ColumnProperty already " ..
          "exists keyed to the name '%s' for column '%s'", entry.key, entry.prop.name, entry.prop.name, entry.key)
      end
      local prop = properties.column({ column })
      prop.number, prop.of_synonym = entry.prop.number, true
      named[column] = { key = entry.prop.name, prop = prop }
    end
  end
  local done = {}
  local own = own_columns(self)
  for _, column in ipairs(own) do
    local entry = named[column]
    if entry then
      if not done[entry] then
        done[entry] = true
        check_override(self, entry.key, entry.prop)
        map_column(self, entry.key, column, entry.prop)
      end
    else
      local key = (self.args.column_prefix or "") .. column.key
      if taken[key] and wanted(self, key, column) then mapper_checks.refuse_taken(self, key, column, taken[key]) end
      map_column(self, key, column)
    end
  end
  for _, kinds in ipairs { { column = true }, { relationship = true, composite = true, synonym = true } } do
    for _, entry in ipairs(declared) do
      if kinds[entry.prop.kind] and not done[entry] then
        done[entry] = true
        check_override(self, entry.key, entry.prop)
        if entry.prop.kind == "column" then map_column(self, entry.key, entry.prop.columns[1], entry.prop)
        else self:_replace(entry.key, entry.prop) end
      end
    end
  end
end

-- --- making one --------------------------------------------------------------------------------------------

local function new_tables(self)
  self.props, self.prop, self.prop_at, self.slot, self.name_of = {}, {}, {}, {}, {}
  self.column_slot, self.prop_of_column = {}, {}
  self.read_slot, self.write_slot, self.descriptor, self.declared_at = {}, {}, {}, {}
  self.validators, self.concrete_missing, self.reconstructors, self.latecomers = {}, {}, {}, {}
  self.attr_dispatch, self.after_set, self.in_composite = {}, {}, {}
  self.own_descriptors, self.given_descriptors = {}, {} -- what the class declares; that and what its bases do
  self.slot_count = FIRST_SLOT - 1
  self.subclasses = {}
end

-- Does the class hide an attribute of its base? Never one by which objects are found or told apart.
hides = function(self, prop)
  if not shadowed(self, prop.key) or prop == self.inherits.polymorphic_prop then return false end
  for _, slot in ipairs(prop.slot and self.inherits.pk_slots or {}) do
    if slot == prop.slot then return false end
  end
  return true
end

-- What the base has is copied: a look-up along the classes at each access would be too slow.
local function inherit(self)
  local base = self.inherits
  if not base then return end
  table.insert(base.subclasses, self)
  self.slot_count = math.max(self.slot_count, base.slot_count)
  for name, validator in pairs(base.validators) do
    local own = self.validators[name]
    if own and own.attr_key ~= validator.attr_key then
      exc.raise("InvalidRequestError", "A validation function for mapped attribute '%s' on mapper %s already exists.",
        name, tostring(self))
    end
    self.validators[name] = own or validator
  end
  for key, fn in pairs(base.reconstructors) do self.reconstructors[key] = self.reconstructors[key] or fn end
  if self.concrete then
    self.slot_count = FIRST_SLOT - 1
    for _, prop in ipairs(base.props) do
      if prop.kind == "relationship" then self.concrete_missing[prop.key] = prop end
    end
    return
  end
  local hidden = {}
  for _, prop in ipairs(base.props) do
    if hides(self, prop) then
      if prop.slot then hidden[prop.slot] = true end
    else
      if prop.kind == "column" then
        for _, column in ipairs(prop.columns) do
          if core.node_tag(column) == tags.COLUMN then self.column_slot[column] = prop.slot end
        end
      end
      self:_configure_property(prop.key, prop, true)
    end
  end
  for column, slot in pairs(base.column_slot) do
    if not hidden[slot] then self.column_slot[column] = slot end
  end
end

local INHERITED_ARGS = { "version_id_col", "version_id_generator", "eager_defaults", "batch", "confirm_deleted_rows",
  "passive_updates", "passive_deletes", "always_refresh", "allow_partial_pks", "legacy_is_orphan" }
local DEFAULTS = { eager_defaults = "auto", batch = true, confirm_deleted_rows = true, passive_updates = true,
  passive_deletes = false, always_refresh = false, allow_partial_pks = true, legacy_is_orphan = false }

local function read_args(self)
  local args, base = self.args, self.inherits
  for _, name in ipairs(INHERITED_ARGS) do
    local value = args[name]
    if value == nil and base then value = base[name] end
    if name == "passive_deletes" and base then value = base[name] or value end
    if value == nil then value = DEFAULTS[name] end
    self[name] = value
  end
end

--- Makes a mapper. `spec`: class, class_name, registry, local_table, declared (list of { key, prop }), args, inherits,
-- validators, reconstructors, written (names in the order of the class's body).
function mapper.new(spec)
  local self = setmetatable({
    class = spec.class, class_ = spec.class, class_name = spec.class_name, registry = spec.registry,
    args = spec.args or {}, local_table = spec.local_table, inherits = spec.inherits, is_mapper = true,
    configured = false, disposed = false, non_primary = false, is_imperative = spec.is_imperative,
  }, Mapper)
  new_tables(self)
  for name, validator in pairs(spec.validators or {}) do self.validators[name] = validator end
  for key, fn in pairs(spec.reconstructors or {}) do self.reconstructors[key] = fn end
  self.own_descriptors, self.written = spec.descriptors or {}, spec.written or {}
  inheritance.configure_tables(self, spec.declared or {})
  mapper.before_properties(self)
  inherit(self)
  read_args(self)
  configure_properties(self, spec.declared or {})
  inheritance.configure_polymorphic(self)
  mapper_key.configure(self)
  self.entity = core.node(tags.ORM_ENTITY, { from = inheritance.selectable(self), mapper = self,
    columns = require("alchemoon.orm.select_columns").of_subquery(self) })
  rawset(spec.class, "__mapper__", self)
  if self.with_polymorphic and self.with_polymorphic[2] then entity_columns(self) end
  local above = self.inherits
  while above do
    if above.with_polymorphic or above.inline_subclasses then entity_columns(above) end
    above = above.inherits
  end
  mapper.after_properties(self)
  return self
end

--- Door for events: nodes must exist before properties are attached.
function mapper.before_properties() end
--- Door for the class's metamethods.
function mapper.after_properties() end
--- Door for hybrids and their like.
function mapper.attach_descriptor() end

-- --- questions ------------------------------------------------------------------------------------------------

--- A mapper stands for its class in select() and query().
function Mapper:__clause_element__() return self.entity end

--- The property of that name; an unknown name is an InvalidRequestError.
-- Raises InvalidRequestError with the nearest name.
-- Mappers are not configured for it: a back reference of one that is not yet configured is unknown.
---@param key string
---@return any
function Mapper:get_property(key)
  local prop = self.prop[key]
  if not prop then
    local near = options.nearest(tostring(key), self.prop)
    exc.raise("InvalidRequestError", "Mapper '%s' has no property '%s'.  If this property was indicated from other " ..
      "mappers or configure events, ensure registry.configure() has been called.%s", tostring(self), tostring(key),
      near and ("  Did you mean '%s'?"):format(near) or "")
  end
  return prop
end

--- The first column of the attribute of that name, or nil.
---@param key string
---@return any
function Mapper:column_of(key)
  local prop = self.prop[key]
  while prop and prop.kind == "synonym" do prop = self.prop[prop.name] end
  return prop and prop.kind == "column" and prop.columns[1] or nil
end

--- Is there an attribute of that name?
---@param key string
---@return boolean
function Mapper:has_property(key) return self.prop[key] ~= nil end

--- The property that maps a column.
---@param column any
---@return any
function Mapper:get_property_by_column(column)
  local slot = self.column_slot[column]
  if not slot then
    exc.raise("UnmappedColumnError", "No column %s is configured on mapper %s...", tostring(column), tostring(self))
  end
  return self.prop_at[slot]
end

--- Does this mapper inherit from `other`, or is it the same?
---@param other alchemoon.Mapper
---@return boolean
function Mapper:isa(other)
  local at = self
  while at do
    if at == other then return true end
    at = at.inherits
  end
  return false
end

--- Do both come from the same base mapper?
---@param other alchemoon.Mapper
---@return boolean
function Mapper:common_parent(other)
  usage.check_arguments("common_parent", "table", other)
  return self.base_mapper == other.base_mapper
end

-- The mapper and those below it, nearest first.
local function walk(self)
  local list, at = { self }, 1
  while list[at] do
    for _, sub in ipairs(list[at].subclasses) do list[#list + 1] = sub end
    at = at + 1
  end
  return list
end

computed.self_and_descendants = walk
--- The same without concrete subclasses, which have tables and identities of their own.
computed.hierarchy = function(self)
  local list = {}
  for _, sub in ipairs(walk(self)) do
    if sub.base == self.base then list[#list + 1] = sub end
  end
  return list
end

--- This mapper and all that inherit from it.
---@return fun():alchemoon.Mapper?
function Mapper:polymorphic_iterator()
  local i, list = 0, walk(self)
  return function()
    i = i + 1
    return list[i]
  end
end

computed.base_mapper = function(self)
  local at = self
  while at.inherits do at = at.inherits end
  return at
end

--- This mapper and what it inherits from, up to the base.
---@return fun():alchemoon.Mapper?
function Mapper:iterate_to_root()
  local at = nil
  return function()
    if at == nil then at = self else at = at.inherits end
    return at
  end
end

--- Primary key values of an object, as they lie in its slots (am.null and nil both give am.null).
---@param obj table
---@return any[]
function Mapper:primary_key_from_instance(obj)
  usage.check_arguments("primary_key_from_instance", "table", obj)
  local values = {}
  for i, slot in ipairs(self.pk_slots) do
    local value = rawget(obj, slot)
    if value == nil then value = obj[self.name_of[slot]] end
    if value == nil then value = properties.symbols.null end
    values[i] = value
  end
  return values
end

mapper.computed = computed
return mapper
