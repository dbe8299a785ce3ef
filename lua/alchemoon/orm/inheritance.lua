--- Inheritance: which tables a mapper stands on, and its discriminator.
--
-- Three kinds: single (the base's table), joined (a table of its own, joined to the base's) and concrete (a table that
-- repeats everything). `self.tables` lists the tables base first; `persist_selectable` is their join.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"
local properties = require "alchemoon.orm.properties"
local warn = require "alchemoon.orm.warn"

local inheritance = {}
local tags = core.tags
local unpack = table.unpack or unpack -- luacheck: ignore 143

local function sql(name) return require("alchemoon.orm.sql")[name] end

-- The error of a join of tables, in words of the inheritance that wanted it.
local function fail_condition(self, err)
  local base = self.inherits
  local function name(from) return from.fullname or tostring(from) end
  if exc.is(err, exc.NoForeignKeysError) then
    exc.raise("NoForeignKeysError", "Can't determine the inherit condition between inherited table '%s' and " ..
      "inheriting table '%s'; tables have no foreign key relationships established.  Please ensure the inheriting " ..
      "table has a foreign key relationship to the inherited table, or provide an 'on clause' using the " ..
      "'inherit_condition' mapper argument.", name(base.local_table), name(self.local_table))
  elseif exc.is(err, exc.AmbiguousForeignKeysError) then
    exc.raise("AmbiguousForeignKeysError", "Can't determine the inherit condition between inherited table '%s' and " ..
      "inheriting table '%s'; tables have more than one foreign key relationship established.  Please specify the " ..
      "'on clause' using the 'inherit_condition' mapper argument.", name(base.local_table), name(self.local_table))
  end
  error(err, 0)
end

-- A column, or a list of them, as a set; nil for nothing.
local function column_set(given)
  if given == nil then return nil end
  local set = {}
  for _, column in ipairs(core.node_tag(given) and { given } or given) do
    set[sql("column_of")(column) or column] = true
  end
  return set
end

-- A table of its own, joined to those of the base.
local function configure_joined(self, declared)
  local base = self.inherits
  local condition = require("alchemoon.orm.resolver").inherit_condition(self, self.args.inherit_condition, declared)
  if condition == nil then
    local ok, found = pcall(sql("join_condition"), base.local_table, self.local_table)
    if not ok then fail_condition(self, found) end
    condition = found
  end
  self.inherit_condition = condition
  self.joined = true
  self.tables = {}
  for i, from in ipairs(base.tables) do self.tables[i] = from end
  self.tables[#self.tables + 1] = self.local_table
  self.persist_selectable = sql("join")(base.persist_selectable, self.local_table, condition)
  self.inherit_pairs = sql("equated_pairs")(condition)
  self.inherit_sync_pairs = sql("synchronize_pairs")(self.inherit_pairs, column_set(self.args.inherit_foreign_keys))
end

--- Tables, base and kind of a new mapper. `declared`: its properties, as a list of { key, prop }.
function inheritance.configure_tables(self, declared)
  local base, args = self.inherits, self.args
  local is_in_base = base ~= nil and self.local_table == nil
  self.concrete = args.concrete and not is_in_base or false
  self.single, self.joined = false, false
  if not base then
    self.base, self.persist_selectable = self, self.local_table
    self.tables = core.node_tag(self.local_table) == tags.JOIN and sql("tables_of")(self.local_table)
      or { self.local_table }
    self.polymorphic_map, self.identity_base = {}, self
    return
  end
  if self.concrete then
    self.base, self.identity_base, self.persist_selectable = self, self, self.local_table
    self.tables = { self.local_table }
    self.polymorphic_map = args.polymorphic_on ~= nil and {} or base.polymorphic_map
    return
  end
  self.base, self.identity_base, self.polymorphic_map = base.base, base.identity_base, base.polymorphic_map
  if self.local_table == nil or self.local_table == base.local_table then
    self.local_table, self.single = base.local_table, true
    self.tables, self.persist_selectable = base.tables, base.persist_selectable
    self.inherit_condition = nil
  else
    configure_joined(self, declared)
  end
end

local function paired(self, list, a, b)
  local at = self
  while at do
    for _, pair in ipairs(at[list] or {}) do
      if pair[1] == a and pair[2] == b or pair[1] == b and pair[2] == a then return true end
    end
    at = at.inherits
  end
  return false
end

--- Does the inheritance condition of the mapper or of one of its bases equate these two columns?
function inheritance.equated(self, a, b) return paired(self, "inherit_pairs", a, b) end

--- Does one of these two columns get its value from the other, because it refers to it in such a condition?
function inheritance.synchronized(self, a, b) return paired(self, "inherit_sync_pairs", a, b) end

--- The primary key of a mapper without base: that of its table; of a join, without columns that merely refer to others.
function inheritance.primary_key(self)
  local all = {}
  for _, from in ipairs(self.tables) do
    local primary_key = core.node_tag(from) == tags.TABLE and from.primary_key
    if primary_key then
      for _, column in ipairs(core.node_get(primary_key, "columns")) do all[#all + 1] = column end
    end
  end
  if core.node_tag(self.local_table) ~= tags.TABLE and #all == 0 then
    return sql("primary_key_of")(self.local_table)
  end
  if #self.tables == 1 then return all end
  local kept = {}
  for _, column in ipairs(all) do
    local omit = false
    for _, other in ipairs(all) do
      if other ~= column and column.foreign_keys then
        for _, fk in ipairs(column.foreign_keys) do
          if fk.column == other then omit = true end
        end
      end
    end
    if not omit and self.column_slot[column] then kept[#kept + 1] = column end
  end
  return kept
end

-- --- polymorphism ---------------------------------------------------------------------------------------

-- A name, property, attribute or expression becomes its column, and the property if it has one.
local function resolve_discriminator(self, given)
  if type(given) == "string" then
    local prop = self.prop[given]
    if not prop then
      local near = options.nearest(given, self.prop)
      exc.raise("ArgumentError", "Can't determine polymorphic_on value '%s' - no attribute is mapped to this name.%s",
        given, near and ("  Did you mean '%s'?"):format(near) or "")
    end
    given = prop
  end
  if properties.is(given) then
    if given.kind ~= "column" then
      exc.raise("ArgumentError", "Only direct column-mapped property or SQL expression can be passed for " ..
        "polymorphic_on")
    end
    return given.columns[1], given
  end
  if core.node_tag(given) == tags.ORM_ATTR then given = core.node_get(given, "column") end
  if core.node_tag(given) == nil and type(given) == "table" then
    given = require("alchemoon.sql.coerce").expr(given)
  end
  if core.node_tag(given) == nil then
    exc.raise("ArgumentError", "Column expression or string key expected for argument 'polymorphic_on'; got %s.",
      tostring(given))
  end
  return given, self.prop_of_column[given]
end

-- Is the column one of another table, or of a subquery of one, which no row of this mapper has?
local function is_foreign(self, column)
  if core.node_tag(column) ~= tags.COLUMN or core.node_get(column, "schema") == nil then return false end
  local with = self.with_polymorphic or self.args.with_polymorphic
  local selectable = type(with) == "table" and with[2]
  return not (core.corresponding_column(self.persist_selectable, column)
    or core.node_tag(selectable) and core.corresponding_column(selectable, column))
end

-- It must be loaded with each row, so it gets a property even if the class has none for it.
local function set_discriminator(self, given)
  local column, prop = resolve_discriminator(self, given)
  if not prop and core.node_tag(column) == tags.COLUMN then -- that of a union may stand for a column that is mapped
    local own = core.corresponding_column(self.persist_selectable, column)
    if own and self.prop_of_column[own] then column, prop = own, self.prop_of_column[own] end
  end
  if not prop and is_foreign(self, column) then
    exc.raise("InvalidRequestError", "Could not map polymorphic_on column '%s' to the mapped table - polymorphic " ..
      "loads will not function properly", core.node_get(column, "name"))
  end
  if not prop then
    -- an expression, or a column that is not mapped: an attribute under its name, if it has one that is free
    local key, tag = "_sa_polymorphic_on", core.node_tag(column)
    if tag ~= tags.LABEL and tag ~= tags.COLUMN then column = column:label(key) end
    local name = core.node_get(column, "name")
    if name and not self.prop[name] then key = name end
    prop = properties.column({ column })
    prop.hidden = tag ~= tags.LABEL
    -- not of the mapped tables: rows tell it, objects do not have it
    prop.uninstrumented = core.corresponding_column(self.persist_selectable, column) == nil
    prop.number = properties.next_number()
    self:_configure_property(key, prop)
    prop.late = true
  end
  self.polymorphic_on, self.polymorphic_prop, self.polymorphic_slot = column, prop, prop.slot
end

inheritance.set_discriminator = set_discriminator

-- Is the discriminator a column that only the selectable of the base has (a union names the class of its rows)? The
-- tables of a joined subclass have none then.
local function is_of_base_only(self, column)
  local from = self.joined and core.node_tag(column) == tags.COLUMN and core.node_get(column, "table")
  return from and core.node_tag(from) ~= tags.TABLE and not core.corresponding_column(self.persist_selectable, column)
end

-- What the class says, else what it inherits; a concrete class has a column of its own for it.
local function find_discriminator(self)
  local given = self.args.polymorphic_on
  if type(given) == "function" then given = given() end
  if given ~= nil then return set_discriminator(self, given) end
  local base = self.inherits
  if base and base.polymorphic_on and not self.concrete then
    if is_of_base_only(self, base.polymorphic_on) then return end
    self.polymorphic_on, self.polymorphic_prop = base.polymorphic_on, base.polymorphic_prop
    self.polymorphic_slot = base.polymorphic_slot
  elseif base and base.polymorphic_on then
    local prop = self.prop[base.polymorphic_prop.key]
    if prop and prop.kind == "column" then
      self.polymorphic_on, self.polymorphic_prop, self.polymorphic_slot = prop.columns[1], prop, prop.slot
    end
  end
end

local function describe(m)
  local ok, address = pcall(string.format, "%p", m)
  return ("<Mapper at %s; %s>"):format(ok and address or "?", m.class_name)
end

-- Also in the maps of all bases that have one of their own: each of them may load this class.
local function register_identity(self, identity)
  local map = self.polymorphic_map
  local former = map[identity]
  if former and former ~= self then
    warn("Reassigning polymorphic association for identity '%s' from %s to %s: Check for duplicate use of '%s' as " ..
      "value for polymorphic_identity.", tostring(identity), describe(former), describe(self),
      tostring(identity))
  end
  map[identity] = self
  local at = self.inherits
  while at do
    if at.polymorphic_map ~= map then at.polymorphic_map[identity] = self end
    at = at.inherits
  end
end

-- `with_polymorphic` has three forms: "*", a list of classes, or one of these with a selectable.
local function read_with_polymorphic(self)
  local given, load = self.args.with_polymorphic, self.args.polymorphic_load
  if given ~= nil then
    if given == "*" then self.with_polymorphic = { "*" }
    elseif type(given) == "table" and (given[1] == "*" or type(given[1]) == "table" and given[1][1]) then
      self.with_polymorphic = { given[1], given[2] }
    elseif type(given) == "table" then self.with_polymorphic = { given }
    else exc.raise("ArgumentError", "Invalid setting for with_polymorphic: '%s'", tostring(given)) end
  end
  if load == nil then return end
  if self.concrete then
    exc.raise("ArgumentError", "polymorphic_load is not currently supported with concrete table inheritance")
  end
  if load ~= "inline" and load ~= "selectin" then
    exc.raise("ArgumentError", "unknown argument for polymorphic_load: '%s'", tostring(load))
  end
  if not self.inherits and load == "selectin" then
    exc.raise("ArgumentError", "polymorphic_load = 'selectin' needs a class with a base")
  end
  self.polymorphic_load = load
  if load == "inline" and self.inherits then -- with its base, not with what that inherits from
    local base = self.inherits
    base.inline_subclasses = base.inline_subclasses or {}
    table.insert(base.inline_subclasses, self)
  end
end

-- Nothing in a row of a base tells which class it is of, so the objects of this class are found by rows of its own
-- alone: one row is one object for each class that is asked for.
local function take_own_identities(self)
  self.identity_base, self.base.has_identities_below = self, true
end

--- Discriminator, identity and with_polymorphic of a new mapper.
function inheritance.configure_polymorphic(self)
  local args = self.args
  find_discriminator(self)
  self.polymorphic_abstract = args.polymorphic_abstract
  local identity, base = args.polymorphic_identity, self.inherits
  local top = base and base.base_mapper.polymorphic_on
  if args.polymorphic_abstract and self.polymorphic_on == nil and top == nil then
    exc.raise("InvalidRequestError", "The Mapper.polymorphic_abstract parameter may only be used on a mapper " ..
      "hierarchy which includes the Mapper.polymorphic_on parameter at the base of the hierarchy.")
  end
  if identity == nil and top ~= nil and not args.polymorphic_abstract then
    warn("%s does not indicate a 'polymorphic_identity', yet is part of an " ..
      "inheritance hierarchy that has a 'polymorphic_on' column of '%s'. If this is an intermediary class that " ..
      "should not be instantiated, the class may either be left unmapped, or may include the " ..
      "'polymorphic_abstract=true' parameter in its Mapper arguments. To leave the class unmapped when using " ..
      "Declarative, set the '__abstract__ = true' attribute on the class.", tostring(self), tostring(top))
  end
  if identity == nil and base and not self.concrete and self.polymorphic_on == nil then take_own_identities(self) end
  if identity ~= nil then
    self.polymorphic_identity = identity
    register_identity(self, identity)
    if self.polymorphic_slot and self.polymorphic_prop:is_table_column() then
      self.init_name, self.init_value = self.polymorphic_prop.key, identity
      self.init_slot = self.write_slot[self.init_name] -- nil: somebody listens
    end
  end
  read_with_polymorphic(self)
end

--- Those of the mappers (the first one in any case) whose table is in the FROM element that was given for them.
function inheritance.within(mappers, from)
  if from == nil then return mappers end
  local tables, list = sql("tables_inside")(from), {}
  for i, m in ipairs(mappers) do
    if i == 1 or tables[m.local_table] then list[#list + 1] = m end
  end
  return list
end

--- The mappers that a with_polymorphic setting names (a list of mappers or classes, or "*"), with those between them
-- and this one, in the order in which the hierarchy was mapped: whoever names subclasses does not order the columns.
function inheritance.spanned(self, given)
  if given == "*" then return { unpack(self.self_and_descendants) } end
  local named, list = { [self] = true }, {}
  for _, cls in ipairs(given) do
    local at = cls.__mapper__ or cls
    while at and not named[at] do
      named[at] = true
      at = at.inherits
    end
  end
  for _, each in ipairs(self.self_and_descendants) do
    if named[each] then list[#list + 1] = each end
  end
  return list
end

--- The mappers that a plain select of this one loads along: list with the mapper itself first.
function inheritance.with_polymorphic_mappers(self)
  local given, from = unpack(self.with_polymorphic or {}, 1, 2)
  if given == "*" then return inheritance.within(inheritance.spanned(self, given), from) end
  local named = {}
  for _, cls in ipairs(type(given) == "table" and given or {}) do named[#named + 1] = cls end
  for _, sub in ipairs(self.inline_subclasses or {}) do named[#named + 1] = sub end
  return inheritance.spanned(self, named)
end

-- The mapper's tables, and those of the mappers below it joined to them.
local function joined_selectable(self, mappers, innerjoin)
  local from = self.persist_selectable
  if #mappers <= 1 then return from end
  local joined = {}
  for _, t in ipairs(self.tables) do joined[t] = true end
  local function add(sub)
    if sub == self or sub.concrete then return end
    if sub.inherits and sub.inherits ~= self then add(sub.inherits) end
    if sub.joined and not joined[sub.local_table] then
      joined[sub.local_table] = true
      from = sql(innerjoin and "join" or "outerjoin")(from, sub.local_table, sub.inherit_condition)
    end
  end
  for _, sub in ipairs(mappers) do add(sub) end
  return from
end

--- The FROM element of a mapper or of a with_polymorphic over `mappers` (outer joins to the tables of subclasses).
-- `of_tables`: even if the mapper is configured with another.
function inheritance.selectable(self, mappers, innerjoin, of_tables)
  if self.with_polymorphic and self.with_polymorphic[2] and not of_tables then return self.with_polymorphic[2] end
  if mappers then return joined_selectable(self, mappers, innerjoin) end
  mappers = inheritance.with_polymorphic_mappers(self)
  if #mappers <= 1 then return self.persist_selectable end
  local known = self.own_selectable -- one and the same for all who ask, so that it stands in FROM once
  if not known or known.count ~= #mappers then
    known = { count = #mappers, from = joined_selectable(self, mappers) }
    self.own_selectable = known
  end
  return known.from
end

--- For single table inheritance: the condition that a row is of this class or of one below it; nil where none is
-- needed.
function inheritance.single_criterion(self)
  local single = false
  local at = self
  while at and not at.concrete do
    if at.single and at.inherits then single = true end
    if at.joined then break end
    at = at.inherits
  end
  if not single or not self.polymorphic_on then return nil end
  local identities = {}
  for _, sub in ipairs(self.self_and_descendants) do
    if sub.polymorphic_identity ~= nil and not sub.concrete then
      identities[#identities + 1] = sub.polymorphic_identity
    end
  end
  return self.polymorphic_on:in_(identities)
end

return inheritance
