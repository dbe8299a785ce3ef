--- A client for Redis: its protocol (RESP 2) over sockets that never block.
--
-- Waiting is done as by database calls: a plain script blocks, a coroutine of a reactor is suspended. A connection
-- serves one call at a time; idle ones are kept. After any error of the connection it is closed, never used again.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"
local wait = require "alchemoon.engine.wait"
local cache_wait = require "alchemoon.cache.wait"

local resp = {}
local Client = {}
Client.__index = Client
local MOST_IDLE = 8

local VALID = { url = true, host = "localhost", port = 6379, db = 0, username = true, password = true, path = true,
  unix_socket_path = true, socket_timeout = 5, reactor = true }

local function number_in(text, what)
  local number = tonumber(text)
  if not number then exc.raise("ArgumentError", "Redis URL: '%s' is no %s", tostring(text), what) end
  return number
end

local function unescape(text)
  return (text:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

-- redis://user:password@host:port/db, unix:///path/to/socket?db=1
local function read_url(opts)
  local scheme, rest = opts.url:match("^(%w+)://(.*)$")
  if scheme ~= "redis" and scheme ~= "unix" then
    exc.raise("ArgumentError", "a Redis URL begins with redis:// or unix://")
  end
  local place, query = rest:match("^([^?]*)%??(.*)$")
  local login, after = place:match("^(.*)@(.*)$")
  if login then
    local user, password = login:match("^([^:]*):?(.*)$")
    opts.username = user ~= "" and unescape(user) or nil
    opts.password = password ~= "" and unescape(password) or nil
    place = after
  end
  local db = query:match("db=(%d+)")
  if scheme == "unix" then
    opts.path = unescape(place)
  else
    local host, number = place:match("^([^/]*)/?(.*)$")
    local name, port = host:match("^%[?(.-)%]?:(%d+)$")
    opts.host, opts.port = name or (host ~= "" and host or "localhost"), number_in(port or 6379, "port")
    if number ~= "" then db = number end
  end
  if db then opts.db = number_in(db, "database number") end
end

--- A client: url, or host, port, path (of a unix socket), db, username, password; socket_timeout (seconds), reactor.
---@param opts table
function resp.new(opts)
  opts = options.read("configure", opts, VALID)
  opts.path = opts.path or opts.unix_socket_path
  if opts.url then read_url(opts) end
  return setmetatable({ _opts = opts, _idle = {}, _waiter = cache_wait.waiter(opts.reactor) }, Client)
end

Client.__tostring = function(self)
  local opts = self._opts
  return ("alchemoon.cache.Redis(%s/%d)"):format(opts.path or opts.host .. ":" .. opts.port, opts.db)
end

-- --- one connection ---------------------------------------------------------------------------------------

local function lost(self, why)
  exc.raise("DisconnectionError", "%s: %s", tostring(self), why)
end

local function await(self, conn, mode)
  local _, now = core.clock()
  local left = conn.deadline - now
  if left <= 0 or not wait.on(self._waiter, conn.socket:fd(), mode, left) then
    _, now = core.clock()
    if now >= conn.deadline then lost(self, "no answer within the time limit") end
  end
end

local function send(self, conn, text)
  local from = 1
  while from <= #text do
    local at, why = conn.socket:send(text, from)
    if at == nil then lost(self, why) end
    if at == "again" then await(self, conn, "w") else from = at end
  end
end

-- Reads until `buffer` has n more bytes (or a line, without n).
local function need(self, conn, n)
  while true do
    if n then
      if #conn.buffer - conn.at + 1 >= n then return end
    else
      local last = conn.buffer:find("\r\n", conn.at, true)
      if last then return last end
    end
    local got, why = conn.socket:receive()
    if got == "" then lost(self, "the server closed the connection") end
    if got then
      conn.buffer = conn.buffer:sub(conn.at) .. got
      conn.at = 1
    elseif why == "again" then
      await(self, conn, "r")
    else
      lost(self, why)
    end
  end
end

local function read_bulk(self, conn, n)
  local parts, left = {}, n + 2
  need(self, conn, math.min(left, 1))
  while left > 0 do -- large values: piece by piece, without growing one buffer
    need(self, conn, 1)
    local piece = conn.buffer:sub(conn.at, conn.at + left - 1)
    conn.at = conn.at + #piece
    left = left - #piece
    parts[#parts + 1] = piece
  end
  return table.concat(parts):sub(1, n)
end

-- One reply; errors of the server are tables { error = text }, missing values false.
local function read_reply(self, conn)
  local last = need(self, conn)
  local kind, rest = conn.buffer:sub(conn.at, conn.at), conn.buffer:sub(conn.at + 1, last - 1)
  conn.at = last + 2
  if kind == "+" then return rest end
  if kind == "-" then return { error = rest } end
  if kind == ":" then return tonumber(rest) end
  local n = tonumber(rest)
  if kind == "$" and n then return n >= 0 and read_bulk(self, conn, n) end
  if kind ~= "*" or not n then lost(self, "this is not Redis") end
  if n < 0 then return false end
  local list = {}
  for i = 1, n do list[i] = read_reply(self, conn) end
  return list
end

local function encode(args)
  local out = { "*" .. #args .. "\r\n" }
  for i = 1, #args do
    local text = args[i]
    if type(text) ~= "string" then text = type(text) == "number" and core.real_text(text) or tostring(text) end
    out[i + 1] = "$" .. #text .. "\r\n" .. text .. "\r\n"
  end
  return table.concat(out)
end

local function close(self, conn)
  if conn.socket:fd() >= 0 then wait.forget(self._waiter, conn.socket:fd()) end
  conn.socket:close()
end

local function exchange(self, conn, commands)
  local text = {}
  for i, args in ipairs(commands) do text[i] = encode(args) end
  local _, now = core.clock()
  conn.deadline = now + self._opts.socket_timeout
  send(self, conn, table.concat(text))
  local replies = {}
  for i = 1, #commands do replies[i] = read_reply(self, conn) end
  return replies
end

local function greet(self, conn)
  local opts, commands = self._opts, {}
  if opts.password then
    commands[1] = opts.username and { "AUTH", opts.username, opts.password } or { "AUTH", opts.password }
  end
  if opts.db ~= 0 then commands[#commands + 1] = { "SELECT", opts.db } end
  for _, reply in ipairs(#commands > 0 and exchange(self, conn, commands) or {}) do
    if type(reply) == "table" and reply.error then exc.raise("InvalidRequestError", "%s: %s", tostring(self),
      reply.error) end
  end
end

-- A connection is of use only after the greeting; one deadline covers all of it.
local function open(self)
  local opts = self._opts
  local socket, why
  if opts.path then socket, why = core.socket_unix(opts.path)
  else socket, why = core.socket_tcp(opts.host, tostring(opts.port)) end
  if not socket then lost(self, why) end
  local conn = { socket = socket, buffer = "", at = 1 }
  local ok, e = pcall(function()
    local _, now = core.clock()
    conn.deadline = now + opts.socket_timeout
    if why == "again" then
      await(self, conn, "w")
      local done, trouble = socket:connected()
      if not done then lost(self, trouble) end
    end
    greet(self, conn)
  end)
  if ok then return conn end
  close(self, conn)
  return error(e, 0)
end

-- An idle connection (second result: true), or a new one.
local function take(self)
  local idle = self._idle
  while #idle > 0 do
    local conn = table.remove(idle)
    if conn.socket:usable() then return conn, true end
  end
  return open(self), false
end

-- --- calls ------------------------------------------------------------------------------------------------

--- Sends several commands at once; the list of replies. A kept connection that the server has closed meanwhile is
-- exchanged for a new one, once.
---@param commands table[]
function Client:pipeline(commands)
  local conn, kept = take(self)
  local ok, replies = pcall(exchange, self, conn, commands)
  if not ok then
    close(self, conn)
    if not kept or not exc.is(replies, exc.DisconnectionError) then error(replies, 0) end
    for _, old in ipairs(self._idle) do close(self, old) end
    self._idle = {}
    conn = open(self)
    ok, replies = pcall(exchange, self, conn, commands)
    if not ok then
      close(self, conn)
      error(replies, 0)
    end
  end
  if #self._idle < MOST_IDLE then self._idle[#self._idle + 1] = conn else close(self, conn) end
  return replies
end

--- Sends one command; its reply. An error of the server is raised.
-- Raises what the server answers as an error.
---@param ... any
---@return any
function Client:call(...)
  local reply = self:pipeline({ { ... } })[1]
  if type(reply) == "table" and reply.error then
    exc.raise("InvalidRequestError", "%s: %s", tostring(self), reply.error)
  end
  return reply
end

--- Closes the idle connections.
function Client:close()
  for _, conn in ipairs(self._idle) do close(self, conn) end
  self._idle = {}
end

return resp
