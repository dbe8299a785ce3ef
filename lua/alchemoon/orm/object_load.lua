--- session:get() and session:refresh(): one object by its primary key.
local access = require "alchemoon.orm.access"
local column_load = require "alchemoon.orm.column_load"
local core = require "alchemoon.core"
local execution = require "alchemoon.orm.execution"
local exc = require "alchemoon.exc"
local identity = require "alchemoon.orm.identity"
local instance = require "alchemoon.orm.instance"
local inheritance = require "alchemoon.orm.inheritance"
local load = require "alchemoon.orm.load"
local loader_statements = require "alchemoon.orm.loader_statements"
local option_tree = require "alchemoon.orm.option_tree"
local plan_module = require "alchemoon.orm.plan"
local symbols = require "alchemoon.orm.symbols"
local template = require "alchemoon.orm.template"
local unset = require "alchemoon.orm.unset"
local warn = require "alchemoon.orm.warn"
local copy = require("alchemoon.keys").copy

local object_load = {}
local null = symbols.null
local unpack = table.unpack or unpack -- luacheck: ignore 113

local function nulls_of(values)
  local nulls, count = nil, 0
  for i = 1, #values do
    if values[i] == null then
      nulls = nulls or {}
      nulls[i] = true
      count = count + 1
    end
  end
  return nulls, nulls ~= nil and count == #values
end

local function lock_of(stmt, with_for_update)
  if with_for_update == nil or with_for_update == false then return stmt end
  if with_for_update == true then return stmt:with_for_update() end
  if core.node_tag(with_for_update) then return core.node_with(stmt, { for_update = with_for_update }) end -- a Query's
  return stmt:with_for_update(with_for_update)
end

local function parameters(values)
  local set = {}
  for i = 1, #values do
    if values[i] ~= null then set["pk_" .. i] = values[i] end
  end
  return set
end

-- The object of a key: rows of several shards or concrete tables may have the same one.
local function only(list)
  if list[2] ~= nil then
    exc.raise("MultipleResultsFound", "Multiple rows were found when exactly one was required")
  end
  return list[1]
end

local function plain(mapper, values)
  local made = mapper.get_template
  if not made then
    made = template.new(loader_statements.by_identity(mapper), { options = {} })
    mapper.get_template = made
  end
  return made, #values == 1 and { pk_1 = values[1] } or parameters(values)
end

local function check_version(obj, mapper, before)
  if before == nil or not mapper.version_id_slot then return end
  local now = rawget(obj, mapper.version_id_slot)
  if now ~= before and before ~= null then
    rawset(obj, mapper.version_id_slot, before)
    exc.raise("StaleDataError", "Instance '%s' has version id '%s' which does not match database-loaded version id " ..
      "'%s'.", instance.describe(obj), tostring(before), tostring(now))
  end
end

-- What an object holds and what was changed in it: the result puts all of it back.
local function photograph(session, obj, mapper)
  local values, changes = {}, session.modified[obj]
  for slot = 3, mapper.slot_count do values[slot] = rawget(obj, slot) end
  return function()
    for slot = 3, mapper.slot_count do
      if values[slot] ~= nil then rawset(obj, slot, values[slot]) end
    end
    session.modified[obj] = changes
  end
end

-- The unloaded columns of an expired object as they are now: the result empties them again and reads them by a
-- statement of its own, as any expired attribute: a version is read so before it is compared with a locked row's.
local function unloaded(obj, mapper)
  local empty = {}
  for slot = 3, mapper.slot_count do
    local prop = mapper.prop[mapper.name_of[slot]]
    if prop and prop.kind == "column" and rawget(obj, slot) == nil then empty[#empty + 1] = slot end
  end
  return function()
    for _, slot in ipairs(empty) do rawset(obj, slot, nil) end
    instance.missing(obj, mapper, mapper.version_id_slot)
  end
end

-- The SELECT by identity with the loader options and the lock that were asked for.
local function statement_of(mapper, nulls, opts)
  local stmt, list = loader_statements.by_identity(mapper, nulls), opts.options
  if list then
    if getmetatable(list) ~= nil or list[1] == nil and next(list) ~= nil then list = { list } end
    if list[1] ~= nil then stmt = stmt:options(unpack(list)) end
  end
  return lock_of(stmt, opts.with_for_update)
end

-- An object with a version that is locked: its row must have the version that is known here. A function that checks it
-- once the row is there, and whether the row's values must be seen, though they are not to stay.
local function version_check(session, mapper, values, opts)
  if not opts.with_for_update or not mapper.version_id_slot then return nil, false end
  local map = session.identity[mapper.identity_base]
  local known = map and map[identity.key(values, #values, opts.identity_token)]
  if not known then return nil, false end
  local version = rawget(known, mapper.version_id_slot)
  local put_back = version ~= nil and not opts.populate_existing and photograph(session, known, mapper) or nil
  local read_again = version == nil and unloaded(known, mapper) or nil
  return function(found)
    if found ~= known then return end
    if read_again then read_again() end
    local ok, e = pcall(check_version, known, mapper, version)
    if put_back then put_back() end
    if not ok then error(e, 0) end
  end, put_back ~= nil
end

-- With options the statement takes the public way, so that its plan is cached by its form.
local function with_options(session, mapper, values, opts)
  local nulls, all = nulls_of(values)
  if all then
    warn("fully NULL primary key identity cannot load any object. This condition may raise an error in a future "
      .. "release.")
  end
  local stmt = statement_of(mapper, nulls, opts)
  local options, arguments = copy(opts.execution_options), copy(opts.bind_arguments)
  if opts.identity_token ~= nil then options.identity_token = opts.identity_token end
  arguments.mapper = arguments.mapper or mapper
  local check, must_see = version_check(session, mapper, values, opts)
  if opts.populate_existing or must_see then options.populate_existing = true end
  local result = execution.execute(session, stmt, parameters(values), options, arguments)
  local rows = result:unique():scalars():all()
  if #rows > 1 then exc.raise("MultipleResultsFound", "Multiple rows were found when exactly one was required") end
  if check then check(rows[1]) end
  return rows[1]
end

local PLAIN_RUN = {}
local load_one = core.load_one

local function by_template(session, mapper, ident)
  local made = mapper.get_template or plain(mapper, { ident })
  local info = mapper.get_info
  if not info then
    info = { mapper = mapper, run = PLAIN_RUN }
    mapper.get_info = info
  end
  return only(template.fetch(session, made, { pk_1 = ident }, info))
end

local function is_dirty(session)
  return session._new.count > 0 or session._deleted.count > 0 or next(session.modified) ~= nil
    or session.mutable_reads or session.collection_reads
end

-- What a session needs for gets of one class as long as its transaction lasts; nil if the long way must be taken.
local function make_lane(session, mapper)
  local transaction, bind, scoped = session._transaction, session.bind, session._scope_transaction
  if scoped and scoped._state ~= "active" then return nil end
  local record = transaction and bind and transaction._connections[bind]
  if not record or next(session._binds) ~= nil or not template.has_plain_bind(session) then return nil end
  local conn, made = record.conn, mapper.get_template
  local plan = made and made.plans[conn.dialect.name]
  local fairy = plan and load.is_quick(conn, plan)
  if not fairy or #mapper.self_and_descendants > 1 then return nil end
  if #plan.entry.compiled:positions() ~= 1 then return nil end -- a column_property has parameters of its own
  local program, simple = plan_module.program(plan, session, PLAIN_RUN)
  if not simple then return nil end
  local lanes = session._lanes
  if not lanes then
    lanes = {}
    rawset(session, "_lanes", lanes)
  end
  local lane = { transaction = transaction, bind = bind, conn = conn, root = conn._transaction, fairy = fairy,
    dbconn = fairy.dbapi_connection, program = program, compiled = plan.entry.compiled, text = plan.entry.text,
    run = load.simple_run(session, plan), context = session._persistent }
  lanes[mapper] = lane
  return lane
end

-- Has nothing changed that would let a statement take another way?
local function is_open(lane, session, mapper)
  local conn, transaction, root, on_object = lane.conn, lane.transaction, lane.root, mapper.instance_dispatch
  local scoped = session._scope_transaction
  if scoped and scoped ~= transaction and scoped._state ~= "active" then return false end
  return transaction == session._transaction and transaction._state == "active" and lane.bind == session.bind
    and lane.context == session._persistent and conn._transaction == root and root.is_active
    and conn._fairy == lane.fairy and not (conn._busy or conn._nested_transaction or conn._scope_transaction
      or conn.dispatch.is_watched or conn._echo or on_object and (on_object.load or on_object.refresh))
end

--- The object with this one-column primary key, from the database; false if the key is neither number nor string. The
-- short way is for a session in a transaction on a connection that nobody watches: one call of C.
function object_load.get_plain(session, mapper, ident)
  local lanes, dispatch = session._lanes, session.dispatch
  local lane = lanes and lanes[mapper]
  if session._inside or dispatch.do_orm_execute or dispatch.loaded_as_persistent
    or session.autoflush and not session._flushing and is_dirty(session) then
    lane = nil
  elseif not lane or not is_open(lane, session, mapper) then
    lane = make_lane(session, mapper)
  end
  if not lane then
    local kind = type(ident)
    return (kind == "number" or kind == "string") and session:_exclusive("get", by_template, mapper, ident)
  end
  local fairy = lane.fairy
  local cursor = fairy._spare
  if cursor then fairy._spare = false else cursor = lane.dbconn:cursor() end
  local ok, found = pcall(load_one, lane.program, cursor, lane.run, lane.compiled, ident)
  if not ok then return load.failed(lane.conn, cursor, found, lane.text) end
  fairy._spare = cursor
  return found
end

--- The object with these primary key values, from the database; nil if there is none.
---@param opts table   options, populate_existing, with_for_update, identity_token, execution_options, bind_arguments
function object_load.by_identity(session, mapper, values, opts)
  opts = opts or {}
  if opts.options or opts.populate_existing or opts.with_for_update or opts.identity_token ~= nil
    or opts.execution_options or opts.bind_arguments or nulls_of(values) then
    return with_options(session, mapper, values, opts)
  end
  local made, set = plain(mapper, values)
  return only(template.fetch(session, made, set, { mapper = mapper, run = {} }))
end

-- Names of attributes as given by the user → { name = true }, slots.
local function named(mapper, given)
  local names, slots = {}, {}
  for _, name in ipairs(given) do
    local prop = mapper:get_property(name)
    if prop.kind == "synonym" then prop = mapper:get_property(prop.name) end
    if prop.kind == "composite" then
      for _, part in ipairs(prop:parts(mapper)) do
        names[part.key] = true
        slots[#slots + 1] = part.slot
      end
    else
      names[prop.key] = true
      if prop.slot then slots[#slots + 1] = prop.slot end
    end
  end
  return names, slots
end

-- A key that was changed and not flushed would not survive; with relationships the key itself is loaded too.
local function require_keys(obj, mapper, wanted, slots)
  local changed = {}
  for _, slot in ipairs(mapper.pk_slots) do
    local name = mapper.name_of[slot]
    if not wanted[name] and (access.column_change(obj, slot)) then changed[#changed + 1] = ("'%s'"):format(name) end
  end
  if #changed > 0 then
    exc.raise("InvalidRequestError", "Please flush pending primary key changes on attributes {%s} for mapper %s " ..
      "before proceeding with a refresh", table.concat(changed, ", "), tostring(mapper))
  end
  local has_relationship = false
  for name in pairs(wanted) do has_relationship = has_relationship or mapper.prop[name].kind == "relationship" end
  if not has_relationship then return end
  for _, slot in ipairs(mapper.pk_slots) do
    local name = mapper.name_of[slot]
    if not wanted[name] then
      wanted[name] = true
      slots[#slots + 1] = slot
    end
  end
end

-- Relationships named in a refresh are loaded at once, with what options said about their objects. A reference from an
-- object to one of its own class takes whom the identity map has, as a loader that came in a circle does.
local function load_named_relationships(session, obj, mapper, names)
  local attribute_load = require "alchemoon.orm.attribute_load"
  local tree = column_load.later_options(obj)
  for _, prop in ipairs(mapper.props) do
    if names[prop.key] and prop.kind == "relationship" then
      local is_loaded = prop.instance_get or rawget(obj, prop.slot) ~= nil -- some are never loaded as a whole
      local in_circle = prop.use_get and prop.mapper == mapper and not prop.join_depth
        and not option_tree.is_explicit(tree, prop)
      if in_circle and not is_loaded then
        attribute_load.from_identity_map(session, obj, prop, true)
      elseif not is_loaded then
        attribute_load.lazy(session, obj, prop, { child = option_tree.relationship(tree, prop) })
      end
    end
  end
end

-- A refresh loads columns; relationships that it does not bring stay expired.
local function leave_expired(obj, mapper)
  for _, prop in ipairs(mapper.props) do
    if prop.kind == "relationship" and prop.slot and rawget(obj, prop.slot) == nil then unset.expire(obj, prop.slot) end
  end
end

-- What the statements of a class bring of its subclasses, a refresh of all brings, too.
local function add_subclass_columns(obj, mapper, names, slots)
  local tree = column_load.later_options(obj)
  for _, sub in ipairs(inheritance.with_polymorphic_mappers(mapper)) do
    for _, prop in ipairs(sub ~= mapper and sub.props or {}) do
      local is_column = prop.kind == "column" and not prop.hidden and not prop.query_expression
      if is_column and not mapper.prop[prop.key] and not option_tree.column(tree, prop, false) then
        names[prop.key] = true
        slots[#slots + 1] = prop.slot
      end
    end
  end
end

--- Loads the attributes of a persistent object anew (they have been expired); false if its row is gone.
---@param names string[]?   nil: all that are not deferred
---@param opts table?       with_for_update, in_flush
function object_load.refresh(session, obj, mapper, names, opts)
  opts = opts or {}
  local whole = not names or column_load.is_expired(obj, mapper)
  local wanted, slots
  if names then
    wanted, slots = named(mapper, names)
    if not opts.in_flush then require_keys(obj, mapper, wanted, slots) end
  else
    wanted, slots = column_load.expired_names(obj, mapper, true, true)
    if not opts.in_flush and #mapper.subclasses > 0 then add_subclass_columns(obj, mapper, wanted, slots) end
  end
  local version = mapper.version_id_slot and rawget(obj, mapper.version_id_slot)
  local extra = { no_autoflush = true, unlabelled = not opts.in_flush }
  if not names then extra.names = false end
  if opts.with_for_update then
    local stmt = lock_of(loader_statements.by_identity(mapper, nil, true), opts.with_for_update)
    extra.template = template.new(stmt, { only = wanted, fixed = true, tree = column_load.later_options(obj),
      options = {}, refresh = true }, rawget(obj, 1).criteria_nodes)
  end
  if not column_load.fetch(session, obj, mapper, wanted, slots, extra) then return false end
  if not names then unset.reloaded(obj) end
  if opts.with_for_update then check_version(obj, mapper, version) end
  if names then load_named_relationships(session, obj, mapper, wanted) end
  if whole then leave_expired(obj, mapper) end
  return true
end

object_load.core = core
return object_load
