-- cqueues: every call in a coroutine that the controller runs (loop:wrap) lets the others go on.
local am = require "alchemoon"
local app = require "hosts.app"
local cqueues = require "cqueues"

local loop = cqueues.new()
local engine = am.create_engine(app.url, { reactor = "cqueues", pool_size = 10 })

loop:wrap(function()
  app.prepare(engine)
  local left = 10
  for i = 1, 10 do
    loop:wrap(function()
      app.visit(engine, "visitor " .. i)
      left = left - 1
    end)
  end
  local start = cqueues.monotime()
  while left > 0 do cqueues.sleep(0.01) end -- a timer of the same loop
  print(app.count(engine)) --> 10
  print(cqueues.monotime() - start < 1) --> true
  engine:dispose()
end)
assert(loop:loop())
