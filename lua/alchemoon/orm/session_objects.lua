--- What a session does with single objects: add, delete, get, merge, refresh, expire, expunge, contains.
local core = require "alchemoon.core"
local aliased = require "alchemoon.orm.aliased"
local composite = require "alchemoon.orm.composite"
local exc = require "alchemoon.exc"
local inspection = require "alchemoon.inspection"
local options = require "alchemoon.options"
local classes = require "alchemoon.orm.classes"
local cascade = require "alchemoon.orm.cascade"
local watch = require "alchemoon.orm.collection_watch"
local expire = require "alchemoon.orm.expire"
local flush_warning = require "alchemoon.orm.flush_warning"
local identity = require "alchemoon.orm.identity"
local instance = require "alchemoon.orm.instance"
local loading = require "alchemoon.orm.loading"
local settled = require "alchemoon.orm.settled"
local states = require "alchemoon.orm.states"
local symbols = require "alchemoon.orm.symbols"
local access = require "alchemoon.orm.access"

local session_objects = {}
local rawget, getmetatable, type = rawget, getmetatable, type
local null = symbols.null

-- --- add ------------------------------------------------------------------------------------------------

local function add_with_cascade(session, obj, mapper)
  states.save_or_update(session, obj)
  if #cascade.props_with(mapper, "save_update") == 0 then return watch.enter(session, obj) end
  local reached = cascade.collect(obj, "save_update", function(item) return states.contains(session, item) end)
  for i = 1, #reached do states.save_or_update(session, reached[i]) end
  watch.enter(session, obj)
  for i = 1, #reached do watch.enter(session, reached[i]) end
end

local function add(session, obj)
  flush_warning(session, "Session.add()")
  local mapper = states.mapper_of(obj)
  access.taken_in(obj)
  add_with_cascade(session, obj, mapper)
end

-- Many fresh objects of classes without cascades and listeners: nothing but marks.
local function add_plain(session, list)
  local dispatch, new, pending = session.dispatch, session._new, session._pending
  if dispatch.before_attach or dispatch.after_attach or dispatch.transient_to_pending or session._warn_on_events then
    return 0
  end
  if not session._transaction then session:_autobegin() end
  local at, count = 1, #list
  while at <= count do
    local obj = list[at]
    local mt = type(obj) == "table" and getmetatable(obj)
    local mapper = type(mt) == "table" and rawget(mt, "__mapper__")
    if not mapper or #cascade.props_with(mapper, "save_update") > 0 then break end
    local before = at
    at = new:append_fresh(list, at, mt, pending)
    if at == before then break end
  end
  return at - 1
end

local function check_objects(name, list)
  if type(list) ~= "table" then
    exc.raise("ArgumentError", "%s: expected a list of objects, got %s", name, type(list))
  elseif instance.mapper_of(list) then
    exc.raise("ArgumentError", "%s: expected a list of objects, got one, a %s", name,
      instance.mapper_of(list).class_name)
  end
end

local function add_all(session, list)
  check_objects("add_all", list)
  local done = add_plain(session, list)
  for i = done + 1, #list do add(session, list[i]) end
end

-- --- delete ---------------------------------------------------------------------------------------------

local function delete_one(session, obj, mapper)
  if session._deleted:contains(obj) then return false end
  states.attach_persistent(session, obj, mapper)
  return true
end

local function refuse_unpersisted(obj)
  exc.raise("InvalidRequestError", "Instance '%s' is not persisted", instance.describe(obj))
end

local function delete(session, obj)
  flush_warning(session, "Session.delete()")
  local mapper = states.mapper_of(obj)
  if rawget(obj, 2) == nil then refuse_unpersisted(obj) end
  if not delete_one(session, obj, mapper) then return end
  local reached = cascade.collect(obj, "delete")
  session._deleted:add(obj)
  for i = 1, #reached do
    local item = reached[i]
    if rawget(item, 2) ~= nil and delete_one(session, item, access.mapper_of(item)) then session._deleted:add(item) end
  end
end

-- --- get ------------------------------------------------------------------------------------------------

local GET_OPTIONS = { options = true, populate_existing = false, with_for_update = true, identity_token = true,
  execution_options = true, bind_arguments = true }

local function class_mapper(entity)
  if type(entity) == "table" then
    local mapper = rawget(entity, "is_mapper") and entity or rawget(entity, "__mapper__")
    if mapper and not aliased.is(entity) then return mapper end
  end
  if core.node_tag(entity) == core.tags.ORM_ENTITY and core.node_get(entity, "aliased") == 0 then
    return core.node_get(entity, "mapper")
  end
  inspection.inspect(entity) -- has its own words for what nobody knows
  return exc.raise("ArgumentError", "Expected mapped class or mapper, got: %s", tostring(entity))
end

local function quoted_list(mapper, text_of)
  local parts = {}
  for i, column in ipairs(mapper.primary_key) do parts[i] = "'" .. text_of(column, i) .. "'" end
  return table.concat(parts, ",")
end

local function wrong_count(mapper)
  exc.raise("InvalidRequestError", "%s", "Incorrect number of values in identifier to formulate primary key for "
    .. "session.get(); primary key columns are " .. quoted_list(mapper, tostring))
end

local function wrong_names(mapper)
  exc.raise("InvalidRequestError", "%s", "Incorrect names of values in identifier to formulate primary key for "
    .. "session.get(); primary key attribute names are "
    .. quoted_list(mapper, function(_, i) return mapper.name_of[mapper.pk_slots[i]] end)
    .. " (synonym names are also accepted)")
end

-- A key given by names of attributes, synonyms included.
local function named_key(mapper, ident)
  local values, given = {}, 0
  for _ in pairs(ident) do given = given + 1 end
  if given ~= #mapper.pk_slots then wrong_count(mapper) end
  for i, slot in ipairs(mapper.pk_slots) do
    local value = ident[mapper.name_of[slot]]
    if value == nil then
      for _, prop in ipairs(mapper.props) do
        if prop.kind == "synonym" and prop.name == mapper.name_of[slot] then value = ident[prop.key] end
      end
    end
    if value == nil then wrong_names(mapper) end
    values[i] = value
  end
  return values
end

--- Primary key values from what users give: one value, a list, or a table by names.
function session_objects.key_values(mapper, ident)
  if type(ident) == "table" and getmetatable(ident) ~= nil and #mapper.pk_slots ~= 1 then
    ident = composite.values_in(ident) or ident
  end
  if type(ident) ~= "table" or getmetatable(ident) ~= nil then
    if #mapper.pk_slots ~= 1 then wrong_count(mapper) end
    return { ident == nil and null or ident }
  end
  if ident[1] == nil and next(ident) ~= nil then return named_key(mapper, ident) end
  if #ident ~= #mapper.pk_slots then wrong_count(mapper) end
  return ident
end

-- An object that was expired is loaded before it is handed out; nil if its row is gone.
local function ensure_loaded(session, obj, mapper)
  if rawget(obj, mapper.pk_slots[1]) ~= nil then return obj end
  local ok, e = pcall(instance.missing, obj, mapper, mapper.pk_slots[1])
  if ok then return obj end
  if exc.is(e, exc.ObjectDeletedError) then
    states.remove_newly_deleted(session, { obj })
    return nil
  end
  return error(e, 0)
end

-- false: the key belongs to an object of another class.
local function lookup(session, mapper, key)
  local map = session.identity[mapper.identity_base]
  local obj = map and map[key]
  if obj == nil then return nil end
  local own = access.mapper_of(obj)
  if not own:isa(mapper) then return false end
  return ensure_loaded(session, obj, own)
end
session_objects.lookup = lookup

-- lookup() by primary key values; a sharded session says under which tokens.
local function known_object(session, mapper, values, opts)
  local count, candidates = #mapper.pk_slots, session._candidate_tokens
  if opts.identity_token ~= nil or not candidates then
    return lookup(session, mapper, identity.key(values, count, opts.identity_token))
  end
  for _, token in ipairs(candidates(session, mapper, values, opts)) do
    local obj = lookup(session, mapper, identity.key(values, count, token))
    if obj ~= nil then return obj end
  end
  return nil
end

-- The identity map answers unless an option wants the database's values.
local function get_with_options(session, entity, ident, opts)
  opts = options.read("get", opts, GET_OPTIONS)
  if opts.with_for_update == false then opts.with_for_update = nil end
  local mapper = class_mapper(entity)
  instance.configure(mapper)
  local values = session_objects.key_values(mapper, ident)
  local refresh = opts.populate_existing or mapper.always_refresh or opts.with_for_update ~= nil
    or opts.execution_options and opts.execution_options.populate_existing
  if not refresh then
    local obj = known_object(session, mapper, values, opts)
    if obj == false then return nil end
    if obj ~= nil then return obj end
  end
  return loading.by_identity(session, mapper, values, opts)
end

-- Class → what a get by one plain value needs: mapper, primary key slot, does the class stand alone; filled on first
-- use.
local plain_classes = setmetatable({}, { __mode = "k" })

local function plain_class(entity)
  local mapper = type(entity) == "table" and rawget(entity, "__mapper__")
  if not mapper or rawget(entity, "is_aliased_class") or #mapper.pk_slots ~= 1 then return nil end
  instance.configure(mapper)
  local base = mapper.identity_base
  local known = { mapper = mapper, base = base, slot = mapper.pk_slots[1], always = mapper.always_refresh,
    subclasses = mapper.subclasses, is_base = base == mapper }
  plain_classes[entity] = known
  return known
end

-- The next get of this class finds the identity map by the class alone. Forgotten when the session gets new maps.
local function remember_map(session, entity, known, map)
  if session._maps == identity.NO_MAPS then session._maps = {} end
  session._maps[entity] = { map = map, slot = known.slot, subclasses = known.subclasses }
end

-- The short way of `get`: an object that is known, or one row by its key, without reading options.
local function get_by_class(session, entity, ident, opts)
  if opts == nil then
    local known = entity ~= nil and plain_classes[entity]
    if not known or known.mapper.disposed then known = plain_class(entity) end
    if known and not known.always then
      local map = session.identity[known.base]
      local obj = map and map[ident]
      if obj ~= nil then
        local alone = known.is_base and known.subclasses[1] == nil
        if obj[known.slot] ~= nil and (alone or getmetatable(obj) == entity) then
          if alone then remember_map(session, entity, known, map) end
          return obj
        end
      elseif not instance.pending.any and not session._candidate_tokens then
        obj = loading.get_plain(session, known.mapper, ident)
        if obj ~= false then return obj end
      end
    end
  end
  return session:_exclusive("get", get_with_options, entity, ident, opts)
end

--- The object with that primary key: from the identity map, else from the database; nil if there is none.
local function get(session, entity, ident, opts)
  if not session then exc.raise_not_a_method("get", "session") end
  local known = session._maps[entity]
  if known and opts == nil then
    local obj = known.map[ident]
    if obj ~= nil and obj[known.slot] ~= nil and known.subclasses[1] == nil then return obj end
  end
  return get_by_class(session, entity, ident, opts)
end

-- session.get(User, 1): the first thing that get() reads from the class.
classes.mistaken._maps = function() exc.raise_not_a_method("get", "session") end

-- --- refresh --------------------------------------------------------------------------------------------

-- Empties all slots: a flush may have loaded some of them. → slot → value, to be put back when the row is gone.
local function empty_slots(obj, mapper)
  local values = {}
  for slot = 3, mapper.slot_count do
    values[slot] = rawget(obj, slot)
    rawset(obj, slot, nil)
  end
  return values
end

-- If the row is gone, the object keeps what it had.
local function refresh(session, obj, names, opts)
  if options.is_options(names) and next(names) ~= nil then names, opts = nil, names end
  opts = options.read("refresh", opts, { attribute_names = true, with_for_update = true })
  names = expire.check_names("refresh", names or opts.attribute_names)
  if names and next(names) == nil then names = nil end
  local mapper = states.mapper_of(obj)
  expire.expire(session, obj, names)
  session:_autoflush()
  local loaded = not names and empty_slots(obj, mapper) or {}
  if type(opts.with_for_update) == "table" and next(opts.with_for_update) == nil then
    exc.raise("ArgumentError", "with_for_update should be the boolean value true, or a table with options. A blank "
      .. "table is ambiguous.")
  end
  if not loading.refresh(session, obj, mapper, names, opts) then
    for slot, value in pairs(loaded) do rawset(obj, slot, value) end
    exc.raise("InvalidRequestError", "Could not refresh instance '%s'", instance.describe(obj))
  end
end

-- --- expunge --------------------------------------------------------------------------------------------

local function expunge(session, obj)
  states.mapper_of(obj)
  if states.session_of(obj) ~= session then
    exc.raise("InvalidRequestError", "Instance %s is not present in this Session", instance.describe(obj))
  end
  local list = { obj }
  for _, item in ipairs(cascade.collect(obj, "expunge")) do
    if states.session_of(item) == session then list[#list + 1] = item end
  end
  states.expunge(session, list)
end

-- --- questions ------------------------------------------------------------------------------------------

local function column_changed(obj, prop)
  local changes = access.changes_of(obj)
  if changes then return changes[prop.slot] ~= nil and (access.column_change(obj, prop.slot)) end
  local context = rawget(obj, 1)
  if context == nil or context.lifecycle == "pending" then return rawget(obj, prop.slot) ~= nil end
  return false
end

-- A new object that a rollback took back: only what was set since counts.
local function is_settled_modified(obj, mapper, include)
  for _, prop in ipairs(mapper.props) do
    if (include or not prop.uselist) and settled.is_changed(obj, prop) then return true end
  end
  return false
end

-- Changes in place are looked for first: no assignment has announced them.
local function is_modified(_, obj, opts)
  local mapper = states.mapper_of(obj)
  local mutable = package.loaded["alchemoon.orm.ext.mutable"]
  if mutable then mutable.look(obj) end
  watch.look(obj)
  local include = options.read("is_modified", opts, { include_collections = options.TRUE }).include_collections
  if rawget(obj, 2) == nil and settled.values(obj) then return is_settled_modified(obj, mapper, include) end
  for _, prop in ipairs(mapper.props) do
    if prop.kind == "column" then
      if column_changed(obj, prop) then return true end
    elseif prop.kind == "relationship" and (include or not prop.uselist) then
      local history = access.history(obj, prop, symbols.NO_INITIALIZE)
      if #history.added > 0 or #history.deleted > 0 then return true end
    end
  end
  return false
end

--- Gives a session's method table its methods.
function session_objects.install(methods, exclusive)
  exclusive("add", add)
  exclusive("add_all", add_all)
  exclusive("delete", delete)
  exclusive("delete_all", function(session, list)
    check_objects("delete_all", list)
    for i = 1, #list do delete(session, list[i]) end
  end)
  exclusive("refresh", refresh)
  exclusive("expunge", expunge)
  exclusive("expire", expire.expire)
  --- The object leaves without those that its cascades would take along.
  exclusive("_expunge_alone", function(session, obj) states.expunge(session, { obj }) end)
  exclusive("expire_all", expire.all)
  methods.get = get
  methods.is_modified = is_modified

  function methods:get_one(entity, ident, opts)
    local obj = self:get(entity, ident, opts)
    if obj == nil then exc.raise("NoResultFound", "No row was found when one was required") end
    return obj
  end

  --- Is the object pending or persistent in this session?
  function methods:contains(obj)
    states.mapper_of(obj)
    return states.contains(self, obj)
  end

  --- Is the object's row (class, primary key) in the session? Without SQL.
  function methods:_identity_lookup(mapper, key) return lookup(self, mapper, key) end

  --- An object came to a relationship of one of ours: save-update cascade.
  function methods:_cascade_attr(item)
    if states.contains(self, item) then return end
    access.taken_in(item) -- as if it were added by hand, though not what comes along with it
    add_with_cascade(self, item, states.mapper_of(item))
  end

  function methods:enable_relationship_loading(obj)
    states.mapper_of(obj)
    states.attach_for_loading(self, obj)
  end

  exclusive("merge", function(session, obj, opts)
    return require("alchemoon.orm.merge").merge(session, obj, opts)
  end)
  exclusive("merge_all", function(session, list, opts)
    return require("alchemoon.orm.merge").merge_all(session, list, opts)
  end)
end

return session_objects
