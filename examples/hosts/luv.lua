-- luv: every call in a coroutine lets the loop of uv.run() go on.
local am = require "alchemoon"
local app = require "hosts.app"
local uv = require "luv"

local engine = am.create_engine(app.url, { reactor = "luv", pool_size = 10 })
local start, left, ticks = nil, 10, 0

local timer = uv.new_timer() -- of the same loop
timer:start(10, 10, function() ticks = ticks + 1 end)

local function finish()
  timer:close()
  print(app.count(engine)) --> 10
  print(uv.now() - start < 1000) --> true
  engine:dispose()
end

coroutine.wrap(function()
  app.prepare(engine)
  start = uv.now()
  for i = 1, 10 do
    coroutine.wrap(function()
      app.visit(engine, "visitor " .. i)
      left = left - 1
      if left == 0 then finish() end
    end)()
  end
end)()
uv.run()
