--- Functions that are made as text for LuaJIT, so that its compiler sees straight lines and constants.
--
-- The other Luas, and LuaJIT with its compiler switched off, take the general functions in instance.lua.
local symbols = require "alchemoon.orm.symbols"

local compiled = {}
local rawset, pairs = rawset, pairs
local loadstring = loadstring or load
local MOST_NAMES = 24 -- where a read is not compiled yet, they are compared one by one

--- Does this Lua compile what it runs?
compiled.is_worth_it = rawget(_G, "jit") ~= nil and jit.status() -- luacheck: ignore 113

-- --- the __index of a class --------------------------------------------------------------------------------

-- `if key == "name" then value = self[slot] …` for the names of plain slots.
local function reader_text(read_slot)
  local names = {}
  for name in pairs(read_slot) do names[#names + 1] = name end
  table.sort(names, function(a, b) return read_slot[a] < read_slot[b] or read_slot[a] == read_slot[b] and a < b end)
  local lines = { "local null, general = ...", "return function(self, key)", "local value" }
  for i = 1, math.min(#names, MOST_NAMES) do
    lines[#lines + 1] = ("%s key == %q then value = self[%d]"):format(i == 1 and "if" or "elseif", names[i],
      read_slot[names[i]])
  end
  if #names > 0 then lines[#lines + 1] = "end" end
  lines[#lines + 1] = "if value == nil or value == null then return general(self, key) end return value end"
  return table.concat(lines, "\n")
end

--- Gives the class an __index of its own, with the names and slots of `read_slot` in its text: the compiler knows the
-- slot while it compiles a read and checks no table of names at run time. `general` answers what is no loaded
-- attribute. The text is made at the first read, since most classes of a big program are read late or never.
---@param cls table
---@param read_slot table  name → slot
---@param general function
function compiled.install_reader(cls, read_slot, general)
  rawset(cls, "__index", function(self, key)
    rawset(cls, "__index", assert(loadstring(reader_text(read_slot), "=read"))(symbols.null, general))
    return general(self, key)
  end)
end

-- --- plain columns of a new object -------------------------------------------------------------------------

local FIRST = "local next = next return function(obj, write_slot, values) local key, value = next(values) local slot\n"
local EACH = "slot = write_slot[key] if not slot then return key end obj[slot] = value key, value = next(values, key)\n"

--- A function that does what core.instance_fill does, for the first `count` keys and without a loop.
---@param count integer
---@return function
function compiled.filler(count) return assert(loadstring(FIRST .. EACH:rep(count) .. "return key end", "=fill"))() end

return compiled
