--- Classes that are declared now and mapped later: what am.DeferredReflection and am.automap_base() stand on.
--
-- A class under a deferring base (`__deferred_mapping__` among its members) has its body read and its table made at
-- once, so that columns may be overridden; the mapper comes with `map`. What is held belongs to the registry
-- (`registry.held`), in the order of declaration, so bases come before those that inherit from them.
local exc = require "alchemoon.exc"
local classes = require "alchemoon.orm.classes"
local instance = require "alchemoon.orm.instance"

local deferred_mapping = {}

local Held = {}
Held.__index = Held

--- The members that make a base deferring; `name` is what messages call it.
function deferred_mapping.marker(name) return { name = name } end

--- Is the class to be mapped later?
function deferred_mapping.wanted(cls)
  return instance.lookup(cls, "__deferred_mapping__") ~= nil
end

--- What is held for a class, or nil.
function deferred_mapping.of(cls) return rawget(cls, "__held") end

--- The nearest base that is held itself: { class = … } as body.scan wants its parent.
function deferred_mapping.parent(cls)
  for _, base in ipairs(rawget(cls, "__mro__")) do
    if classes.is(base) and rawget(base, "__held") then return { class = base } end
  end
  return nil
end

--- Keeps a class back. `from`: its table or nil; `finish(held)` maps it.
function deferred_mapping.hold(cls, reg, scan, from, finish)
  local held = setmetatable({ class = cls, scan = scan, from = from, finish = finish, later = {} }, Held)
  rawset(cls, "__held", held)
  rawset(cls, "__unmapped_yet", deferred_mapping.refuse)
  reg.held = reg.held or {}
  table.insert(reg.held, held)
  return cls
end

--- Has the class a property of that name already, or is one to be added?
function Held:property(key)
  for _, entry in ipairs(self.scan.entries) do
    if entry.key == key then return entry.value end
  end
  return nil
end

--- Adds a property before the class is mapped.
function Held:add_property(key, prop)
  table.insert(self.scan.entries, { key = key, value = prop })
  self.scan.seen[key] = true
end

--- `Class.key = declared` while the class is held.
function Held:assign(key, value) table.insert(self.later, { key, value }) end

--- Maps the class.
function Held:map()
  local cls = self.class
  rawset(cls, "__held", nil)
  rawset(cls, "__unmapped_yet", nil)
  local ok, err = pcall(self.finish, self)
  if not ok then
    rawset(cls, "__held", self)
    rawset(cls, "__unmapped_yet", deferred_mapping.refuse)
    error(err, 0)
  end
  for _, pair in ipairs(self.later) do cls[pair[1]] = pair[2] end
end

local function inherits(cls, base)
  if cls == base then return true end
  for _, known in ipairs(rawget(cls, "__mro__")) do
    if known == base then return true end
  end
  return false
end
deferred_mapping.inherits = inherits

--- What is held under a base (a class, or a mixin for all registries), in the order of declaration.
function deferred_mapping.under(base, registries)
  local list = {}
  for _, reg in ipairs(registries) do
    for _, held in ipairs(reg.held or {}) do
      if inherits(held.class, base) then list[#list + 1] = held end
    end
  end
  return list
end

--- Maps everything in the list and forgets it.
function deferred_mapping.map(list)
  for _, held in ipairs(list) do
    held:map()
    local reg = instance.lookup(held.class, "registry")
    for i, known in ipairs(reg.held) do
      if known == held then table.remove(reg.held, i) break end
    end
  end
end

--- The error of one who uses a class too early.
function deferred_mapping.refuse(cls)
  local marker = instance.lookup(cls, "__deferred_mapping__")
  exc.raise("UnmappedClassError", "Class %s is a subclass of %s.  Mappings are not produced until the .prepare() " ..
    "method is called on the class hierarchy.", tostring(rawget(cls, "__name")), marker.name)
end

return deferred_mapping
