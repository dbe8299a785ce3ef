---@meta _
--- What editors know of am.logging.

---@class alchemoon
local am = {}


am.logging = {}

---@type number
am.logging.CRITICAL = nil

---@type number
am.logging.DEBUG = nil

---@type number
am.logging.ERROR = nil

---@type number
am.logging.INFO = nil

---@type number
am.logging.WARNING = nil

--- The level in force for a name: its own, or the nearest parent's; WARNING if none is set.
---@param name string
---@return string
function am.logging.effective_level(name) end

--- One line of text, without newline: "2026-11-21 12:00:00,123 INFO alchemoon.engine.Engine message".
---@param record table
---@return string
function am.logging.format(record) end

--- The logger of that name (one per name).
---@param name string
---@return alchemoon.Logger
function am.logging.getLogger(name) end

--- A logger for one engine or pool: `echo` true shows INFO, "debug" also DEBUG, false or nil follows the levels.
---@param name string
---@param echo boolean|string|nil
---@return alchemoon.Logger
function am.logging.instance(name, echo) end

--- Replaces the handler; nil brings back the default one. Returns the handler that was in force.
---@param fn function?   function(record)
---@return function
function am.logging.set_handler(fn) end

--- Sets the level of a logger and of all below it ("alchemoon.engine"); nil removes the setting.
---@param name string
---@param level integer?
function am.logging.set_level(name, level) end

return am
