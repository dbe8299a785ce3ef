-- Allocation faults for specs; they come true in AM_FAULTS builds (make asan) only.
local am = require "alchemoon"
local core = require "alchemoon.core"

local faults = {}

--- True if this build can let allocations fail.
faults.active = core.faults ~= nil

local function is_memory_error(e)
  return tostring(e):lower():find("memory", 1, true) ~= nil
end

local shown = am.literal(1):eq(2)

-- Faces of dead expressions keep their nodes until the keeper that they shared is full (csrc/bind/face.c).
local function fill_keeper()
  for _ = 1, 16 do assert(shown.right) end
end

local function alive()
  fill_keeper()
  collectgarbage() collectgarbage()
  local count = 0
  for _, module in pairs(core.faults) do
    if module.alive then count = count + module.alive() end
  end
  return count
end
faults.alive = faults.active and alive or function() return 0 end

-- One source of faults: fn runs with its n-th allocation failing, n growing until none fails.
local function sweep(name, module, fn, opts)
  local baseline = alive()
  local n = 1
  while true do
    assert(n <= (opts.max or 100000), "every_fault: no end of allocations in " .. name)
    module.fail_at(n)
    local ok, e = pcall(fn)
    local pending = module.pending()
    module.fail_at(0)
    local where = ("allocation %d of %s"):format(n, name)
    if not ok and not (opts.accept or is_memory_error)(e) then
      error(where .. " failed; expected an error about memory, got: " .. tostring(e), 0)
    end
    if opts.check then opts.check(ok, e, where) end
    e = nil -- luacheck: ignore (the error object may hold on to what is counted)
    if not opts.leaky then
      local now = alive()
      for _ = 1, now > baseline and 20 or 0 do -- a thread that cancels has not ended yet
        os.execute("sleep 0.05")
        now = alive()
        if now <= baseline then break end
      end
      assert(now <= baseline, ("%s failed: %d blocks left behind"):format(where, now - baseline))
    end
    if pending then return n - 1 end
    n = n + (n < (opts.dense or 200) and 1 or math.ceil(n / 20))
  end
end

--- Repeats fn with the first, second, ... allocation failing until none fails, for every allocator of
--- the process: the core's, each loaded driver's, Lua's own. fn must either succeed or raise an error
--- about memory, and leave no block of C behind. Without AM_FAULTS it runs once. Returns the
--- number of faults tried.
--- opts: check(ok, e, where) after each run; accept(e) decides which errors are right; only = "core";
--- dense = n up to which every allocation is tried, beyond that some; leaky = true skips the count.
---@param fn function
---@param opts table?
---@return integer
function faults.every_fault(fn, opts)
  opts = opts or {}
  fn() -- fills caches, loads modules
  if not faults.active then return 0 end
  local names, tried = {}, 0
  for name in pairs(core.faults) do
    if not opts.only or opts.only == name then names[#names + 1] = name end
  end
  table.sort(names)
  if jit then -- LuaJIT crashes when an allocation fails inside a trace, with or without this library
    jit.off() -- luacheck: ignore
    jit.flush() -- luacheck: ignore
  end
  for _, name in ipairs(names) do
    local ok, e = pcall(sweep, name, core.faults[name], fn, opts)
    core.faults[name].fail_at(0)
    if not ok then
      if jit then jit.on() end -- luacheck: ignore
      error(e, 0)
    end
    tried = tried + e
  end
  if jit then jit.on() end -- luacheck: ignore
  return tried
end

return faults
