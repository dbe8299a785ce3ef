--- sessionmaker: a factory of sessions with options of its own.
--
-- Session{ … } makes a session, Session(fn) calls fn with one and closes it, Session:begin(fn) commits after it.
local exc = require "alchemoon.exc"
local null = require "alchemoon.null"
local options = require "alchemoon.options"
local binds = require "alchemoon.orm.binds"
local Session = require "alchemoon.orm.session"
local session_events = require "alchemoon.orm.session_events"
local usage = require "alchemoon.usage"

---@class alchemoon.sessionmaker
---@field kw table   the options of its sessions
local Maker = { __name = "sessionmaker" }
---@class alchemoon.sessionmaker
local methods = {}
local unknown = usage.unknown_attribute("sessionmaker", { kw = true, class_ = true, dispatch = true }, methods)
Maker.__index = function(_, key)
  local method = methods[key]
  if method ~= nil then return method end
  return unknown(key)
end
session_events.instances(Maker, "maker")

-- The options of a class of sessions, and the class itself.
local valid_for = setmetatable({}, { __mode = "k" })
local function valid_of(class)
  local valid = valid_for[class]
  if not valid then
    valid = { class_ = true }
    for key, value in pairs(class.VALID) do valid[key] = value end
    valid_for[class] = valid
  end
  return valid
end

local function refuse(opts, name, class)
  options.check(name, opts, valid_of(class))
  if opts and opts.bind ~= nil and opts.bind ~= null and not binds.is_bind(opts.bind) then
    exc.raise("ArgumentError", "%s: the bind must be an Engine or a Connection, got %s", name, type(opts.bind))
  end
end

--- am.sessionmaker(bind, { Session options, class_ = }): a factory; calling it makes a session.
---@param ... any   the bind; options as of am.Session, and the class of the sessions
---@return table
local function new(...)
  local args, opts = options.split(...)
  opts = opts or {}
  if args[1] ~= nil then opts.bind = args[1] end
  local class = opts.class_ or Session
  refuse(opts, "sessionmaker", class)
  local self = setmetatable({ kw = {}, class_ = class, dispatch = session_events.maker_node(class.node) }, Maker)
  for key, value in pairs(opts) do
    if key ~= "class_" then self.kw[key] = value end
  end
  for _, key in ipairs { "autoflush", "expire_on_commit" } do
    if self.kw[key] == nil then self.kw[key] = true end
  end
  return self
end

--- Changes the options of sessions to come.
---@param opts table
function methods:configure(opts)
  refuse(opts, "configure", self.class_)
  for key, value in pairs(opts or {}) do self.kw[key] = value end
  self._read = nil
end

-- The factory's options, read once.
local function defaults(self)
  local read = self._read
  if not read then
    read = options.read("sessionmaker", self.kw, self.class_.VALID)
    Session._check_options(read)
    self._read = read
  end
  return read
end

local function merged_info(first, second)
  if not first or first == null then return second end
  local info = {}
  for key, value in pairs(first) do info[key] = value end
  for key, value in pairs(second) do info[key] = value end
  return info
end

-- Options of the call go over those of the maker; `info` of both is merged.
local function make(self, ...)
  local args, opts, fn = Session.read_scope(...)
  local read = defaults(self)
  if opts or args[1] ~= nil then
    local all = {}
    for key, value in pairs(self.kw) do all[key] = value end
    for key, value in pairs(opts or {}) do all[key] = value end
    if args[1] ~= nil then all.bind = args[1] end
    if opts and opts.info and opts.info ~= null then all.info = merged_info(self.kw.info, opts.info) end
    refuse(all, "Session", self.class_)
    read = options.read("Session", all, self.class_.VALID)
    Session._check_options(read)
  end
  local session = self.class_._make(self.class_, read, self.dispatch)
  if fn then return session:_scoped(fn) end
  return session
end
Maker.__call = make

--- A session in a transaction: fn(session), then commit and close, or roll back, close and raise again.
---@param fn function?
function methods:begin(fn)
  local session = make(self)
  if not fn then
    session:begin()
    return session
  end
  return session:_scoped(function() return session:begin(fn) end)
end

methods.object_session = Session.object_session
methods.close_all = Session.close_all

--- { class, primary key, token } of an object, or from class, key and options.
---@param ... any
---@return any[]
function methods.identity_key(_, ...) return require("alchemoon.orm.attribute_functions").identity_key(...) end

usage.check_receivers(methods, "Session", usage.receiver_of(Maker))
Maker.__tostring = function(self) return ("sessionmaker(class_='%s')"):format(self.class_.__name) end

return { new = new, Maker = Maker }
