--- The execution context: what listeners and results may know about one execution. Made only when somebody
-- looks; fields that are not here are those of the `info` that the compiler handed to the pipeline.

local usage = require "alchemoon.usage"

---@class alchemoon.ExecutionContext
---@field connection alchemoon.Connection
---@field engine alchemoon.Engine
---@field dialect alchemoon.Dialect
---@field cursor userdata?
---@field statement string
---@field parameters any
---@field executemany boolean
---@field execution_options table
---@field compiled any
---@field isinsert boolean
---@field isupdate boolean
---@field isdelete boolean
---@field isddl boolean
---@field is_text boolean
---@field is_crud boolean
local Context = { __name = "alchemoon.ExecutionContext" }

local function is_one(info, name)
  local entry = info and info.entry
  return (info and info[name] or entry and entry.info[name]) and true or false
end

local kinds = {}
for name, key in pairs { isinsert = "is_insert", isupdate = "is_update", isdelete = "is_delete", isddl = "is_ddl",
  is_text = "is_text" } do
  kinds[name] = function(info) return is_one(info, key) end
end
function kinds.is_crud(info)
  return is_one(info, "is_insert") or is_one(info, "is_update") or is_one(info, "is_delete")
end

-- Those that are there for some executions only.
local SOMETIMES = {}
for name in ([[
  connection root_connection engine dialect cursor statement parameters executemany execution_options compiled info
]]):gmatch "%S+" do
  SOMETIMES[name] = true
end
local unknown = usage.misspelt_attribute("ExecutionContext", SOMETIMES, kinds, SOMETIMES)

Context.__index = function(self, key)
  local info = rawget(self, "info")
  if kinds[key] then return kinds[key](info) end
  local value = info and info[key]
  if value ~= nil then return value end
  return unknown(key)
end

local context = {}

function context.new(conn, cursor, sql, params, info)
  return setmetatable({
    connection = conn, root_connection = conn, engine = conn.engine, dialect = conn.dialect, cursor = cursor,
    statement = sql, parameters = params, executemany = info and info.is_many or false,
    execution_options = info and info.execution_options or conn._execution_options, info = info,
  }, Context)
end

return context
