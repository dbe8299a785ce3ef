-- The call stack: what errors and warnings tell of the program, with and without Lua's debug library.
local exc = require "alchemoon.exc"
local interpreter = require "support.interpreter"
local stack = require "alchemoon.stack"

local function here(offset)
  local info = debug.getinfo(2, "Sl")
  return info.short_src .. ":" .. info.currentline + (offset or 0)
end

describe("the call stack", function()
  it("knows the nearest line outside of the library", function()
    assert.equal(here(), stack.caller(1))
    assert.is_false(stack.is_own "@app/alchemoon/stack.lua")
  end)

  it("shows where an error was made, nearest line first", function()
    local line = here(1)
    local e = exc.ArgumentError "no"
    assert.equal("stack traceback:\n\t" .. line, e.traceback:match "^[^\n]*\n[^\n]*")
  end)

  it("shows where another coroutine stands", function()
    local line = here(1)
    local co = coroutine.create(function() coroutine.yield() end)
    coroutine.resume(co)
    assert.equal("stack traceback:\n\t" .. line, stack.trace(0, co))
  end)

  it("tells the parameters of functions of a fixed number", function()
    assert.equal(2, stack.parameters(function(a, b) return a, b end))
    assert.is_nil(stack.parameters(function(...) return ... end))
  end)
end)

describe("a program without the debug library", function()
  local PROGRAM = [[
debug = nil
local am = require "alchemoon"
local function show(...)
  local _, e = pcall(...)
  print(e.name, e.message, e.traceback)
end
local path = os.tmpname()
local engine = am.create_engine("sqlite:///" .. path, { reactor = am.reactor(), strict_async = true, pool_size = 1,
  max_overflow = 0 })
local held = engine:connect()
show(function() engine:connect() end)
held:close()
os.remove(path)
local plain = am.create_engine "sqlite://"
plain:connect(function(conn)
  show(function() return conn.execute(am.text "select 1") end)
  print(conn:execute(am.select(am.literal(7))):scalar())
end)
]]

  it("gets the same errors with the same lines", function()
    local name = os.tmpname()
    local file = assert(io.open(name, "w"))
    file:write(PROGRAM)
    file:close()
    local function run(extra)
      local pipe = io.popen(("%s %s 2>&1"):format(extra, name))
      local text = pipe:read "*a"
      pipe:close()
      return text
    end
    local without = run(interpreter)
    local with = run(("sed -i 's/^debug = nil$//' %s; %s"):format(name, interpreter))
    os.remove(name)
    assert.equal(with, without)
    assert.matches("^InvalidRequestError\tstrict_async: a database call at %S+:11 would .*", without)
    assert.matches("\nArgumentError\t.*\n7\n$", without)
  end)
end)
