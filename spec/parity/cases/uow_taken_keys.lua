-- Objects whose key another one took, updates by key, what a save expires, a dynamic collection of the own class.
local am = require "alchemoon"
local p = require "parity"
local say, step, sorted = p.say, p.step, p.sorted
local Column = am.Column

local Base = am.declarative_base()
local n = Column(am.Integer)
local A = Base:model("A", {
  __tablename__ = "a",
  id = Column(am.Integer, { primary_key = true }),
  name = Column(am.String(10)),
  n = n,
  doc = Column(am.JSON),
  up_id = Column(am.ForeignKey("a.id")),
  twice = am.column_property(n * 2),
  subs = am.relationship("A", { lazy = "dynamic" }),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local s = am.Session(e)

step "an object whose key another one has taken"
local old = A{ id = 1, name = "old" }
s:add(old)
s:commit()
say(old.name)
s:execute(am.delete(A):execution_options{ synchronize_session = false })
local new = A{ id = 1, name = "new" }
s:add(new)
s:flush()
old.n = 5
say(#s.dirty, s:contains(old), s:contains(new), am.inspect(old).persistent)
s:flush()
s:expire(new)
say(new.n, new.name)
old.n = 6
new.n = 7
s:commit()
say(new.n, new.name)

step "update by primary key"
am.event.listen(A, "refresh", function(_, _, names) say("refresh", names and sorted(names)) end)
am.event.listen(A, "expire", function(_, names) say("expire", names and sorted(names)) end)
s:no_autoflush(function()
  new.n = 8
  s:execute(am.update(A), { { id = 1, n = 9, name = "by key" } })
  say(new.name, #s.dirty, new.n)
end)
s:expire(new, { "name" })
s:execute(am.update(A), { { id = 1, n = am.null, name = "again" } })
say(new.n, new.name)

step "a save expires what the database computes"
local third = A{ id = 3, n = 3 }
s:add(third)
s:flush()
say(third.twice)
third.n = 4
s:flush()
say(third.twice)

step "a dynamic collection is asked once"
s:delete(third)
s:flush()

step "IS of a JSON column"
say(s:scalars(am.select(A.name):where(A.doc:is_(am.null))):all())
say(s:scalars(am.select(A.name):where(A.doc:is_not(am.null))):all())
step "end"
