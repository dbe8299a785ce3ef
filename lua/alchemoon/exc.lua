--- Error objects: the tree `am.exc`, grown from csrc/base/errors.def.
--
-- Every error that alchemoon raises is a table with one of these classes as metatable.
-- `tostring(e)` is the full message with statement and parameters.
local core = require "alchemoon.core"
local stack = require "alchemoon.stack"

---@class alchemoon.Error
---@field name string          class name, e.g. "IntegrityError"
---@field message string       what happened, without statement
---@field statement string?    the SQL text
---@field params table?        its parameters
---@field sqlstate string?     PostgreSQL's five characters
---@field code integer|string? the database's own number, or SQLAlchemy's short code
---@field orig any             the driver's own error
---@field detail string[]?     what led to the statement: shown in front of the message
---@field connection_invalidated boolean?
---@field traceback string

local exc = {}
local classes = {}

local repr = core.repr
local PARAMS_SHOWN = 10
local VALUE_SHOWN = 300  -- characters of one value
local VALUES_SHOWN = 100 -- values of one set

local Error = {}
Error.__index = Error

--- True if the error is of class `cls` or of one derived from it.
---@param cls table
---@return boolean
function Error:is(cls)
  local c = getmetatable(self)
  while c do
    if c == cls then return true end
    c = c.parent
  end
  return false
end

local function show_value(value)
  local ok, text = pcall(repr, value) -- a __tostring that fails must not hide the error that is told
  if not ok or type(text) ~= "string" then text = type(value) end
  if #text > VALUE_SHOWN then
    local half = VALUE_SHOWN / 2
    text = ("%s ... (%d characters truncated) ... %s"):format(
      text:sub(1, half), #text - VALUE_SHOWN, text:sub(-half))
  end
  return text
end

--- One value as error messages show it.
exc.show_value = show_value

-- A list may begin with NULL as nil when its length stands in `n`; a table that has only a key "n" above 0 is named.
local function is_list(t)
  if t[1] ~= nil or next(t) == nil or t.n == 0 then return true end
  if type(t.n) ~= "number" then return false end
  for key in pairs(t) do
    if type(key) == "number" then return true end
  end
  return false
end

-- The shown values of one set, of many only the first and last ones.
local function join_values(parts)
  local cut = #parts - VALUES_SHOWN
  if cut <= 0 then return table.concat(parts, ", ") end
  local half = VALUES_SHOWN / 2
  return ("%s ... %d parameters truncated ... %s"):format(table.concat(parts, ", ", 1, half), cut,
    table.concat(parts, ", ", #parts - half + 1))
end

local function show_row(row)
  local parts = {}
  if type(row) ~= "table" then return show_value(row) end
  if is_list(row) then
    local n = row.n or #row
    for i = 1, n do parts[i] = show_value(row[i]) end
    return "(" .. join_values(parts) .. (n == 1 and ",)" or ")")
  end
  local keys = {}
  for k in pairs(row) do keys[#keys + 1] = tostring(k) end
  table.sort(keys)
  for i, k in ipairs(keys) do parts[i] = "'" .. k .. "': " .. show_value(row[k]) end
  return "{" .. join_values(parts) .. "}"
end

local function show_rows(rows, from, to)
  local parts = {}
  for i = from, to do parts[#parts + 1] = show_row(rows[i]) end
  return table.concat(parts, ", ")
end

--- Parameters as readable text: one row, or a list of rows of which only some are shown.
---@param params table
---@param many boolean?
---@return string
function exc.format_params(params, many)
  if not many then return show_row(params) end
  local n = #params
  if n <= PARAMS_SHOWN then return "[" .. show_rows(params, 1, n) .. "]" end
  return ("[%s  ... displaying %d of %d total bound parameter sets ...  %s]"):format(
    show_rows(params, 1, PARAMS_SHOWN - 2), PARAMS_SHOWN, n, show_rows(params, n - 1, n))
end

-- The message as tostring() shows it, with all that is known about the statement.
local function full_message(self)
  local text = self.message
  local orig = self.orig
  if orig ~= nil and self:is(classes.DBAPIError) then
    text = ("(%s) %s"):format(self.driver_class or self.name, self.message)
  end
  for _, detail in ipairs(self.detail or {}) do text = ("(%s)\n%s"):format(detail, text) end
  if self.statement then
    text = text .. "\n[SQL: " .. self.statement .. "]"
    if self.hide_parameters then
      text = text .. "\n[SQL parameters hidden due to hide_parameters=true]"
    elseif self.params and next(self.params) ~= nil and self.params.n ~= 0 then
      text = text .. "\n[parameters: " .. exc.format_params(self.params, self.ismulti) .. "]"
    end
  end
  if self.short_code then
    text = text .. "\n(Background on this error: " .. self.short_code .. ")"
  end
  return text
end

-- The interpreter of PUC-Rio shows an error object's text and no line of the program (LuaJIT's adds them by itself).
local function shown(self)
  local text = full_message(self)
  if rawget(self, "traceback") and not jit and stack.is_uncaught(1) then text = text .. "\n" .. self.traceback end
  return text
end

local constructor = {}

--- A new error object: `am.exc.ArgumentError(message, fields)`; without a message it has an empty one.
function constructor.__call(cls, message, fields)
  if fields ~= nil and type(fields) ~= "table" then
    exc.raise("ArgumentError", "am.exc.%s: expected a table of fields behind the message, got %s", cls.class_name,
      type(fields))
  end
  local e = setmetatable({ name = cls.class_name, message = message == nil and "" or tostring(message) }, cls)
  for k, v in pairs(fields or {}) do e[k] = v end
  e.traceback = stack.trace(2)
  return e
end
constructor.__tostring = function(cls) return "alchemoon.exc." .. cls.class_name end

--- A new error class below `parent`: for optional modules; the core's own come from errors.def.
---@param name string
---@param parent string?   name of a class
function exc.define(name, parent)
  if classes[name] then return classes[name] end
  local cls = setmetatable({ class_name = name, parent = parent ~= name and classes[parent] or nil }, constructor)
  cls.__index = function(_, key) return Error[key] end
  cls.__tostring = shown
  cls.__name = name
  cls.is = Error.is
  classes[name], exc[name] = cls, cls
  return cls
end

for _, pair in ipairs(core.error_classes()) do exc.define(pair[1], pair[2]) end
-- SQLAlchemy's short code where a class has but one cause.
function exc.DetachedInstanceError.__index(_, key)
  if key == "code" then return "bhk3" end
  return Error[key]
end
exc.SQLAlchemyError, exc.ConcurrentModificationError = exc.Error, exc.StaleDataError
-- Warnings go to am.logging; their classes are there by name, for whoever raises or looks for one himself.
for _, pair in ipairs {
  { "HasDescriptionCode" }, { "DontWrapMixin" }, { "SAWarning" }, { "SATestSuiteWarning" }, { "SADeprecationWarning" },
  { "SAPendingDeprecationWarning" }, { "LegacyAPIWarning", "SADeprecationWarning" },
  { "Base20DeprecationWarning", "SADeprecationWarning" }, { "MovedIn20Warning", "Base20DeprecationWarning" },
} do
  exc.define(pair[1], pair[2] or "Error")
end

--- Is `e` an error object of class `cls` (or derived from it)? Anything else gives false.
---@param e any
---@param cls table
---@return boolean
function exc.is(e, cls)
  if type(e) ~= "table" then return false end
  local mt = getmetatable(e)
  return mt ~= nil and classes[mt.class_name or ""] == mt and Error.is(e, cls)
end

-- nginx knows no error objects: one that nobody catches ends a request for an "unknown reason". So its log gets the
-- message from here.
local told = setmetatable({}, { __mode = "k" })
local function tell_nginx(ngx, e)
  if told[e] or stack.is_caught(2) then return end
  told[e] = true
  ngx.log(ngx.ERR, tostring(e))
  ngx.log(ngx.ERR, e.traceback) -- a line of its own: nginx cuts long ones off
end

--- Raises what was caught, unchanged.
---@param e any
function exc.rethrow(e)
  local ngx = rawget(_G, "ngx")
  if ngx and exc.is(e, exc.Error) then tell_nginx(ngx, e) end
  error(e, 0)
end

--- Raises a new error of the class with that name; the message is formatted.
---@param class_name string
---@param format string
function exc.raise(class_name, format, ...)
  local message = select("#", ...) > 0 and format:format(...) or format
  exc.rethrow(classes[class_name](message))
end

--- Raises for a method that was called with a dot; `receiver` is what its object is usually called.
---@param name string
---@param receiver string
---@param arguments string?
function exc.raise_not_a_method(name, receiver, arguments)
  exc.raise("ArgumentError", "%s() is a method: call it with a colon, %s:%s(%s)", name, receiver, name,
    arguments or "...")
end

core.set_error_maker(function(class_name, message, sqlstate, code, disconnect)
  local e = classes[class_name](message, {
    sqlstate = sqlstate, code = code ~= 0 and code or nil,
    connection_invalidated = disconnect or nil,
  })
  local ngx = rawget(_G, "ngx")
  if ngx and not exc.is(e, exc.DBAPIError) then tell_nginx(ngx, e) end -- those get their statement first
  return e
end)

return exc
