--- ordering_list: a list that keeps its items' position column in step; index_property: one key of a JSON column.
local exc = require "alchemoon.exc"
local null = require "alchemoon.null"
local options = require "alchemoon.options"
local collections = require "alchemoon.orm.collections"
local hybrid = require "alchemoon.orm.ext.hybrid"

local ordering = {}

local OPTIONS = { count_from = 0, ordering_func = true, reorder_on_append = false }

local function numbering(opts)
  if opts.ordering_func then return opts.ordering_func end
  local from = opts.count_from
  return function(index) return index + from end
end

--- Ready-made ordering functions: places from 0, from 1, from a number.
---@param index integer   from 0
---@return integer
function ordering.count_from_0(index) return index end
--- Places counted from 1.
---@param index integer
---@return integer
function ordering.count_from_1(index) return index + 1 end
--- A function that counts places from a number.
---@param start integer
---@return fun(index:integer):integer
function ordering.count_from_n_factory(start)
  return function(index) return index + start end
end

--- am.ordering_list("position", { count_from, ordering_func, reorder_on_append }): for collection_class. The function
-- gets the place of an item, counted from 0 as the database's own.
---@param name string   the attribute that holds the place
---@param opts table?   count_from, ordering_func, reorder_on_append
---@return any
function ordering.ordering_list(name, opts)
  opts = options.read("ordering_list", opts, OPTIONS)
  if type(name) ~= "string" then
    exc.raise("ArgumentError", "ordering_list: the attribute's name is needed, got %s", type(name))
  end
  return setmetatable({ ordering_attribute = name, number_of = numbering(opts),
    reorder_on_append = opts.reorder_on_append }, ordering.Marker)
end
ordering.Marker = { __name = "ordering_list" }

local function set_position(self, spec, item, index, always)
  local have = item[spec.ordering_attribute]
  if have ~= nil and not always then return end
  local value = spec.number_of(index - 1, self)
  if have ~= value then item[spec.ordering_attribute] = value end
end

local function reorder(self, spec)
  for i = 1, #self do set_position(self, spec, self[i], i, true) end
end

-- Is the list what its owner has now? While it is being replaced it is not.
local function is_current(self)
  local owner = rawget(self, 0)
  return owner ~= nil and rawget(owner, getmetatable(self).prop.slot) == self
end

-- The list's own methods, followed by what keeps the column of positions right.
local function list_methods(spec)
  local base = collections.list_methods
  local methods = setmetatable({}, { __index = base })
  function methods.append(self, item)
    base.append(self, item)
    set_position(self, spec, self[#self], #self, spec.reorder_on_append)
  end
  function methods.set(self, position, item)
    if self[position] ~= nil then set_position(self, spec, item, position, true) end
    return base.set(self, position, item)
  end
  for _, name in ipairs { "insert", "remove", "pop" } do
    methods[name] = function(self, ...)
      local result = base[name](self, ...)
      reorder(self, spec)
      return result
    end
  end
  function methods.extend(self, items)
    for _, item in ipairs(items) do methods.append(self, item) end
  end
  function methods.reorder(self) reorder(self, spec) end
  return methods
end

-- What loads, bulk replacements and back references do with the list.
local function list_adapter(spec)
  local plain, hooks = collections.KINDS.list.adapter, collections.hooks
  local adapter = {}
  for key, value in pairs(plain) do adapter[key] = value end
  function adapter.put(self, item)
    plain.put(self, item)
    set_position(self, spec, item, #self, spec.reorder_on_append)
  end
  function adapter.append(self, item, initiator)
    local meta = getmetatable(self)
    adapter.put(self, hooks.append(rawget(self, 0), meta.prop, item, initiator))
  end
  function adapter.pop(self, item, initiator)
    hooks.remove(rawget(self, 0), getmetatable(self).prop, item, initiator)
    if not plain.has(self, item) then return end
    plain.take(self, item)
    if is_current(self) then reorder(self, spec) end
  end
  return adapter
end

--- Gives a relationship such lists.
function ordering.configure(prop, spec)
  local kind, methods, adapter = collections.KINDS.list, list_methods(spec), list_adapter(spec)
  prop.adapter, prop.is_watched = adapter, not prop.viewonly
  prop.collection_meta = { __index = methods, __tostring = collections.show, __pairs = ipairs, prop = prop,
    __name = "list", adapter = adapter,
    __newindex = function(self, key, item)
      if item ~= nil and key == #self + 1 then return methods.append(self, item) end
      return kind.newindex(self, key, item)
    end }
end

local INDEX = { default = true, datatype = true, mutable = options.TRUE, onebased = options.TRUE }

-- Where nothing is yet: a table, for a position a list with NULL up to it.
local function empty(index)
  local list = {}
  for i = 1, type(index) == "number" and index - 1 or 0 do list[i] = null end
  return list
end

local function without(what, key)
  exc.raise("ArgumentError", "'%s' has no %s", what, type(key) == "number" and "position " .. key or "'" .. key .. "'")
end

--- am.index_property("data", "key", { default, mutable }): obj.attr reads and writes obj.data.key. Positions count from
-- 1. Without a default, reading what is not there is an error; `default = am.null` reads as nil.
---@param attr_name string
---@param index any   a key, or a position counted from 1
---@param opts table?   default, mutable, datatype (a function that makes an empty value), onebased (false: the
-- database counts positions from 0, as in JSON)
---@return any
function ordering.index_property(attr_name, index, opts)
  opts = options.read("index_property", opts, INDEX)
  if index == nil then exc.raise("ArgumentError", "index_property: a key or position is needed") end
  local function get(self)
    local column = self[attr_name]
    local value = type(column) == "table" and column[index] or nil
    if value == nil then
      if opts.default == nil then without(attr_name, index) end
      value = opts.default
    end
    if value == null then return nil end
    return value
  end
  local function set(self, value)
    local old = self[attr_name]
    local fresh = old == nil and (opts.datatype or empty)(index) or {}
    for key, item in pairs(type(old) == "table" and old or {}) do fresh[key] = item end
    if type(index) == "number" and (index < 1 or index > #fresh + 1) then without(attr_name, index) end
    fresh[index] = value
    self[attr_name] = fresh
  end
  local function delete(self)
    local column = self[attr_name]
    if column == nil or column[index] == nil then without(attr_name, index) end
    set(self, nil)
  end
  local is_mutable = opts.mutable
  local property = hybrid.hybrid_property(get, { setter = is_mutable and set or nil,
    deleter = is_mutable and delete or nil,
    expression = function(cls)
      local at = index
      if type(index) == "number" and not opts.onebased then at = index - 1 end
      return cls[attr_name]:at(at)
    end })
  property.anonymous = true
  return property
end

return ordering
