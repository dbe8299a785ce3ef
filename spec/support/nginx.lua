-- A private nginx with Lua for the specs: one worker (or more) in a temporary folder, and a client for it.
--
--   local server = nginx.start{ locations = { ["/x"] = "content_by_lua_block { ... }" }, workers = 1 }
--   server:get(reactor, "/x")  → status, body      inside a coroutine of the reactor
--   server:signal "reload"; server:stop()
local lfs = require "lfs"
local shell = require "support.shell"
local write, read = shell.write, shell.read

local nginx = {}
local Server = {}
Server.__index = Server

local MODULES = { "/usr/lib/nginx/modules", "/usr/lib64/nginx/modules", "/usr/share/nginx/modules" }

local function command(text)
  local ok = os.execute(text)
  return ok == true or ok == 0
end

local function module_dir()
  for _, dir in ipairs(MODULES) do
    if lfs.attributes(dir .. "/ngx_http_lua_module.so") then return dir end
  end
end

local function program()
  for _, path in ipairs{ "/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/bin/nginx" } do
    if lfs.attributes(path) then return path end
  end
end

--- Why there is no nginx here, or nil.
function nginx.missing()
  if not jit then return "nginx runs LuaJIT" end
  if require("alchemoon.core").faults then return "nginx was not built with the sanitizers" end
  if not program() then return "nginx is not installed" end
  if not module_dir() then return "ngx_http_lua is not installed" end
  if not pcall(require, "socket") then return "lua-socket is not installed" end
end

local function free_port()
  local socket = assert(require("socket").bind("127.0.0.1", 0))
  local _, port = socket:getsockname()
  socket:close()
  return port
end

local function absolute(paths)
  return (paths:gsub("[^;]+", function(path)
    return path:sub(1, 1) == "/" and path or lfs.currentdir() .. "/" .. path
  end))
end

local function configuration(opts, dir, port)
  local lines = {}
  local function add(format, ...) lines[#lines + 1] = format:format(...) end
  local modules = module_dir()
  local ndk = modules .. "/ndk_http_module.so"
  if lfs.attributes(ndk) then add("load_module %s;", ndk) end
  add("load_module %s/ngx_http_lua_module.so;", modules)
  if command("test $(id -u) = 0") then add("user root;") end
  add("worker_processes %d;\npid %s/nginx.pid;\nerror_log %s/error.log %s;", opts.workers or 1, dir, dir,
    opts.log_level or "warn")
  add("env ALCHEMOON_TEST_PG;\nenv ALCHEMOON_BACKENDS;")
  add("worker_shutdown_timeout 20s;\nevents { worker_connections 2048; }")
  add("http {\naccess_log off;\nclient_body_temp_path %s/body;\nproxy_temp_path %s/proxy;", dir, dir)
  add("fastcgi_temp_path %s/fastcgi;\nuwsgi_temp_path %s/uwsgi;\nscgi_temp_path %s/scgi;", dir, dir, dir)
  add('lua_package_path "%s";\nlua_package_cpath "%s";', absolute(package.path), absolute(package.cpath))
  add("%s", opts.http or "")
  add("server {\nlisten 127.0.0.1:%d backlog=1024 deferred;\nkeepalive_requests 1000000;", port)
  for path, body in pairs(opts.locations) do add("location %s { %s }", path, body) end
  add("}\n}")
  return table.concat(lines, "\n") .. "\n"
end

--- Starts a server. opts: locations (path → body of the location block), http (more of the http
-- block), workers, env ("NAME=value").
function nginx.start(opts)
  local dir = os.tmpname()
  os.remove(dir)
  assert(lfs.mkdir(dir))
  local self = setmetatable({ dir = dir, port = free_port() }, Server)
  write(dir .. "/nginx.conf", configuration(opts, dir, self.port))
  local start = ("%s %s -p %s -c %s/nginx.conf >%s/out.log 2>&1"):format(opts.env or "", program(), dir, dir, dir)
  if not command(start) then
    error("nginx does not start: " .. read(dir .. "/out.log") .. self:errors())
  end
  return self
end

function Server:errors() return read(self.dir .. "/error.log") end
function Server:pid() return tonumber(read(self.dir .. "/nginx.pid")) end

--- Process ids of the workers, those that are ending included.
function Server:workers()
  local list = {}
  local pid = self:pid()
  if not pid then return list end
  for name in lfs.dir "/proc" do
    local file = name:match "^%d+$" and io.open("/proc/" .. name .. "/stat")
    if file then -- "pid (name) state parent ..."; the name may hold anything
      local parent = (file:read "*a" or ""):match "^.*%) %a (%d+) "
      file:close()
      if tonumber(parent) == pid then list[#list + 1] = tonumber(name) end
    end
  end
  table.sort(list)
  return list
end

--- Names of the threads of a process.
function Server.threads(_, pid)
  local names = {}
  for name in lfs.dir("/proc/" .. pid .. "/task") do
    if name:match("^%d+$") then names[#names + 1] = name end
  end
  return names
end

function Server:signal(name)
  assert(command(("%s -p %s -c %s/nginx.conf -s %s 2>/dev/null"):format(program(), self.dir, self.dir, name)), name)
end

--- Opens a connection and sends a request; the answer is read with :answer. For clients that go away.
function Server:request(reactor, path)
  local socket = require("socket").tcp()
  socket:settimeout(0)
  local ok, problem = socket:connect("127.0.0.1", self.port)
  if not ok and problem ~= "timeout" then
    socket:close()
    return nil, problem
  end
  reactor.wait(socket:getfd(), "w", 10)
  ok, problem = socket:send("GET " .. path .. " HTTP/1.0\r\nHost: spec\r\n\r\n")
  if not ok then
    socket:close()
    return nil, problem
  end
  return socket
end

--- status, body; or nil and the problem.
function Server:get(reactor, path)
  local socket, problem = self:request(reactor, path)
  if not socket then return nil, problem end
  local parts = {}
  while true do
    local bytes, trouble, part = socket:receive(65536)
    parts[#parts + 1] = bytes or part
    if trouble == "closed" then break end
    if trouble and trouble ~= "timeout" or trouble and not reactor.wait(socket:getfd(), "r", 60) then
      reactor.forget(socket:getfd())
      socket:close()
      return nil, trouble
    end
  end
  reactor.forget(socket:getfd())
  socket:close()
  local text = table.concat(parts)
  local status, body = text:match("^HTTP/%S+ (%d+).-\r\n\r\n(.*)$")
  if not status then return nil, "no answer: " .. text end
  return tonumber(status), body
end

function Server:stop()
  if self:pid() and lfs.attributes("/proc/" .. self:pid()) then
    local pid = self:pid()
    self:signal("stop")
    for _ = 1, 500 do
      if not lfs.attributes("/proc/" .. pid) then break end
      command("sleep 0.01")
    end
  end
  command("rm -rf " .. self.dir)
end

return nginx
