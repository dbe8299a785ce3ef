--- Why a call cannot wait in a coroutine, and what to do about it: the words of strict_async. Where a call stands.
local exc = require "alchemoon.exc"
local stack = require "alchemoon.stack"

local blocked = {}

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

--- Where a coroutine (nil: the running one) called alchemoon: " (app.lua:12)", or "" if that is not known.
---@param co thread?
---@return string
function blocked.place(co)
  local place = stack.entry(co)
  return place and " (" .. place .. ")" or ""
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
    local found = stack.first_of_c(2, function(fn) return BOUNDARIES[fn] end)
    if found then
      cause, remedy = "a coroutine cannot be suspended inside " .. found[1], found[2]
    else
      cause = "the running coroutine cannot be suspended here (a function of C is in between)"
      remedy = "load what is needed before"
    end
  end
  local where = stack.caller(2)
  exc.raise("InvalidRequestError", "%s", ("strict_async: a database call%s would block the whole process: %s; %s")
    :format(where and " at " .. where or "", cause, remedy))
end

return blocked
