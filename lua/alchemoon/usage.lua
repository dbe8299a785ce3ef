--- Methods that are called with a dot, `session.commit()`, and arguments of a wrong type: an ArgumentError that says
-- what is wanted, instead of Lua's "attempt to index a nil value" from somewhere inside.
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"
local stack = require "alchemoon.stack"

local usage = {}
local byte, type = string.byte, type
local UNDERSCORE = byte "_"

-- As many parameters as the method has: `...` would cost every call a copy of them.
local function checked(name, fn, noun, is_receiver)
  local function refuse() exc.raise_not_a_method(name, noun) end
  local count = stack.parameters(fn)
  if count == 1 then
    return function(self)
      if not is_receiver(self) then refuse() end
      return fn(self)
    end
  elseif count == 2 then
    return function(self, first)
      if not is_receiver(self) then refuse() end
      return fn(self, first)
    end
  end
  return function(self, ...)
    if not is_receiver(self) then refuse() end
    return fn(self, ...)
  end
end

--- Makes the public functions of a table of methods check whom they are called for. `noun` is what the receiver is
-- usually called; `spared` names those that look for themselves, because they are called for every statement or object.
---@param methods table
---@param noun string
---@param is_receiver fun(self:any):any
---@param spared table?   name → true
function usage.check_receivers(methods, noun, is_receiver, spared)
  for name, fn in pairs(methods) do
    if type(fn) == "function" and not name:find "^_" and not (spared and spared[name]) then
      methods[name] = checked(name, fn, noun, is_receiver)
    end
  end
end

--- The is_receiver of objects with one of these metatables.
---@param ... table
---@return fun(self:any):boolean?
function usage.receiver_of(...)
  local first, known = (...), {}
  if select("#", ...) == 1 then return function(self) return getmetatable(self) == first end end
  for i = 1, select("#", ...) do known[select(i, ...)] = true end
  return function(self) return known[getmetatable(self)] end
end

--- What an object's __index does last, with a key that nobody knows: nil for what may be absent, else an error that
-- names the nearest attribute. Private names ("_x") and what is no string are nil.
---@param what string   what the object is called: "Connection"
---@param absent table<string, boolean>   names of fields that may be nil
---@param ... table   tables of methods and fields; of a metatable with a table as its __index that one's, too
---@return fun(key:any):nil
function usage.unknown_attribute(what, absent, ...)
  local known = { absent, ... }
  return function(key)
    if type(key) ~= "string" or byte(key) == UNDERSCORE or absent[key] then return nil end
    local names = {}
    for i = 1, #known do
      local at = known[i]
      while type(at) == "table" do
        for name in next, at do
          if byte(name) ~= UNDERSCORE then names[name] = true end
        end
        local meta = getmetatable(at)
        at = meta and meta.__index
      end
    end
    return exc.raise("ArgumentError", "%s object has no attribute '%s'%s", what, key, options.suggestion(key, names))
  end
end

local SLIP = 1.5 -- how far a slip of the pen is from what was meant

-- Could one be the other with one slip: a letter more, less or other, or two exchanged? What is before and behind it is
-- the same then. Cheap, because it is asked of all names, for fields that are absent for good reason.
local function is_close(a, b)
  local least, most = #a, #b
  if least > most then least, most = most, least end
  if most - least > 1 then return false end
  local left, right = 0, 0
  while left < least and byte(a, left + 1) == byte(b, left + 1) do left = left + 1 end
  while right < least and byte(a, -right - 1) == byte(b, -right - 1) do right = right + 1 end
  return left + right >= most - 2
end

-- The first of the names in order that is no more than a slip away.
local function meant_by(key, tables)
  local close = {}
  for i = 1, #tables do
    for name in next, tables[i] do
      if type(name) == "string" and byte(name) ~= UNDERSCORE and is_close(key, name)
        and options.distance(key, name) <= SLIP then
        close[#close + 1] = name
      end
    end
  end
  table.sort(close)
  return close[1]
end

--- The same for objects that the library itself asks for fields which not all of them have: only a name that is nearly
-- one of theirs is an error, any other is nil.
---@param what string   what the object is called: "Mapper"
---@param absent table<string, boolean>   names of fields that may be nil; others come to it as they are asked for
---@param ... table   tables of methods and fields, as for unknown_attribute()
---@return fun(key:any):nil
function usage.misspelt_attribute(what, absent, ...)
  local known = { ... }
  return function(key)
    if type(key) ~= "string" or byte(key) == UNDERSCORE or absent[key] then return nil end
    local near = meant_by(key, known)
    if near then
      return exc.raise("ArgumentError", "%s object has no attribute '%s'; did you mean '%s'?", what, key, near)
    end
    absent[key] = true
    return nil
  end
end

--- Lets a class that is its objects' __index refuse names that nobody knows, as unknown_attribute() does; `lenient`: as
-- misspelt_attribute() does.
---@param class table
---@param what string   what the objects are called
---@param absent table<string, boolean>?   names of fields that may be nil
---@param lenient boolean?
---@return table class
function usage.close_class(class, what, absent, lenient)
  local closer = lenient and usage.misspelt_attribute or usage.unknown_attribute
  local unknown = closer(what, absent or {}, class)
  local meta = getmetatable(class) or {}
  local inherited = meta.__index
  meta.__index = inherited == nil and function(_, key)
    if type(key) ~= "string" then return nil end -- the end of a list
    return unknown(key)
  end or function(_, key)
    local value = inherited[key]
    if value ~= nil then return value end
    return unknown(key)
  end
  return setmetatable(class, meta)
end

--- Raises unless a value that is to be called may be; `place` is the call as the user wrote it.
---@param place string
---@param fn any
function usage.check_function(place, fn)
  if type(fn) == "function" then return end
  local meta = getmetatable(fn)
  if type(meta) == "table" and meta.__call then return end
  exc.raise("ArgumentError", "%s: expected a function, got %s", place, type(fn))
end

--- Raises unless a value is of that type of Lua's.
---@param place string
---@param wanted string
---@param value any
function usage.check_type(place, wanted, value)
  if type(value) ~= wanted then
    exc.raise("ArgumentError", "%s: expected a %s, got %s", place, wanted, type(value))
  end
end

--- Raises unless the arguments of a call are of these types; behind the place of the call come a type and a value for
-- each. `"table?"` may be nil, `"any"` may not.
---@param place string
---@param ... any
function usage.check_arguments(place, ...)
  for i = 1, select("#", ...), 2 do
    local wanted, value = select(i, ...)
    local is_optional = wanted:sub(-1) == "?"
    local wants = is_optional and wanted:sub(1, -2) or wanted
    local fits = type(value) == wants or wants == "any" and value ~= nil or is_optional and value == nil
    if not fits then
      exc.raise("ArgumentError", "%s: argument #%d: expected %s, got %s", place, (i + 1) / 2,
        wants == "any" and "a value" or wants, type(value))
    end
  end
end

--- Raises unless a value is a table, or nil.
---@param place string
---@param value any
---@param what string?   what kind of table: "a table of options"
function usage.check_table(place, value, what)
  if value == nil or type(value) == "table" then return end
  exc.raise("ArgumentError", "%s: expected %s, got %s", place, what or "a table", type(value))
end

return usage
