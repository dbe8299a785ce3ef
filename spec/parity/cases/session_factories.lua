-- sessionmaker, scoped_session, Session as a block, info, execution options, close and reset.
local am = require "alchemoon"
local p = require "parity"
local say, step, error_of = p.say, p.step, p.error

local Base = am.declarative_base()
local Thing = Base:model("Thing", {
  __tablename__ = "thing",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(50)),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local select, inspect = am.select, am.inspect
local names = select(Thing.name):order_by(Thing.id)

step "sessionmaker"
local Factory = am.sessionmaker(e, { expire_on_commit = false, info = { app = "shop" } })
local session = Factory()
local other = Factory{ autoflush = false, info = { user = 7 } }
say(session.info, other.info, session.autoflush, other.autoflush, session.bind == e)
Factory:configure{ autoflush = false }
say(Factory().autoflush, session.autoflush)
local seen = {}
am.event.listen(Factory, "before_commit", function(s) seen[#seen + 1] = s.info.user or "-" end)
Factory:begin(function(s)
  s:add(Thing{ name = "a" })
  say(s:in_transaction())
end)
other:add(Thing{ name = "b" })
other:commit()
am.Session(e):commit()
say(seen)
error_of(function()
  Factory:begin(function(s)
    s:add(Thing{ name = "never" })
    s:flush()
    error("stop")
  end)
end)
Factory(function(s) say(s:scalars(names):all()) end)
Factory(function(s)
  s:begin(function() s:add(Thing{ name = "c" }) end)
end)
am.Session(e, function(s)
  s:begin(function()
    say(s:get_transaction().is_active, s:in_transaction())
    s:add(Thing{ name = "d" })
  end)
  say(s:in_transaction(), s:scalars(names):all())
  error_of(function() s:begin() end)
end)

step "scoped_session"
local scope = "one"
local Scoped = am.scoped_session(Factory, { scopefunc = function() return scope end })
local one = Scoped()
scope = "two"
say(Scoped() == one, Scoped.registry:has(), Scoped.session_factory == Factory)
Scoped:add(Thing{ name = "e" })
say(#Scoped.new, #one.new, Scoped.is_active, Scoped.autoflush)
Scoped:commit()
say(Scoped:scalar(select(Thing.name):where(Thing.name:eq("e"))), Scoped:query(Thing):count(), Scoped:get(Thing, 1).name)
local t = Scoped:get(Thing, 2)
say(Scoped:contains(t), am.object_session(t) == Scoped())
Scoped:remove()
say(Scoped.registry:has(), inspect(t).detached)
scope = "one"
say(Scoped() == one, Scoped.registry:has())
error_of(function() Scoped{ autoflush = true } end)
Scoped:remove()
say(Scoped{ info = { fresh = 1 } }.info)
Scoped:remove()

step "close, reset, close_all_sessions"
session = am.Session(e)
t = session:get(Thing, 1)
local n = Thing{ name = "n" }
session:add(n)
session:close()
say(inspect(t).detached, inspect(n).transient, session:in_transaction(), #session.identity_map)
say(session:get(Thing, 1) == t)
session:reset()
say(session:in_transaction(), session:get(Thing, 1).name)
session:close()
local strict = am.Session(e, { close_resets_only = false })
strict:get(Thing, 1)
strict:reset()
say(strict:get(Thing, 1).name)
strict:close()
error_of(function() strict:get(Thing, 1) end)
error_of(function() strict:add(Thing()) end)
error_of(function() strict:begin() end)
session:get(Thing, 1)
am.close_all_sessions()
say(session:in_transaction())

step "autobegin=False"
local manual = am.Session(e, { autobegin = false })
error_of(function() manual:get(Thing, 1) end)
error_of(function() manual:add(Thing()) end)
manual:begin(function() say(manual:get(Thing, 1).name) end)
manual:begin()
say(manual:get(Thing, 2).name)
manual:close()

step "execution options and connections"
session = am.Session(e)
local conn = session:connection{ execution_options = { isolation_level = "SERIALIZABLE" } }
say(conn:get_isolation_level(), session:connection() == conn)
say(session:execute(select(Thing.id):order_by(Thing.id), nil, { execution_options = { stream_results = false } })
  :scalars():all())
if p.is_postgresql then
  session:invalidate()
  say(session:in_transaction(), session:scalars(select(Thing.id):order_by(Thing.id)):first())
end
session:close()
p.sql()
