--- The public names of scalar expressions.
local constructs = require "alchemoon.sql.constructs"
local func = require "alchemoon.sql.func"
require "alchemoon.sql.hooks"

local public = {}
for name, value in pairs(constructs) do
  if name ~= "tuple_type" then public[name] = value end
end
public.func = func.func
public.over, public.funcfilter, public.within_group = func.over, func.funcfilter, func.within_group
public.filter = func.funcfilter
public.null = require "alchemoon.null"

return public
