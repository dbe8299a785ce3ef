--- The execution context: what listeners and results may know about one execution. Made only when somebody
-- looks; fields that are not here are those of the `info` that the compiler handed to the pipeline.

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
local Context = { __name = "alchemoon.ExecutionContext" }
Context.__index = function(self, key)
  local info = rawget(self, "info")
  if info then return info[key] end
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
