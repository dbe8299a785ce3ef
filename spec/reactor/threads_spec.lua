-- A host in C (spec/threads/host.c): sixteen threads with a Lua state each on one shared engine, and a process that
-- forks while it has connections open. `make tsan` runs the same under ThreadSanitizer.
local backends = require "support.backends"

local function run(command)
  local log = os.tmpname()
  local ok = os.execute(command .. " >" .. log .. " 2>&1")
  local file = assert(io.open(log))
  local text = file:read("*a")
  file:close()
  os.remove(log)
  return ok == true or ok == 0, text
end

describe("a host in C", function()
  local library = jit and "luajit" or _VERSION:lower():gsub(" ", "")
  if require("alchemoon.core").faults or not run("command -v gcc >/dev/null && pkg-config --exists " .. library) then
    pending("no compiler, or a sanitizer", function() end)
    return
  end
  local program
  setup(function()
    program = os.tmpname()
    local ok, text = run(("gcc -O1 -Wall -Wextra -o %s spec/threads/host.c $(pkg-config --cflags --libs %s) -lpthread")
      :format(program, library))
    assert(ok, text)
  end)
  teardown(function() os.remove(program) end)

  local function host(threads, script, ...)
    local paths = ("LUA_PATH='%s' LUA_CPATH='%s'"):format(package.path, package.cpath)
    return run(("%s timeout 100 %s %d spec/threads/%s '%s'"):format(paths, program, threads, script,
      table.concat({ ... }, "' '")))
  end

  for _, name in ipairs{ "sqlite-file", "postgresql" } do
    local backend = backends.get(name)
    if backend then
      it("sixteen Lua states share one pool on " .. name, function()
        local ok, text = host(16, "shared.lua", backend.url, name == "postgresql" and 24 or 48)
        assert(ok, text)
      end)
      it("forks without harm to the connections of its parent on " .. name, function()
        local ok, text = host(0, "fork.lua", backend.url)
        assert(ok, text)
      end)
    end
  end
end)
