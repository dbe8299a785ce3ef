--- Annotated columns: am.Mapped("str", …) stands for Python's `Mapped[str]`: a type by its name.
--
-- Names are looked up in the registry's type_annotation_map, then among the standard ones; "optional[…]" (or a trailing
-- "?") makes the column nullable, anything else makes it NOT NULL.
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"
local properties = require "alchemoon.orm.properties"

local annotation = {}
local unpack = table.unpack or unpack -- luacheck: ignore 113

local STANDARD = { int = "Integer", integer = "Integer", str = "String", string = "String", float = "Float",
  number = "Float", bool = "Boolean", boolean = "Boolean", datetime = "DateTime", date = "Date", time = "Time",
  timedelta = "Interval", decimal = "Numeric", bytes = "LargeBinary", uuid = "Uuid", dict = "JSON", table = "JSON" }

local Mapped = { __name = "Mapped" }
Mapped.__index = Mapped

--- am.Mapped("str", …): the other arguments are those of am.Column (without a type).
---@param name string
---@param ... any
---@return any
function annotation.Mapped(name, ...)
  if type(name) ~= "string" then
    exc.raise("ArgumentError", "Mapped: the name of a type is needed, got %s", type(name))
  end
  local args, opts = options.split(...)
  return setmetatable({ annotation = name, args = args, opts = opts or {}, number = properties.next_number() }, Mapped)
end

function annotation.is(value) return getmetatable(value) == Mapped end

-- Names of the map and the standard ones are candidates for what was meant.
local function unknown(name, cls, map)
  local names = {}
  for key in pairs(STANDARD) do names[key] = true end
  for key in pairs(map) do
    if type(key) == "string" then names[key] = true end
  end
  exc.raise("ArgumentError", "Could not locate a Core type for annotation '%s' of class %s%s", name,
    tostring(cls), options.hint(name, names))
end

--- The Column that an annotation stands for.
function annotation.column(value, cls, registry)
  local am = require "alchemoon"
  local name = value.annotation:lower():gsub("%s", "")
  local inner = name:match("^optional%[(.+)%]$") or name:match("^(.+)%?$") or name:match("^(.+)|none$")
  local map = registry.type_annotation_map
  local original = value.annotation:match("^[Oo]ptional%[(.+)%]$") or value.annotation:match("^(.+)%?$")
    or value.annotation
  local sql_type = map[original] or map[inner or name] or am[STANDARD[inner or name] or false]
  if sql_type == nil then unknown(original, cls, map) end
  local opts = {}
  for key, option in pairs(value.opts) do opts[key] = option end
  if opts.nullable == nil then opts.nullable = inner ~= nil and not opts.primary_key end
  local list = { sql_type }
  local first = value.args[1]
  if type(first) == "string" then list = { first, sql_type } end
  for i = type(first) == "string" and 2 or 1, value.args.n do list[#list + 1] = value.args[i] end
  list[#list + 1] = opts
  local column = am.Column(unpack(list))
  require("alchemoon.schema.item").extra(column).number = value.number
  return column
end

return annotation
