--- Why a call cannot wait in a coroutine, and what to do about it: the words of strict_async. Where a call stands.
local exc = require "alchemoon.exc"

local blocked = {}

local HERE = debug.getinfo(1, "S").source:match("^(.*[/\\])engine[/\\]blocked%.lua$") or "\0"
local DEEPEST = 200 -- stack levels that are looked at

-- Functions of C that call back and cannot be left by a yield, with the remedy for each.
local BOUNDARIES = {
  [table.sort] = { "table.sort", "load what the comparator reads before sorting, or sort by values taken before" },
  [string.gsub] = { "string.gsub", "collect the matches first and query afterwards" },
  [require] = { "require", "query in a function that is called after the module was loaded" },
  [tostring] = { "tostring (a __tostring metamethod)", "load what it shows before" },
  [ipairs] = { "ipairs over __index", "load the list before" },
}
if rawget(_G, "dofile") then
  BOUNDARIES[dofile] = { "dofile", "query in a function that is called after the file was loaded" }
end

local IN_COROUTINE = "make the call in a coroutine of the reactor"

-- The place of a stack level, if it is outside of alchemoon; false if there is no such level.
local function place_of(info)
  if not info then return false end
  if info.currentline > 0 and info.source:sub(1, #HERE) ~= HERE then
    return ("%s:%d"):format(info.short_src, info.currentline)
  end
end

-- The first line outside of alchemoon, from `level` up.
local function caller(level)
  for depth = level, level + DEEPEST do
    local place = place_of(debug.getinfo(depth, "Sl"))
    if place ~= nil then return place or nil end
  end
end

--- Where a coroutine (nil: the running one) called alchemoon: " (app.lua:12)", or "" if that is not known. What a host
-- put on top of a call that waits is passed over.
---@param co thread?
---@return string
function blocked.place(co)
  local inside = false
  for depth = co and 0 or 2, DEEPEST do
    local info
    if co then info = debug.getinfo(co, depth, "Sl") else info = debug.getinfo(depth, "Sl") end
    local place = place_of(info)
    if place == false then break end
    if place and inside then return " (" .. place .. ")" end
    inside = inside or info.source:sub(1, #HERE) == HERE
  end
  return ""
end

-- The nearest function of C on the stack that is known not to be yieldable across.
local function boundary(level)
  for depth = level, level + DEEPEST do
    local info = debug.getinfo(depth, "Sf")
    if not info then return nil end
    if info.what == "C" and BOUNDARIES[info.func] then return BOUNDARIES[info.func] end
  end
end

local function in_coroutine()
  local co, main = coroutine.running()
  return co ~= nil and not main
end

--- Raises the error of strict_async. `cause` is what the reactor said, if it said anything.
---@param cause string?
---@param has_reactor boolean
function blocked.refuse(cause, has_reactor)
  local remedy = IN_COROUTINE
  if not has_reactor then
    cause = "the engine has no reactor"
    remedy = "give create_engine one: { reactor = am.reactor() }, a host's name or table"
  elseif not in_coroutine() then
    cause = cause or "the main program is not a coroutine"
  elseif not cause then
    local found = boundary(3)
    if found then
      cause, remedy = "a coroutine cannot be suspended inside " .. found[1], found[2]
    else
      cause = "the running coroutine cannot be suspended here (a function of C is in between)"
      remedy = "load what is needed before"
    end
  end
  local where = caller(3)
  exc.raise("InvalidRequestError", "%s", ("strict_async: a database call%s would block the whole process: %s; %s")
    :format(where and " at " .. where or "", cause, remedy))
end

return blocked
