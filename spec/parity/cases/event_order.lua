-- How listeners are kept: insert, once, remove, contains, propagate to later classes, mixins, classes of sessions.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step
local Column, Integer, String, select = am.Column, am.Integer, am.String, am.select
local event = am.event

local Base = am.declarative_base()
local heard = {}
local function on(target, name, word, opts)
  local function fn() heard[#heard + 1] = word end
  event.listen(target, name, fn, opts)
  return fn
end
local function tell(title)
  say(title, heard)
  heard = {}
end
local Marked = {}

step "order"
local e = p.engine()
local M = am.sessionmaker(e)
on(am.Session, "before_commit", "class")
on(M, "before_commit", "maker")
on(M, "before_commit", "first", { insert = true })
on(M, "before_commit", "once", { once = true })
local s = M()
on(s, "before_commit", "session")
s:commit()
s:execute(select(1))
s:commit()
tell "commit"
s:execute(select(1))
s:commit()
tell "again"
am.Session(e):close()
local plain = am.Session(e)
plain:execute(select(1))
plain:commit()
tell "plain"
step "contains and remove"
local fn = on(M, "after_commit", "after")
say(event.contains(M, "after_commit", fn), event.contains(am.Session, "after_commit", fn))
s:execute(select(1))
s:commit()
tell "listened"
event.remove(M, "after_commit", fn)
say(event.contains(M, "after_commit", fn))
s:execute(select(1))
s:commit()
tell "removed"
p.error(function() event.remove(M, "after_commit", fn) end)
step "mappers"
on(Marked, "before_insert", "mixin", { propagate = true })
local Person = Base:model("Person", {
  __mixins__ = { Marked },
  __tablename__ = "person",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  kind = Column(String(10)),
  __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "person" },
})
on(Person, "before_insert", "person")
on(Person, "before_insert", "tree", { propagate = true })
on(Person.name, "set", "name set", { propagate = true })
on(Person.name, "set", "name only")
on(am.Mapper, "before_insert", "all mappers")
local Child = Base:model("Child", { __extends__ = Person, __mapper_args__ = { polymorphic_identity = "child" } })
on(Child, "before_insert", "child first", { insert = true })
Base.metadata:create_all(e, { checkfirst = false })
s:add(Person())
s:flush()
tell "person"
s:add(Child())
s:flush()
tell "child"
Child().name = "x"
tell "child name"
Person().name = "x"
tell "person name"
step "arguments by name"
local function names(kw)
  local out = {}
  for name in pairs(kw) do out[#out + 1] = name end
  table.sort(out)
  return out
end
event.listen(Person, "before_update", function(kw) say(names(kw), kw.target) end, { named = true })
event.listen(M, "after_flush", function(kw) say(names(kw)) end, { named = true })
local person = Person{ name = "p" }
s:add(person)
s:flush()
person.name = "q"
s:flush()
heard = {}
step "a listener that stops others"
local function stop()
  heard[#heard + 1] = "stop"
  error("stop", 0)
end
event.listen(s, "before_commit", stop, { insert = true })
if not pcall(s.commit, s) then say("stopped", s.is_active, s:in_transaction()) end
tell "stopped"
event.remove(s, "before_commit", stop)
s:commit()
tell "then"
s:close()
p.forget()
