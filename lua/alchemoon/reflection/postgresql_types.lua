--- From PostgreSQL's text of a type ("character varying(50)[]") to a type of ours.
local types = {}

-- Name in the catalogue → class name and what its arguments mean.
local PLAIN = {
  integer = "INTEGER", bigint = "BIGINT", smallint = "SMALLINT", ["character varying"] = "VARCHAR", character = "CHAR",
  ['"char"'] = "CHAR", name = "String", text = "TEXT", numeric = "NUMERIC", real = "REAL", inet = "INET", cidr = "CIDR",
  citext = "CITEXT", uuid = "UUID", macaddr = "MACADDR", macaddr8 = "MACADDR8", money = "MONEY", oid = "OID",
  regclass = "REGCLASS", regconfig = "REGCONFIG", ["double precision"] = "DOUBLE_PRECISION", bytea = "BYTEA",
  boolean = "BOOLEAN", hstore = "HSTORE", date = "DATE", tsvector = "TSVECTOR", tsquery = "TSQUERY", json = "JSON",
  jsonb = "JSONB", jsonpath = "JSONPATH", int4range = "INT4RANGE", int8range = "INT8RANGE", numrange = "NUMRANGE",
  daterange = "DATERANGE", tsrange = "TSRANGE", tstzrange = "TSTZRANGE", int4multirange = "INT4MULTIRANGE",
  int8multirange = "INT8MULTIRANGE", nummultirange = "NUMMULTIRANGE", datemultirange = "DATEMULTIRANGE",
  tsmultirange = "TSMULTIRANGE", tstzmultirange = "TSTZMULTIRANGE",
}
local TAKES = { VARCHAR = 1, CHAR = 1, NUMERIC = 2, CITEXT = 0 }
local COLLATED = { VARCHAR = true, CHAR = true, TEXT = true, String = true }

local unpack = table.unpack or unpack -- luacheck: ignore 113

local function class(name)
  local room = require "alchemoon.types"
  return room.postgresql[name] or room.public[name]
end

-- "timestamp(3) without time zone", "interval day to second(3)", "bit varying(5)"
local function special(base, numbers)
  local zone = base:match "^(%a+) with time zone$" or base:match "^(%a+) without time zone$"
  if zone == "timestamp" or zone == "time" then
    return class(zone:upper()) { timezone = base:find(" with ", 1, true) ~= nil, precision = numbers[1] }
  end
  if base:match "^interval" then
    local fields = base:match "^interval%s+(.+)$"
    return class "INTERVAL" { precision = numbers[1], fields = fields and fields:upper() }
  end
  if base == "bit varying" then return class "BIT" { length = numbers[1], varying = true } end
  if base == "bit" then return class "BIT" { length = numbers[1] or 1 } end
end

local function unquote(text)
  if text:sub(1, 1) == '"' then return (text:sub(2, -2):gsub('""', '"')) end
  return text
end

-- "schema"."name" → schema, name
local function split_name(text)
  local words, at = {}, 1
  while at <= #text do
    local word = text:match('^"[^"]*"', at) or text:match("^[^.]+", at)
    if not word then break end
    while text:sub(at, at) == '"' and text:match('^"[^"]*"', at + #word) do -- a doubled quote inside
      word = word .. text:match('^"[^"]*"', at + #word)
    end
    words[#words + 1] = unquote(word)
    at = at + #word + 1
  end
  return words[#words - 1], words[#words]
end

--- The type; `facts(schema, name)` answers what is known of an enumerated or domain type (or nil).
---@param text string            format_type(...)
---@param facts function
---@param collation string?
function types.parse(text, facts, collation)
  local base, dimensions = text, 0
  while base:sub(-2) == "[]" do base, dimensions = base:sub(1, -3), dimensions + 1 end
  local numbers = {}
  local plain = base:gsub("%((%-?%d+),?(%-?%d*)%)", function(first, second)
    numbers[1], numbers[2] = tonumber(first), tonumber(second)
    return ""
  end):gsub("%s+", " ")
  local found = special(plain, numbers)
  local name = PLAIN[plain]
  if not found and name then
    local args = {}
    for i = 1, TAKES[name] or 0 do args[i] = numbers[i] end
    if name == "DOUBLE_PRECISION" then args = { 53 } end
    if collation and COLLATED[name] then args[#args + 1] = { collation = collation } end
    found = class(name)(unpack(args))
  end
  if not found then
    local schema, short = split_name(plain)
    found = facts(schema, short)
  end
  found = found or class "NullType"()
  if dimensions > 0 then return class "ARRAY"(found) end
  return found
end

types.split_name = split_name
return types
