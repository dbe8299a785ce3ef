-- What a session does from its opening to its closing, and the states that its objects pass through.
local am = require "alchemoon"
local p = require "parity"
local say, step, select = p.say, p.step, am.select
local Column, Integer, String, ForeignKey = am.Column, am.Integer, am.String, am.ForeignKey
local relationship = am.relationship
local inspect, Session = am.inspect, am.Session

local Base = am.declarative_base()
local Guest = Base:model("Guest", {
  __tablename__ = "guests",
  id = Column(Integer, { primary_key = true }),
  name = Column(String, { unique = true }),
  stays = relationship("Stay", { back_populates = "guest", cascade = "all, delete-orphan", order_by = "Stay.id" }),
})
local Stay = Base:model("Stay", {
  __tablename__ = "stays",
  id = Column(Integer, { primary_key = true }),
  guest_id = Column(ForeignKey("guests.id")),
  nights = Column(Integer),
  guest = relationship("Guest", { back_populates = "stays" }),
})
local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local function states(o)
  local i = inspect(o)
  return p.collect({ "transient", "pending", "persistent", "deleted", "detached" },
    function(n) return i[n] and n or nil end)
end

step "open and commit"
Session(e, function(session)
  session:add_all{ Guest{ id = 1, name = "ann" }, Guest{ id = 2, name = "bob" } }
  session:commit()
end)
Session(e, function(session)
  session:begin(function() session:add(Guest{ id = 3, name = "cyd" }) end)
end)
local make = am.sessionmaker(e)
make:begin(function(session) session:add(Guest{ id = 4, name = "dan" }) end)
p.error(function()
  make:begin(function(session)
    session:add(Guest{ id = 5, name = "eve" })
    session:flush()
    error "stop"
  end)
end)
make(function(session) say(session:scalars(select(Guest.name):order_by(Guest.id)):all()) end)
make:configure{ expire_on_commit = false }
make(function(session)
  local g = session:get(Guest, 1)
  session:commit()
  say(g.name)
end)
make = am.sessionmaker(e)

step "states"
local session = make()
local g = Guest{ id = 10, name = "zed" }
say(states(g), session:contains(g))
session:add(g)
say(states(g), session.new:contains(g), inspect(g).identity)
session:flush()
say(states(g), inspect(g).identity, p.map(session.identity_map:values(), function(o) return o == g end)[1])
session:delete(g)
say(states(g), session.deleted:contains(g))
session:flush()
say(states(g), session:contains(g), inspect(g).was_deleted)
session:rollback()
say(states(g))
session:add(g)
session:commit()
session:delete(g)
session:commit()
say(states(g), inspect(g).was_deleted)
am.make_transient(g)
say(states(g), g.name)
session:add(g)
session:commit()
say(states(g), g.name)
session:expunge(g)
say(states(g))
session:add(g)
say(states(g))
session:close()
say(states(g))
local d = Guest{ id = 1 }
am.make_transient_to_detached(d)
session:add(d)
say(states(d), p.sorted(inspect(d).unloaded), d.name)
p.error(function() am.make_transient_to_detached(d) end)
session:close()

step "queries and attributes"
g = session:get(Guest, 1)
say(session:get(Guest, 1) == g, session:get(Guest, 99), session:scalar(select(am.func.count()):select_from(Guest)))
g.name = "anna"
say(session.dirty:contains(g), session:is_modified(g), inspect(g).attrs.name.history)
g.name = "ann"
say(session.dirty:contains(g), session:is_modified(g))
session:flush()
g.name = "anna"
say(session:scalars(select(Guest.name):where(Guest.name:like("an%"))):all())
session:no_autoflush(function()
  g.name = "annie"
  say(session:scalars(select(Guest.name):where(Guest.name:like("an%"))):all(), g.name)
end)
say(session:scalars(select(Guest):where(Guest.id:eq(1)):execution_options{ populate_existing = true }):one().name)
session:refresh(g)
session:refresh(g, { "name" })
session:rollback()
say(inspect(g).expired, g.name)
session:expire(g, { "name" })
say(p.sorted(inspect(g).expired_attributes), g.id, g.name)
session:expire_all()
say(p.fmt(p.sorted(inspect(g).expired_attributes)) == "['id', 'name', 'stays']", g.id)
local g2 = session:scalars(select(Guest):options(am.selectinload(Guest.stays)):where(Guest.id:eq(1))):one()
say(g2.stays)
session:close()

step "delete by criteria"
session:execute(am.update(Guest):where(Guest.name:eq("bob")):values{ name = "rob" })
local r = session:execute(am.delete(Guest):where(Guest.name:in_{ "cyd", "dan" }))
say(r.rowcount)
session:commit()
say(session:scalars(select(Guest.name):order_by(Guest.id)):all())

step "merge"
g = session:get(Guest, 1)
session:commit()
say(g.name)
session:close()
g.name = "ann2"
local m = session:merge(g)
say(m == g, m.name, states(m), session.dirty:contains(m))
m = session:merge(Guest{ id = 1 })
say(m.name, session.new, inspect(m).attrs.name.history)
m = session:merge(Guest{ id = 1, name = am.null })
say(m.name)
local new = session:merge(Guest{ id = 50, name = "new", stays = { Stay{ id = 1, nights = 2 } } })
say(states(new), p.map(new.stays, function(s) return s.nights end), new.stays[1].guest == new)
session:rollback()
local loaded = not inspect(g).modified and session:merge(g, { load = false }) or nil
say(loaded)
p.error(function() session:merge(g, { load = false }) end)
session:close()

step "mistakes"
session = make()
local s2 = make()
g = session:get(Guest, 1)
p.error(function() s2:add(g) end)
p.error(function() s2:delete(Guest{ name = "x" }) end)
p.error(function() s2:refresh(Guest{ name = "x" }) end)
p.error(function() s2:expunge(g) end)
p.error(function() s2:add(5) end)
session:expire(g)
session:expunge(g)
p.error(function() return g.name end)
p.error(function() session:expire(g) end)
g = session:get(Guest, 1)
s2:execute(am.delete(Guest):where(Guest.id:eq(10)))
s2:commit()
session:close()
local one = session:get(Guest, 2)
session:execute(am.delete(Guest):where(Guest.id:eq(2)):execution_options{ synchronize_session = false })
session:expire(one)
p.error(function() return one.name end)
session:rollback()
say(one.name)
session:add(Guest{ id = 2, name = "dup" })
p.error(function() session:flush() end)
say(session.is_active, session:in_transaction())
session:rollback()
say(session.is_active)
session:close()

step "a session that closes once"
local once = Session(e, { close_resets_only = false })
say(once:get(Guest, 1).name)
once:close()
p.error(function() once:get(Guest, 1) end)
local again = Session(e)
again:get(Guest, 1)
again:reset()
say(again:get(Guest, 1).name, am.object_session(again:get(Guest, 1)) == again)
again:close()

step "events of the way"
local log = {}
for _, name in ipairs{ "pending_to_persistent", "persistent_to_deleted", "deleted_to_detached", "transient_to_pending",
  "persistent_to_detached", "detached_to_persistent", "pending_to_transient", "persistent_to_transient",
  "deleted_to_persistent", "loaded_as_persistent" } do
  am.event.listen(session, name, function() log[#log + 1] = name end)
end
g = Guest{ id = 70, name = "ev", stays = { Stay{ id = 70 } } }
session:add(g)
session:flush()
session:rollback()
say(log)
log = {}
session:add(g)
session:commit()
local st = g.stays:pop()
session:flush()
session:rollback()
say(log, states(st))
log = {}
session:delete(g)
session:commit()
say(log)
log = {}
session:get(Guest, 1)
session:close()
say(log)
p.sql()
