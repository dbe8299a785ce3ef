-- A private Redis server for specs: on a unix socket in a temporary folder, as an unprivileged user.
--
--   local server = redis.start()      -- nil when there is no redis-server
--   server.path, server:stop()
local output = require("support.shell").output

local redis = {}
local Server = {}
Server.__index = Server

--- Starts a server; nil if the program is not there.
function redis.start()
  local program = output "command -v redis-server"
  if program == "" then return nil end
  local dir = output "mktemp -d /tmp/am-redis.XXXXXX"
  local as = ""
  if output "id -un" == "root" then
    local owner = output "id redis >/dev/null 2>&1 && echo redis || echo nobody"
    os.execute(("chown %s %s"):format(owner, dir))
    as = ("runuser -u %s -- "):format(owner)
  end
  local path = dir .. "/redis.sock"
  os.execute(("cd %s && %s%s --port 0 --unixsocket %s --unixsocketperm 777 --daemonize yes --save '' "
    .. "--appendonly no --pidfile %s/redis.pid --dir %s --logfile %s/redis.log >/dev/null"):format(dir, as, program,
    path, dir, dir, dir))
  os.execute(("chmod 755 %s; for i in $(seq 100); do [ -S %s ] && break; sleep 0.05; done"):format(dir, path))
  return setmetatable({ dir = dir, path = path }, Server)
end

--- Stops it and removes its folder.
function Server:stop()
  os.execute(("kill $(cat %s/redis.pid) 2>/dev/null; for i in $(seq 100); do [ -S %s ] || break; sleep 0.05; done; "
    .. "rm -rf %s"):format(self.dir, self.path, self.dir))
end

return redis
