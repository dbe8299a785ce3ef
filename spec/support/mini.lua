-- Runs spec files where busted cannot live: inside a request of nginx. It knows describe, it, before_each, after_each,
-- setup, teardown and pending; asserts are luassert's.
local mini = {}

local function new_block(parent)
  return { parent = parent, steps = {}, before = {}, after = {}, first = {}, last = {} }
end

local function all(list, log, name)
  for _, fn in ipairs(list) do
    local ok, e = xpcall(fn, function(e) return debug.traceback(tostring(e)) end)
    if not ok then
      log[#log + 1] = name .. ": " .. e
      return false
    end
  end
  return true
end

local function before(block, list)
  if block.parent then before(block.parent, list) end
  for _, fn in ipairs(block.before) do list[#list + 1] = fn end
  return list
end

local function after(block, list)
  for _, fn in ipairs(block.after) do list[#list + 1] = fn end
  if block.parent then after(block.parent, list) end
  return list
end

local function run(block, path, outcome)
  if not all(block.first, outcome.log, path .. " setup") then return end
  for _, step in ipairs(block.steps) do
    local name = path .. " " .. step.name
    if step.block then
      run(step.block, name, outcome)
    else
      local ok = all(before(block, {}), outcome.log, name) and all({ step.fn }, outcome.log, name)
      ok = all(after(block, {}), outcome.log, name) and ok
      if ok then outcome.passed = outcome.passed + 1 end
    end
  end
  all(block.last, outcome.log, path .. " teardown")
end

--- Runs the files; returns how many cases passed and a list of what went wrong.
---@param files string[]
---@return integer, string[]
function mini.run(files)
  local current
  local api = {}
  function api.describe(name, fn)
    local block = new_block(current)
    current.steps[#current.steps + 1] = { name = name, block = block }
    current = block
    fn()
    current = block.parent
  end
  function api.it(name, fn) current.steps[#current.steps + 1] = { name = name, fn = fn } end
  function api.pending() end
  for name, list in pairs{ before_each = "before", after_each = "after", setup = "first", teardown = "last" } do
    api[name] = function(fn) table.insert(current[list], fn) end
  end
  api.assert = require "luassert"
  local real = package.loaded.busted
  package.loaded.busted = api
  local outcome = { passed = 0, log = {} }
  for _, file in ipairs(files) do
    local root = new_block()
    current = root
    local chunk = assert(loadfile(file))
    setfenv(chunk, setmetatable({}, { -- luacheck: ignore
      __index = function(_, key)
        if api[key] ~= nil then return api[key] end
        return _G[key]
      end }))
    chunk()
    run(root, file, outcome)
  end
  package.loaded.busted = real
  return outcome.passed, outcome.log
end

return mini
