--- The call stack: which line of a program is at work, what a function takes, where an error comes from.
--
-- Levels count as in debug.getinfo called at the same place: 1 is the function that asks. The core does the looking:
-- a program may have no debug library (sandboxes leave it out), and gets the same lines.
local core = require "alchemoon.core"

local stack = {}
local line_at = core.stack_line
local debug = rawget(_G, "debug")

local DEEPEST = 200 -- levels that are looked at
local TRACED = 12   -- levels that an error tells of in any case
local CALLERS = 8   -- lines outside of the library among those above

-- The folder of the library, as sources are named; no source begins with a zero byte.
local _, _, own_source = line_at(1)
local HERE = own_source:match "^(.*[/\\])stack%.lua$" or "\0"

--- Is this a source of the library itself?
---@param source string
---@return boolean
function stack.is_own(source) return source:sub(1, #HERE) == HERE end

--- The first line outside of the library, from a level up: "file:line"; nil if there is none.
---@param level integer
---@return string?
function stack.caller(level)
  for depth = level + 1, level + DEEPEST do
    local file, line, source = line_at(depth)
    if not file then return nil end
    if line > 0 and not stack.is_own(source) then return file .. ":" .. line end
  end
  return nil
end

--- Where a coroutine (nil: the running one) called the library: "file:line". What a host put on top of a call that
-- waits is passed over.
---@param co thread?
---@return string?
function stack.entry(co)
  local inside = false
  for depth = co and 0 or 2, DEEPEST do
    local file, line, source = line_at(depth, co)
    if not file then return nil end
    local own = stack.is_own(source)
    if inside and line > 0 and not own then return file .. ":" .. line end
    inside = inside or own
  end
  return nil
end

--- What `find(fn)` finds first for the functions of C from a level up.
---@param level integer
---@param find fun(fn: function): any
---@return any
function stack.first_of_c(level, find)
  for depth = level + 1, level + DEEPEST do
    local file, line, _, fn = line_at(depth)
    if not file then return nil end
    local found = line < 0 and find(fn)
    if found then return found end
  end
  return nil
end

--- The lines from a level up, nearest first; far from there only those outside of the library: a commit reaches deep,
-- and the line that asked for it is what its reader looks for. Cheaper by far than debug.traceback, which on Lua 5.4
-- searches all loaded modules for the name of every function.
---@param level integer
---@param co thread?
---@return string
function stack.trace(level, co)
  local parts, callers = {}, 0
  if not co then level = level + 1 end
  for depth = level, level + DEEPEST do
    local file, line, source = line_at(depth, co)
    if not file or callers == CALLERS then break end
    local far = depth > level + TRACED
    if line > 0 and not (far and stack.is_own(source)) then
      parts[#parts + 1] = file .. ":" .. line
      if far then callers = callers + 1 end
    end
  end
  return "stack traceback:\n\t" .. table.concat(parts, "\n\t")
end

--- Lua's own traceback of a coroutine, with the names of functions, where there is a debug library.
---@param co thread
---@return string
function stack.traceback(co) return debug and debug.traceback(co) or stack.trace(0, co) end

-- All functions of the standard libraries, which ask on behalf of the program and catch errors.
local known
local function known_functions()
  if known then return known end
  known = {}
  for _, name in ipairs{ "_G", "string", "table", "io", "os", "coroutine", "debug" } do
    for _, fn in pairs(package.loaded[name] or {}) do
      if type(fn) == "function" then known[fn] = true end
    end
  end
  return known
end

--- Does somebody ask for a text (a level up) to show an error that nobody caught? So does the program `lua`: a function
-- of C of its own asks while the one that raised the error is still below it.
---@param level integer
---@return boolean
function stack.is_uncaught(level)
  local _, line, _, asking = line_at(level + 2)
  if line ~= -1 or known_functions()[asking] then return false end
  local _, below, _, raising = line_at(level + 3)
  return below == -1 and (raising == error or raising == assert or not known_functions()[raising])
end

--- Is there a pcall or xpcall that gets what is raised a level up?
---@param level integer
---@return boolean
function stack.is_caught(level)
  return stack.first_of_c(level + 1, function(fn) return fn == pcall or fn == xpcall end) or false
end

--- How many parameters a function has, `self` included; nil for `...`, and where nobody tells: on Lua 5.1, and without
-- a debug library.
---@param fn function
---@return integer?
function stack.parameters(fn)
  local info = debug and debug.getinfo(fn, "u")
  if not info or info.isvararg then return nil end
  return info.nparams
end

return stack
