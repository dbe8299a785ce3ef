--- Association proxies: `user.keywords` as the words of `user.keyword_objects`.
--
-- Of a collection the proxy is a fresh array of the values (so that # and ipairs work on every Lua) whose methods
-- change the collection behind it; of a reference it is the other object's attribute. On a class it gives EXISTS
-- conditions.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"
local coerce = require "alchemoon.sql.coerce"
local attr = require "alchemoon.orm.attr"
local instance = require "alchemoon.orm.instance"
local properties = require "alchemoon.orm.properties"
local proxies = require "alchemoon.orm.ext.proxy_collections"
local comparator = require "alchemoon.orm.relationship_comparator"
local symbols = require "alchemoon.orm.symbols"

local association = {}

local Proxy = { __name = "association_proxy", is_descriptor = true,
  extension_type = symbols.AssociationProxyExtensionType.ASSOCIATION_PROXY }
Proxy.__index = Proxy

local OPTIONS = { creator = true, getset_factory = true, proxy_factory = true, proxy_bulk_set = true, info = true,
  cascade_scalar_deletes = false, create_on_none_assignment = false, init = true, repr = true, default = true,
  default_factory = true, compare = true, kw_only = true }

--- am.association_proxy(target_collection, attr, { creator, create_on_none_assignment, cascade_scalar_deletes, … })
---@param target string   the relationship's name
---@param value_attr string   what is shown of each object
---@param opts table?   creator, getset_factory, proxy_factory, create_on_none_assignment, info ...
---@return any
function association.association_proxy(target, value_attr, opts)
  opts = options.read("association_proxy", opts, OPTIONS)
  if type(target) ~= "string" or type(value_attr) ~= "string" then
    exc.raise("ArgumentError", "association_proxy: two attribute names are needed, got %s and %s", type(target),
      type(value_attr))
  end
  local self = setmetatable({ target_collection = target, value_attr = value_attr, number = properties.next_number(),
    info = opts.info or {} }, Proxy)
  self.creator, self.getset_factory, self.proxy_factory = opts.creator, opts.getset_factory, opts.proxy_factory
  self.proxy_bulk_set = opts.proxy_bulk_set
  if opts.create_on_none_assignment and opts.cascade_scalar_deletes then
    exc.raise("ArgumentError", "The cascade_scalar_deletes and create_on_none_assignment parameters are mutually " ..
      "exclusive.")
  end
  self.create_on_none, self.cascade_deletes = opts.create_on_none_assignment, opts.cascade_scalar_deletes
  return self
end

-- The relationship that a class is proxied through.
local function local_prop(self, m)
  local prop = m:get_property(self.target_collection)
  if prop.kind ~= "relationship" then
    exc.raise("InvalidRequestError", "association proxy to a non-relationship intermediary is not supported")
  end
  if not prop.initialised then instance.configure(prop.parent) end
  return prop
end

--- Makes the object in the middle for a value.
local function create(self, prop, ...)
  if self.creator then return self.creator(...) end
  local cls = prop.mapper.class
  if rawget(cls, "__init__") or instance.lookup(cls, "__init__") then return cls(...) end
  local n = select("#", ...)
  local values = {}
  values[self.value_attr] = select(n, ...)
  local map_key = prop.adapter and prop.adapter.key_attribute
  if n == 2 and map_key then values[map_key] = (...) end
  return cls(values)
end

-- A setter gets the value of a dictionary's entry second, after its key.
local function make_getset(self, prop)
  if self.getset_factory then
    local getter, setter = self.getset_factory(prop.adapter and prop.adapter.kind or "scalar", self)
    return getter, setter
  end
  local name = self.value_attr
  local function getter(item) return item[name] end
  local function setter(item, a, b)
    if prop.adapter and prop.adapter.kind == "dict" then item[name] = b else item[name] = a end
  end
  return getter, setter
end

local known = setmetatable({}, { __mode = "k" }) -- object → proxies of it that were read

-- The first read of a proxy loads what is behind it, even if nothing is done with it; later ones wait for that.
local function load_first(self, obj)
  local of_object = known[obj]
  if not of_object then
    of_object = {}
    known[obj] = of_object
  end
  if of_object[self] then return end
  of_object[self] = true
  return obj[self.target_collection]
end

local function read(self, obj)
  local m = instance.mapper_of(obj)
  local prop = local_prop(self, m)
  local getter, setter = make_getset(self, prop)
  if not prop.uselist then
    local item = obj[self.target_collection]
    if item == nil then return nil end
    return getter(item)
  end
  load_first(self, obj)
  return proxies.new { owner = obj, name = self.target_collection, prop = prop, getter = getter, setter = setter,
    create = function(...) return create(self, prop, ...) end, proxy = self }
end

-- No object behind it: one is made, but not just to hold a nil.
local function write_scalar(self, obj, prop, value)
  local item = obj[self.target_collection]
  local _, setter = make_getset(self, prop)
  if item == nil then
    if value == nil and not self.create_on_none then return end
    obj[self.target_collection] = create(self, prop, value)
    return
  end
  setter(item, value)
  if value == nil and self.cascade_deletes then obj[self.target_collection] = nil end
end

-- What is assigned replaces all values; one object is refused, as it is surely not meant as a list.
local function write(self, obj, value)
  local m = instance.mapper_of(obj)
  local prop = local_prop(self, m)
  if not prop.uselist then return write_scalar(self, obj, prop, value) end
  if instance.is(value) then
    exc.raise("ArgumentError", "%s is no list of values (assignment to the association proxy '%s')",
      instance.describe(value), self.key or self.target_collection)
  end
  local proxy = read(self, obj)
  if self.proxy_bulk_set then
    proxies.clear(proxy)
    return self.proxy_bulk_set(proxy, value)
  end
  proxies.replace(proxy, value)
end

-- --- on the class --------------------------------------------------------------------------------------------------

local Instance = { __name = "AssociationProxyInstance" }

local function target_class(self) return self.local_prop.mapper.class end

-- The proxied attribute itself, which may be a proxy again.
local function remote(self)
  local cls, name = target_class(self), self.proxy.value_attr
  local m = rawget(cls, "__mapper__")
  if m.prop[name] or m.descriptor[name] or instance.lookup(cls, name) ~= nil then return cls[name] end
  return exc.raise("ArgumentError", "Association proxy %s.%s refers to an attribute '%s' that is not directly " ..
    "mapped on class %s; therefore this operation cannot proceed since we don't know what type of object is " ..
    "referred towards", self.owner.__name__, self.proxy.target_collection, name, tostring(cls))
end

local function is_instance(value) return getmetatable(value) == Instance end

local function remote_is_object(self) return attr.is_relationship(remote(self)) end

-- Is it an object (or another proxy) that stands behind, and not a column?
local function ends_in_object(self) return is_instance(remote(self)) or remote_is_object(self) end

local methods = {}

local function exists(self, criterion, kwargs)
  return comparator.exists(self.local_attr, criterion, kwargs)
end

-- Proxies may stand behind proxies: each of them wraps one EXISTS more around the condition.
local function criterion_exists(self, criterion, kwargs, is_has)
  local far = remote(self)
  if is_instance(far) then return exists(self, criterion_exists(far, criterion, kwargs, false)) end
  if remote_is_object(self) then return exists(self, comparator.exists(far, criterion, kwargs)) end
  if kwargs and next(kwargs) then
    exc.raise("ArgumentError", "Can't apply attribute criteria to column-targeted association proxy; use ==")
  end
  if is_has and criterion ~= nil then
    exc.raise("ArgumentError", "Non-empty has() not allowed for column-targeted association proxy; use ==")
  end
  return exists(self, criterion)
end

-- One value, if every relationship on the way there leads to one object.
local function scalar(self)
  if self.local_prop.uselist then return false end
  local far = remote(self)
  if is_instance(far) then return scalar(far) end
  if attr.is_relationship(far) then
    local prop = core.node_get(far, "extra")
    if not prop.initialised then instance.configure(prop.parent) end
    return not prop.uselist
  end
  return true
end

--- Does one of the values behind the proxy fulfil the conditions?
---@param ... any   conditions, { name = value }
---@return alchemoon.ColumnElement
function methods.any(self, ...)
  local args, kwargs = options.split(...)
  if scalar(self) and not is_instance(remote(self)) then
    exc.raise("InvalidRequestError", "'any()' not implemented for scalar attributes. Use has().")
  end
  return criterion_exists(self, args[1], kwargs, false)
end

--- Does the value behind the proxy fulfil the conditions?
---@param ... any   conditions, { name = value }
---@return alchemoon.ColumnElement
function methods.has(self, ...)
  local args, kwargs = options.split(...)
  if not scalar(self) and not is_instance(remote(self)) then
    exc.raise("InvalidRequestError", "'has()' not implemented for collections. Use any().")
  end
  return criterion_exists(self, args[1], kwargs, true)
end

--- Is that one of the values?
---@param other any
---@param ... any
---@return alchemoon.ColumnElement
function methods.contains(self, other, ...)
  local far = remote(self)
  if is_instance(far) then
    local inner = scalar(far) and far:eq(other) or far:contains(other)
    return exists(self, inner)
  end
  if not remote_is_object(self) then return exists(self, far:contains(other, ...)) end
  if scalar(self) then
    exc.raise("InvalidRequestError", "contains() doesn't apply to a scalar object endpoint; use ==")
  end
  local prop = core.node_get(far, "extra")
  return exists(self, prop.uselist and far:contains(other) or far:eq(other))
end

local function is_nil(value) return value == nil or coerce.is_null(value) end

-- Objects at the far end are compared through has(), which a collection in between does not have.
local function refuse_collection(self)
  if ends_in_object(self) and self.local_prop.uselist then
    exc.raise("InvalidRequestError", "'has()' not implemented for collections. Use any().")
  end
end

--- Is the value equal to that?
---@param other any
---@return alchemoon.ColumnElement
function methods.eq(self, other)
  local far = remote(self)
  refuse_collection(self)
  if is_nil(other) then return exists(self, far:eq(nil)):or_(self.local_attr:eq(nil)) end
  return exists(self, far:eq(other))
end

--- Is the value unlike that?
---@param other any
---@return alchemoon.ColumnElement
function methods.ne(self, other)
  local far = remote(self)
  refuse_collection(self)
  return exists(self, far:ne(other))
end

local info = {
  local_prop = function(self) return local_prop(rawget(self, "proxy"), rawget(self, "mapper")) end,
  local_attr = function(self) return rawget(self, "owner")[rawget(self, "proxy").target_collection] end,
  remote_attr = remote, target_class = target_class, scalar = scalar,
  attr = function(self) return { self.local_attr, remote(self) } end,
  value_attr = function(self) return rawget(self, "proxy").value_attr end,
  target_collection = function(self) return rawget(self, "proxy").target_collection end,
  parent = function(self) return rawget(self, "proxy") end,
  owning_class = function(self) return rawget(self, "mapper").class end,
}

local function no_column()
  exc.raise("ArgumentError", "The association proxy can't be used as a plain column expression; it only works " ..
    "inside of a comparison expression")
end

-- Any other operator of a column, applied inside the EXISTS.
function Instance.__index(self, key)
  local read_info = info[key]
  if read_info then
    local value = read_info(self)
    if value ~= nil then rawset(self, key, value) end
    return value
  end
  local method = methods[key]
  if method then return method end
  if key == "__clause_element__" then return no_column end
  if type(key) ~= "string" or key:sub(1, 1) == "_" then return nil end
  local far = remote(self)
  local operator = far[key]
  if type(operator) ~= "function" then return operator end
  return function(_, ...) return exists(self, operator(far, ...)) end
end
function Instance.__tostring(self)
  return ("%sAssociationProxyInstance(%s)"):format(ends_in_object(self) and "Object" or "Column",
    tostring(rawget(self, "proxy")))
end

function Proxy:__tostring()
  return ("AssociationProxy('%s', '%s')"):format(self.target_collection, self.value_attr)
end

-- del obj.proxy: what stands behind a scalar proxy loses its value, then its owner loses it.
local function delete(self, obj)
  local functions = require "alchemoon.orm.attribute_functions"
  local prop = local_prop(self, instance.mapper_of(obj))
  local item = not prop.uselist and obj[self.target_collection]
  if item then functions.del_attribute(item, self.value_attr) end
  functions.del_attribute(obj, self.target_collection)
end

--- Gives a class the proxy; see mapper.attach_descriptor.
function Proxy:bind(m, key)
  self.key = self.key or key
  return {
    association = self, is_extension = "association_proxy",
    get = function(obj) return read(self, obj) end,
    set = function(obj, value) return write(self, obj, value) end,
    delete = function(obj) return delete(self, obj) end,
    class_get = function(owner)
      local mapper = rawget(owner, "__mapper__") or m
      return setmetatable({ proxy = self, owner = owner, mapper = mapper }, Instance)
    end,
  }
end

return association
