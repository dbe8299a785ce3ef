--- Values that are changed in place: JSON tables, lists, sets, composites.
--
-- MutableDict and MutableList are plain Lua tables with methods, so that #, pairs and cjson work on them. Methods and
-- the assignment to a key that was not there tell of a change at once; Lua reports no other assignment. Whoever reads
-- such an attribute of a persistent object is noted in `session.mutable_reads`, and `mutable.sweep(session)` (before a
-- flush, for session.dirty …) compares what was read with a copy made at the first read: of tables inside the value
-- only whether they are still the same. A change must not be lost with its object, so the objects that were read last
-- are held strongly until the transaction ends, and one is looked at when it is held no longer.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local types = require "alchemoon.types"
local functions = require "alchemoon.orm.attribute_functions"
local instance = require "alchemoon.orm.instance"
local mapper = require "alchemoon.orm.mapper"
local symbols = require "alchemoon.orm.symbols"
local sorted_keys = require("alchemoon.keys").sorted
local usage = require "alchemoon.usage"

local mutable = {}
local null = symbols.null

-- value → copy of it at its first read; value → { object → property }, both weak in the value.
local copies = setmetatable({}, { __mode = "k" })
local parents = setmetatable({}, { __mode = "k" })
local MOST_HELD = 1000 -- objects with values that were read

local function copy_of(value)
  local copy = {}
  for key, item in next, value do copy[key] = item end
  return copy
end

-- Is everything in the value what it was? What happens in tables inside it is not noticed.
local function unchanged(value, copy)
  for key, item in next, value do
    if not rawequal(item, copy[key]) then return false end
  end
  for key in next, copy do
    if rawget(value, key) == nil then return false end
  end
  return true
end

local function same(a, b)
  if a == b then return true end
  if type(a) ~= "table" or type(b) ~= "table" then return false end
  for key, item in next, a do
    if not same(item, b[key]) then return false end
  end
  for key in next, b do
    if a[key] == nil then return false end
  end
  return true
end

local function add_parent(value, obj, prop)
  local known = parents[value]
  if not known then
    known = setmetatable({}, { __mode = "k" })
    parents[value] = known
  end
  known[obj] = prop
end

-- --- the classes ---------------------------------------------------------------------------------------------------

--- Tells all objects that hold this value that it has changed. A flush or an expiry takes a composite out of its
-- object; whoever still holds it changes the columns all the same, until another one is assigned. A JSON value that has
-- expired cannot be written: that is refused rather than lost.
local function changed(value)
  for obj, prop in pairs(parents[value] or {}) do
    if prop.kind == "composite" then
      prop:store(obj, value)
    elseif rawget(obj, prop.slot) == value then
      functions.changed_in_place(obj, prop)
    elseif rawget(obj, prop.slot) == nil and rawget(obj, 2) ~= nil then
      functions.flag_modified(obj, prop.key)
    end
  end
end
mutable.changed = changed

local function new_class(name, methods, coerce)
  local cls = { __name = name, methods = methods, is_mutable = true }
  methods.changed = changed
  cls.meta = { __index = methods, __name = name, mutable_class = cls }
  cls.coerce = coerce
  return cls
end

local function plain(value)
  return type(value) == "table" and (getmetatable(value) == nil or rawget(getmetatable(value),
    "__name") == "alchemoon.json.array")
end

local function refuse(key, value)
  exc.raise("ArgumentError", "Attribute '%s' does not accept objects of type <class '%s'>", key, type(value))
end

-- Metamethod of maps and lists.
local function set_new_key(self, key, value)
  if value == nil then return end
  rawset(self, key, value)
  changed(self)
end

local dict, list, set = {}, {}, {}

--- Sets a value.
---@param key any
---@param value any
function dict.set(self, key, value)
  rawset(self, key, value)
  changed(self)
end

--- Sets several values.
---@param values table
function dict.update(self, values)
  for key, value in pairs(values) do rawset(self, key, value) end
  changed(self)
end

--- Takes a value out and returns it.
---@param key any
---@param default any
---@return any
function dict.pop(self, key, default)
  local value = rawget(self, key)
  if value == nil then value = default end
  rawset(self, key, nil)
  changed(self)
  return value
end

--- Takes some key out and returns it with its value.
---@return any key
---@return any value
function dict.popitem(self)
  local key, value = next(self)
  if key == nil then exc.raise("InvalidRequestError", "popitem(): dictionary is empty") end
  dict.pop(self, key)
  return key, value
end

--- The value of the key, which is set if there is none.
---@param key any
---@param value any
---@return any
function dict.setdefault(self, key, value)
  if rawget(self, key) == nil then rawset(self, key, value) end
  changed(self) -- also when the key was there, as with Python's
  return rawget(self, key)
end

--- Takes everything out.
function dict.clear(self)
  for key in pairs(self) do rawset(self, key, nil) end
  changed(self)
end

--- The value of the key, or the default.
---@param key any
---@param default any
---@return any
function dict.get(self, key, default)
  local value = rawget(self, key)
  if value == nil then return default end
  return value
end

--- All keys.
---@return any[]
function dict.keys(self)
  local keys = {}
  for key in next, self do keys[#keys + 1] = key end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  return keys
end

--- for key, value in map:items() do
---@return fun():any, any
function dict.items(self)
  local keys, i = dict.keys(self), 0
  return function()
    i = i + 1
    if keys[i] ~= nil then return keys[i], rawget(self, keys[i]) end
  end
end

--- How many keys there are: `#`, also where Lua asks no metatable for it (LuaJIT).
---@return integer
function dict.len(self)
  local count = 0
  for _ in next, self do count = count + 1 end
  return count
end

--- Is there a value of that key?
---@param key any
---@return boolean
function dict.contains(self, key) return rawget(self, key) ~= nil end

--- Puts a value at the end.
---@param value any
function list.append(self, value)
  rawset(self, #self + 1, value)
  changed(self)
end

-- A position as Python counts: a negative one from the end, of which `last` is the position.
local function position_in(what, position, last)
  if type(position) ~= "number" or position % 1 ~= 0 then
    exc.raise("ArgumentError", "%s: expected a position, got %s", what, exc.show_value(position))
  end
  return position < 0 and last + 1 + position or position
end

--- Puts a value before the one at the position; beyond the end, at the end.
---@param position integer   counted from 1, a negative one from the end
---@param value any
function list.insert(self, position, value)
  position = math.max(1, math.min(position_in("insert", position, #self), #self + 1))
  for i = #self, position, -1 do rawset(self, i + 1, self[i]) end
  rawset(self, position, value)
  changed(self)
end

--- Puts several values at the end.
---@param values any[]
function list.extend(self, values)
  usage.check_arguments("extend", "table", values)
  for _, value in ipairs(values) do rawset(self, #self + 1, value) end
  changed(self)
end

--- Takes out the first value that is equal.
---@param value any
function list.remove(self, value)
  for i = 1, #self do
    if same(self[i], value) then
      table.remove(self, i)
      return changed(self)
    end
  end
  exc.raise("InvalidRequestError", "list.remove(x): x not in list")
end

--- Takes the last value out, or the one at the position, and returns it.
---@param position integer?
---@return any
function list.pop(self, position)
  position = position_in("pop", position or #self, #self)
  if self[position] == nil then
    exc.raise("InvalidRequestError", "pop from empty list or index out of range")
  end
  local value = table.remove(self, position)
  changed(self)
  return value
end

--- Takes everything out.
function list.clear(self)
  for i = #self, 1, -1 do self[i] = nil end
  changed(self)
end

--- Sorts in place.
---@param less (fun(a:any, b:any):boolean)?
function list.sort(self, less)
  usage.check_arguments("sort", "function?", less)
  table.sort(self, less)
  changed(self)
end

--- Turns the order around.
function list.reverse(self)
  local n = #self
  for i = 1, math.floor(n / 2) do self[i], self[n + 1 - i] = self[n + 1 - i], self[i] end
  changed(self)
end

--- Is the value in the list?
---@param value any
---@return boolean
function list.contains(self, value)
  for i = 1, #self do
    if same(self[i], value) then return true end
  end
  return false
end

--- Puts a value in.
---@param value any
function set.add(self, value)
  if not list.contains(self, value) then list.append(self, value) end
end

--- Takes a value out, if it is there.
---@param value any
function set.discard(self, value)
  if list.contains(self, value) then list.remove(self, value) end
end
set.remove, set.clear, set.contains, set.pop = list.remove, list.clear, list.contains, list.pop
for name, fn in pairs(require "alchemoon.orm.set_algebra") do set[name] = fn end

--- Puts several values in.
---@param values any
function set.update(self, values)
  for _, value in ipairs(values) do set.add(self, value) end
end

local function show_list(self)
  local parts = {}
  for i, value in ipairs(self) do parts[i] = tostring(value) end
  return "[" .. table.concat(parts, ", ") .. "]"
end

local function show_map(self)
  local parts = {}
  for i, key in ipairs(sorted_keys(self)) do parts[i] = tostring(key) .. ": " .. tostring(self[key]) end
  return "{" .. table.concat(parts, ", ") .. "}"
end

--- am.MutableDict, am.MutableList, am.MutableSet; am.Mutable for classes of one's own.
mutable.MutableDict = new_class("MutableDict", dict)
mutable.MutableList = new_class("MutableList", list)
mutable.MutableList.meta.is_json_array = true
mutable.MutableDict.meta.__newindex, mutable.MutableList.meta.__newindex = set_new_key, set_new_key
mutable.MutableSet = new_class("MutableSet", set)
mutable.MutableDict.meta.__tostring, mutable.MutableDict.meta.__len = show_map, dict.len
mutable.MutableList.meta.__tostring, mutable.MutableSet.meta.__tostring = show_list, show_list
mutable.Mutable = new_class("Mutable", {})

-- A list where a map is wanted, or a map where a list is.
local function other_shape(cls, value)
  if cls == mutable.MutableDict then return value[1] ~= nil end
  return value[1] == nil and next(value) ~= nil
end

local function coerce_plain(cls)
  return function(key, value)
    if value == nil or value == null or value == symbols.JSON_NULL then return value end
    local mt = type(value) == "table" and getmetatable(value)
    if type(mt) == "table" and rawget(mt, "mutable_class") == cls then return value end
    if not plain(value) or other_shape(cls, value) then refuse(key, value) end
    return setmetatable(value, cls.meta)
  end
end
for _, cls in ipairs { mutable.MutableDict, mutable.MutableList,
  mutable.MutableSet } do cls.coerce = coerce_plain(cls) end

-- { … }: a value of the class.
for _, cls in ipairs { mutable.MutableDict, mutable.MutableList, mutable.MutableSet } do
  usage.check_receivers(cls.methods, "value", function(self)
    local meta = type(self) == "table" and getmetatable(self)
    return type(meta) == "table" and rawget(meta, "mutable_class") ~= nil
  end)
  --- A value of the class.
  ---@param value table?
  ---@return table
  setmetatable(cls, { __call = function(_, value) return setmetatable(value or {}, cls.meta) end, __name = cls.__name })
end
setmetatable(mutable.Mutable, { __name = "Mutable" })

--- am.Mutable.extend{ coerce = function(key, value) … end, … methods }: a class whose objects call self:changed().
---@param spec table
---@return table
function mutable.Mutable.extend(spec)
  local methods, coerce = {}, nil
  for key, value in pairs(spec) do
    if key == "coerce" then coerce = value else methods[key] = value end
  end
  local cls = new_class("Mutable", methods)
  cls.meta.__index = methods
  cls.coerce = coerce or coerce_plain(cls)
  cls.custom = true
  cls.as_mutable, cls.associate_with = nil, nil
  setmetatable(cls, { __name = "Mutable", __index = mutable.class_functions(cls),
    __call = function(_, value) return setmetatable(value or {}, cls.meta) end })
  return cls
end

-- --- attributes ----------------------------------------------------------------------------------------------------

local by_kind = {} -- list of { type class name, class }, for associate_with

-- Type nodes have no single face, so the class is kept by a mark in the type's `extra`.
local function as_mutable(cls, sql_type)
  local node = types.coerce(sql_type)
  if node == nil then exc.raise("ArgumentError", "as_mutable: an SQL type is needed, got %s", tostring(sql_type)) end
  local extra = core.node_get(node, "extra")
  local marked = {}
  for key, value in pairs(extra or {}) do marked[key] = value end
  marked.mutable = cls
  return core.node_with(node, { extra = marked })
end

--- as_mutable and associate_with of a class.
function mutable.class_functions(cls)
  return {
    as_mutable = function(sql_type) return as_mutable(cls, sql_type) end,
    associate_with = function(sql_type) by_kind[#by_kind + 1] = { types.kind_key(types.coerce(sql_type)), cls } end,
    associate_with_attribute = function(attribute)
      local m = core.node_get(core.node_get(attribute, "entity"), "mapper")
      mutable.establish(m, m.prop[core.node_get(attribute, "name")], cls)
    end,
  }
end
for _, cls in ipairs { mutable.MutableDict, mutable.MutableList, mutable.MutableSet } do
  for name, fn in pairs(mutable.class_functions(cls)) do cls[name] = fn end
end

--- The mutable class of a column's type, or nil.
function mutable.class_for(prop)
  local node = core.node_type(prop.columns[1])
  if not node then return nil end
  local extra = core.node_get(node, "extra")
  if type(extra) == "table" and extra.mutable then return extra.mutable end
  if #by_kind == 0 then return nil end
  local kind = types.kind_key(node)
  for _, pair in ipairs(by_kind) do
    if pair[1] == kind then return pair[2] end
  end
  return nil
end

-- Makes what lies in the slot a value of the class and watches it.
local function watch(obj, prop, cls, value)
  local converted = cls.coerce(prop.key, value)
  if converted ~= value then rawset(obj, prop.slot, converted) end
  if type(converted) ~= "table" then return converted end
  add_parent(converted, obj, prop)
  return converted
end

-- Notes that a value of the object was handed out. `reads.of`: object → its number, weak; `reads[place]`: those with
-- the highest numbers.
local function hold(session, obj)
  local reads = session.mutable_reads
  if not reads then
    reads = { count = 0, of = setmetatable({}, { __mode = "k" }) }
    rawset(session, "mutable_reads", reads)
  end
  local number = reads.of[obj]
  if number and reads[number % MOST_HELD] == obj then return end
  number = reads.count + 1
  local place = number % MOST_HELD
  local oldest = reads[place]
  reads.count, reads.of[obj], reads[place] = number, number, obj
  if oldest then mutable.look_last(session, oldest) end
end

-- A value that was handed out may be changed: its copy tells at the next flush.
local function note_read(obj, value)
  local context = rawget(obj, 1)
  local session = context and context.session
  if not context or context.lifecycle == "pending" then return end
  if copies[value] == nil then copies[value] = copy_of(value) end
  if session then hold(session, obj) end
end

--- Makes an attribute of a mapper one whose values are watched.
function mutable.establish(m, prop, cls)
  prop.mutable_class = cls
  prop.coerce = function(obj, property, value)
    if value == nil then return nil end
    local converted = cls.coerce(property.key, value)
    if type(converted) == "table" then add_parent(converted, obj, property) end
    return converted
  end
  m.mutable_props = m.mutable_props or {}
  m.mutable_props[prop.key] = prop
  mapper.attributes_changed(m, prop.key)
end

--- Reads a watched attribute; `get` gives the plain value. For attributes.lua.
function mutable.read(obj, prop, value)
  if type(value) ~= "table" then return value end
  value = watch(obj, prop, prop.mutable_class, value)
  if type(value) == "table" then note_read(obj, value) end
  return value
end

-- Calls fn(value, property, object) for each value of an object that was handed out; true if there is one.
local function each_read(obj, fn)
  local any, at = false, instance.mapper_of(obj)
  while at do
    for _, prop in pairs(at.mutable_props or {}) do
      local value = rawget(obj, prop.slot)
      if type(value) == "table" and copies[value] ~= nil then
        any = true
        fn(value, prop, obj)
      end
    end
    at = at.inherits
  end
  return any
end

local function tell_change(value, prop, obj)
  if unchanged(value, copies[value]) then return end
  copies[value] = copy_of(value)
  local known = instance.changes(obj) -- told already, if a method of the value made the change
  if not known or known[prop.slot] == nil then functions.changed_in_place(obj, prop) end
end

--- Looks at one object's values, for those who ask for its history; true if there were any that may change.
---@param obj table
---@return boolean
function mutable.look(obj) return each_read(obj, tell_change) end

local function belongs_to(session, obj)
  local context = rawget(obj, 1)
  return context ~= nil and context.session == session
end

--- Looks at what a session holds no longer.
---@param session Session
---@param obj table
function mutable.look_last(session, obj)
  if belongs_to(session, obj) then mutable.look(obj) end
end

local function forget(reads, obj)
  local place = reads.of[obj] % MOST_HELD
  if reads[place] == obj then reads[place] = nil end
  reads.of[obj] = nil
end

--- Marks what was changed in place since it was read. Objects that lost their session or value are forgotten.
---@param session Session
function mutable.sweep(session)
  local reads = session.mutable_reads
  if not reads then return end
  local changed_ones, is_changed = {}, false
  local function compare(value) is_changed = is_changed or not unchanged(value, copies[value]) end
  for obj in pairs(reads.of) do
    is_changed = false
    if not (belongs_to(session, obj) and each_read(obj, compare)) then forget(reads, obj)
    elseif is_changed then changed_ones[#changed_ones + 1] = obj end
  end
  local of = reads.of -- listeners may read others: nothing is told in the loop above
  table.sort(changed_ones, function(a, b) return of[a] < of[b] end)
  for _, obj in ipairs(changed_ones) do mutable.look(obj) end
end

--- The transaction of a session ends: what it read is held no longer.
---@param session Session
function mutable.let_go(session)
  local reads = session.mutable_reads
  rawset(session, "mutable_reads", { count = reads.count, of = reads.of })
end

-- --- composites ----------------------------------------------------------------------------------------------------

local function refuse_composite(key, value)
  if value == nil or type(value) == "table" and value.__composite_values__ then return value end
  return refuse(key, value)
end

--- am.MutableComposite: `MutableComposite.changed(point)` or, as a mixin of the composite's class, point:changed(). The
-- class's own coerce(key, value) makes an object of what else is assigned; this one refuses it.
mutable.MutableComposite = { changed = changed, is_mutable_composite = true, __name = "MutableComposite",
  coerce = refuse_composite }

--- What is assigned to a composite whose class is mutable, as an object of the class.
function mutable.coerce_composite(class, key, value)
  if type(class) ~= "table" or class.changed ~= changed or getmetatable(value) == class then return value end
  return (class.coerce or refuse_composite)(key, value)
end

--- Called by composites when they make or take an object.
function mutable.adopt_composite(obj, prop, value)
  if type(value) == "table" and type(value.changed) == "function" then add_parent(value, obj, prop) end
end

--- Called by composites when another object takes the place of this one.
function mutable.release_composite(obj, value)
  local known = value ~= nil and value ~= null and parents[value]
  if known then known[obj] = nil end
end

return mutable
