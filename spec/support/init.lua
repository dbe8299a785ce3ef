-- Loaded by busted before every run.
local assert = require "luassert"

-- make test GC=aggressive: the collector never rests, so that whatever is not anchored is gone at once.
if os.getenv "ALCHEMOON_GC" == "aggressive" then
  collectgarbage("setpause", 1)
  collectgarbage("setstepmul", 1000)
end

if os.getenv "ALCHEMOON_REACTOR" then
  require("support.hosted").install(os.getenv "ALCHEMOON_REACTOR", os.getenv "ALCHEMOON_REACTOR_COUNT")
end

--- fn raises an alchemoon error of that class, whose text has the pattern if there is one. Returns the error.
local function raises_exc(class_name, fn, pattern)
  local exc = require "alchemoon.exc"
  local ok, e = pcall(fn)
  assert.is_false(ok, "no error was raised; expected " .. class_name)
  assert.is_true(exc.is(e, exc[class_name]), "expected " .. class_name .. ", got: " .. tostring(e))
  if pattern then assert.matches(pattern, tostring(e)) end
  return e
end

--- The same with the whole message, if one is given.
local function raises_text(class_name, fn, text)
  local e = raises_exc(class_name, fn)
  if text then assert.equal(text, tostring(e)) end
end

--- A spec of many refusals: each case is a class, a pattern and a function.
local function refuses(title, cases)
  require("busted").it(title, function()
    for _, case in ipairs(cases) do raises_exc(case[1], case[3], case[2]) end
  end)
end

return { raises_exc = raises_exc, raises_text = raises_text, refuses = refuses }
