-- copas: every call in a coroutine that copas runs (copas.addthread) lets the others go on.
local copas = require "copas"
local am = require "alchemoon"
local app = require "hosts.app"
local socket = require "socket"

local engine = am.create_engine(app.url, { reactor = "copas", pool_size = 10 })
local start, left = nil, 10

local function finish()
  print(app.count(engine)) --> 10
  print(socket.gettime() - start < 1) --> true
  engine:dispose()
end

copas.addthread(function()
  app.prepare(engine)
  start = socket.gettime()
  for i = 1, 10 do
    copas.addthread(function()
      app.visit(engine, "visitor " .. i)
      left = left - 1
      if left == 0 then finish() end
    end)
  end
end)
repeat copas.step(1) until left == 0 and engine.pool:checkedout() == 0
