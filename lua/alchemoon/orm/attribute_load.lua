--- Reading an attribute that is not there: the door of loading.lua.
--
-- Columns: column_load.lua. Relationships: by strategy. A many-to-one whose condition is the target's primary key asks
-- the identity map first. With a `passive` other than "off" the answer may be symbols.NO_VALUE: nothing was asked.
local attributes = require "alchemoon.orm.attributes"
local collections = require "alchemoon.orm.collections"
local column_load = require "alchemoon.orm.column_load"
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local instance = require "alchemoon.orm.instance"
local load = require "alchemoon.orm.load"
local loader_statements = require "alchemoon.orm.loader_statements"
local loading = require "alchemoon.orm.loading"
local lower_entity = require "alchemoon.orm.lower_entity"
local option_tree = require "alchemoon.orm.option_tree"
local path = require "alchemoon.orm.path"
local peers = require "alchemoon.orm.peers"
local symbols = require "alchemoon.orm.symbols"
local template = require "alchemoon.orm.template"
local unset = require "alchemoon.orm.unset"
local warn_multiple = require "alchemoon.orm.warn_multiple"

local attribute_load = {}
local null, NO_VALUE = symbols.null, symbols.NO_VALUE
local MANYTOONE = symbols.MANYTOONE
local NO_RAISE = symbols.NO_RAISE
local unpack = table.unpack or unpack -- luacheck: ignore 113
local NOTHING = {}
local WEAK_KEYS = { __mode = "k" }
local OFF, NO_FETCH, NO_FETCH_RELATED, NO_INITIALIZE = symbols.OFF, symbols.NO_FETCH, symbols.NO_FETCH_RELATED,
  symbols.NO_INITIALIZE

-- --- storing -------------------------------------------------------------------------------------

local function store(obj, prop, value)
  local now = rawget(obj, prop.slot)
  if now ~= nil then -- something (autoflush, a listener) set it meanwhile
    if now == null then return nil end
    return now
  end
  if prop.uselist then return attributes.adopt_collection(obj, prop, value or {}) end
  rawset(obj, prop.slot, value == nil and null or value)
  return value
end

-- --- errors --------------------------------------------------------------------------------------

local function not_bound(obj, prop)
  exc.raise("DetachedInstanceError", "Parent instance %s is not bound to a Session; lazy load operation of " ..
    "attribute '%s' cannot proceed", instance.describe(obj), prop.key)
end

local function raise_load(prop, strategy)
  exc.raise("InvalidRequestError", "'%s' is not available due to lazy='%s'", tostring(prop), strategy)
end

-- --- values of the parent ------------------------------------------------------------------------

-- The value of a column of the parent; NO_VALUE when it may not be loaded.
local function parent_value(obj, mapper, slot, passive)
  local value = rawget(obj, slot)
  if value == nil then
    if passive ~= nil and passive ~= OFF and passive ~= NO_FETCH_RELATED and passive ~= symbols.ONLY_PERSISTENT then
      return NO_VALUE
    end
    local context = rawget(obj, 1)
    if context == nil or context.lifecycle == "pending" then return null end
    value = instance.missing(obj, mapper, slot)
    if value == nil then value = null end
  end
  return value
end

-- Was a column that refers to the target left out by the INSERT? Then a flush takes the reference for unknown.
local function is_key_unset(obj, mapper, prop)
  for _, slot in ipairs(prop.use_get and prop.get_slots or {}) do
    if rawget(obj, slot) == nil and unset.is(obj, mapper, slot) then return true end
  end
  return false
end

-- --- the identity map ----------------------------------------------------------------------------

-- The target's primary key values as they stand in the parent; nil: a part is NULL.
local function target_key(obj, mapper, prop, passive)
  local slots = prop.get_slots
  if #slots == 1 then
    local value = parent_value(obj, mapper, slots[1], passive)
    if value == NO_VALUE then return NO_VALUE end
    if value == null then return nil end
    return value, nil
  end
  local values, all_null, any_null = {}, true, false
  for i = 1, #slots do
    local value = parent_value(obj, mapper, slots[i], passive)
    if value == NO_VALUE then return NO_VALUE end
    values[i] = value
    all_null, any_null = all_null and value == null, any_null or value == null
  end
  if all_null or any_null and prop.mapper.allow_partial_pks == false then return nil end
  return values, true
end

local function map_key(values, several, token)
  if not several and token == nil then
    local kind = type(values)
    if kind == "number" or kind == "string" then return values end
    return core.identity_key(values)
  end
  if not several then values = { values } end
  if token ~= nil then return core.identity_key_with_token(token, unpack(values)) end
  return core.identity_key(unpack(values))
end

-- The object in the identity map; nil: not there, or expired where nothing may be loaded; false: it is there, but not
-- of the class.
local function from_map(session, prop, key, passive)
  local mapper = prop.mapper
  local map = session.identity[mapper.identity_base]
  local found = map and map[key]
  if found == nil then return nil end
  local own = rawget(getmetatable(found), "__mapper__")
  if not own:isa(mapper) then return false end
  local is_expired = rawget(found, own.pk_slots[1]) == nil
  if is_expired and passive == NO_FETCH then return nil end
  if is_expired
    and (passive == nil or passive == OFF or passive == symbols.ONLY_PERSISTENT)
    and not (session._deleted.count > 0 and session._deleted:contains(found)) then
    local ok, e = pcall(instance.missing, found, own, own.pk_slots[1])
    if not ok then
      if not exc.is(e, exc.ObjectDeletedError) then error(e, 0) end
      require("alchemoon.orm.states").remove_newly_deleted(session, { found })
      return false
    end
  end
  return found
end

-- The target in the identity map, whatever its token; results as from_map's.
local function known_target(session, obj, prop, key, several, passive)
  local candidates = session._candidate_tokens
  if not candidates then return from_map(session, prop, map_key(key, several), passive) end
  for _, token in ipairs(candidates(session, prop.mapper, several and key or { key }, { lazy_loaded_from = obj })) do
    local found = from_map(session, prop, map_key(key, several, token), passive)
    if found ~= nil then return found end
  end
  return nil
end

-- --- templates -----------------------------------------------------------------------------------

-- A loader that would come back along the reverse side is switched off.
local function reverse_tree(prop, tree)
  local reverse = prop.reverse_properties
  local result = tree
  for other in pairs(reverse or {}) do
    if other.direction == MANYTOONE and other.use_get and other.lazy ~= "select" and other.lazy ~= "auto" then
      if result == tree then
        result = {}
        for name, value in pairs(tree or option_tree.new({ groups = {} })) do
          result[name] = value
        end
        local rel = {}
        for key, value in pairs(result.rel) do rel[key] = value end
        result.rel = rel
      end
      if not result.rel[other] then
        result.rel[other] = { strategy = "select", opts = {}, criteria = {},
          tree = option_tree.new(result.defaults) }
      end
    end
  end
  return result
end

-- The template of a lazy load. `child`: the options for this relationship, which then keep it; `nulls`: which parts of
-- the key are NULL.
local function template_of(prop, by_key, child, context, nulls)
  local criteria = context and context.criteria_nodes
  local holder = child or criteria and context.plan or prop
  local all = holder.lazy_templates or {}
  local templates = all[prop] or {} -- "*" is the option of many relationships
  holder.lazy_templates, all[prop] = all, templates
  if criteria and child then -- plans that have other criteria may share it
    local by_plan = templates.by_plan or setmetatable({}, WEAK_KEYS)
    templates.by_plan = by_plan
    templates = by_plan[context.plan] or {}
    by_plan[context.plan] = templates
  end
  local name = by_key and "key" or "rel"
  for i in pairs(nulls or {}) do name = name .. i end
  local made = templates[name]
  if made then return made end
  local base = path.extend(context and context.path or path.root(prop.parent), prop, prop.mapper)
  local tree = child and option_tree.of_later_load(child.tree) or nil
  local how = { options = {}, base_path = base }
  local stmt, list
  if by_key then
    stmt = loader_statements.by_identity(prop.mapper, nulls)
    how.tree = tree
  else
    stmt, list = loader_statements.lazy(prop)
    how.tree = reverse_tree(prop, tree)
  end
  local nodes = loader_statements.criteria_options(criteria, child,
    prop.target_alias and prop.target_alias.__entity__ or prop.mapper.entity)
  if #nodes > 0 then stmt = core.node_append(stmt, "options", unpack(nodes)) end
  made = template.new(stmt, how)
  made.binds, made.has_values = list, made.has_values or #nodes > 0
  templates[name] = made
  return made
end

local function run_info(made, obj, prop, context, extra, pending)
  local origin = context and context.origin or extra and extra.origin
  local trail = context and context.trail
  if trail then trail = path.trail(trail, path.extend(path.root(prop.parent), prop, prop.mapper)) end
  return { mapper = prop.mapper, is_relationship_load = true, lazy_loaded_from = obj, path = made.how.base_path,
    no_autoflush = pending or extra and extra.no_autoflush, options = extra and extra.options, origin = origin,
    user_options = context and context.user_options, trail = trail,
    run = { trail = trail, origin = origin, stmt = origin and origin.to,
      user_options = context and context.user_options,
      lazy = true, queue = extra and extra.queue, options = extra and extra.options } }
end

-- --- SQL -----------------------------------------------------------------------------------------

-- Many-to-one: the other object by its primary key, with the statement that all loads of its kind share.
local function fetch_by_key(session, obj, prop, key, several, child, context, extra, pending)
  local set, nulls = {}, nil
  for i = 1, several and #key or 0 do
    if key[i] == null then
      nulls = nulls or {}
      nulls[i] = true
    end
  end
  local made = template_of(prop, true, child, context, nulls)
  if several then
    for i = 1, #key do set["pk_" .. i] = not (nulls and nulls[i]) and key[i] or nil end
  else
    set.pk_1 = key
  end
  local list = template.fetch(session, made, set, run_info(made, obj, prop, context, extra, pending))
  return list[1]
end

-- By the join condition; an owner whose column was never set has nothing to be found.
local function fetch_by_condition(session, obj, mapper, prop, child, context, extra, pending)
  local made = template_of(prop, false, child, context)
  local set = {}
  for i, entry in ipairs(made.binds) do
    local slot = mapper.column_slot[entry.column]
    local value = slot and parent_value(obj, mapper, slot, OFF)
    if value == nil then value = null end
    local is_absent = value == null and (pending or slot and rawget(obj, slot) == nil and unset.is(obj, mapper, slot))
    if is_absent then return prop.uselist and {} or nil end
    set["lazy_" .. i] = value
  end
  local list = collections.once_each(prop,
    template.fetch(session, made, set, run_info(made, obj, prop, context, extra, pending)))
  if prop.uselist then return list end
  if #list > 1 then warn_multiple(prop, "lazily") end
  return list[1]
end

-- --- one object ----------------------------------------------------------------------------------

-- Everything but the identity map is SQL; `raises`: it is forbidden.
local function lazy(session, obj, mapper, prop, passive, child, raises, extra)
  local context = rawget(obj, 1)
  local pending = rawget(obj, 2) == nil
  local use_get = prop.use_get and not (child and #child.criteria > 0)
  if not use_get and passive == NO_FETCH then return NO_VALUE end
  if use_get then
    local key, several = target_key(obj, mapper, prop, passive)
    if key == NO_VALUE then return NO_VALUE end
    local now = rawget(obj, prop.slot)
    if now ~= nil then return now ~= null and now or nil end
    if key == nil then return store(obj, prop, nil) end
    local found = known_target(session, obj, prop, key, several, passive)
    if found ~= nil then return store(obj, prop, found or nil) end
    if passive == NO_FETCH or passive == NO_FETCH_RELATED then return NO_VALUE end
    if raises then raise_load(prop, raises) end
    found = fetch_by_key(session, obj, prop, key, several, child, context, extra, pending)
    if prop.uselist then return store(obj, prop, found and { found } or {}) end
    return store(obj, prop, found)
  end
  if raises then raise_load(prop, raises) end
  local found = fetch_by_condition(session, obj, mapper, prop, child, context, extra, pending)
  return store(obj, prop, found)
end

-- The criteria of an option, `Parent.items:and_()`, are those of its strategy: an eager one has had its turn when the
-- attribute is loaded lazily after all. Those of lazyload() end when the object is expired, for this attribute if it is
-- what is read first.
local function without_criteria(child)
  if not child or #child.criteria == 0 then return child end
  local plain = child.without_criteria
  if not plain then
    plain = {}
    for name, value in pairs(child) do plain[name] = value end
    plain.criteria, plain.lazy_templates = {}, nil
    child.without_criteria = plain
  end
  return plain
end

--- Loads a relationship of one object lazily, whatever its strategy. The criteria of an option are not in it.
function attribute_load.lazy(session, obj, prop, extra)
  local mapper = rawget(getmetatable(obj), "__mapper__")
  return lazy(session, obj, mapper, prop, OFF, without_criteria(extra and extra.child), nil, extra)
end

--- Gives a reference by primary key the object that the identity map has for it, if it has one; without SQL, but for
-- the columns of the object itself if they are wanted.
function attribute_load.from_identity_map(session, obj, prop, with_columns)
  for _, slot in ipairs(with_columns and NOTHING or prop.get_slots) do
    if rawget(obj, slot) == nil then return end
  end
  lazy(session, obj, rawget(getmetatable(obj), "__mapper__"), prop, NO_FETCH_RELATED)
end

-- --- all objects of a result ---------------------------------------------------------------------

-- Loads an attribute for an object and its peers, which lack it too.
local function load_for_peers(session, obj, prop, child, list)
  local context = rawget(obj, 1)
  list[#list + 1] = obj
  table.sort(list, function(a, b) -- by identity: an expired object has nothing else
    local x, y = rawget(a, 2), rawget(b, 2)
    if type(x) == type(y) then return x < y end
    return type(x) < type(y)
  end)
  context.auto_loaders = context.auto_loaders or {}
  local loader = context.auto_loaders[prop]
  if not loader then
    local holder = context.plan or prop
    holder.auto_loaders = holder.auto_loaders or {}
    loader = holder.auto_loaders[prop]
    if not loader then
      loader = { prop = prop, child = child, spec = { path = context.path } }
      holder.auto_loaders[prop] = loader
    end
    context.auto_loaders[prop] = loader
  end
  require("alchemoon.orm.strategies.selectin").load(session, list, loader,
    { origin = context.origin, criteria_nodes = context.criteria_nodes, user_options = context.user_options,
      lazy_loaded_from = obj })
end

-- --- the door ------------------------------------------------------------------------------------

local FORBIDS = { raise = true, raise_on_sql = true }

-- Does what an option said of the attribute no longer hold? Expiry of the object ends it; a refresh of its own brings
-- back what was said by name, a query that comes across the object does not. An attribute that is expired alone may be
-- asked for what noload() left out, and any that is empty for what noload("*") filled when the object was loaded.
local function is_forgotten(obj, prop, strategy, child)
  if strategy == "noload" then
    return child.prop == nil or unset.was_expired(obj) or unset.lost_options(obj, prop.slot)
  end
  return FORBIDS[strategy] and (unset.was_expired(obj) or child.prop == nil and unset.was_refreshed(obj))
end

-- The strategy of one read, and the options below it.
local function strategy_of(obj, prop, tree)
  local strategy, child = lower_entity.strategy(tree, prop)
  if not child then return strategy end
  if child.contains_eager or is_forgotten(obj, prop, strategy, child) then strategy = prop.lazy end
  return strategy, child
end

-- Was the key of a reference set since its object expired? Then nothing else of the object is asked for.
local function has_own_key(obj, prop)
  if not prop.use_get then return false end
  for _, slot in ipairs(prop.get_slots) do
    if rawget(obj, slot) == nil then return false end
  end
  return true
end

-- What noload() leaves behind.
local function left_empty(obj, prop) return prop.uselist and attributes.init_collection(obj, prop) or nil end

local EAGER = { joined = true, selectin = true, subquery = true, immediate = true }

local function load_relationship(obj, mapper, prop, passive)
  local context = rawget(obj, 1)
  local strategy, child = strategy_of(obj, prop, context.options)
  if EAGER[strategy] then child = without_criteria(child) end
  if passive == NO_INITIALIZE then return NO_VALUE end
  if (passive == NO_RAISE or passive == NO_FETCH_RELATED) and is_key_unset(obj, mapper, prop) then return NO_VALUE end
  if passive == NO_RAISE then
    passive = OFF
    if strategy == "raise" or strategy == "raise_on_sql" then strategy = "select" end
  end
  if strategy == "raise" and (passive == nil or passive == OFF or passive == symbols.ONLY_PERSISTENT) then
    raise_load(prop, "raise")
  end
  if strategy == "noload" then return left_empty(obj, prop) end
  if context.session and column_load.is_expired(obj, mapper) and not has_own_key(obj, prop)
    and (passive == nil or passive == OFF or passive == NO_FETCH_RELATED or passive == symbols.ONLY_PERSISTENT) then
    column_load.unexpire(context.session, obj, mapper)
    local value = rawget(obj, prop.slot)
    if value ~= nil then return value ~= null and value or nil end
    child = without_criteria(child)
    if strategy_of(obj, prop, rawget(obj, 1).options) == "noload" then return left_empty(obj, prop) end
  end
  if prop.instance_get then -- never kept as a whole
    if passive ~= nil and passive ~= OFF then return NO_VALUE end
    if not context.session then return {} end
    return fetch_by_condition(context.session, obj, mapper, prop, child, context, nil, rawget(obj, 2) == nil)
  end
  local session = context.session
  if session == nil then
    if passive ~= nil and passive ~= OFF and passive ~= symbols.ONLY_PERSISTENT then return NO_VALUE end
    not_bound(obj, prop)
  end
  local raises = strategy == "raise_on_sql" and passive ~= NO_FETCH_RELATED and strategy or nil
  local others = strategy == "auto" and (passive == nil or passive == OFF) and peers.lacking(obj, prop)
  if others then
    if prop.use_get then -- nothing to ask if the identity map knows it
      local key, several = target_key(obj, mapper, prop, passive)
      local found = key ~= nil and key ~= NO_VALUE and known_target(session, obj, prop, key, several, passive)
      if found then return store(obj, prop, found) end
    end
    load_for_peers(session, obj, prop, child, others)
    local value = rawget(obj, prop.slot)
    if value == null then return nil end
    return value
  end
  return lazy(session, obj, mapper, prop, passive, child, raises, nil)
end

--- The value of an empty slot of a persistent or detached object: nil for NULL, NO_VALUE if `passive` forbids.
function attribute_load.load(obj, mapper, slot, passive)
  local prop = mapper.prop_at[slot]
  if prop.kind == "relationship" then
    if not prop.initialised then instance.configure(mapper) end
    return load_relationship(obj, mapper, prop, passive)
  end
  return column_load.load(obj, mapper, prop, passive)
end

loading.load = attribute_load.load
function loading.is_key_unset(obj, prop)
  return rawget(obj, 1).session ~= nil and is_key_unset(obj, rawget(getmetatable(obj), "__mapper__"), prop)
end
attribute_load.store, attribute_load.loader = store, load
return attribute_load
