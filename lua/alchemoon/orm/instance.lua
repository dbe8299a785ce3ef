--- Instances: the metamethods of a mapped class, its constructor, and change tracking of plain columns.
--
-- `instance.instrument(mapper)` makes __index and __newindex of the class as closures over the mapper's tables
-- `read_slot`, `write_slot` and `descriptor` (name → slot, slot, descriptor), which other files change in place.
-- Layout of
-- an object: README.md. Invariant: the name of a mapped attribute is never a raw key of an instance.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"
local compiled = require "alchemoon.orm.compiled"
local symbols = require "alchemoon.orm.symbols"

local instance = {}
local null, NO_VALUE = symbols.null, symbols.NO_VALUE
local rawset, rawget, type, next = rawset, rawget, type, next
local loadstring = loadstring or load

-- Changes of an object that no flush will write lie in the object: they may refer to objects that refer back, a circle
-- that a weak table of Lua 5.1 would keep for ever.
local CHANGES_AT = -1

--- What was recorded of a detached or deleted object, or nil: slot → old value. A session takes it with the object.
function instance.kept_changes(obj) return rawget(obj, CHANGES_AT) end

--- Keeps (or with nil forgets) what was recorded of an object that leaves its session.
function instance.keep_changes(obj, changes)
  if changes ~= nil or rawget(obj, CHANGES_AT) ~= nil then rawset(obj, CHANGES_AT, changes) end
end

--- Notes a change of an object whose row is deleted, or that is detached: no flush writes it.
function instance.note_unwritten(obj)
  local changes = rawget(obj, CHANGES_AT)
  if not changes then
    changes = {}
    rawset(obj, CHANGES_AT, changes)
  end
  return changes
end
local note_unwritten = instance.note_unwritten

--- The changes of a persistent or detached object, made on its first change; nil for transient and pending ones.
function instance.changes_for_write(obj)
  local context = rawget(obj, 1)
  if context == nil or context.lifecycle == "pending" then return nil end
  local session = context.session
  if session then
    return session.modified[obj] or session:_modified_first(obj) or session.modified[obj]
  end
  return note_unwritten(obj)
end
local changes_for_write = instance.changes_for_write

--- Has the object a row, as far as is known? What was deleted or detached had one.
---@param obj table
---@return boolean
function instance.is_persistent(obj)
  local context = rawget(obj, 1)
  return context ~= nil and context.lifecycle ~= "pending"
end

--- The changes of a persistent object, or nil if nothing is recorded. One that was deleted has those that its DELETE
-- did not write, which count if it is deleted once more.
function instance.changes(obj)
  local context = rawget(obj, 1)
  if context == nil then return nil end
  local session = context.session
  if session then
    return session.modified[obj] or context.lifecycle == "deleted" and rawget(obj, CHANGES_AT) or nil
  end
  return rawget(obj, CHANGES_AT)
end

--- Records that a slot changes; `old` is its present value (nil: not loaded). Call before the value is exchanged.
function instance.record(obj, slot, old)
  local changes = changes_for_write(obj)
  if changes and changes[slot] == nil then
    if old == nil then old = NO_VALUE end
    changes[slot] = old
  end
end

-- Changes of an object → slots whose value was deleted, not exchanged for another.
local deletions = setmetatable({}, { __mode = "k" })

--- The value of a slot is deleted; its change is recorded already.
function instance.note_deletion(obj, slot)
  local changes = instance.changes(obj)
  if not changes then return end
  deletions[changes] = deletions[changes] or {}
  deletions[changes][slot] = true
end

--- Was the value deleted, and none set since?
function instance.is_deletion(obj, slot)
  local changes = instance.changes(obj)
  local slots = changes and deletions[changes]
  return slots ~= nil and slots[slot] == true and rawget(obj, slot) == null
end

--- A mapped class that is no part of a state: "transient", "pending", "persistent", "deleted", "detached".
function instance.lifecycle(obj)
  local context = rawget(obj, 1)
  return context and context.lifecycle or "transient"
end

--- Is it an instance of a mapped class?
---@return boolean
function instance.is(value)
  if type(value) ~= "table" then return false end
  local cls = getmetatable(value)
  return type(cls) == "table" and rawget(cls, "__mapper__") ~= nil
end

--- The mapper of an instance, or nil.
function instance.mapper_of(value)
  if type(value) ~= "table" then return nil end
  local cls = getmetatable(value)
  return type(cls) == "table" and rawget(cls, "__mapper__") or nil
end

local function address_of(obj)
  local ok, address = pcall(string.format, "%p", obj)
  return ok and address or "?"
end

--- "<User at 0x…>", whatever __tostring the class has.
function instance.describe(obj)
  local mapper = instance.mapper_of(obj)
  if not mapper then return tostring(obj) end
  return ("<%s at %s>"):format(mapper.class_name, address_of(obj))
end

--- The __tostring of classes without one: "<User object at 0x…>", or what a base was given later.
function instance.show(obj)
  local cls = getmetatable(obj)
  for _, base in ipairs(rawget(cls, "__mro__")) do
    local show = rawget(base, "__tostring")
    if show ~= nil and show ~= instance.show then return show(obj) end
  end
  return ("<%s object at %s>"):format(rawget(cls, "__name"), address_of(obj))
end

--- What a class has under a name: its own, its mixins', its bases'. Methods and constants lie in `__members`.
local function lookup(cls, key)
  local members = rawget(cls, "__members")
  local value = members and members[key]
  if value ~= nil then return value end
  return rawget(cls, key)
end
instance.lookup = lookup

--- All names that an instance answers to, for messages.
function instance.names(mapper)
  local names = {}
  for name in pairs(mapper.read_slot) do names[name] = true end
  for name in pairs(mapper.descriptor) do names[name] = true end
  local function take(from)
    for key in next, from do
      if type(key) == "string" and key:sub(1, 1) ~= "_" then names[key] = true end
    end
  end
  take(rawget(mapper.class, "__members"))
  for _, base in ipairs(rawget(mapper.class, "__mro__") or {}) do take(rawget(base, "__members") or base) end
  return names
end

function instance.no_attribute(mapper, key)
  key = tostring(key)
  exc.raise("ArgumentError", "'%s' object has no attribute '%s'%s", mapper.class_name, key,
    options.suggestion(key, instance.names(mapper)))
end

-- A read that is no plain slot: descriptors, inherited methods, misspellings.
local function read_other(mapper, cls, descriptor, self, key)
  local d = descriptor[key]
  if d then return d.get(self, key) end
  if type(key) ~= "string" then return nil end
  local value = lookup(cls, key)
  if value ~= nil then return value end
  if key:sub(1, 1) == "_" then return nil end
  if instance.configure(mapper) then return self[key] end
  return instance.no_attribute(mapper, key)
end

local function make_index(mapper, cls)
  local read_slot, descriptor, members = mapper.read_slot, mapper.descriptor, rawget(cls, "__members")
  return function(self, key)
    local slot = read_slot[key]
    if slot then
      local value = self[slot]
      if value ~= nil then
        if value == null then return nil end
        return value
      end
      return instance.missing(self, mapper, slot)
    end
    if key == 1 then return nil end -- no context: transient
    local found = descriptor[key]
    if found then return found.get(self, key) end
    local member = members[key]
    if member ~= nil then return member end
    return read_other(mapper, cls, descriptor, self, key)
  end
end

local function write_other(mapper, descriptor, self, key, value)
  local d = descriptor[key]
  if d then
    if not d.set then exc.raise("ArgumentError", "can't set attribute '%s' of '%s'", key, mapper.class_name) end
    return d.set(self, value, key)
  end
  if mapper.read_slot[key] then return mapper.prop[key].descriptor.set(self, value, key) end
  rawset(self, key, value)
end

-- The old values of primary key and version must be known: they find the row. An expired object is loaded.
local function key_before(self, mapper, slot)
  if rawget(self, 2) == nil then return nil end
  if slot == mapper.version_id_slot then
    instance.missing(self, mapper, slot)
    return rawget(self, slot)
  end
  local slots = mapper.pk_slots
  for i = 1, #slots do
    if slots[i] == slot then
      instance.missing(self, mapper, slot)
      return rawget(self, slot)
    end
  end
  return nil
end
instance.key_before = key_before

local function has_default(mapper, slot)
  local prop = mapper.prop_at[slot]
  local schema = prop and prop.kind == "column" and core.node_get(prop.columns[1], "schema")
  if not schema then return false end
  return (core.node_get(schema, "default_") or core.node_get(schema, "server_default")) ~= nil
end

--- What a slot holds after `obj.attribute = nil`: NULL. Before its INSERT, where the column has a default, nothing: the
-- default comes, as it does for Python's None. (am.null is the NULL that is written all the same.)
function instance.assigned_nil(obj, mapper, slot)
  if rawget(obj, 2) ~= nil then return null end
  local known = mapper.default_slots
  if not known then
    known = {}
    mapper.default_slots = known
  end
  local has = known[slot]
  if has == nil then
    has = has_default(mapper, slot)
    known[slot] = has
  end
  if not has then return null end
  instance.note_none(obj, slot) -- by settled.lua
  return nil
end
local assigned_nil = instance.assigned_nil

-- The hot path of an assignment; everything but a plain column goes to write_other.
local function make_newindex(mapper)
  local write_slot, descriptor = mapper.write_slot, mapper.descriptor
  return function(self, key, value)
    local slot = write_slot[key]
    if not slot then return write_other(mapper, descriptor, self, key, value) end
    if value == nil then value = assigned_nil(self, mapper, slot) end
    local context, old = self[1], self[slot]
    if context then
      local session = context.session
      local changes = session and session.modified[self]
      if old ~= nil then -- the usual writes first, with as few steps as they need
        if changes then
          if changes[slot] == nil then changes[slot] = old end
          self[slot] = value
          return
        elseif session and context.lifecycle == "persistent" then -- as session:_modified_first does
          session.modified[self] = { [slot] = old }
          if not session._transaction then session:_autobegin() end
          self[slot] = value
          return
        end
      else
        old = key_before(self, mapper, slot) -- may flush: before anything is noted; refused where it cannot load
        changes = session and session.modified[self]
      end
      changes = changes or changes_for_write(self) -- nil for pending objects
      if changes and changes[slot] == nil then
        if old == nil then changes[slot] = NO_VALUE else changes[slot] = old end
      end
    end
    if old == nil then rawset(self, slot, value) else self[slot] = value end
  end
end

local makers = {}
local MOST_RESERVED = 200 -- what is wider grows as it is filled

--- A function that makes an empty table with room for `count` array items.
local function row_maker(count)
  if count > MOST_RESERVED then count = MOST_RESERVED end
  local make = makers[count]
  if not make then
    local text = "return function() return {" .. ("nil,"):rep(count) .. "} end"
    make = assert(loadstring(text, "=row"))()
    makers[count] = make
  end
  return make
end

--- Must be called when a mapper got more slots.
function instance.resized(mapper) mapper.new_row = row_maker(mapper.slot_count) end

--- An object of the class without any attribute, as loaders and merge make them.
function instance.empty(mapper) return setmetatable(mapper.new_row(), mapper.class) end

-- Assigns what is no plain column, in the order in which the attributes were declared.
local function assign_rest(mapper, obj, rest)
  local order = {}
  for key in next, rest do order[#order + 1] = key end
  if #order > 1 then
    local at = mapper.declared_at
    table.sort(order, function(a, b)
      local x, y = at[a] or 1e9, at[b] or 1e9
      if x ~= y then return x < y end
      return tostring(a) < tostring(b)
    end)
  end
  for _, key in ipairs(order) do
    if mapper.descriptor[key] == nil and mapper.read_slot[key] == nil
      and (type(key) ~= "string" or lookup(mapper.class, key) == nil) then
      exc.raise("ArgumentError", "'%s' is an invalid attribute for %s%s", tostring(key), mapper.class_name,
        options.suggestion(tostring(key), instance.names(mapper)))
    end
    obj[key] = rest[key]
  end
end

--- The default constructor: every key of the table is assigned.
function instance.assign(obj, values)
  if values == nil then return end
  if type(values) ~= "table" or getmetatable(values) ~= nil then
    exc.raise("ArgumentError", "%s{ ... } takes one table of attributes, got %s",
      instance.mapper_of(obj).class_name, instance.is(values) and instance.describe(values) or type(values))
  end
  assign_rest(instance.mapper_of(obj), obj, values)
end

-- Does a table stand for keyword arguments: plain, and of names only?
local function is_keywords(value)
  if type(value) ~= "table" or getmetatable(value) ~= nil then return false end
  for key in pairs(value) do
    if type(key) ~= "string" then return false end
  end
  return true
end

-- What listeners are told of the arguments of a constructor of the user's: those by position, those by name. The latter
-- are the caller's own table, so that what a listener changes in it reaches the constructor.
local function arguments(...)
  local args = { ... }
  if not is_keywords(args[#args]) then return args, {} end
  return args, table.remove(args)
end

-- Construction with listeners or a constructor of the user's.
local function construct_with_hooks(mapper, cls, obj, ...)
  local dispatch = mapper.instance_dispatch
  local init = lookup(cls, "__init__")
  local args, values
  if not init then args, values = {}, (...) or {} elseif dispatch then args, values = arguments(...) end
  if dispatch and dispatch.init then
    for _, listener in ipairs(dispatch.init) do listener(obj, args, values) end
  end
  local ok, err
  if init then
    ok, err = pcall(init, obj, ...)
  else
    ok, err = pcall(instance.assign, obj, values)
  end
  if not ok then
    if dispatch and dispatch.init_failure then
      for _, listener in ipairs(dispatch.init_failure) do listener(obj, args, values) end
    end
    error(err, 0)
  end
  return obj
end

-- Puts plain columns into their slots; what else `values` holds comes back, nil for nothing.
local function fill_and_rest(obj, write_slot, values)
  local rest
  for key, value in next, values do
    local slot = write_slot[key]
    if slot then
      obj[slot] = value
    else
      if not rest then rest = {} end
      rest[key] = value
    end
  end
  return rest
end

-- Where Lua is interpreted, make(values, cls, write_slot, slots) makes an object of plain columns in C, nil for others.
-- Where it is compiled, fill(obj, write_slot, values) → the first key that is left: without a loop, because a loop in
-- here would keep the program's own loop, which makes the objects, from being compiled.
local make, fill = core.instance_make, nil
if compiled.is_worth_it then make, fill = nil, compiled.filler(8) end

-- The polymorphic identity of a new object where somebody listens to the discriminator.
local function announce_identity(mapper, cls, obj)
  setmetatable(obj, cls)[mapper.init_name] = mapper.init_value
  setmetatable(obj, nil) -- its slots are filled as they are
end

-- C makes plain objects at once; what is special (listeners, __init__, descriptors) goes the long way.
local function make_constructor(mapper, cls)
  local write_slot = mapper.write_slot
  local pending = instance.pending
  return function(_, values, ...)
    if pending.any or not mapper.constructed then instance.first_init(mapper) end
    local special = mapper.special_construction
    if make and not special then
      local made = make(values, cls, write_slot, mapper.slot_count)
      if made then return made end
    end
    local obj = mapper.new_row()
    if special then
      if mapper.polymorphic_abstract then
        exc.raise("InvalidRequestError", "Can't instantiate class for %s; mapper is marked polymorphic_abstract=true",
          tostring(mapper))
      end
      local polymorphic = mapper.init_slot
      if polymorphic then obj[polymorphic] = mapper.init_value
      elseif mapper.init_value ~= nil then announce_identity(mapper, cls, obj) end
      if mapper.has_init_hooks then
        return construct_with_hooks(mapper, cls, setmetatable(obj, cls), values, ...)
      end
    end
    if values == nil then return setmetatable(obj, cls) end
    if type(values) ~= "table" then instance.assign(setmetatable(obj, cls), values) end
    local rest
    if not fill or fill(obj, write_slot, values) ~= nil then rest = fill_and_rest(obj, write_slot, values) end
    setmetatable(obj, cls)
    if rest then assign_rest(mapper, obj, rest) end
    return obj
  end
end

--- Are there mappers that wait for configuration? Set by the registry; `any` is read on every construction.
instance.pending = { any = false }

--- Configures waiting mappers; true if there were any. Replaced by registry.lua.
function instance.configure() return false end

--- Before the first object of a class: mappers are configured, first_init is fired.
function instance.first_init(mapper)
  local is_first = not mapper.constructed
  if is_first then
    mapper.constructed = true
    local dispatch = mapper.instance_dispatch
    if dispatch and dispatch.first_init then
      for _, listener in ipairs(dispatch.first_init) do listener(mapper, mapper.class) end
    end
  end
  instance.configure(mapper)
  if is_first then instance.hooks_changed(mapper) end
end

--- Must be called when listeners of instances or a constructor may have come or gone.
function instance.hooks_changed(mapper)
  local dispatch = mapper.instance_dispatch
  mapper.has_init_hooks = mapper.init_listened or lookup(mapper.class, "__init__") ~= nil
    or dispatch ~= nil and (dispatch.init ~= nil or dispatch.init_failure ~= nil)
  mapper.special_construction = mapper.has_init_hooks or mapper.init_value ~= nil
    or mapper.polymorphic_abstract ~= nil
end

--- Must be called when other names may be read from slots as they are.
function instance.reads_changed(mapper)
  if mapper.general_read and compiled.is_worth_it then
    compiled.install_reader(mapper.class, mapper.read_slot, mapper.general_read)
  end
end

-- What the general function does for every name, C does for the usual ones where Lua is interpreted
-- (csrc/bind/attribute.c; not below Lua 5.3, where C cannot call what waits).
local function install_reader(mapper, cls)
  local read = make_index(mapper, cls)
  mapper.general_read = read
  if not compiled.is_worth_it and core.attribute_reader then
    read = core.attribute_reader(mapper.read_slot, mapper.descriptor, rawget(cls, "__members"), read)
  end
  rawset(cls, "__index", read)
  instance.reads_changed(mapper)
end

--- Gives the class its metamethods. Returns the constructor for the class's own metatable.
function instance.instrument(mapper)
  local cls = mapper.class
  rawset(rawget(cls, "__members"), "__mapper__", mapper) -- of the class itself, not of its base
  install_reader(mapper, cls)
  local general_write = make_newindex(mapper)
  rawset(cls, "__newindex", general_write)
  if compiled.is_worth_it then compiled.install_writer(cls, mapper.write_slot, general_write) end
  instance.resized(mapper)
  instance.hooks_changed(mapper)
  return make_constructor(mapper, cls)
end

return instance
