--- Columns that are not there: expired ones are loaded together, a deferred one with its group.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local identity = require "alchemoon.orm.identity"
local instance = require "alchemoon.orm.instance"
local loader_statements = require "alchemoon.orm.loader_statements"
local lower_entity = require "alchemoon.orm.lower_entity"
local option_tree = require "alchemoon.orm.option_tree"
local peers = require "alchemoon.orm.peers"
local sql = require "alchemoon.orm.sql"
local symbols = require "alchemoon.orm.symbols"
local template = require "alchemoon.orm.template"
local unset = require "alchemoon.orm.unset"

local column_load = {}
local unpack = table.unpack or unpack
local null = symbols.null
local EAGER = { joined = true, selectin = true, subquery = true, immediate = true, noload = true }

-- --- which attributes ----------------------------------------------------------------------------

local function is_deferred(tree, prop, mapper, lead)
  for _, slot in ipairs(mapper.pk_slots) do
    if slot == prop.slot then return false end
  end
  local deferred, raiseload = option_tree.column(tree, prop, prop == mapper.polymorphic_prop, lead)
  return deferred or false, raiseload
end

--- Is nothing known of the object but its identity? Then its eager relationships come back with its columns.
function column_load.is_expired(obj, mapper)
  return rawget(obj, 2) ~= nil and rawget(obj, mapper.pk_slots[1]) == nil
end

-- The options that hold for an object when it is loaded anew.
local function later_options(obj)
  local context = rawget(obj, 1)
  return option_tree.of_later_load(context and (context.options_of_load or context.options) or nil)
end

-- Did the statement of an object bring columns of the classes that have this one?
local function was_selected(context, prop)
  for _, mapper in ipairs(context.mappers or {}) do
    if mapper.prop[prop.key] then return true end
  end
  return context.mappers == nil
end

-- What options said of a column holds until it is expired, alone or with the whole object.
local function options_for(obj, prop, whole)
  if whole or unset.was_refreshed(obj) or unset.lost_options(obj, prop.slot) then return nil end
  local context = rawget(obj, 1)
  local tree = context and context.options
  if tree and not was_selected(context, prop) then return option_tree.of_subclass(tree) end
  return tree
end

--- Is the column one of those that come with the others only when they are asked for?
function column_load.is_deferred(obj, prop)
  local mapper = rawget(getmetatable(obj), "__mapper__")
  return (is_deferred(options_for(obj, prop, column_load.is_expired(obj, mapper)), prop, mapper))
end

-- What a `refresh` listener is told when the whole object was expired: everything that is neither deferred nor changed
-- (a collection may be, before it is loaded).
local function all_names(obj, mapper)
  local list, changes = {}, instance.changes(obj) or {}
  for _, prop in ipairs(mapper.props) do
    local empty = prop.slot and rawget(obj, prop.slot) == nil and changes[prop.slot] == nil
    local kind = prop.kind
    if kind == "synonym" or empty and (kind ~= "column" or not is_deferred(nil, prop, mapper)) then
      list[#list + 1] = prop.key
    end
  end
  table.sort(list)
  return list
end

-- An attribute of query_expression() is nothing without an expression: its own, or one of with_expression(). Both
-- come back with the whole object only.
local function has_expression(tree, prop, whole)
  if not prop.query_expression then return true end
  if not whole or prop.has_default_expression then return whole end
  local _, _, expression = option_tree.column(tree, prop, false)
  return expression ~= nil
end

-- Columns that are not loaded and not deferred; eager relationships if the whole object was expired. `is_refresh`: the
-- options that were said of the class hold again.
local function expired_names(obj, mapper, whole, is_refresh)
  local names, list = {}, {}
  local tree = later_options(obj)
  if whole == nil then whole = column_load.is_expired(obj, mapper) end
  local changes = instance.changes(obj)
  for _, prop in ipairs(mapper.props) do
    if prop.slot and rawget(obj, prop.slot) == nil then
      local wanted
      if prop.kind == "column" then
        wanted = not is_deferred(is_refresh and tree or options_for(obj, prop, whole), prop, mapper,
            is_refresh and mapper)
          and has_expression(tree, prop, whole)
          and not unset.is(obj, mapper, prop.slot)
      elseif whole and prop.kind == "relationship" and prop.initialised then
        local strategy, child = lower_entity.strategy(tree, prop)
        if child and child.contains_eager then strategy = prop.lazy end
        local waits = changes and changes[prop.slot] ~= nil -- a collection that changed before it was loaded
        wanted = not waits and EAGER[strategy] or false
      end
      if wanted then
        names[prop.key] = true
        list[#list + 1] = prop.slot
      end
    end
  end
  return names, list
end

-- A deferred column comes with all of its group that was not changed.
local function group_names(obj, mapper, prop)
  local names, list = { [prop.key] = true }, { prop.slot }
  if prop.group then
    local changes = instance.changes(obj) or {}
    for _, other in ipairs(mapper.props) do
      if other.kind == "column" and other.group == prop.group and other ~= prop and changes[other.slot] == nil then
        names[other.key] = true
        list[#list + 1] = other.slot
      end
    end
  end
  return names, list
end

-- --- identity ------------------------------------------------------------------------------------

--- The primary key values under which a persistent object is known.
function column_load.identity(obj, mapper)
  if rawget(obj, 2) == nil then return nil end
  local values = identity.values(obj, mapper)
  if values then return values end
  return exc.raise("InvalidRequestError", "the primary key of %s is not known any more", instance.describe(obj))
end

local function parameters(values)
  local set = {}
  for i = 1, #values do set["pk_" .. i] = values[i] end
  return set
end
column_load.parameters = parameters

-- --- loading -------------------------------------------------------------------------------------

-- The tables whose columns the attributes of these names consist of; nil if something else is among them.
local function tables_of(mapper, names)
  local tables
  for _, prop in ipairs(mapper.props) do
    if names[prop.key] then
      if prop.kind ~= "column" then return nil end
      tables = tables or {}
      for _, mapped in ipairs(prop.columns) do
        for _, column in ipairs(sql.columns_in(mapped)) do tables[core.node_get(column, "table") or 1] = true end
      end
    end
  end
  return tables
end

-- The mappers whose tables a statement for these columns needs, from the one nearest to the root on: fewer than all of
-- them (joined inheritance), or nil.
local function lower_mappers(mapper, names)
  if not mapper.inherits or mapper.concrete or #mapper.tables < 2 then return nil end
  local tables = tables_of(mapper, names)
  if not tables or tables[mapper.base.local_table] then return nil end
  local chain, list = {}, {}
  local at = mapper
  while at do
    table.insert(chain, 1, at)
    at = at.inherits
  end
  for _, each in ipairs(chain) do
    if core.node_tag(each.local_table) ~= core.tags.TABLE then return nil end
    if (list[1] or tables[each.local_table]) and each.inherit_pairs then list[#list + 1] = each end
  end
  return list[1] and list or nil
end

-- The columns of a subclass's table that hold the identity; nil if some do not.
local function keys_in(lower, mapper)
  local keys = {}
  for i, key in ipairs(mapper.primary_key) do
    for _, pair in ipairs(lower.inherit_pairs) do
      for a = 1, 2 do
        local here, there = pair[a], pair[3 - a]
        if core.node_get(here, "table") == lower.local_table and mapper.column_slot[there] == mapper.pk_slots[i] then
          keys[i] = here
        end
      end
    end
    if not keys[i] and core.node_get(key, "table") == lower.local_table then keys[i] = key end
    if not keys[i] then return nil end
  end
  return keys
end

-- Is the column on the left of its comparison with the base's in the inheritance condition?
local function stands_left(mapper, column)
  for _, item in ipairs(sql.conjuncts(mapper.inherit_condition)) do
    if core.node_tag(item) == core.tags.BINARY and core.node_get(item, "left") == column then return true end
  end
  return false
end

-- The tables of a statement without joins in the order in which it speaks of them: columns first, then conditions.
local function tables_in_order(mapper, names, mappers)
  local froms, missing = {}, {}
  for _, each in ipairs(mappers) do missing[each.local_table] = true end -- a subquery speaks of others, too
  local function add(from)
    if missing[from] then
      missing[from] = nil
      froms[#froms + 1] = from
    end
  end
  for _, prop in ipairs(mapper.props) do
    if names[prop.key] and prop.kind == "column" then
      for _, column in ipairs(sql.columns_in(prop.columns[1])) do add(core.node_get(column, "table")) end
    end
  end
  for _, each in ipairs(mappers) do add(each.local_table) end
  return froms
end

-- Without the tables of the base that none of the names needs; nil if the key is not in what remains.
local function small_template(mapper, names)
  local mappers = lower_mappers(mapper, names)
  local keys = mappers and keys_in(mappers[1], mapper)
  if not keys then return nil end
  local operators = require "alchemoon.sql.operators"
  local list = {}
  for i, column in ipairs(keys) do
    local left, right = core.bind("pk_" .. i, nil, 2, core.node_type(column)), column
    if stands_left(mappers[1], column) then left, right = right, left end
    list[i] = operators.compare(left, sql.op.eq, right)
  end
  for i, each in ipairs(mappers) do
    if i > 1 then list[#list + 1] = each.inherit_condition end
  end
  local stmt = loader_statements.base_select({ mapper.entity }, { where = { sql.and_(list) },
    froms = tables_in_order(mapper, names, mappers) })
  return template.new(stmt, { only = names, fixed = true, options = {}, no_single = true, bare_from = true })
end

local function names_key(slots, tree)
  table.sort(slots)
  return table.concat(slots, ","), tree
end

-- Which parts of a composite key are NULL: { [i] = true } and a text for it; nothing if none is.
local function nulls_of(values)
  local nulls, text
  for i = 1, #values do
    if values[i] == null then
      nulls = nulls or {}
      nulls[i], text = true, (text or "n") .. i
    end
  end
  return nulls, text
end

-- Statements of refreshes are kept per class, names and NULLs in the key: a hot loop must not build them anew.
-- What with_loader_criteria said of the objects' own statement (`context`) holds for what is joined here.
local function template_of(mapper, names, slots, tree, context, unlabelled, values)
  local criteria = context and context.criteria_nodes
  local holder = tree or criteria and context.plan or mapper
  holder.refresh_templates = holder.refresh_templates or setmetatable({}, { __mode = "k" })
  local templates = holder.refresh_templates[mapper]
  if not templates then
    templates = {}
    holder.refresh_templates[mapper] = templates
  end
  local nulls, null_text
  if values and #values > 1 then nulls, null_text = nulls_of(values) end
  local key = names_key(slots) .. (unlabelled and "u" or "") .. (null_text or "")
  local made = templates[key]
  if made then return made end
  made = not unlabelled and not nulls and small_template(mapper, names)
  if not made then
    made = template.new(loader_statements.by_identity(mapper, nulls, unlabelled), { only = names, fixed = true,
      tree = tree, options = {}, refresh = true, base_path = context and context.path and context.path.base }, criteria)
  end
  templates[key] = made
  return made
end

local function name_list(names)
  local list = {}
  for name in pairs(names) do list[#list + 1] = name end
  table.sort(list)
  return list
end

local function told(names, extra)
  if extra and extra.names ~= nil then return extra.names or nil end
  return name_list(names)
end

-- Composites that a flush took away are there again with the row that brings one of their parts.
local function make_composites(obj, mapper, names)
  for _, composite in ipairs(mapper.composite_list) do
    local parts, is_named, is_whole = composite:parts(mapper), false, rawget(obj, composite.slot) == nil
    for _, part in ipairs(parts) do
      is_named, is_whole = is_named or names[part.key] == true, is_whole and rawget(obj, part.slot) ~= nil
    end
    if is_named and is_whole then composite:remake(obj) end
  end
end

--- Loads named attributes of an object; false if its row is gone. `extra`: template, no_autoflush, options, names (what
-- listeners are told; false: everything).
function column_load.fetch(session, obj, mapper, names, slots, extra)
  local context = rawget(obj, 1)
  local values = column_load.identity(obj, mapper)
  local made = extra and extra.template or template_of(mapper, names, slots, later_options(obj),
    context, extra and extra.unlabelled, values)
  local found = template.fetch(session, made, parameters(values), {
    mapper = mapper, is_column_load = true, no_autoflush = extra and extra.no_autoflush,
    options = extra and extra.options, origin = context and context.origin, token = identity.token(obj),
    user_options = context and context.user_options, trail = context and context.trail,
    run = { fixed = obj, refresh = true, names = told(names, extra), origin = context and context.origin,
      options = extra and extra.options, user_options = context and context.user_options },
  })
  if mapper.composite_list and unset.is_popped(obj) then make_composites(obj, mapper, names) end
  return #found > 0
end

local function not_bound(obj)
  exc.raise("DetachedInstanceError", "Instance %s is not bound to a Session; attribute refresh operation cannot " ..
    "proceed", instance.describe(obj))
end

local function gone(obj)
  exc.raise("ObjectDeletedError", "Instance '%s' has been deleted, or its row is otherwise not present.",
    instance.describe(obj))
end
column_load.gone = gone

-- One statement for columns of many objects: deferred ones, or those of a subclass that a statement of its base class
-- left out. Of the peers it serves those of the object's own class; wholly expired ones are refreshed each on its own.
local function load_for_peers(session, obj, mapper, names, peers_of_obj)
  local list = { obj }
  for _, peer in ipairs(peers_of_obj) do
    if instance.mapper_of(peer):isa(mapper) and not column_load.is_expired(peer, mapper) then list[#list + 1] = peer end
  end
  local made = template_of(mapper, names, { "peers", unpack(name_list(names)) }, nil, nil)
  if not made.for_peers then
    local stmt = loader_statements.base_select({ mapper.entity },
      { where = { loader_statements.in_list(mapper.primary_key) } })
    local only = {}
    for name in pairs(names) do only[name] = true end
    for _, slot in ipairs(mapper.pk_slots) do only[mapper.name_of[slot]] = true end
    made.for_peers = template.new(stmt, { only = only, options = {}, no_single = true })
  end
  local chunk = symbols.KEYS_PER_STATEMENT
  for first = 1, #list, chunk do
    local values = {}
    for i = first, math.min(first + chunk - 1, #list) do
      local key = column_load.identity(list[i], mapper)
      values[#values + 1] = #key == 1 and key[1] or key
    end
    template.fetch(session, made.for_peers, { primary_keys = values }, { mapper = mapper, is_column_load = true,
      token = identity.token(obj), run = { token = identity.token(obj) } })
  end
end

local function raise_deferred(prop)
  exc.raise("InvalidRequestError", "'%s' is not available due to raiseload=true", tostring(prop))
end

--- The value of a column that is not loaded (nil for NULL).
function column_load.load(obj, mapper, prop, passive)
  if passive ~= nil and passive ~= symbols.OFF and passive ~= symbols.NO_FETCH_RELATED
    and passive ~= symbols.ONLY_PERSISTENT then
    return symbols.NO_VALUE
  end
  local context = rawget(obj, 1)
  if unset.is(obj, mapper, prop.slot) then return nil end
  local whole = column_load.is_expired(obj, mapper)
  local deferred, raiseload = is_deferred(options_for(obj, prop, whole), prop, mapper)
  if prop.query_expression and not (deferred and prop.has_default_expression) then return nil end
  local session = context.session
  if session == nil then
    if deferred then
      exc.raise("DetachedInstanceError", "Parent instance %s is not bound to a Session; deferred load operation of " ..
        "attribute '%s' cannot proceed", instance.describe(obj), prop.key)
    end
    not_bound(obj)
  end
  local names, slots, extra
  if deferred then
    if raiseload then raise_deferred(prop) end
    names, slots = group_names(obj, mapper, prop)
  else
    if whole then extra = { names = all_names(obj, mapper) } end
    names, slots = expired_names(obj, mapper, whole)
    names[prop.key] = true
    local known = false
    for _, slot in ipairs(slots) do known = known or slot == prop.slot end
    if not known then slots[#slots + 1] = prop.slot end
  end
  local others = not whole and peers.lacking(obj, prop)
  if others then
    load_for_peers(session, obj, mapper, names, others)
  elseif not column_load.fetch(session, obj, mapper, names, slots, extra) then gone(obj) end
  if extra then unset.reloaded(obj) end
  unset.read_again(obj)
  local value = rawget(obj, prop.slot)
  if value == nil and others then gone(obj) end
  if value == null then return nil end
  return value
end

--- Loads what was expired with the whole object, before one of its relationships is looked at.
function column_load.unexpire(session, obj, mapper)
  local extra = { names = all_names(obj, mapper) }
  local names, slots = expired_names(obj, mapper, true)
  if not column_load.fetch(session, obj, mapper, names, slots, extra) then gone(obj) end
  unset.reloaded(obj)
  unset.read_again(obj)
end

column_load.expired_names, column_load.later_options = expired_names, later_options
return column_load
