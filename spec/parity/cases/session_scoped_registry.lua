-- scoped_session: its registry and scopes, configure, remove, what it passes on, query_property, close_all_sessions.
local am = require "alchemoon"
local p = require "parity"
local say, step, error_of, map = p.say, p.step, p.error, p.map
local select, func, inspect, text = am.select, am.func, am.inspect, am.text

local Base = am.declarative_base()
local Note = Base:model("Note", {
  __tablename__ = "note",
  id = am.Column(am.Integer, { primary_key = true }),
  body = am.Column(am.String(50)),
})

local db = p.engine()
Base.metadata:create_all(db)
p.forget()
local scope = "a"
local factory = am.sessionmaker{ bind = db, expire_on_commit = false, info = { app = "notes" } }
local Scoped = am.scoped_session(factory, { scopefunc = function() return scope end })

step "one session per scope"
say(Scoped.registry:has(), Scoped.session_factory == factory)
local first = Scoped()
say(Scoped.registry:has(), Scoped() == first, first.expire_on_commit, first.info)
scope = "b"
say(Scoped.registry:has())
local second = Scoped()
say(second == first, Scoped() == second)
scope = "a"
say(Scoped() == first, Scoped.registry() == first)

step "it passes everything on"
local note = Note{ body = "one" }
Scoped:add(note)
say(Scoped:contains(note), first:contains(note), second:contains(note), #Scoped.new, Scoped.is_active, Scoped.autoflush)
Scoped:flush()
say(Scoped():in_transaction(), Scoped():in_nested_transaction(), Scoped.bind == db, Scoped:get_bind() == db)
say(Scoped:scalar(select(func.count()):select_from(Note)), Scoped:get(Note, 1) == note, Scoped:get_one(Note, 1) == note)
say(Scoped:object_session(note) == first, am.object_session(note) == first)
Scoped:commit()
say(Scoped.info, Scoped.identity_map == first.identity_map, Scoped.dirty, Scoped.deleted)
note.body = "changed"
say(Scoped:is_modified(note), #Scoped.dirty, Scoped.dirty:contains(note))
Scoped:rollback()
say(note.body)
Scoped:no_autoflush(function()
  note.body = "quiet"
  say(Scoped:execute(text "select body from note"):all())
end)
say(Scoped:scalars(select(Note.body)):all())
Scoped:begin_nested(function() Scoped:add(Note{ id = 7, body = "nested" }) end)
Scoped:refresh(note, { "body" })
Scoped:expire_all()
Scoped:expunge(note)
say(inspect(note).detached, Scoped:contains(note))
Scoped:commit()
Scoped.autoflush = false
say(first.autoflush, second.autoflush)

step "arguments are for the first call"
error_of(function() Scoped{ expire_on_commit = true } end)
scope = "c"
local third = Scoped{ expire_on_commit = true, autoflush = false }
say(third.expire_on_commit, third.autoflush, Scoped().autoflush)

step "remove"
Scoped:add(Note{ body = "lost" })
Scoped:flush()
local held = third.identity_map:values()[1]
Scoped:remove()
say(Scoped.registry:has(), third:in_transaction(), inspect(held).detached)
local fourth = Scoped()
say(fourth == third, fourth.expire_on_commit, Scoped:scalars(select(Note.id):order_by(Note.id)):all())
Scoped:remove()
Scoped:remove()

step "configure"
Scoped:configure{ expire_on_commit = true, info = { app = "other" } }
say(Scoped().expire_on_commit, Scoped().info)
Scoped:configure{ autoflush = false }
say(Scoped().autoflush)
scope = "d"
say(Scoped().autoflush, Scoped().info)

step "query_property"
Note.query = Scoped:query_property()
say(map(Note.query:order_by(Note.id), function(n) return n.id end), Note.query:count(), Note.query:get(7).body)
say(Note.query:filter_by{ body = "nested" }:one().id, Note.query.session == Scoped())
scope = "a"
say(Note.query.session == first, first:contains(Note.query:filter(Note.id:gt(5)):first()))

step "registry set and clear"
local mine = am.Session(db)
Scoped.registry:set(mine)
say(Scoped() == mine, Scoped.registry:has())
Scoped.registry:clear()
say(Scoped.registry:has(), Scoped() == mine)

step "events on the scoped session"
am.event.listen(Scoped, "before_commit", function(s) say("before_commit", s == Scoped()) end)
Scoped:add(Note{ body = "with event" })
Scoped:commit()

step "close_all_sessions"
local one = am.Session(db)
local a = one:get(Note, 7)
say(inspect(a).persistent, one:in_transaction())
am.close_all_sessions()
say(inspect(a).detached, one:in_transaction(), am.object_session(a))
Scoped:remove()

step "in a block"
p.forget()
say(Scoped:get(Note, 7).body)
Scoped:close()
say(Scoped():in_transaction())
Scoped:begin(function() Scoped:add(Note{ id = 20, body = "begun" }) end)
p.sql()
Scoped:close()
Scoped:reset()
say(Scoped:get(Note, 20).body)
Scoped:remove()
