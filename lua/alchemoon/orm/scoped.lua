--- scoped_session: one session per scope (by default the running coroutine), used as if it were the session.
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"
local Session = require "alchemoon.orm.session"
local session_events = require "alchemoon.orm.session_events"
local session_loop = require "alchemoon.orm.session_loop"
local usage = require "alchemoon.usage"
local wait = require "alchemoon.engine.wait"
local warn = require "alchemoon.orm.warn"

local Scoped = { __name = "scoped_session" }
---@class alchemoon.scoped_session : alchemoon.Session
local methods = {}
local MAIN = {}

session_events.instances(Scoped, "scoped")

local host -- the reactor that is found by itself, or false

-- The scope of the host (in OpenResty the request), else the coroutine.
local function default_scope()
  if host == nil then host = wait.reactor(nil) or false end
  return host and host.scope and host.scope() or coroutine.running() or MAIN
end

-- The sessions by scope, as SQLAlchemy's ScopedRegistry: registry(), has(), set(session), clear(). Its keys are scopes,
-- which may be strings: those that are read here are read raw.
local function new_registry(scoped, mode)
  local face = {
    has = function(self) return rawget(self, scoped.scopefunc()) ~= nil end,
    set = function(self, session) rawset(self, scoped.scopefunc(), session) end,
    clear = function(self) rawset(self, scoped.scopefunc(), nil) end,
  }
  usage.check_receivers(face, "registry", function(self) return self == scoped.registry end)
  local unknown = usage.unknown_attribute("ScopedRegistry", {}, face)
  setmetatable(face, { __index = function(_, key) return unknown(key) end })
  return setmetatable({}, { __mode = mode, __index = face, __call = function() return scoped() end })
end

--- am.scoped_session(factory, { scopefunc = }): a session per scope; without scopefunc per coroutine, in OpenResty per
-- request.
---@param factory table|function   a sessionmaker
---@param opts table?              scopefunc: a function that gives the key of the current scope
---@return table
local function new(factory, opts)
  if type(opts) == "function" then opts = { scopefunc = opts } end
  opts = options.read("scoped_session", opts, { scopefunc = true })
  if type(factory) ~= "table" and type(factory) ~= "function" then
    exc.raise("ArgumentError", "scoped_session: a session factory is needed, got %s", type(factory))
  end
  local self = setmetatable({ session_factory = factory, scopefunc = opts.scopefunc or default_scope }, Scoped)
  rawset(self, "registry", new_registry(self, opts.scopefunc and "" or "k"))
  return self
end

local function current(self)
  local scope = self.scopefunc()
  if scope == nil then exc.raise("InvalidRequestError", "scoped_session: scopefunc returned nil") end
  local session = rawget(self.registry, scope)
  if not session then
    session = self.session_factory()
    rawset(self.registry, scope, session)
  end
  return session
end

-- Session(): the session of this scope; with options: a new one, which must be the first. A loop, `for obj in Session
-- do`, is told apart by its two arguments.
Scoped.__call = function(self, opts, ...)
  if select("#", ...) > 0 then return session_loop.next_object(current(self), opts, ...) end
  if opts == nil then return current(self) end
  local scope = self.scopefunc()
  if rawget(self.registry, scope) then
    exc.raise("InvalidRequestError", "Scoped session is already present; no new arguments may be specified.")
  end
  local session = self.session_factory(opts)
  rawset(self.registry, scope, session)
  return session
end

--- Closes the session of this scope and forgets it.
function methods:remove()
  local scope = self.scopefunc()
  local session = rawget(self.registry, scope)
  if session then
    rawset(self.registry, scope, nil)
    session:close()
  end
end

--- Is there a session in this scope?
---@return boolean
function methods:has() return self.registry:has() end

--- Changes the factory's options.
---@param opts table
function methods:configure(opts)
  if methods.has(self) then
    warn("At least one scoped session is already present.  configure() can not affect sessions that have already been "
      .. "created.")
  end
  self.session_factory:configure(opts)
end

-- What query_property() gives; see properties.is_descriptor.
local QueryProperty = { __name = "query_property", is_descriptor = true }
QueryProperty.__index = QueryProperty

function QueryProperty:bind()
  local scoped, query_cls = self.scoped, self.query_cls
  local function query(class)
    local session = current(scoped)
    return query_cls and query_cls(class, session) or session:query(class)
  end
  return { get = function(obj) return query(getmetatable(obj)) end, class_get = query }
end

--- Base.query = Session:query_property(): `User.query` is then a Query over that class in the session of the scope.
---@param query_cls function?   makes the query from class and session
---@return any
function methods:query_property(query_cls)
  return setmetatable({ scoped = self, query_cls = query_cls }, QueryProperty)
end

local FORWARDED = { dirty = true, deleted = true, new = true, identity_map = true, is_active = true, info = true,
  autoflush = true, bind = true, no_autoflush = true }

-- A class method of Session: with a dot, or with a colon as methods are called.
local function identity_key_of(self)
  return function(first, ...)
    if first == self then return Session.identity_key(...) end
    return Session.identity_key(first, ...)
  end
end

Scoped.__index = function(self, key)
  local method = methods[key]
  if method then return method end
  if key == "identity_key" then return identity_key_of(self) end
  if key == "object_session" or key == "close_all" then return Session[key] end
  local session = current(self)
  local value = session[key]
  if type(value) ~= "function" or FORWARDED[key] and key ~= "no_autoflush" then return value end
  return function(receiver, ...)
    if receiver ~= self then exc.raise_not_a_method(key, "Session") end
    local own = current(self)
    return own[key](own, ...)
  end
end

Scoped.__newindex = function(self, key, value)
  if FORWARDED[key] then
    current(self)[key] = value
  else
    rawset(self, key, value)
  end
end

Scoped.__tostring = function() return "scoped_session" end

return { new = new }
