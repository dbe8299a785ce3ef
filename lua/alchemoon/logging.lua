--- Logging: `am.logging`, a small tree of named loggers with one replaceable handler.
--
-- A record is { name =, level =, levelname =, message =, time = seconds with fraction }. The handler in force gets
-- every record that passes its logger's level; the default one writes a line to stderr.
local exc = require "alchemoon.exc"
local core = require "alchemoon.core"
local usage = require "alchemoon.usage"

local logging = { DEBUG = 10, INFO = 20, WARNING = 30, ERROR = 40, CRITICAL = 50 }

local level_names = { [10] = "DEBUG", [20] = "INFO", [30] = "WARNING", [40] = "ERROR", [50] = "CRITICAL" }
local levels = {}    -- name → level set by set_level
local loggers = {}
local handler

local function now()
  if core.clock then return (core.clock()) end
  return os.time()
end

--- One line of text, without newline: "2026-11-21 12:00:00,123 INFO alchemoon.engine.Engine message".
---@param record table
---@return string
function logging.format(record)
  usage.check_arguments("logging.format", "table", record)
  local seconds = math.floor(record.time)
  return ("%s,%03d %s %s %s"):format(os.date("%Y-%m-%d %H:%M:%S", seconds),
    math.floor((record.time - seconds) * 1000), record.levelname, record.name, record.message)
end

local function to_stderr(record)
  io.stderr:write(logging.format(record), "\n")
end
handler = to_stderr

--- Replaces the handler; nil brings back the default one. Returns the handler that was in force.
---@param fn function?   function(record)
---@return function
function logging.set_handler(fn)
  local before = handler
  if fn ~= nil and type(fn) ~= "function" then
    exc.raise("ArgumentError", "logging.set_handler: expected a function or nil, got %s", type(fn))
  end
  handler = fn or to_stderr
  return before
end

--- Sets the level of a logger and of all below it ("alchemoon.engine"); nil removes the setting.
---@param name string
---@param level integer?
function logging.set_level(name, level)
  usage.check_arguments("logging.set_level", "string", name, "number?", level)
  levels[name] = level
  for _, logger in pairs(loggers) do logger._level = nil end
end

--- The level in force for a name: its own, or the nearest parent's; WARNING if none is set.
---@param name string
---@return string
function logging.effective_level(name)
  local at = name
  while at do
    if levels[at] then return levels[at] end
    at = at:match("^(.*)%.[^.]*$")
  end
  return levels[""] or logging.WARNING
end

---@class alchemoon.Logger
local Logger = {}
Logger.__index = Logger

--- Would a record of this level be written?
---@param level integer
---@return boolean
function Logger:enabled(level)
  if self.echo_level then return level >= self.echo_level end
  if not self._level then self._level = logging.effective_level(self.name) end
  return level >= self._level
end

--- Writes a record if the level is enabled; the message is formatted when there are arguments.
---@param level string
---@param format string
---@param ... any
function Logger:log(level, format, ...)
  if not self:enabled(level) then return end
  handler{
    name = self.name, level = level, levelname = level_names[level] or tostring(level), time = now(),
    message = select("#", ...) > 0 and format:format(...) or format,
  }
end

--- Writes a record for developers.
---@param format string
---@param ... any
function Logger:debug(format, ...) self:log(10, format, ...) end

--- Writes a record of what happens.
---@param format string
---@param ... any
function Logger:info(format, ...) self:log(20, format, ...) end

--- Writes a record of what may be wrong.
---@param format string
---@param ... any
function Logger:warning(format, ...) self:log(30, format, ...) end

--- Writes a record of what went wrong.
---@param format string
---@param ... any
function Logger:error(format, ...) self:log(40, format, ...) end

--- The logger of that name (one per name).
---@param name string
---@return alchemoon.Logger
function logging.getLogger(name)
  usage.check_arguments("logging.getLogger", "string", name)
  if not loggers[name] then loggers[name] = setmetatable({ name = name }, Logger) end
  return loggers[name]
end

--- A logger for one engine or pool: `echo` true shows INFO, "debug" also DEBUG, false or nil follows the levels.
---@param name string
---@param echo boolean|string|nil
---@return alchemoon.Logger
function logging.instance(name, echo)
  local level = nil
  if echo == "debug" then level = logging.DEBUG elseif echo then level = logging.INFO end
  if not level then return logging.getLogger(name) end
  return setmetatable({ name = name, echo_level = level }, Logger)
end

return logging
