-- `make meta`: writes the files of lua/alchemoon/meta/, what editors (LuaLS) read about the flat table `am`.
-- Usage: lua tools/meta.lua FOLDER
--
-- init.lua collects `am` from the rooms at run time, which no editor can follow. So this program loads
-- the library, looks where each function stands, and copies its annotations beside its public name: a file
-- for each room of init.lua, and one for each name space (am.postgresql).
-- Methods need no copy: their tables are marked with ---@class where they are.
local folder = assert(arg[1], "usage: lua tools/meta.lua FOLDER")

local room_of = {} -- public name → the room that init.lua has it from
local require_module = require
function require(name) -- luacheck: ignore 121
  local value = require_module(name)
  local room = name:match "^alchemoon%.(.+)"
  if room and debug.getinfo(2, "S").source:match "alchemoon/init%.lua$" then
    for key in pairs(value) do room_of[key] = room end
  end
  return value
end
local class = require "alchemoon.sql.class"
local defined = {} -- name → class, for what has methods on userdata
local define = class.define
function class.define(name, spec)
  local cls = define(name, spec)
  defined[name] = cls
  return cls
end
local am = require "alchemoon"

local HEAD = [[
---@meta _
--- What editors know of %s.

---@class alchemoon
local am = {}
]]

local unpack = table.unpack or unpack -- luacheck: ignore 113

local pages, page = {}, nil -- name of the file → its pieces; those of the file that is written now
local function turn_to(name, what)
  pages[name] = pages[name] or { HEAD:format(what) }
  page = pages[name]
end
local function put(...) page[#page + 1] = table.concat { ... } end

local texts = {}
local function lines_of(path)
  if not texts[path] then
    texts[path] = {}
    for line in io.lines(path) do table.insert(texts[path], line) end
  end
  return texts[path]
end

-- The comment above a function, if it is one for readers of the public name.
local function comment_above(path, line)
  local lines, first = lines_of(path), line
  while first > 1 and lines[first - 1]:match "^%s*%-%-" and not lines[first - 1]:match "^%-%- %-%-%-" do
    first = first - 1
  end
  if first == line or not lines[first]:match "^%s*%-%-%-" then return {} end
  local block = {}
  for i = first, line - 1 do block[#block + 1] = (lines[i]:gsub("^%s*%-%-%-?", "---")) end
  return block
end

local function upvalue(fn, wanted)
  for i = 1, 60 do
    local name, value = debug.getupvalue(fn, i)
    if not name then return nil end
    if name == wanted then return value end
  end
end

-- Where a function was written; a class that is called to make one of its kind stands for what makes it.
local function home_of(value)
  if type(value) == "table" then
    local call = (getmetatable(value) or {}).__call
    value = call and (upvalue(call, "make") or call)
  end
  local info = type(value) == "function" and debug.getinfo(value, "S")
  if info and info.source:find("alchemoon/named.lua", 1, true) then -- what takes its arguments by name, too
    value = upvalue(value, "fn")
    info = debug.getinfo(value, "S")
  end
  if not info or info.what == "C" then return nil end
  return value, info.source:sub(2), info.linedefined
end

local function parameters(fn, skip)
  local info, names = debug.getinfo(fn, "u"), {}
  for i = 1 + skip, info.nparams do names[#names + 1] = debug.getlocal(fn, i) end
  if info.isvararg then names[#names + 1] = "..." end
  return table.concat(names, ", ")
end

-- Annotations name parameters; those of another function with the same name (a closure's maker) do not fit.
local function fits(block, params)
  for _, line in ipairs(block) do
    local name = line:match "^%-%-%-@param ([%w_%.]+)"
    if name and not (", " .. params .. ","):find(", " .. name .. ",", 1, true) then return false end
  end
  return true
end

local function is_name(key) return type(key) == "string" and key:match "^[%a_][%w_]*$" and not key:match "^_" end

local function sorted_names(map)
  local names = {}
  for key in pairs(map) do if is_name(key) then names[#names + 1] = key end end
  table.sort(names, function(a, b) -- of two names for one thing the other one is the usual
    local one, other = a:lower():match "^async" ~= nil, b:lower():match "^async" ~= nil
    if one ~= other then return other end
    return a < b
  end)
  return names
end

local function put_function(path, fn, source, line, skip)
  local params, block = parameters(fn, skip), comment_above(source, line)
  if not fits(block, params) then block = {} end
  put("")
  for _, text in ipairs(block) do put(text) end
  put("function ", path, "(", params, ") end")
end

-- Names that the C core makes.
local MADE_IN_C = {
  select = { "A SELECT of columns, expressions and entities.", "...", "alchemoon.Select" },
  date = { "am.date(year, month, day)", "...", "alchemoon.Date" },
  time = { "am.time(hour, minute, second, microsecond)", "...", "alchemoon.Time" },
  datetime = { "am.datetime(year, month, day, hour, minute, ...)", "...", "alchemoon.Datetime" },
  timedelta = { "am.timedelta{ days, hours, minutes, seconds, ... }", "...", "alchemoon.Timedelta" },
  decimal = { "An exact decimal number of a text or an integer.", "value", "alchemoon.Decimal" },
  uuid4 = { "A random UUID.", "", "string" },
  json_array = { "A list that stays a JSON list when it is empty, where {} would be written as an object.", "list",
    "table" },
  uuid7 = { "A UUID that begins with the time: such keys come in order.", "", "string" },
}

local NAMESPACES = { event = true, exc = true, logging = true, mariadb = true, mysql = true, postgresql = true,
  schema = true, sqlite = true, testing = false, func = false }

local KINDS = { string = "string", number = "number", boolean = "boolean", userdata = "userdata", table = "table" }

local put_names
local function put_value(path, name, value)
  local fn, source, line = home_of(value)
  if type(value) == "table" and NAMESPACES[name] then
    put("\n", path, " = {}")
    put_names(path, value)
  elseif name == "func" then
    put("\n--- SQL functions by name: am.func.count(), am.func.lower(text) ...")
    put("---@type table<string, fun(...:any):alchemoon.Function>\n", path, " = {}")
  elseif path:match "^am%.exc%." then
    put("\n---@type alchemoon.Error\n", path, " = {}")
  elseif path == "am." .. name and MADE_IN_C[name] then
    local doc, params, returned = unpack(MADE_IN_C[name])
    put("\n--- ", doc, params ~= "" and "\n---@param " .. params .. " any" or "", "\n---@return ", returned)
    put("function ", path, "(", params, ") end")
  elseif fn then
    local is_method = type(value) == "table" and not upvalue(getmetatable(value).__call, "make")
    put_function(path, fn, source, line, is_method and 1 or 0)
  elseif type(value) == "function" or type(value) == "table" and (getmetatable(value) or {}).__call then
    put("\nfunction ", path, "(...) end")
  else
    put("\n---@type ", KINDS[type(value)], "\n", path, " = ", type(value) == "table" and "{}" or "nil")
  end
end

local seen = {}
local function put_name(path, name, value)
  local full = path .. "." .. name
  if type(value) == "table" and seen[value] then
    put("\n", full, " = ", seen[value])
  else
    if type(value) == "table" then seen[value] = full end
    put_value(full, name, value)
  end
end

function put_names(path, map)
  for _, name in ipairs(sorted_names(map)) do put_name(path, name, map[name]) end
end

local function put_class(name, parent, methods)
  put("\n---@class alchemoon.", name, parent and " : alchemoon." .. parent or "")
  put("local ", name, " = {}")
  for _, key in ipairs(sorted_names(methods)) do
    local fn, source, line = home_of(methods[key])
    if fn then put_function(name .. ":" .. key, fn, source, line, 1) end
  end
end

for _, name in ipairs(sorted_names(am)) do
  if NAMESPACES[name] then turn_to(name, "am." .. name)
  else turn_to((room_of[name]:gsub("%.", "_")), "the names of alchemoon." .. room_of[name] .. " in `am`") end
  put_name("am", name, am[name])
end
turn_to "sql_dml"
put_class("UpdateBase", "ClauseElement", defined.UpdateBase.methods)
put_class("FilteredUpdateBase", "UpdateBase", defined.FilteredUpdateBase.methods)
put_class("Insert", "UpdateBase", defined.Insert.methods)
put_class("Update", "FilteredUpdateBase", defined.Update.methods)
put_class("Delete", "FilteredUpdateBase", {})

for name, pieces in pairs(pages) do
  local file = assert(io.open(folder .. "/" .. name .. ".lua", "w"))
  file:write(table.concat(pieces, "\n"), "\n\nreturn am\n")
  file:close()
end
