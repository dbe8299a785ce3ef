-- A network between a program and PostgreSQL that misbehaves: support/proxy.c, built and started.
--
--   local network = require("support.network").new(backend.url)   -- nil where nothing can be built
--   local port, stop = network:proxy(cut, chunk, pause)            -- see proxy.c
--   local url = network:tcp(port)                                  -- the backend's, through the proxy
--   network:close()
local am = require "alchemoon"
local shell = require "support.shell"
local run, read = shell.run, shell.read

local Network = {}
Network.__index = Network

function Network.new(url)
  local dir = os.tmpname()
  os.remove(dir)
  if not run "command -v gcc" or not run("mkdir -m 755 " .. dir) then return nil end
  assert(run(("gcc -O1 -o %s/proxy spec/support/proxy.c"):format(dir)))
  return setmetatable({ dir = dir, url = am.make_url(url), count = 0 }, Network)
end

--- Starts a proxy → its port, and a function that ends it.
function Network:proxy(cut, chunk, pause)
  self.count = self.count + 1
  local out, query = self.dir .. "/port" .. self.count, self.url.query
  local process = io.popen(("%s/proxy %s/.s.PGSQL.%s %d %d %d >%s"):format(self.dir, query.host,
    query.port or self.url.port or "5432", cut, chunk or 0, pause or 0, out), "w")
  while not read(out):match "\n" do run "sleep 0.01" end
  return tonumber(read(out)), function() process:close() end
end

--- The backend's URL over TCP; `query` is appended.
function Network:tcp(port, query)
  return ("postgresql://%s@127.0.0.1:%d/%s?sslmode=disable%s"):format(self.url.username, port, self.url.database,
    query or "")
end

function Network:close() run("rm -rf " .. self.dir) end

return Network
