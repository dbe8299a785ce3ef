-- Faults in calls to the operating system: a program of its own, with support/system_faults.c before libc.
--
--   local ok, output = require("support.system_faults").run("spec/engine/system_fault_program.lua", argument...)
--
-- In the program:
--   local faults = require "support.system_faults"
--   faults.sweep(functions, prepare, path, finish)
local interpreter = require "support.interpreter"

local system_faults = {}

local library = package.searchpath("support.system_faults", package.cpath)

--- Whose malloc is called? A sanitizer's stands before ours; there base/alloc.h has faults of its own.
system_faults.takes_memory = os.getenv "ALCHEMOON_PRELOAD" == nil

--- Runs a program with the faults in place → did it end well, and what it printed.
---@param program string
function system_faults.run(program, ...)
  assert(library, "make spec-support builds it")
  local preload = os.getenv "ALCHEMOON_PRELOAD"
  local lua = interpreter:match "%S+$"
  local pipe = io.popen(("LD_PRELOAD='%s%s' LUA_PATH='%s' LUA_CPATH='%s' %s %s '%s' 2>&1; echo $?"):format(
    preload and preload .. ":" or "", library, package.path, package.cpath, lua, program,
    table.concat({ ... }, "' '")))
  local text, code = pipe:read("*a"):match "^(.*)(%d+)%s*$"
  pipe:close()
  return code == "0", text
end

--- In such a program: `path(thing)` with the first, second, ... call of each function failing until none fails.
--- `prepare()` gives the thing each time, without faults; `finish(thing, ok, problem, where)` looks at what is left.
---@param functions string    of libc, separated by spaces
---@param prepare function
---@param path function
---@param finish function
function system_faults.sweep(functions, prepare, path, finish)
  local native = assert(package.loadlib(library, "luaopen_system_faults"))()
  for name in functions:gmatch "%S+" do
    local n = 0
    repeat
      n = n + 1
      assert(n < 2000, "sweep: there is no end of calls")
      local thing = prepare()
      native.arm(name, n)
      local ok, problem = pcall(path, thing)
      local left = native.disarm()
      finish(thing, ok, problem, ("call %d of %s"):format(n, name))
    until left > 0
    assert(n > 1, name .. " is not called")
  end
end

return system_faults
