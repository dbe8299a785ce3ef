--- Concrete inheritance: attributes of the base that a concrete class lacks, polymorphic_union, AbstractConcreteBase.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"
local columns = require "alchemoon.sql.columns"
local classes = require "alchemoon.orm.classes"
local inheritance = require "alchemoon.orm.inheritance"
local properties = require "alchemoon.orm.properties"
local usage = require "alchemoon.usage"

local concrete = {}
local unpack = table.unpack or unpack -- luacheck: ignore 113

-- --- what a concrete class does not have ---------------------------------------------------------------------------

local Missing = properties.class("concrete_missing")

local function refuse(self, m)
  exc.raise("ArgumentError", "Concrete %s does not implement attribute '%s' at the instance level.  Add this " ..
    "property explicitly to %s.", tostring(m), self.key, tostring(m))
end

function Missing:attach_to(m, key)
  m.read_slot[key], m.write_slot[key] = nil, nil
  local function fail() refuse(self, m) end
  m.descriptor[key] = { prop = self, refused = self, get = fail, set = fail, class_get = fail }
end

-- They are attributes still, that never have a value.
local function refuse_one(m, key)
  local missing = setmetatable({ key = key, number = properties.next_number(), parent = m }, Missing)
  missing:attach_to(m, key)
  m.refused_props = m.refused_props or {}
  table.insert(m.refused_props, missing)
end

-- Has the class something of its own under the name?
local function is_free(m, key)
  return m.prop[key] == nil and m.descriptor[key] == nil and rawget(rawget(m.class, "__members"), key) == nil
end

--- Gives a concrete mapper a refusal for every attribute of its base that it does not define; to those that inherit
-- from it in another way the refusal is handed on.
function concrete.refuse_missing(m)
  local base = m.inherits
  if not base then return end
  for _, prop in ipairs(m.concrete and base.props or {}) do
    if prop.kind ~= "synonym" and is_free(m, prop.key) then refuse_one(m, prop.key) end
  end
  for _, missing in ipairs(base.refused_props or {}) do
    if is_free(m, missing.key) then refuse_one(m, missing.key) end
  end
end

-- The union of a base got a discriminator after the classes below it were mapped.
local function refuse_discriminator(m, key)
  for _, sub in ipairs(m.subclasses) do
    if is_free(sub, key) or not sub.concrete and sub.prop[key] == m.prop[key] then
      if m.refused_props or sub.concrete then refuse_one(sub, key) end
      refuse_discriminator(sub, key)
    end
  end
end

-- --- polymorphic_union ---------------------------------------------------------------------------------------------

local function sorted_names(list)
  local names = {}
  for name in pairs(list) do names[#names + 1] = name end
  table.sort(names, function(a, b) return tostring(a) < tostring(b) end)
  return names
end

local UNION = { aliasname = "p_union", cast_nulls = options.TRUE }

--- am.polymorphic_union({ employee = employees, manager = managers }, "type", "pjoin"): a UNION ALL of tables in which
-- every one has all columns, and a column with the name under which it was given. A list of { name, table } keeps its
-- order.
---@param tables table<string, any>
---@param type_name string?
---@param aliasname string?
---@param opts table?   cast_nulls
---@return any
function concrete.polymorphic_union(tables, type_name, aliasname, opts)
  usage.check_arguments("polymorphic_union", "table", tables)
  if type(aliasname) == "table" then aliasname, opts = nil, aliasname end
  opts = options.read("polymorphic_union", opts, UNION)
  aliasname = aliasname or opts.aliasname
  local am = require "alchemoon"
  local order = {}
  if tables[1] then
    for i, pair in ipairs(tables) do
      usage.check_arguments("polymorphic_union: pair " .. i, "table", pair)
      order[i] = { pair[1], pair[2] }
    end
  else
    for i, name in ipairs(sorted_names(tables)) do order[i] = { name, tables[name] } end
  end
  local names, types, by_table = {}, {}, {}
  for i, pair in ipairs(order) do
    by_table[i] = {}
    for _, column in ipairs(columns.all(pair[2])) do
      if type_name == column.key then
        exc.raise("InvalidRequestError", "Polymorphic union can't use '%s' as the discriminator column due to mapped "
          .. "column %s; please apply the 'typecolname' argument, the second one of polymorphic_union(); this is "
          .. "available on ConcreteBase as '_concrete_discriminator_name'", type_name, tostring(column))
      end
      by_table[i][column.key] = column
      if types[column.key] == nil then
        types[column.key] = core.node_type(column) or am.NullType -- of a foreign key whose table is not there yet
        names[#names + 1] = column.key
      end
    end
  end
  local selects = {}
  for i, pair in ipairs(order) do
    local list = {}
    for k, name in ipairs(names) do
      local column = by_table[i][name]
      if column then list[k] = column
      elseif opts.cast_nulls then list[k] = am.cast(am.null_(), types[name]):label(name)
      else list[k] = am.type_coerce(am.null_(), types[name]):label(name) end
    end
    if type_name then
      list[#list + 1] = am.literal_column("'" .. tostring(pair[1]):gsub("'", "''") .. "'"):label(type_name)
    end
    selects[i] = am.select(unpack(list)):select_from(pair[2])
  end
  return am.union_all(unpack(selects)):alias(aliasname)
end

-- --- ConcreteBase ----------------------------------------------------------------------------------------------------

--- am.ConcreteBase: as a mixin of the base, a select of the base gives objects of all concrete classes.
concrete.ConcreteBase = { __name = "ConcreteBase" }

local function is_concrete_base(cls)
  for _, base in ipairs(rawget(cls, "__mro__")) do
    if base == concrete.ConcreteBase then return true end
  end
  return false
end

-- A mapper and all concrete ones below it, in the order in which they were made.
local function collect(m, into)
  into[#into + 1] = m
  for _, sub in ipairs(m.subclasses) do
    if sub.concrete then collect(sub, into) end
  end
  return into
end

--- Before configuration: the base selects from the union of the tables.
function concrete.install_union(m)
  if not is_concrete_base(m.class) then return end
  local list = collect(m, {})
  if m.concrete_union == #list then return end
  m.concrete_union = #list
  for i, sub in ipairs(list) do list[i] = { sub.polymorphic_identity or sub.class_name, sub.local_table } end
  local type_name = m.class._concrete_discriminator_name or "type"
  local union = concrete.polymorphic_union(list, type_name, "pjoin")
  m.with_polymorphic = { "*", union }
  inheritance.set_discriminator(m, core.from_column(union, type_name))
  refuse_discriminator(m, type_name)
  m.init_slot, m.init_name, m.init_value = nil, nil, nil
  m.entity = core.node(core.tags.ORM_ENTITY, { from = union, mapper = m })
  for _, prop in ipairs(m.props) do classes.forget(m.class, prop.key) end
end

--- The same for a mapper and those that it inherits from.
function concrete.install_unions(m)
  while m do
    if m.concrete or not m.inherits then concrete.install_union(m) end
    m = m.inherits
  end
end

-- --- AbstractConcreteBase ------------------------------------------------------------------------------------------

--- am.AbstractConcreteBase: as a mixin of a base without table; the base is mapped to the union of its subclasses when
-- mappers are configured.
concrete.AbstractConcreteBase = { __name = "AbstractConcreteBase" }

local waiting = {} -- classes that are not mapped yet

-- The error of one who uses such a base before the mappers are configured.
local function refuse_pending(cls)
  exc.raise("UnmappedClassError", "Class %s is a subclass of AbstractConcreteBase and has a mapping pending until " ..
    "all subclasses are defined. Call the am.configure_mappers() function after all subclasses have been defined " ..
    "to complete the mapping of this class.", tostring(rawget(cls, "__name")))
end

--- Is this a base to be mapped later? Called by declarative before it looks for a table.
function concrete.defer(cls, own)
  if own.__tablename__ ~= nil or own.__table__ ~= nil then return false end
  for _, mixin in ipairs(own.__mixins__ or {}) do
    if mixin == concrete.AbstractConcreteBase then
      waiting[#waiting + 1] = cls
      rawset(cls, "__unmapped_yet", refuse_pending)
      return true
    end
  end
  return false
end

-- The mapped classes below one, the last first, as SQLAlchemy takes them from a stack.
local function mapped_below(cls)
  local list, stack = {}, {}
  local function push(subclasses)
    for _, sub in ipairs(subclasses) do stack[#stack + 1] = sub end
  end
  push(rawget(cls, "__subclasses"))
  while #stack > 0 do
    local sub = table.remove(stack)
    push(rawget(sub, "__subclasses"))
    local m = rawget(sub, "__mapper__")
    if m then list[#list + 1] = m end
  end
  return list
end

local function adopt(base, list)
  for i = #list, 1, -1 do
    local m = list[i]
    if not m.inherits then
      m.inherits = base
      table.insert(base.subclasses, m)
      concrete.refuse_missing(m)
    end
    if m.polymorphic_identity ~= nil then base.polymorphic_map[m.polymorphic_identity] = m end
  end
end

-- strict_attrs: the base has only what it declares itself, the primary key and the discriminator.
local function strict_names(scan, list, type_name)
  local names = { type_name }
  for _, entry in ipairs(scan:declared_list()) do
    local prop = entry.prop
    if prop.kind == "column" then names[#names + 1] = prop.columns[1].key or entry.key end
  end
  for _, column in ipairs(list[1].primary_key) do names[#names + 1] = column.key end
  return names
end

-- What such a base declares, about the union: columns under another name than their own, relationships, expressions.
local function declared_about(union, scan)
  local list, is_column = {}, require("alchemoon.orm.body").is_column
  for _, entry in ipairs(scan:declared_list()) do
    local prop = entry.prop
    if prop.kind == "column" and is_column(prop.columns[1]) then
      local column = core.from_column(union, prop.columns[1].key)
      if column and column.key ~= entry.key then
        prop = prop:copy()
        prop.columns, prop.column, prop.implicit = { column }, column, nil
        list[#list + 1] = { key = entry.key, prop = prop }
      end
    else
      list[#list + 1] = entry
    end
  end
  return list
end

-- A base without table is mapped to the union of those below it, once they are known.
local function map_abstract(cls)
  local list = mapped_below(cls)
  if #list == 0 then return false end
  local tables, keys = {}, {}
  for i, m in ipairs(list) do tables[i] = { m.polymorphic_identity or m.class_name, m.local_table } end
  local type_name = cls._concrete_discriminator_name or "type"
  local union = concrete.polymorphic_union(tables, type_name, "pjoin")
  for i, column in ipairs(list[1].primary_key) do keys[i] = core.from_column(union, column.key) end
  rawset(cls, "__unmapped_yet", nil)
  local registry = cls.registry
  local mapper = require "alchemoon.orm.mapper"
  local args = { primary_key = keys, polymorphic_on = core.from_column(union, type_name),
    polymorphic_abstract = true }
  local scan = require("alchemoon.orm.body").scan(cls, rawget(cls, "__declared"), nil)
  if cls.strict_attrs then args.include_properties = strict_names(scan, list, type_name) end
  local base = mapper.new { class = cls, class_name = rawget(cls, "__name"), registry = registry, local_table = union,
    args = args, declared = declared_about(union, scan), descriptors = scan.descriptors, validators = scan.validators,
    reconstructors = scan.reconstructors, written = scan:names() }
  base.concrete_union, base.concrete_order = #list, list
  adopt(base, list)
  base.with_polymorphic = { "*", union }
  registry:add_class(rawget(cls, "__name"), cls)
  registry:add_mapper(base)
  return true
end

--- Before configuration: maps the bases whose subclasses are there.
function concrete.map_waiting()
  local kept = {}
  for _, cls in ipairs(waiting) do
    if not map_abstract(cls) then kept[#kept + 1] = cls end
  end
  waiting = kept
end

return concrete
