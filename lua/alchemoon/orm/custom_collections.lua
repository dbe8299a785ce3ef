--- Collection classes of the user's own: how one is made, which methods take items in and out, and what they fire.
--
-- A class is a table of methods, a table that can be called, or a function that returns a new collection. One without a
-- method to append keeps its items as our lists (or sets) do and inherits their methods. The others say by the names of
-- their methods, or by am.collection, how items enter, leave and are listed; those methods are wrapped: the wrapper
-- fires, the method itself runs while its collection has no owner, so that nothing fires twice.
local collections = require "alchemoon.orm.collections"
local exc = require "alchemoon.exc"
local instance = require "alchemoon.orm.instance"
local lists = require "alchemoon.lists"

local custom = {}
local unpack = table.unpack or unpack
local fire_append, fire_remove = collections.fire_append, collections.fire_remove
local OWNER = 0 -- where lists and sets have it, too
local COPY = collections.COPY

-- --- am.collection: marks on methods ------------------------------------------------------------------------

-- method → { role, internally, adds, replaces, removes, removes_return }
local marks = setmetatable({}, { __mode = "k" })

local function mark(fn, field, value)
  if type(fn) ~= "function" then
    exc.raise("ArgumentError", "collection: a method is needed, got %s", type(fn))
  end
  marks[fn] = marks[fn] or {}
  marks[fn][field] = value
  return fn
end

local function role(name)
  return function(fn) return mark(fn, "role", name) end
end

-- adds(1, fn) or adds(1)(fn): the first argument after the collection enters.
local function of_argument(field)
  return function(position, fn)
    if type(position) ~= "number" then
      exc.raise("ArgumentError", "collection.%s: the position of an argument is needed, got %s", field, type(position))
    end
    if fn then return mark(fn, field, position) end
    return function(given) return mark(given, field, position) end
  end
end

--- am.collection.appender(function(self, item) … end) and the like: what a method of a collection class does.
custom.collection = {
  appender = role "appender", remover = role "remover", iterator = role "iterator",
  internally_instrumented = function(fn) return mark(fn, "internally", true) end,
  adds = of_argument "adds", replaces = of_argument "replaces", removes = of_argument "removes",
  removes_return = function(fn)
    if fn then return mark(fn, "removes_return", true) end
    return function(given) return mark(given, "removes_return", true) end
  end,
}

-- --- what a class has ----------------------------------------------------------------------------------------------

local NATIVE = { list = collections.list_methods, set = collections.set_methods }

-- A class may be a function, may be called, may have `new`, or be a plain table of methods.
local function make(prop, wanted)
  local meta = getmetatable(wanted)
  local made
  if type(wanted) == "function" or type(meta) == "table" and meta.__call then made = wanted()
  elseif type(wanted.new) == "function" then made = wanted:new()
  else made = setmetatable({}, wanted.__index and wanted or { __index = wanted }) end
  if type(made) ~= "table" then
    exc.raise("ArgumentError", "collection_class of '%s' must make a table, got %s", tostring(prop), type(made))
  end
  return made
end

-- The tables in which methods are looked for, the class's own first; the name of our kind from which it inherits.
local function method_tables(original)
  local tables, at = {}, original.__index
  while type(at) == "table" do
    for name, methods in pairs(NATIVE) do
      if at == methods then return tables, name end
    end
    tables[#tables + 1] = at
    local meta = getmetatable(at)
    at = type(meta) == "table" and meta.__index
  end
  return tables
end

local DEFAULTS = { appender = { "append", "add", "set" }, remover = { "remove", "discard" },
  iterator = { "iterate", "iter", "each", "values" } }

-- Marked functions win, then those of the usual names; a class before the one that it derives from.
local function elect(tables, find)
  local elected = {}
  for i = #tables, 1, -1 do
    for name, fn in pairs(tables[i]) do
      local known = type(fn) == "function" and marks[fn]
      if known and known.role then elected[known.role] = name end
    end
  end
  for which, names in pairs(DEFAULTS) do
    for _, name in ipairs(names) do
      if not elected[which] and type(find(name)) == "function" then elected[which] = name end
    end
  end
  return elected
end

-- Whether items are assigned by position, by key or as a set, where the class does not say it.
local function emulated(find, native)
  local said = find "__emulates__"
  if said ~= nil then
    if said ~= "list" and said ~= "set" and said ~= "dict" then
      exc.raise("ArgumentError", "__emulates__ of a collection class is \"list\", \"set\" or \"dict\", got %s",
        tostring(said))
    end
    return said
  end
  if native then return native end
  if find "append" then return "list" end
  if find "add" then return "set" end
  if find "set" then return "dict" end
  return "list"
end

local function index_of(index)
  if type(index) == "function" then return function(self, key) return index(self, key) end end
  return function(_, key) return index and index[key] end
end

local function must_elect(name, which)
  exc.raise("ArgumentError", "Type %s must elect %s method to be a collection class", name, which)
end

-- All that can be known of a collection class before it has an instance, found once per relationship.
local function describe(prop, sample)
  local original = getmetatable(sample) or {}
  local own = index_of(original.__index)
  local function find(key) return own(sample, key) end
  local tables, native = method_tables(original)
  local roles = elect(tables, find)
  local kind = emulated(find, native)
  if not roles.appender and kind ~= "dict" then native = kind end
  local name = original.__name or find "__name" or ("collection_class of '%s'"):format(tostring(prop))
  if not native then
    if not roles.appender then must_elect(name, "an appender") end
    if not roles.remover then must_elect(name, "a remover") end
  end
  return { name = name, original = original, own = own, tables = tables, native = native and NATIVE[native],
    native_kind = native, kind = kind, roles = roles }
end

-- --- items and events ----------------------------------------------------------------------------------------------

-- Calls a method while the collection has no owner: what it does to itself fires nothing.
local function quietly(self, method, ...)
  local owner = rawget(self, OWNER)
  if owner == nil then return method(self, ...) end
  rawset(self, OWNER, nil)
  local result = { pcall(method, self, ...) }
  rawset(self, OWNER, owner)
  if not result[1] then error(result[2], 0) end
  return unpack(result, 2, 8)
end

-- A method of the class's may do anything to the list: what happened before it was told or is told now, what it does
-- itself is told by its wrapper.
local function look_before(self)
  local owner = rawget(self, OWNER)
  if owner and rawget(self, COPY) then collections.hooks.look(owner, getmetatable(self).prop) end
end
local function keep_in_step(self)
  if rawget(self, COPY) then rawset(self, COPY, lists.copy(self)) end
end

-- The items by the class's iterator: a list, or what a `for` takes. Without one they stand in the collection itself.
local function lister(class)
  local name = class.roles.iterator
  return function(self)
    local list = {}
    if class.native or not name then
      for i = 1, #self do list[i] = rawget(self, i) end
      return list
    end
    local step, state, at = class.own(self, name)(self)
    if type(step) == "table" and state == nil then
      for i, item in ipairs(step) do list[i] = item end
      return list
    end
    for a, b in step, state, at do list[#list + 1] = instance.is(a) and a or b end
    return list
  end
end

local function holds(items, item)
  for _, other in ipairs(items) do
    if other == item then return true end
  end
  return false
end

-- --- wrappers ------------------------------------------------------------------------------------------------------

-- Methods that need no mark, as those of Python's list and set: name → wrapper.
local function named_wrappers(class, items)
  local list = {}
  function list.append(self, method, item, ...)
    item = fire_append(self, item)
    return quietly(self, method, item, ...)
  end
  function list.remove(self, method, item, ...)
    fire_remove(self, item)
    return quietly(self, method, item, ...)
  end
  function list.insert(self, method, position, item, ...)
    item = fire_append(self, item, position)
    return quietly(self, method, position, item, ...)
  end
  function list.pop(self, method, position, ...)
    collections.before_pop(self)
    local item = quietly(self, method, position, ...)
    if item ~= nil then fire_remove(self, item, position) end
    return item
  end
  function list.extend(self, _, more)
    local copy = {}
    for i, item in ipairs(more) do copy[i] = item end
    for _, item in ipairs(copy) do self:append(item) end
  end
  function list.clear(self, method)
    for _, item in ipairs(items(self)) do fire_remove(self, item) end
    return quietly(self, method)
  end
  if class.kind == "list" then return list end
  local set = { pop = list.pop, clear = list.clear }
  function set.add(self, method, item, ...)
    if holds(items(self), item) then collections.fire_again(self, item) else item = fire_append(self, item) end
    return quietly(self, method, item, ...)
  end
  function set.remove(self, method, item, ...)
    if holds(items(self), item) then fire_remove(self, item) end
    return quietly(self, method, item, ...)
  end
  set.discard = set.remove
  return class.kind == "set" and set or {}
end

-- What a marked method does with its arguments and its result.
local function marked_wrapper(known)
  local enters = known.adds or known.replaces or known.role == "appender" and 1
  local leaves = known.removes or known.role == "remover" and 1
  return function(self, method, ...)
    local args, count = { ... }, select("#", ...)
    if enters then args[enters] = fire_append(self, args[enters]) end
    if leaves then fire_remove(self, args[leaves]) end
    local result = quietly(self, method, unpack(args, 1, math.max(count, enters or 0)))
    if (known.removes_return or known.replaces) and result ~= nil then fire_remove(self, result) end
    return result
  end
end

local function check_listed(class, self)
  if class.native or class.roles.iterator or rawget(self, 1) ~= nil then return end
  must_elect(class.name, "an iterator")
end

-- name → what stands in the place of the class's own method.
local function wrapped_methods(class, items)
  local wrapped, named = {}, named_wrappers(class, items)
  local function wrap(name, fn)
    local known = marks[fn]
    local wrapper
    if known and known.internally then return end
    if known and (known.role ~= "iterator") then wrapper = marked_wrapper(known)
    elseif class.roles.appender == name then wrapper = named[name] or marked_wrapper({ role = "appender" })
    elseif class.roles.remover == name then wrapper = named[name] or marked_wrapper({ role = "remover" })
    else wrapper = named[name] end
    if not wrapper then return end
    wrapped[name] = function(self, ...)
      look_before(self)
      local result = wrapper(self, fn, ...)
      keep_in_step(self)
      if name == class.roles.appender then check_listed(class, self) end
      return result
    end
  end
  for i = #class.tables, 1, -1 do
    for name, fn in pairs(class.tables[i]) do
      if type(fn) == "function" then wrap(name, fn) end
    end
  end
  return wrapped
end

-- --- metatable and adapter -------------------------------------------------------------------------------------------

-- The user's metatable stays as it is; this copy adds the events that the ORM needs.
local function metatable_of(prop, class, wrapped)
  local meta, own, native = {}, class.own, class.native
  for key, value in pairs(class.original) do meta[key] = value end
  meta.__index = function(self, key)
    local method = wrapped[key]
    if method ~= nil then return method end
    method = own(self, key)
    if method == nil and native then return native[key] end
    return method
  end
  if native then
    local newindex = collections.KINDS[class.native_kind].newindex
    meta.__newindex = function(self, key, item)
      if type(key) ~= "number" then return rawset(self, key, item) end
      if key == #self + 1 and item ~= nil and class.roles.appender and rawget(self, OWNER) ~= nil then
        return self[class.roles.appender](self, item)
      end
      return newindex(self, key, item)
    end
    meta.__tostring = meta.__tostring or collections.show
  end
  meta.prop = prop
  meta.__name = meta.__name or class.kind
  return meta
end

-- For classes that keep their items themselves.
local function own_storage(prop, class, items)
  local roles, own = class.roles, class.own
  local adapter = {
    put = function(self, item)
      quietly(self, own(self, roles.appender), item)
      check_listed(class, self)
    end,
    take = function(self, item)
      if holds(items(self), item) then quietly(self, own(self, roles.remover), item) end
    end,
    has = function(self, item) return holds(items(self), item) end,
  }
  local sample = class.own({}, roles.appender)
  if marks[sample] and marks[sample].internally then
    function adapter.append(self, item, initiator) return own(self, roles.appender)(self, item, initiator) end
  end
  if class.kind == "dict" then
    -- as Python's: a remover that does not find the item has fired already
    function adapter.pop(self, item, initiator)
      collections.hooks.remove(rawget(self, OWNER), prop, item, initiator)
      adapter.take(self, item)
    end
    function adapter.assigned(_, value, known)
      local list = {}
      if known then return known.items(value) end
      for _, item in pairs(value) do list[#list + 1] = item end
      return list
    end
  end
  return adapter
end

-- For classes over our lists and sets: a method of the class's to append sees what enters by loads, too.
local function native_storage(class)
  local plain, roles, own = collections.KINDS[class.native_kind].adapter, class.roles, class.own
  return {
    put = function(self, item)
      local append = roles.appender and own(self, roles.appender)
      if not append then return plain.put(self, item) end
      quietly(self, append, item)
      keep_in_step(self)
    end,
    take = function(self, item)
      local remove = roles.remover and own(self, roles.remover)
      if not remove or not plain.has(self, item) then return plain.take(self, item) end
      quietly(self, remove, item)
      keep_in_step(self)
    end,
    has = plain.has,
  }
end

--- Gives a relationship collections of the class.
function custom.configure(prop, wanted)
  local class = describe(prop, make(prop, wanted))
  local items = lister(class)
  local meta = metatable_of(prop, class, wrapped_methods(class, items))
  local adapter = class.native and native_storage(class) or own_storage(prop, class, items)
  local init = class.native and collections.KINDS[class.native_kind].adapter.init
  adapter.kind, adapter.items = class.kind, items
  function adapter.new(_, owner)
    local made = make(prop, wanted)
    rawset(made, OWNER, owner)
    if init then init(made) end
    return setmetatable(made, meta)
  end
  -- An instance of the class that no object has yet may be assigned: its items, nil for anything else.
  function adapter.items_of_instance(value)
    local of = getmetatable(value)
    if type(of) ~= "table" then return end
    if of == class.original or of.__index ~= nil and of.__index == class.original.__index then return items(value) end
  end
  function adapter.release(self) rawset(self, OWNER, nil) end
  function adapter.owner(self) return rawget(self, OWNER) end
  meta.adapter = adapter
  prop.adapter, prop.collection_meta, prop.is_watched = adapter, meta, class.native ~= nil and not prop.viewonly
end

return custom
