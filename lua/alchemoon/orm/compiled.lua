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

-- Appends `if key == "name" then …` for the names of `slots`: `what`, with the slot for %d and the name for %q.
local function add_branches(lines, slots, what)
  local names = {}
  for name in pairs(slots) do names[#names + 1] = name end
  table.sort(names, function(a, b) return slots[a] < slots[b] or slots[a] == slots[b] and a < b end)
  for i = 1, math.min(#names, MOST_NAMES) do
    local name, slot = names[i], slots[names[i]]
    local branch = what:gsub("%%(.)", { d = tostring(slot), q = ("%q"):format(name) })
    lines[#lines + 1] = ("%s key == %q then %s"):format(i == 1 and "if" or "elseif", name, branch)
  end
  if #names > 0 then lines[#lines + 1] = "end" end
end

local function reader_text(read_slot)
  local lines = { "local null, general = ...", "return function(self, key)", "local value" }
  add_branches(lines, read_slot, "value = self[%d]")
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

-- --- the __newindex of a class -----------------------------------------------------------------------------

-- The second and every later change of a column of a stored object: its old value is noted already.
local CHANGED_BEFORE = [[
if slot and value ~= nil then
  local context = self[1]
  local session = context and context.session
  local changes = session and session.modified[self]
  if changes and changes[slot] ~= nil and self[slot] ~= nil then
    self[slot] = value
    return
  end
end
return general(self, key, value) end]]

local function writer_text(write_slot)
  local lines = { "local write_slot, general = ...", "return function(self, key, value)", "local slot" }
  add_branches(lines, write_slot, "if write_slot[%q] == %d then slot = %d end") -- a listener may take the name away
  lines[#lines + 1] = CHANGED_BEFORE
  return table.concat(lines, "\n")
end

--- Gives the class a __newindex of its own in the same way; `general` does every write but the plainest.
---@param cls table
---@param write_slot table  name → slot
---@param general function
function compiled.install_writer(cls, write_slot, general)
  rawset(cls, "__newindex", function(self, key, value)
    rawset(cls, "__newindex", assert(loadstring(writer_text(write_slot), "=write"))(write_slot, general))
    return general(self, key, value)
  end)
end

-- --- plain columns of a new object -------------------------------------------------------------------------

local FIRST = "local next = next return function(obj, write_slot, values) local key, value = next(values) local slot\n"
local EACH = "slot = write_slot[key] if not slot then return key end obj[slot] = value key, value = next(values, key)\n"

--- A function that puts plain columns into the slots of a new object, for the first `count` keys and without a loop. It
-- returns the first key that is left, nil if there is none.
---@param count integer
---@return function
function compiled.filler(count) return assert(loadstring(FIRST .. EACH:rep(count) .. "return key end", "=fill"))() end

return compiled
