--- merge_frozen_result(): the objects of a frozen result become those of another session.
local core = require "alchemoon.core"
local instance = require "alchemoon.orm.instance"
local merge = require "alchemoon.orm.merge"
local options = require "alchemoon.options"
local usage = require "alchemoon.usage"

local frozen_result = {}
local null = core.null

--- Rows (or lists of values) whose objects are the session's own, as lists of values.
-- With `load` = false nothing is asked of the database.
---@param session alchemoon.Session
---@param rows any[]
---@param load boolean
---@return any[][]
function frozen_result.merged_rows(session, rows, load)
  if load then session:_autoflush() end
  return session:no_autoflush(function()
    local list = {}
    for i, row in ipairs(rows) do
      local values = {}
      for k = 1, #row do
        local value = row[k]
        if instance.is(value) then value = merge.merge(session, value, { load = load }) end
        if value == nil then value = null end
        values[k] = value
      end
      list[i] = values
    end
    return list
  end)
end

--- A frozen result whose objects are the session's own: am.merge_frozen_result(session, statement, frozen, { load = }).
-- Call what is returned for a result.
---@param session alchemoon.Session
---@param statement any
---@param frozen table      from result:freeze()
---@param opts {load: boolean?}?
function frozen_result.merge(session, statement, frozen, opts) -- luacheck: ignore 212
  usage.check_arguments("merge_frozen_result", "table", session, "any", statement, "table", frozen)
  if type(opts) == "boolean" then opts = { load = opts } end
  opts = options.read("merge_frozen_result", opts, { load = options.TRUE })
  return frozen:with_new_rows(frozen_result.merged_rows(session, frozen.data, opts.load))
end

return frozen_result
