--- am.automap_base(): classes and relationships made from tables that are reflected (or stand in the MetaData).
--
-- `prepare` makes a class for each table that has a primary key and no class yet, a many-to-one with its back
-- reference for each foreign key, and a many-to-many for each table that is nothing but two foreign keys. Tables,
-- constraints and so all names are taken in their order in the MetaData: the same database gives the same classes.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"
local classes = require "alchemoon.orm.classes"
local declarative = require "alchemoon.orm.declarative"
local deferred_mapping = require "alchemoon.orm.ext.deferred_mapping"
local instance = require "alchemoon.orm.instance"
local ordered_names = require "alchemoon.orm.ordered_names"
local relationship = require "alchemoon.orm.relationship"
local sql = require "alchemoon.orm.sql"
local symbols = require "alchemoon.orm.symbols"
local warn = require "alchemoon.orm.warn"

local automap = {}
local tags = core.tags

-- --- names -----------------------------------------------------------------------------------------------------

--- The name of the class for a table: the table's. The first parameter of this and of the next ones is the base.
---@param tablename string
---@return string
function automap.classname_for_table(_, tablename) return tablename end

--- The name of a many-to-one: that of the other class in lower case.
---@param referred_cls table
---@return string
function automap.name_for_scalar_relationship(_, _, referred_cls) return rawget(referred_cls, "__name"):lower() end

--- The name of a collection: "other_collection".
---@param referred_cls table
---@return string
function automap.name_for_collection_relationship(_, _, referred_cls)
  return rawget(referred_cls, "__name"):lower() .. "_collection"
end

--- Makes a relationship() or a backref(); one's own may return nil to leave it out, or change `kw` and call this.
-- Between the base and `return_fn` stands the direction, behind `attrname` the class that has the attribute.
---@param return_fn function   am.relationship or am.backref
---@param attrname string
---@param referred_cls table
---@param kw table   options of the relationship
---@return any
function automap.generate_relationship(_, _, return_fn, attrname, _, referred_cls, kw)
  if return_fn == relationship.backref then return return_fn(attrname, kw) end
  if return_fn == relationship.new then return return_fn(referred_cls, kw) end
  return exc.raise("ArgumentError", "Unknown relationship function: %s", tostring(return_fn))
end

-- --- foreign keys ------------------------------------------------------------------------------------------------

-- The foreign key constraints of a table in a fixed order: by the place of their first column.
local function foreign_keys_of(from)
  local place, list = {}, {}
  for i, column in ipairs(core.node_get(from, "columns")) do place[column] = i end
  for _, constraint in ipairs(from.foreign_key_constraints) do list[#list + 1] = constraint end
  table.sort(list, function(a, b)
    local x, y = place[a.elements[1].parent], place[b.elements[1].parent]
    if x ~= y then return x < y end
    return tostring(a.name) < tostring(b.name)
  end)
  return list
end

local function columns_of(constraint)
  local near, far = {}, {}
  for i, key in ipairs(constraint.elements) do near[i], far[i] = key.parent, key.column end
  return near, far
end

local function table_of(column) return core.node_get(column, "table") end

-- The two constraints of a table that holds nothing else, or nil.
local function association_keys(from)
  local keys = foreign_keys_of(from)
  if #keys ~= 2 then return nil end
  local covered = {}
  for _, constraint in ipairs(keys) do
    for _, column in ipairs((columns_of(constraint))) do covered[column] = true end
  end
  for _, column in ipairs(core.node_get(from, "columns")) do
    if not covered[column] then return nil end
  end
  return keys
end

-- --- relationships ---------------------------------------------------------------------------------------------

-- What of the foreign key decides over the objects: not nullable means that they do not live without the parent.
local function collection_options(run, constraint)
  local kw, nullable = { collection_class = run.collection_class or "list" }, true
  for _, column in ipairs((columns_of(constraint))) do nullable = nullable and column.nullable ~= false end
  local ondelete = constraint.ondelete and constraint.ondelete:lower()
  if not nullable then kw.cascade = "all, delete-orphan" end
  if ondelete == (nullable and "set null" or "cascade") then kw.passive_deletes = true end
  return kw
end

local function set_back_populates(prop, name)
  prop.back_populates, prop.opts.back_populates = name, name
end

-- Adds what one pair of classes is linked by. `link`: { held, key, direction, kw } for both sides; the second is made
-- as the first one's backref, unless one of the two has been declared.
local function add_pair(run, near, far)
  local function generate(side, other, return_fn, kw)
    return run.generate_relationship(run.base, side.direction, return_fn, side.key, side.held.class, other.held.class,
      kw)
  end
  local declared_far = far.held:property(far.key)
  local declared_near = near.held:property(near.key)
  if not declared_near then
    local kw = near.kw()
    if not declared_far then kw.backref = generate(far, near, relationship.backref, far.shared()) end
    local prop = generate(near, far, relationship.new, kw)
    if prop == nil then return end
    near.held:add_property(near.key, prop)
    if declared_far then set_back_populates(declared_far, near.key) end
  elseif not declared_far then
    local kw = far.kw()
    kw.back_populates = near.key
    local prop = generate(far, near, relationship.new, kw)
    if prop == nil then return end
    far.held:add_property(far.key, prop)
    set_back_populates(declared_near, far.key)
  end
end

local function with(kw, more)
  for key, value in pairs(more) do kw[key] = value end
  return kw
end

-- One foreign key makes a relationship on each of its sides.
local function add_foreign_key(run, held, constraint)
  local near, far = columns_of(constraint)
  local referred = run.by_table[table_of(far[1])]
  local cls = held.class
  if not referred then return end
  if cls ~= referred.class and deferred_mapping.inherits(cls, referred.class) then return end -- joined inheritance
  add_pair(run, {
    held = held, direction = symbols.MANYTOONE,
    key = run.name_for_scalar_relationship(run.base, cls, referred.class, constraint),
    kw = function() return { foreign_keys = near, remote_side = far } end,
  }, {
    held = referred, direction = symbols.ONETOMANY,
    key = run.name_for_collection_relationship(run.base, referred.class, cls, constraint),
    shared = function() return collection_options(run, constraint) end,
    kw = function() return with(collection_options(run, constraint), { foreign_keys = near }) end,
  })
end

local function joined_by(constraint)
  local near, far = columns_of(constraint)
  local list = {}
  for i, column in ipairs(far) do list[i] = sql.eq(column, near[i]) end
  return sql.and_(list)
end

-- A table of two foreign keys has no class; it becomes the `secondary` of two relationships.
local function add_many_to_many(run, from, keys)
  local _, far1 = columns_of(keys[1])
  local _, far2 = columns_of(keys[2])
  local left, right = run.by_table[table_of(far1[1])], run.by_table[table_of(far2[1])]
  if not left or not right then return end
  local function shared()
    return { collection_class = run.collection_class or "list", overlaps = run.by_table[from] and "__*" or nil }
  end
  local function side(held, other, own_key, other_key)
    return {
      held = held, direction = symbols.MANYTOMANY, shared = shared,
      key = run.name_for_collection_relationship(run.base, held.class, other.class, own_key),
      kw = function()
        return with(shared(), { secondary = from, primaryjoin = joined_by(own_key),
          secondaryjoin = joined_by(other_key) })
      end,
    }
  end
  add_pair(run, side(left, right, keys[1], keys[2]), side(right, left, keys[2], keys[1]))
end

-- --- prepare -----------------------------------------------------------------------------------------------------

local function make_class(run, from)
  local base = run.base
  local name = run.classname_for_table(base, core.node_get(from, "name"), from)
  if base.classes:contains(name) then
    warn("Ignoring duplicate class name '%s' received in automap base for table %s; consider a " ..
      "classname_for_table function that tells them apart", name, from.key)
    return nil
  end
  return declarative.model(base, name, { __table__ = from })
end

-- Makes the missing classes; many-to-many tables are returned.
local function make_classes(run)
  local associations = {}
  for _, from in ipairs(core.node_get(run.metadata, "tables")) do
    if not run.done[from] then
      run.done[from] = true
      local keys = association_keys(from)
      if keys then associations[#associations + 1] = { from, keys }
      elseif not run.by_table[from] and #core.node_get(from.primary_key, "columns") > 0 then
        local cls = make_class(run, from)
        if cls then
          run.by_table[from] = deferred_mapping.of(cls)
          run.base.classes:add(rawget(cls, "__name"), cls)
        end
      end
    end
  end
  return associations
end

local PREPARE_OPTIONS = { autoload_with = true, schema = true, classname_for_table = automap.classname_for_table,
  collection_class = true, name_for_scalar_relationship = automap.name_for_scalar_relationship,
  name_for_collection_relationship = automap.name_for_collection_relationship,
  generate_relationship = automap.generate_relationship, reflection_options = true }

-- Tables of declared classes keep them; all others get a class, then all get relationships.
local function prepare(base, bookkeeping, opts)
  local run = options.read("prepare", opts, PREPARE_OPTIONS)
  run.base, run.done, run.by_table = base, bookkeeping, {}
  run.metadata = instance.lookup(base, "metadata")
  local registries = { instance.lookup(base, "registry") }
  if run.autoload_with then
    run.metadata:reflect(run.autoload_with, with({ schema = run.schema, extend_existing = true,
      autoload_replace = false }, run.reflection_options or {}))
  end
  local own = deferred_mapping.under(base, registries)
  for _, held in ipairs(own) do
    if held.from then run.by_table[held.from] = held end
  end
  local associations = make_classes(run)
  for _, held in ipairs(deferred_mapping.under(base, registries)) do
    local from = held.from
    if core.node_tag(from) == tags.TABLE and run.by_table[from] == held then
      for _, constraint in ipairs(foreign_keys_of(from)) do add_foreign_key(run, held, constraint) end
    end
  end
  for _, entry in ipairs(associations) do add_many_to_many(run, entry[1], entry[2]) end
  deferred_mapping.map(deferred_mapping.under(base, registries))
end

--- am.automap_base(declarative base, { of declarative_base }); a MetaData may stand in place of the base.
---@param given table?
---@param opts table?
---@return table
function automap.automap_base(given, opts)
  if core.node_tag(given) == tags.METADATA then given, opts = nil, with({ metadata = given }, opts or {}) end
  if given ~= nil and not classes.is(given) then given, opts = nil, given end
  local parent = given or declarative.declarative_base(opts)
  local base = classes.new(rawget(parent, "__name"), parent)
  local members, bookkeeping = rawget(base, "__members"), {}
  members.__deferred_mapping__ = deferred_mapping.marker "AutomapBase"
  members.classes = ordered_names.new("classes of " .. rawget(parent, "__name"))
  members.prepare = function(cls, prepare_opts)
    if not classes.is(cls) then prepare_opts = cls end -- called with a dot
    return prepare(base, bookkeeping, prepare_opts)
  end
  return base
end

return automap
