--- Tables of public names: asking for a name that is not there is an error with the nearest one, as in Python. A nil
-- would travel on: am.Column("age", am.Integr) has no type, am.exc.is(e, am.exc.IntegritError) is false.
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"

local namespace = {}

--- Closes a table of names. Names that begin with an underscore, and what is no name, stay nil: that is how others ask
-- a table what it is.
---@param names table
---@param title string        what a program calls it: "am.exc"
---@param find (fun(name: string): any)?  asked first; what it returns is kept
---@return table names
function namespace.close(names, title, find)
  return setmetatable(names, { __index = function(self, name)
    local value = find and find(name)
    if value ~= nil then
      rawset(self, name, value)
      return value
    end
    if type(name) ~= "string" or name:sub(1, 1) == "_" then return nil end
    exc.raise("ArgumentError", "%s has no '%s'%s", title, name, options.suggestion(name, self))
  end })
end

return namespace
