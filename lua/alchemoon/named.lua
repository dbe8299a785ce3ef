--- Arguments by name or by place, as Python takes them: `t:join(u, { onclause = on, isouter = true })` and
-- `t:join(u, on, true)` are the same call. A function takes its first parameters by place and the rest in an options
-- table; what is wrapped here moves each argument to where the function looks for it.
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"

local NULL = require "alchemoon.null"

local named = {}
local is_options = options.is_options
local unpack = table.unpack or unpack

-- Does this trailing table name parameters only, and all that are still missing? Otherwise it is data.
local function names_parameters(given, at, spec)
  if next(given) == nil then return false end
  for key in next, given do
    if not spec.place[key] then return false end
  end
  for i = at, spec.required do
    if given[spec.names[i]] == nil then return false end
  end
  return true
end

-- Moves what was given by name to its place.
local function place_named(args, given, spec)
  local rest = nil
  for key, value in next, given do
    local at = spec.place[key]
    if at and at <= spec.taken then
      if args[spec.offset + at] ~= nil then
        exc.raise("ArgumentError", "%s() got multiple values for argument '%s'", spec.fn_name, key)
      end
      if value ~= NULL or at <= spec.required then args[spec.offset + at] = value end
    else
      rest = rest or {}
      rest[key] = value
    end
  end
  return rest
end

-- Moves what was given by place, but is an option, into the options.
local function name_placed(args, last, opts, spec)
  local first = spec.offset + spec.taken + 1
  if last < first then return opts end
  local out = {}
  for key, value in next, opts or {} do out[key] = value end
  for i = first, last do
    local name = spec.names[i - spec.offset]
    if name == nil then
      exc.raise("ArgumentError", "%s() takes %d arguments (%s), got %d", spec.fn_name, #spec.names,
        table.concat(spec.names, ", "), last - spec.offset)
    end
    out[name] = args[i]
  end
  return out
end

-- The call with every argument where the function looks for it.
local function rearranged(spec, ...)
  local last, limit = select("#", ...), spec.offset + spec.taken
  local args, opts = { ... }, nil
  while last > 0 and args[last] == nil do last = last - 1 end
  if last > spec.offset and is_options(args[last])
    and (last > limit or names_parameters(args[last], last - spec.offset, spec)) then
    opts, args[last], last = args[last], nil, last - 1
    opts = place_named(args, opts, spec)
  end
  opts = name_placed(args, last, opts, spec)
  if opts and spec.taken == #spec.names then options.check(spec.fn_name, opts, {}) end
  args[limit + 1] = opts
  return spec.fn(unpack(args, 1, limit + 1))
end

-- What needs no rearranging is passed on without a table: no plain table among the arguments, nothing behind them.
local BY_COUNT = {
  function(fn, spec)
    return function(a, x, ...)
      if x == nil and type(a) ~= "table" then return fn(a) end
      return rearranged(spec, a, x, ...)
    end
  end,
  function(fn, spec)
    return function(a, b, x, ...)
      if x == nil and type(b) ~= "table" and type(a) ~= "table" then return fn(a, b) end
      return rearranged(spec, a, b, x, ...)
    end
  end,
  function(fn, spec)
    return function(a, b, c, x, ...)
      if x == nil and type(c) ~= "table" and type(b) ~= "table" and type(a) ~= "table" then return fn(a, b, c) end
      return rearranged(spec, a, b, c, x, ...)
    end
  end,
  function(fn, spec)
    return function(a, b, c, d, x, ...)
      if x == nil and type(d) ~= "table" and type(c) ~= "table" and type(b) ~= "table" and type(a) ~= "table" then
        return fn(a, b, c, d)
      end
      return rearranged(spec, a, b, c, d, x, ...)
    end
  end,
}

local function wrap(offset, fn_name, names, required, taken, fn)
  local spec = { fn_name = fn_name, names = names, required = required, taken = taken, offset = offset, fn = fn,
    place = {} }
  for i, name in ipairs(names) do spec.place[name] = i end
  return BY_COUNT[offset + taken](fn, spec)
end

--- A function whose arguments may be given by name. `names` are its parameters in Python's order, of which `required`
-- must be given; `fn` takes `taken` of them by place and the rest in a table behind them.
---@param fn_name string
---@param names string[]
---@param required integer
---@param taken integer
---@param fn function
---@return function
function named.arguments(fn_name, names, required, taken, fn) return wrap(0, fn_name, names, required, taken, fn) end

--- The same for a method: the receiver stands before the parameters.
---@param fn_name string
---@param names string[]
---@param required integer
---@param taken integer
---@param fn function
---@return function
function named.method(fn_name, names, required, taken, fn) return wrap(1, fn_name, names, required, taken, fn) end

return named
