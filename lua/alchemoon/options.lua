--- Options: ONE trailing table, read against a list of valid keys.
--
-- An unknown key is an ArgumentError that names the key, the function and the nearest valid key, so
-- that a misspelt option can never be ignored in silence.
local exc = require "alchemoon.exc"

local NULL = require "alchemoon.null"

local options = {}

-- An option that is am.null is one that was not given: Python's None among keyword arguments. Not so where the option
-- is a value of the database.
local IS_VALUE = { value = true, default = true, onupdate = true, insert_default = true, server_default = true,
  server_onupdate = true, else_ = true, polymorphic_identity = true, lazy = true }

--- Does this option count as not given?
---@param key any
---@param value any
---@return boolean
function options.is_absent(key, value) return value == nil or value == NULL and not IS_VALUE[key] end

--- Stands for "valid, and true when absent" in a list of valid keys.
options.TRUE = setmetatable({}, { __tostring = function() return "options.TRUE" end })

local INSERTED = 0.4 -- a letter that was left out costs less than a wrong one: people abbreviate
local SWAPPED = 0.8  -- two letters in the wrong order
local PREFIX = 0.1   -- what each letter of a common beginning is worth
local SHORT = 3      -- two wrong letters of so few are another word

--- How far `b` is from what somebody wrote as `a`: letters to delete or replace cost 1, others less.
---@param a string
---@param b string
---@return number
function options.distance(a, b)
  local before, row = nil, {}
  for j = 0, #b do row[j] = j * INSERTED end
  for i = 1, #a do
    local next_row = { [0] = i }
    for j = 1, #b do
      local same = a:byte(i) == b:byte(j)
      local best = math.min(row[j] + 1, next_row[j - 1] + INSERTED, row[j - 1] + (same and 0 or 1))
      if before and i > 1 and j > 1 and a:byte(i) == b:byte(j - 1) and a:byte(i - 1) == b:byte(j) then
        best = math.min(best, before[j - 2] + SWAPPED)
      end
      next_row[j] = best
    end
    before, row = row, next_row
  end
  return row[#b]
end

local function common_prefix(a, b)
  local n = 0
  while n < #a and n < #b and a:byte(n + 1) == b:byte(n + 1) do n = n + 1 end
  return n
end

-- The names that a user may give: what begins with one "_" is internal.
local function public_names(names)
  local sorted = {}
  for known in pairs(names) do
    if type(known) == "string" and not known:find("^_[^_]") then sorted[#sorted + 1] = known end
  end
  table.sort(sorted)
  return sorted
end

--- The name among the keys of `names` that is nearest to `name`, or nil if none is near.
---@param name string
---@param names table   keys are the valid names
---@return string?
function options.nearest(name, names)
  local sorted = public_names(names)
  local best, best_distance
  local lower = name:lower()
  for _, known in ipairs(sorted) do
    local candidate = known:lower()
    local distance = options.distance(lower, candidate) - PREFIX * common_prefix(lower, candidate)
    if (name:find("^%u") ~= nil) ~= (known:find("^%u") ~= nil) then distance = distance + 0.5 end -- a class, or not
    distance = distance + 0.01 * options.distance(name, known) -- the same letters, small or capital
    if not best_distance or distance < best_distance then best, best_distance = known, distance end
  end
  if best and best_distance <= (#name <= SHORT and 1.5 or math.max(2, #name / 2)) then return best end
  return nil
end

--- Text that ends an error message: "; did you mean 'x'?", empty if no name is near.
---@param name string
---@param names table   keys are the valid names
---@return string
function options.suggestion(name, names)
  local near = options.nearest(name, names)
  return near and ("; did you mean '%s'?"):format(near) or ""
end

--- Text that ends an error message: "; did you mean 'x'?" or the sorted list of what is valid.
---@param name string
---@param names table
---@return string
function options.hint(name, names)
  local near = options.nearest(name, names)
  if near then return ("; did you mean '%s'?"):format(near) end
  local sorted = public_names(names)
  if #sorted == 0 then return "; it takes no options" end
  return "; valid keys are " .. table.concat(sorted, ", ")
end

local function unknown_key(fn_name, key, valid)
  if type(key) == "string" then
    exc.raise("ArgumentError", "%s: unknown option '%s'%s", fn_name, key, options.hint(key, valid))
  end
  exc.raise("ArgumentError", "%s",
    ("%s: the options table has a %s key (%s); options are named"):format(fn_name, type(key), tostring(key)))
end

--- Reads an options table into a new table.
-- `valid` maps each key to its default: `true` means "no default", `options.TRUE` means
-- "true when absent", anything else is the value when absent.
---@param fn_name string   as the user wrote it, for messages
---@param opts table?
---@param valid table
---@return table
function options.read(fn_name, opts, valid)
  local out = {}
  if opts ~= nil then
    if type(opts) ~= "table" then
      exc.raise("ArgumentError", "%s: options must be a table, got %s", fn_name, type(opts))
    end
    for key, value in next, opts do
      if valid[key] == nil then unknown_key(fn_name, key, valid) end
      if value ~= NULL or IS_VALUE[key] then out[key] = value
      elseif valid[key] == options.TRUE then out[key] = false end
    end
  end
  for key, default in next, valid do
    if out[key] == nil then
      if default == options.TRUE then out[key] = true
      elseif default ~= true then out[key] = default end
    end
  end
  return out
end

-- These options without what is am.null among them.
local function without_null(opts)
  local out = {}
  for key, value in next, opts do
    if value ~= NULL or IS_VALUE[key] then out[key] = value end
  end
  return out
end

--- Checks the keys only; the table itself is used further (for hot paths), a copy if am.null is among its values.
---@param fn_name string
---@param opts table?
---@param valid table
---@return table?
function options.check(fn_name, opts, valid)
  if opts == nil then return nil end
  if type(opts) ~= "table" then
    exc.raise("ArgumentError", "%s: options must be a table, got %s", fn_name, type(opts))
  end
  local has_null = false
  for key, value in next, opts do
    if valid[key] == nil then unknown_key(fn_name, key, valid) end
    has_null = has_null or value == NULL
  end
  return has_null and without_null(opts) or opts
end

--- Is this value an options table: plain (no metatable), with string keys only? `{}` is one; what stands for an SQL
-- element is none.
---@param value any
---@return boolean
function options.is_options(value)
  if type(value) ~= "table" or getmetatable(value) ~= nil or value.__clause_element__ then return false end
  for key in next, value do
    if type(key) ~= "string" then return false end
  end
  return true
end
local is_options = options.is_options

--- Splits varargs whose first `required` are positional whatever they look like.
---@param required integer
---@return table args   list with field n
---@return table? opts
function options.split_after(required, ...)
  local n = select("#", ...)
  local args = { n = n, ... }
  if n > required and is_options(args[n]) then
    local opts = args[n]
    args[n], args.n = nil, n - 1
    return args, opts
  end
  return args, nil
end

--- Splits varargs into positional arguments and the trailing options table (nil if there is none).
---@return table args   list with field n
---@return table? opts
function options.split(...) return options.split_after(0, ...) end

--- The same for calls that open something: a function as LAST argument is taken off first.
---@param required integer   positional arguments that are never taken for options
---@return table args   list with field n
---@return table? opts
---@return function? fn
function options.split_scope(required, ...)
  local n = select("#", ...)
  local fn = nil
  local args = { n = n, ... }
  if n > 0 and type(args[n]) == "function" then
    fn = args[n]
    args[n], n = nil, n - 1
    args.n = n
  end
  -- f(a, nil, fn): a nil in the place of the options
  local opts = nil
  if n > required and is_options(args[n]) then
    opts = args[n]
    args[n], args.n = nil, n - 1
  end
  return args, opts, fn
end

--- Do two values say the same as options? Plain tables are compared by what is in them, objects by identity.
---@param a any
---@param b any
---@return boolean
function options.same(a, b)
  if type(a) ~= "table" or type(b) ~= "table" or getmetatable(a) or getmetatable(b) then return a == b end
  for key, value in pairs(a) do
    if not options.same(value, b[key]) then return false end
  end
  for key in pairs(b) do
    if a[key] == nil then return false end
  end
  return true
end

return options
