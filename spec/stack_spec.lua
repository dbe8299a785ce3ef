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

  it("shows the program's line, however deep in the library the error came about", function()
    local am = require "alchemoon"
    local Base = am.declarative_base()
    local Item = Base:model("Item", { __tablename__ = "items", id = am.Column(am.Integer, { primary_key = true }),
      name = am.Column(am.String(10), { nullable = false }) })
    local engine = am.create_engine "sqlite://"
    Base.metadata:create_all(engine)
    local line
    local _, e = pcall(am.Session(engine).begin, am.Session(engine), function(session)
      session:add(Item{})
      line = here(1)
      session:commit()
    end)
    assert.equal("IntegrityError", e.name)
    assert.matches("\n\t" .. line .. "\n", e.traceback, 1, true)
    engine:dispose()
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

-- What that program prints, errors included, and its file's name.
local function output(text)
  local name = os.tmpname()
  local file = assert(io.open(name, "w"))
  file:write(text)
  file:close()
  local pipe = io.popen(("%s %s 2>&1"):format(interpreter, name))
  local printed = pipe:read "*a"
  pipe:close()
  os.remove(name)
  return printed, name
end

describe("an error that nobody catches", function()
  it("is shown with the program's line", function()
    local printed, name = output [[
local am = require "alchemoon"
am.create_engine("sqlite://"):begin(function(conn)
  conn:execute(am.text "selec 1")
end)
]]
    assert.matches('near "selec": syntax error\n[SQL: selec 1]\n', printed, 1, true)
    assert.matches("\n\t" .. name .. ":2", printed, 1, true)
    local again = output 'error(require("alchemoon").exc.Error "no")'
    assert.matches(": no\nstack traceback:\n", again, 1, true)
  end)

  it("is told without it to everybody else", function()
    assert.equal("no\nfalse\tno\ntrue\tno\ntrue\tno\n", (output [[
local e = require("alchemoon").exc.Error "no"
print(e)
print(xpcall(error, tostring, e))
print(pcall(tostring, e))
print(pcall(string.format, "%s", e))
]]))
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
    local function lines(text)
      local printed, name = output(text)
      return (printed:gsub(name:gsub("%p", "%%%0"), "PROGRAM"))
    end
    local without, with = lines(PROGRAM), lines((PROGRAM:gsub("^debug = nil", "")))
    assert.equal(with, without)
    assert.matches("^InvalidRequestError\tstrict_async: a database call at %S+:11 would .*", without)
    assert.matches("\nArgumentError\t.*\n7\n$", without)
  end)
end)
