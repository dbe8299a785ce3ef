-- What a process holds: file descriptors and memory. For specs that prove that nothing leaks.
local core = require "alchemoon.core"
local lfs = require "lfs"

local resources = {}

--- Number of open file descriptors of this process.
---@return integer
function resources.fds()
  local count = 0
  for name in lfs.dir("/proc/self/fd") do
    if name ~= "." and name ~= ".." then count = count + 1 end
  end
  return count - 1 -- the one that reads the folder
end

--- Memory of the process that is in RAM, in kB. Always 0 in a fault build: the sanitizer that goes with
--- it keeps freed memory for a while.
---@return integer
function resources.rss()
  if core.faults then return 0 end
  local file = assert(io.open("/proc/self/status"))
  local text = file:read("*a")
  file:close()
  return tonumber(text:match("VmRSS:%s*(%d+) kB"))
end

local MOST_WINDOWS = 16

--- Runs fn `rounds` times in each of a few windows after a warm-up and returns the growth in bytes per
--- round of Lua's heap and of the whole process, in the window where each grew least: a leak grows in
--- all of them, a heap that finds its size does not. It ends with the first window that shows both below
--- their limits. LuaJIT's compiler rests meanwhile: it makes new traces for a long time.
---@param fn function
---@param rounds integer
---@param lua_limit number       bytes a round
---@param process_limit number   bytes a round
---@return number lua_bytes, number process_bytes
local function growth(fn, rounds, lua_limit, process_limit)
  local function settle()
    collectgarbage() collectgarbage()
    return collectgarbage("count") * 1024, resources.rss() * 1024
  end
  local jit = rawget(_G, "jit")
  if jit then
    jit.off()
    jit.flush()
  end
  for _ = 1, math.max(10, math.floor(rounds / 5)) do fn() end
  local lua_least, rss_least = math.huge, math.huge
  local lua_before, rss_before = settle()
  for _ = 1, MOST_WINDOWS do
    for _ = 1, rounds do fn() end
    local lua_after, rss_after = settle()
    lua_least = math.min(lua_least, (lua_after - lua_before) / rounds)
    rss_least = math.min(rss_least, (rss_after - rss_before) / rounds)
    if lua_least <= lua_limit and rss_least <= process_limit then break end
    lua_before, rss_before = lua_after, rss_after
  end
  if jit then jit.on() end
  return lua_least, rss_least
end

--- Asserts that fn leaves neither descriptors nor memory behind.
--- opts: rounds (1000), lua (bytes of Lua per round, 1), process (bytes per round, 64)
---@param fn function
---@param opts table?
function resources.assert_no_growth(fn, opts)
  opts = opts or {}
  fn()
  collectgarbage()
  local fds = resources.fds()
  local lua_limit, process_limit = opts.lua or 1, opts.process or 64
  local lua_bytes, process_bytes = growth(fn, opts.rounds or 1000, lua_limit, process_limit)
  assert(resources.fds() <= fds, ("%d descriptors left open"):format(resources.fds() - fds))
  assert(lua_bytes <= lua_limit, ("Lua's heap grows by %.1f bytes a round"):format(lua_bytes))
  assert(process_bytes <= process_limit, ("the process grows by %.1f bytes a round"):format(process_bytes))
end

--- Asserts that an engine's pool has everything back and serves a statement.
---@param engine alchemoon.Engine
function resources.assert_sound(engine)
  assert(engine.pool:checkedout() == 0, "a connection is still out")
  engine:connect(function(conn) assert(conn:exec_driver_sql("select 1"):scalar() == 1) end)
  assert(engine.pool:checkedout() == 0, "a connection was not given back")
end

return resources
