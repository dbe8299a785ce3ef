--- relationship(): options, target, join, back reference. Configured late, when all names can be found.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local inspection = require "alchemoon.inspection"
local null = require "alchemoon.null"
local options = require "alchemoon.options"
local cascade = require "alchemoon.orm.cascade_options"
local classes = require "alchemoon.orm.classes"
local collections = require "alchemoon.orm.collections"
local join_condition = require "alchemoon.orm.join_condition"
local mapper = require "alchemoon.orm.mapper"
local properties = require "alchemoon.orm.properties"
local resolver = require "alchemoon.orm.resolver"
local sql = require "alchemoon.orm.sql"
local symbols = require "alchemoon.orm.symbols"
local mapper_checks = require "alchemoon.orm.mapper_checks"
local warn = require "alchemoon.orm.warn"

local relationship = {}
local tags = core.tags
local ONETOMANY, MANYTOONE, MANYTOMANY = symbols.ONETOMANY, symbols.MANYTOONE, symbols.MANYTOMANY

local Relationship = properties.class("relationship")
relationship.Relationship = Relationship

local LAZY = { select = true, selectin = true, joined = true, subquery = true, immediate = true, raise = true,
  raise_on_sql = true, noload = true, dynamic = true, write_only = true, auto = true }

relationship.OPTIONS = {
  secondary = true, primaryjoin = true, secondaryjoin = true, foreign_keys = true, remote_side = true, uselist = true,
  order_by = true, backref = true, back_populates = true, overlaps = true, post_update = true, cascade = true,
  cascade_backrefs = true, viewonly = true, lazy = true, collection_class = true, passive_deletes = true,
  passive_updates = true, enable_typechecks = true, active_history = true, join_depth = true, comparator_factory = true,
  single_parent = true, innerjoin = true, distinct_target_key = true, load_on_pending = true, query_class = true,
  info = true, omit_join = true, sync_backref = true, doc = true, argument = true,
}

-- Python's other spellings of lazy; am.null is its None.
local LAZY_ALIASES = { [true] = "select", [false] = "joined", [null] = "noload" }

local function read_lazy(value)
  if value == nil then return nil end
  local name = LAZY_ALIASES[value] or value
  return name
end

-- What says how something is stored means nothing for a relationship that only reads; the value that says nothing.
local PERSISTENCE_FLAGS = {
  { "passive_deletes", false }, { "passive_updates", true }, { "enable_typechecks", true }, { "active_history", false },
}

local function check_viewonly(opts)
  if not opts.viewonly then return end
  for _, flag in ipairs(PERSISTENCE_FLAGS) do
    local name, default = flag[1], flag[2]
    if opts[name] ~= nil and opts[name] ~= default then
      warn("Setting %s on relationship() while also setting viewonly=true does not make sense, as a " ..
        "viewonly=true relationship does not perform persistence operations. This configuration may raise an error " ..
        "in a future release.", name)
    end
  end
  if opts.sync_backref then
    exc.raise("ArgumentError", "sync_backref and viewonly cannot both be true")
  end
end

-- Options that exclude each other.
local function check_opts(opts)
  if opts.back_populates ~= nil and opts.backref ~= nil then
    exc.raise("ArgumentError", "backref and back_populates options are mutually exclusive")
  end
  if opts.back_populates ~= nil and type(opts.back_populates) ~= "string" then
    local node = opts.back_populates
    if type(node) ~= "function" and core.node_tag(node) ~= tags.ORM_ATTR then
      exc.raise("ArgumentError", "relationship: back_populates must be the name of an attribute, got %s", type(node))
    end
  end
  if opts.cascade_backrefs then
    exc.raise("ArgumentError", "The 'cascade_backrefs' parameter passed to relationship() may only be set to false.")
  end
  if opts.omit_join then
    warn("setting omit_join to true is not supported; selectin loading of this relationship may not work correctly " ..
      "if this flag is set explicitly.  omit_join optimization is automatically detected for conditions under which " ..
      "it is supported.")
  end
  check_viewonly(opts)
end

--- am.relationship(target, { … }); the target is a class, a name, or a function that returns one of these.
---@param target any
---@param ... any
---@return any
function relationship.new(target, ...)
  local args, opts = options.split(...)
  -- a class that is still to be mapped imperatively is a plain table too
  if opts == nil and args.n == 0 and options.is_options(target) and rawget(target, "argument") ~= nil then
    opts, target = target, target.argument
  end
  if args.n > 1 then exc.raise("ArgumentError", "relationship: it takes a target and options") end
  local cascades = opts and opts.cascade
  opts = options.read("relationship", opts, relationship.OPTIONS)
  if args[1] ~= nil then opts.secondary = args[1] end
  check_opts(opts)
  properties.check_factory("relationship", opts.comparator_factory)
  local prop = setmetatable({ argument = target, opts = opts, number = properties.next_number() }, Relationship)
  for _, name in ipairs { "viewonly", "uselist", "post_update", "passive_deletes", "single_parent", "innerjoin",
    "join_depth", "collection_class", "back_populates", "backref", "overlaps", "active_history", "info", "doc",
    "comparator_factory", "load_on_pending", "sync_backref", "omit_join", "distinct_target_key", "query_class" } do
    prop[name] = opts[name]
  end
  prop.lazy = read_lazy(opts.lazy)
  prop.passive_updates = opts.passive_updates ~= false
  prop.enable_typechecks = opts.enable_typechecks ~= false
  for _, name in ipairs { "viewonly", "post_update", "passive_deletes", "single_parent", "innerjoin",
    "active_history", "load_on_pending" } do
    prop[name] = opts[name] or false
  end
  prop.info = opts.info or {}
  if cascades == null then cascades = false end -- Python's None: no cascades; not the default ones
  prop.cascade = cascade.parse(cascades, prop.viewonly)
  return prop
end

-- --- target -----------------------------------------------------------------------------------------------------

local function bad_target(self, found)
  if type(found) == "table" and (rawget(found, "__name") or rawget(found, "__name__")) then
    exc.raise("UnmappedClassError", "Class '%s' is not mapped", rawget(found, "__name") or rawget(found, "__name__"))
  end
  exc.raise("ArgumentError", "relationship '%s' expects a class or a mapper argument (received: %s)", self.key,
    found == nil and "nil" or core.node_tag(found) and tostring(found) or type(found))
end

local function find_target(self)
  local target = self.argument
  if target == nil then bad_target(self, target) end
  local found = resolver.target(self, target)
  -- an aliased class: a relationship to it
  if type(found) == "table" and rawget(found, "is_aliased_class") then
    self.target_alias = found
    return found.__mapper__
  end
  local cls = classes.of(found)
  if cls then return rawget(cls, "__mapper__") end
  return bad_target(self, found)
end

-- --- configuration ------------------------------------------------------------------------------------------------

local DIRECTION_NAMES = { [ONETOMANY] = "one-to-many", [MANYTOONE] = "many-to-one", [MANYTOMANY] = "many-to-many" }

-- An orphan is told by its only owner, so many owners exclude delete-orphan.
local function check_cascades(self)
  local set = self.cascade
  if set.delete_orphan and not self.single_parent
    and (self.direction == MANYTOMANY or self.direction == MANYTOONE) then
    local message = ("For %s relationship %s, delete-orphan cascade is normally configured only on the " ..
      "\"one\" side of a one-to-many relationship, and not on the \"many\" side of a many-to-one or many-to-many " ..
      "relationship.  To force this relationship to allow a particular \"%s\" object to be referenced by only a " ..
      "single \"%s\" object at a time via the %s relationship, which would allow delete-orphan cascade to take " ..
      "place in this direction, set the single_parent=true flag."):format(DIRECTION_NAMES[self.direction],
      tostring(self), self.mapper.class_name, self.parent.class_name, tostring(self))
    error(exc.ArgumentError(message, { code = "bbf0" }), 0)
  end
  if self.passive_deletes == "all" and (set.delete or set.delete_orphan) then
    exc.raise("ArgumentError", "On %s, can't set passive_deletes='all' in conjunction with 'delete' or " ..
      "'delete-orphan' cascade", tostring(self))
  end
  if set.delete_orphan then
    local target = self.mapper
    target.delete_orphan_props = target.delete_orphan_props or {}
    table.insert(target.delete_orphan_props, self)
  end
end

-- The direction is known now, which all of this depends on.
local function configure_loading(self)
  self.lazy = self.lazy or self.parent.registry.default_lazy or "select"
  if self.uselist == nil then self.uselist = self.direction ~= MANYTOONE end
  if type(self.cascade) == "string" then self.cascade = cascade.parse(self.cascade, self.viewonly) end -- assigned since
  self.track_parent = self.cascade.delete_orphan or self.single_parent or false
  if self.track_parent then
    local target = self.mapper
    target.parent_props = target.parent_props or {}
    table.insert(target.parent_props, self)
  end
  if self.viewonly then self.sync_backref = false end
  if self.uselist then
    collections.configure(self)
    if self.is_watched then mapper.attributes_changed(self.parent, self.key) end
  else
    -- where the foreign key lies with the other object, a flush needs the old value; it is loaded by then, not before
    self.active_old = self.active_history or self.single_parent or false
    self.deferred_history = not self.active_old and (self.direction ~= MANYTOONE or not self.use_get)
  end
  if self.uselist and (self.lazy == "dynamic" or self.lazy == "write_only") then
    local strategies = require "alchemoon.orm.loading"
    if strategies.instrument_dynamic then strategies.instrument_dynamic(self) end
  end
end

-- The loader of the relationship, when everything else about it is known.
local function configure_strategy(self)
  if not LAZY[self.lazy] then
    exc.raise("LoaderStrategyException", "Can't find strategy (('lazy', '%s'),) for %s%s", tostring(self.lazy),
      tostring(self), options.suggestion(tostring(self.lazy), LAZY))
  end
  if self.lazy == "dynamic" or self.lazy == "write_only" then
    if not self.uselist or self.direction == MANYTOONE then
      exc.raise("InvalidRequestError", "On relationship %s, 'dynamic' loaders cannot be used with " ..
        "many-to-one/one-to-one relationships and/or uselist=false.", tostring(self))
    end
  end
end

local function resolve_order_by(self)
  local given = self.opts.order_by
  if given == nil or given == false then
    self.order_by = false
    return
  end
  self.order_by = resolver.expression_list(self, given, "order_by")
  for i, item in ipairs(self.order_by) do self.order_by[i] = sql.plain(item) end
end

--- Finds the target, the join and everything that depends on them. Called once by registry.configure.
function Relationship:init()
  if self.initialised then return end
  self.mapper = find_target(self)
  self.target = self.mapper.persist_selectable
  self.entity = self.target_alias and inspection.inspect(self.target_alias) or self.mapper
  self.secondary = resolver.secondary(self, self.opts.secondary)
  self.primaryjoin_given = resolver.expression(self, self.opts.primaryjoin, "primaryjoin")
  self.secondaryjoin_given = resolver.expression(self, self.opts.secondaryjoin, "secondaryjoin")
  self.foreign_keys_given = resolver.expression_list(self, self.opts.foreign_keys, "foreign_keys")
  self.remote_side_given = resolver.expression_list(self, self.opts.remote_side, "remote_side")
  join_condition.setup(self)
  resolve_order_by(self)
  check_cascades(self)
  configure_loading(self)
  self.initialised = true
  mapper.attach(self.parent, self.key, self)
  for _, sub in ipairs(self.parent.self_and_descendants) do
    if sub.prop[self.key] == self then mapper.attach(sub, self.key, self) end
  end
  if self.uselist and self.adapter then
    for _, sub in ipairs(self.parent.self_and_descendants) do
      sub.collection_props, sub.after_flush = sub.collection_props or {}, true
      table.insert(sub.collection_props, self)
    end
  end
  self:make_backref()
  self:join_reverse()
  require("alchemoon.orm.overlaps").check(self)
  configure_strategy(self)
end

-- --- back references -------------------------------------------------------------------------------------------------

local Backref = { __name = "backref" }

--- am.backref(name, { relationship options })
---@param name string
---@param opts table?
---@return any
function relationship.backref(name, opts)
  if type(name) ~= "string" then exc.raise("ArgumentError", "backref: the attribute's name is needed, got %s",
    type(name)) end
  return setmetatable({ name = name, opts = opts or {} }, Backref)
end

-- The other side sees the same tables, with near and far exchanged.
local function backref_options(self, given)
  local opts = {}
  for key, value in pairs(given) do opts[key] = value end
  if self.secondary then
    if opts.primaryjoin == nil then opts.primaryjoin = self.secondaryjoin_annotated end
    if opts.secondaryjoin == nil then opts.secondaryjoin = self.primaryjoin_annotated end
  else
    if opts.primaryjoin == nil then opts.primaryjoin = join_condition.reversed(self) end
    if opts.primaryjoin == nil or given.secondaryjoin ~= nil then
      exc.raise("InvalidRequestError", "Can't assign 'secondaryjoin' on a backref against a non-secondary " ..
        "relationship (%s)", tostring(self))
    end
  end
  for _, name in ipairs { "viewonly", "post_update", "passive_updates", "sync_backref" } do
    if opts[name] == nil then opts[name] = self.opts[name] end
  end
  if opts.secondary == nil then opts.secondary = self.secondary end
  opts.back_populates = self.key
  opts.foreign_keys = opts.foreign_keys or self.foreign_keys_given
  return opts
end

-- The other side of a `backref` is made when this one knows its class.
function Relationship:make_backref()
  local given = self.opts.backref
  if given == nil or self.back_populates then return end
  local name, opts = given, {}
  if getmetatable(given) == Backref then name, opts = given.name, given.opts
  elseif type(given) == "table" and type(given[1]) == "string" then name, opts = given[1], given[2] or {} end
  if type(name) ~= "string" then
    exc.raise("ArgumentError", "relationship '%s': backref must be a name or am.backref(name, opts)", tostring(self))
  end
  local target = self.mapper
  if target.concrete == nil then return end
  local at = target
  while at do
    if at.prop[name] and at.prop[name].parent == at then
      exc.raise("ArgumentError", "Error creating backref '%s' on relationship '%s': property of that name exists on " ..
        "mapper '%s'", name, tostring(self), tostring(at))
    end
    at = not at.concrete and at.inherits or nil
  end
  local other = relationship.new(self.parent.class, backref_options(self, opts))
  other.is_backref = true
  self.back_populates = name
  mapper_checks.warn_of_existing(target, name, other)
  target:_configure_property(name, other)
  classes.forget(target.class, name)
  require("alchemoon.orm.registry").initialise(target, other)
  other.post_initialised = true
end

-- Two relationships that are said to be sides of one must look in opposite directions.
local function check_reverse(self, other)
  if other.kind ~= "relationship" then
    exc.raise("InvalidRequestError", "%s", ("back_populates on relationship '%s' refers to attribute '%s' that is " ..
      "not a relationship.  The back_populates parameter should refer to the name of a relationship on the target " ..
      "class.")
      :format(tostring(self), tostring(other)))
  end
  if not (other.mapper or find_target(other)):common_parent(self.parent) then
    exc.raise("ArgumentError", "reverse_property '%s' on relationship %s references relationship %s, which does not " ..
      "reference mapper %s", self.back_populates, tostring(self), tostring(other), tostring(self.parent))
  end
  if not other.initialised then return end
  if self.direction == other.direction and self.direction ~= MANYTOMANY then
    exc.raise("ArgumentError", "%s and back-reference %s are both of the same direction " ..
      "<%s: %d>.  Did you mean to set remote_side on the many-to-one side ?", tostring(other), tostring(self),
      tostring(self.direction), self.direction.value)
  end
end

--- Joins with the property named by back_populates.
function Relationship:join_reverse()
  local name = self.back_populates
  if name == nil then return end
  if type(name) == "function" then name = name() end
  if core.node_tag(name) == tags.ORM_ATTR then name = core.node_get(name, "name") end
  self.back_populates = name
  local other = self.mapper.prop[name]
  if not other then
    local near = options.nearest(name, self.mapper.prop)
    exc.raise("InvalidRequestError", "Mapper '%s' has no property '%s'.  If this property was indicated from other " ..
      "mappers or configure events, ensure registry.configure() has been called.%s", tostring(self.mapper), name,
      near and ("  Did you mean '%s'?"):format(near) or "")
  end
  check_reverse(self, other)
  if other.viewonly and self.sync_backref and not self.viewonly then
    exc.raise("InvalidRequestError", "Relationship %s cannot specify sync_backref=true since %s includes " ..
      "viewonly=true.", tostring(self), tostring(other))
  end
  if other.viewonly then self.no_backref_events = true end
  self.reverse, self.reverse_properties = other, self.reverse_properties or {}
  self.reverse_properties[other] = true
  if other.initialised then
    other.reverse_properties = other.reverse_properties or {}
    other.reverse_properties[self] = true
    other.reverse = other.reverse or self
  end
end

function Relationship:post_init()
  if self.reverse and self.reverse.initialised then check_reverse(self, self.reverse) end
end

return relationship
