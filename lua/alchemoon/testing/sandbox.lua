--- Sandboxes: a connection in a transaction that is always rolled back, and sessions inside of it.
--
-- Sessions may commit and roll back as they like: their transactions are savepoints of the outer one
-- (join_transaction_mode = "create_savepoint").
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"
local Session = require "alchemoon.orm.session"
local sessionmaker = require "alchemoon.orm.sessionmaker"
local statements = require "alchemoon.testing.statements"
local usage = require "alchemoon.usage"

local sandbox = {}

---@class alchemoon.Sandbox
---@field connection table     the connection, in its outer transaction
---@field Session table        a sessionmaker bound to it
local Sandbox = { __name = "Sandbox" }
Sandbox.__index = Sandbox

local MODE = "create_savepoint"

local function copy(opts)
  usage.check_table("sandbox", opts, "a table of options")
  local all = {}
  for key, value in pairs(opts or {}) do all[key] = value end
  return all
end

-- Makes a factory of the program use the sandbox, and remembers how it was.
local function take_over(self, factory)
  local before = copy(factory.kw)
  factory:configure { bind = self.connection, join_transaction_mode = MODE }
  self._taken[#self._taken + 1] = { factory, before }
end

local function give_back(self)
  for i = #self._taken, 1, -1 do
    local factory, before = self._taken[i][1], self._taken[i][2]
    factory.kw, factory._read = before, nil
  end
  self._taken = {}
end

--- A sandbox on an engine. Options: those of sessions, and `factories`: sessionmakers of the program that are to use
-- the sandbox as long as it is open. With a function: fn(sandbox), then close().
---@param engine table
---@param opts table?
---@param fn function?
---@return alchemoon.Sandbox
function sandbox.sandbox(engine, opts, fn)
  if type(opts) == "function" then opts, fn = nil, opts end
  statements.check_engine("testing.sandbox", engine)
  opts = copy(opts)
  local factories = opts.factories or {}
  opts.factories = nil
  local self = setmetatable({ connection = engine:connect(), _sessions = {}, _taken = {} }, Sandbox)
  local ok, e = pcall(function()
    self.transaction = self.connection:begin()
    opts.bind, opts.join_transaction_mode = self.connection, MODE
    self.Session = sessionmaker.new(opts)
    for _, factory in ipairs(factories) do take_over(self, factory) end
  end)
  if not ok then
    self:close()
    error(e, 0)
  end
  if not fn then return self end
  return (function(done, ...)
    self:close()
    if done then return ... end
    return error((...), 0)
  end)(pcall(fn, self))
end

--- A session in the sandbox; it is closed with it.
---@param opts table?
---@return alchemoon.Session
function Sandbox:session(opts)
  if not self.connection then exc.raise("InvalidRequestError", "this sandbox is closed") end
  local session = self.Session(opts)
  self._sessions[#self._sessions + 1] = session
  return session
end

--- Everything that happened is undone: sessions closed, outer transaction rolled back, connection given back. May be
-- called again.
function Sandbox:close()
  give_back(self)
  for _, session in ipairs(self._sessions) do session:close() end
  self._sessions = {}
  local connection, transaction = self.connection, self.transaction
  self.connection, self.transaction = nil, nil
  if not connection then return end
  local ok, e = pcall(function()
    if transaction and transaction.is_active then transaction:rollback() end
  end)
  connection:close()
  if not ok then error(e, 0) end
end
Sandbox.rollback = Sandbox.close
Sandbox.__close = Sandbox.close

--- Calls fn(session) with a session whose changes are undone afterwards, whatever it committed; the results of fn.
---@param engine table
---@param opts table?   options of the session
---@param fn function
function sandbox.session(engine, opts, fn)
  if type(opts) == "function" then opts, fn = nil, opts end
  options.check("session", opts, Session.VALID)
  if type(fn) ~= "function" then
    exc.raise("ArgumentError", "testing.session: a function is needed; testing.sandbox() stays open without one")
  end
  return sandbox.sandbox(engine, opts, function(box) return fn(box:session()) end)
end

return sandbox
