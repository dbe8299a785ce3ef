--- selectin: one more SELECT per 500 objects, WHERE key IN (...).
--
-- Three forms, as in SQLAlchemy: "child" (many-to-one whose condition is the target's primary key), "key" (one-to-many:
-- the foreign key in the target is all that the join says), "join" (everything else: the parent's table is joined
-- again).
local core = require "alchemoon.core"
local attributes = require "alchemoon.orm.attributes"
local attr_info = require "alchemoon.orm.attr_info"
local collections = require "alchemoon.orm.collections"
local identity = require "alchemoon.orm.identity"
local instance = require "alchemoon.orm.instance"
local lists = require "alchemoon.lists"
local loader_statements = require "alchemoon.orm.loader_statements"
local option_tree = require "alchemoon.orm.option_tree"
local path = require "alchemoon.orm.path"
local symbols = require "alchemoon.orm.symbols"
local template = require "alchemoon.orm.template"
local warn_multiple = require "alchemoon.orm.warn_multiple"

local selectin = {}
local null = symbols.null
local MANYTOONE = symbols.MANYTOONE
local identity_key = core.identity_key
local CHUNK = symbols.KEYS_PER_STATEMENT
local unpack = table.unpack or unpack -- luacheck: ignore 113

-- --- templates -----------------------------------------------------------------------------------

-- Which form fits a relationship.
local function form_of(prop)
  if prop.selectin_form then return prop.selectin_form end
  local form
  if prop.direction == MANYTOONE and prop.use_get and prop.omit_join ~= false then form = "child"
  elseif loader_statements.foreign_key_columns(prop) then form = "key"
  else form = "join" end
  prop.selectin_form = form
  return form
end

-- The options tree for the loaded objects. A recursive option hands itself on, `recursion_depth` times more; -1 is
-- without end. At its end "selectin" still stands in the way of a mapped "joined" (`stops`).
local function tree_for(loader, stops)
  local child = loader.child
  if not child then return loader.spec and option_tree.below(loader.spec.tree) end
  local depth = child.opts and child.opts.recursion_depth
  stops = stops and depth == 0 and loader.prop.lazy == "joined"
  if not depth or depth == 0 and not stops then return child.tree end
  local tree = {}
  for name, value in pairs(child.tree) do tree[name] = value end
  tree.rel = {}
  for prop, below in pairs(child.tree.rel) do tree.rel[prop] = below end
  local below = child
  if depth >= 0 then
    below = {}
    for name, value in pairs(child) do below[name] = value end
    below.opts, below.lazy_templates = { recursion_depth = depth - 1 }, nil
  end
  if stops then below.strategy, below.opts = "select", nil end
  tree.rel[loader.prop] = below
  return tree
end
selectin.tree_for = tree_for

local function target_of(loader)
  local child, prop = loader.child, loader.prop
  if child and child.of_type then return child.of_type end
  if prop.target_alias then return prop.target_alias.__entity__ end
  return prop.mapper.entity
end
selectin.target_of = target_of

-- The template of a loader in one of the forms; kept with the loader (that is: with the plan).
local function template_of(loader, form, ctx)
  local made = loader.templates and loader.templates[form]
  if made then return made end
  local prop, target = loader.prop, target_of(loader)
  local mapper = attr_info.mapper(target)
  local options = loader_statements.criteria_options(ctx.criteria_nodes, loader.child, target)
  local stmt, keys = loader_statements.selectin(prop, target, form, options)
  local base = path.extend(loader.spec and loader.spec.path or path.root(prop.parent), prop, mapper)
  made = template.new(stmt, { tree = tree_for(loader, true), base_path = base, options = {},
    adapt_secondary = true })
  if form == "join" and prop.parent ~= mapper then made.all_mappers = { prop.parent, mapper } end -- for listeners
  made.keys, made.has_values = keys, made.has_values or #options > 0 or attr_info.is_aliased(target)
  loader.templates = loader.templates or {}
  loader.templates[form] = made
  return made
end

-- --- keys ----------------------------------------------------------------------------------------

local ORDERED = { number = true, string = true }

-- Is what `at` gives for each key of one kind that has an order?
local function are_ordered(keys, at)
  local kind = type(at(keys[1]))
  for i = 2, #keys do
    if type(at(keys[i])) ~= kind then return false end
  end
  return ORDERED[kind] or false
end

-- Sorts keys by their values (`values_of`; for composite keys lists of `width` values) where these have an order.
local function sort_keys(keys, values_of, width)
  if #keys < 2 then return end -- no owner refers to anything, or there is nothing to sort
  if width == 1 then
    if are_ordered(keys, function(key) return key end) then table.sort(keys) end
    return
  end
  for k = 1, width do
    if not are_ordered(keys, function(key) return values_of[key][k] end) then return end
  end
  table.sort(keys, function(a, b)
    local left, right = values_of[a], values_of[b]
    for k = 1, width do
      if left[k] ~= right[k] then return left[k] < right[k] end
    end
    return false
  end)
end

-- Reading an attribute may load it, so the identity map is asked first.
local function key_values(obj, slots)
  local values = {}
  for i = 1, #slots do
    local value = rawget(obj, slots[i])
    if value == nil then
      local mapper = instance.mapper_of(obj)
      if slots == mapper.pk_slots or slots[1] == mapper.pk_slots[1] and #slots == #mapper.pk_slots then
        local known = identity.values(obj, mapper) -- an expired object need not be refreshed for its key
        if known then return known end
      end
      value = obj[mapper.name_of[slots[i]]]
      if value == nil then value = null end
    end
    values[i] = value
  end
  return values
end

-- Objects by the values in their slots: order of keys, key → objects, key → values, objects with a NULL in it.
local function group_objects(objects, slots)
  local order, groups, values_of, without = {}, {}, {}, {}
  local single = #slots == 1 and slots[1]
  for i = 1, #objects do
    local obj = objects[i]
    local key, values
    if single then
      local value = rawget(obj, single)
      if value == nil then value = key_values(obj, slots)[1] end
      if value ~= null then
        local kind = type(value)
        if kind == "number" or kind == "string" or kind == "boolean" then key = value else key = identity_key(value) end
        values = value
      end
    else
      values = key_values(obj, slots)
      local complete = true
      for k = 1, #values do complete = complete and values[k] ~= null end
      if complete then key = identity_key(unpack(values, 1, #slots)) end
    end
    if key == nil then
      without[#without + 1] = obj
    else
      local list = groups[key]
      if not list then
        list = {}
        groups[key], values_of[key] = list, values
        order[#order + 1] = key
      end
      list[#list + 1] = obj
    end
  end
  return order, groups, values_of, without
end

-- --- attaching -----------------------------------------------------------------------------------

--- Gives an object what was loaded for its attribute.
function selectin.attach(session, obj, prop, list, overwrite)
  if not overwrite and rawget(obj, prop.slot) ~= nil then return end
  if list then list = collections.once_each(prop, list) end
  if prop.uselist then
    local adapter = prop.adapter
    if adapter.kind == "list" and not adapter.new and (session.modified[obj] == nil) then
      list = list or {}
      list[0] = obj
      rawset(obj, prop.slot, setmetatable(list, prop.collection_meta))
    else
      attributes.adopt_collection(obj, prop, list or {})
    end
    return
  end
  if list and #list > 1 then warn_multiple(prop, "eagerly") end
  local value = list and list[1]
  if value == nil then value = null end
  rawset(obj, prop.slot, value)
end
local attach = selectin.attach

-- --- loading -------------------------------------------------------------------------------------

local function fetch_chunk(session, made, loader, ctx, values)
  local groups, trail = {}, ctx.trail and path.trail(ctx.trail, made.how.base_path)
  template.fetch(session, made, { primary_keys = values }, {
    mapper = attr_info.mapper(target_of(loader)), options = ctx.options, origin = ctx.origin,
    is_relationship_load = true, no_autoflush = ctx.no_autoflush, path = made.how.base_path,
    user_options = ctx.user_options, lazy_loaded_from = ctx.lazy_loaded_from, trail = trail,
    run = { groups = groups, trail = trail, owned = loader.prop.uselist, populate_existing = ctx.populate_existing,
      origin = ctx.origin, stmt = ctx.stmt, options = ctx.options, user_options = ctx.user_options, queue = ctx.queue },
  })
  return groups
end

-- Owners of one key share its rows, but each gets a list of its own.
local function load_keys(session, objects, slots, made, loader, ctx, sort)
  local prop = loader.prop
  local order, groups, values_of, without = group_objects(objects, slots)
  if sort then sort_keys(order, values_of, #slots) end
  for first = 1, #order, CHUNK do
    local values, last = {}, math.min(first + CHUNK - 1, #order)
    for i = first, last do values[#values + 1] = values_of[order[i]] end
    local found = fetch_chunk(session, made, loader, ctx, values)
    for i = first, last do
      local key = order[i]
      local owners, list = groups[key], found[key]
      for k = 1, #owners do
        local own = list
        if list and k > 1 and prop.uselist then own = lists.copy(list) end
        attach(session, owners[k], prop, own, ctx.populate_existing)
      end
    end
  end
  for i = 1, #without do attach(session, without[i], prop, nil, ctx.populate_existing) end
end

--- Loads a relationship for a list of objects. `loader`: { prop, child, spec, templates }; `ctx`: populate_existing,
-- options, origin, token, stmt, criteria_nodes.
function selectin.load(session, objects, loader, ctx)
  if #objects == 0 then return end
  local prop = loader.prop
  local form = form_of(prop)
  if form == "child" then
    for i = 1, #objects do -- the foreign key is not loaded: by way of the parent
      for _, slot in ipairs(prop.get_slots) do
        if rawget(objects[i], slot) == nil then form = "join" end
      end
      if form == "join" then break end
    end
  end
  local made = template_of(loader, form, ctx)
  if form == "child" then return load_keys(session, objects, prop.get_slots, made, loader, ctx, true) end
  return load_keys(session, objects, prop.parent.pk_slots, made, loader, ctx, false)
end

selectin.option_tree = option_tree
return selectin
