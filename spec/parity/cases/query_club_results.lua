-- What a result is: rows of entities, bundles and expressions; unique, scalars, mappings, partitions, one, freeze.
local am = require "alchemoon"
local parity = require "parity"
local say, step, error_, map = parity.say, parity.step, parity.error, parity.map
local select, func = am.select, am.func

local Base = am.declarative_base()
local Club = Base:model("Club", {
  __tablename__ = "club",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  members = am.relationship("Member", { order_by = "Member.id", back_populates = "club" }),
})
local Member = Base:model("Member", {
  __tablename__ = "member",
  id = am.Column(am.Integer, { primary_key = true }),
  first = am.Column(am.String(20)),
  last = am.Column(am.String(20)),
  age = am.Column(am.Integer),
  club_id = am.Column(am.ForeignKey("club.id")),
  club = am.relationship("Club", { back_populates = "members" }),
})

local eng = parity.engine()
Base.metadata:create_all(eng)
am.Session(eng, function(s)
  s:add(Club{ name = "chess",
    members = { Member{ first = "a", last = "x", age = 30 }, Member{ first = "b", last = "x" } } })
  s:add(Club{ name = "rowing", members = { Member{ first = "c", last = "y", age = 50 } } })
  s:add(Club{ name = "empty" })
  s:commit()
end)
parity.forget()
local s = am.Session(eng)

step("bundles")
local b = am.Bundle("who", Member.first, Member.last)
for row in s:execute(select(b, Member.age):order_by(Member.id)) do
  say(row.who, row.who.first, row.who.last, row.age)
end
say(s:execute(select(b):where(b.c.first:eq("c"))):scalars():one())
local nested = am.Bundle("all", b, am.Bundle("more", Member.age))
local row = s:execute(select(nested):order_by(Member.id)):first()
say(row.all.who.first, row.all.more.age)
step("joined eager loading needs unique")
error_(function() return s:execute(select(Club):options(am.joinedload(Club.members))):all() end)
local clubs = s:scalars(select(Club):options(am.joinedload(Club.members)):order_by(Club.id)):unique():all()
say(map(clubs, function(c) return { c.name, #c.members } end))
step("unique with a key")
local r = s:execute(select(Member.last, Member.first):order_by(Member.id)):unique(function(x) return x[1] end)
say(r:all())
say(s:scalars(select(Member.last):order_by(Member.id)):unique():all())
step("one and its kin")
say(s:execute(select(Club.name):where(Club.id:eq(1))):one())
error_(function() return s:execute(select(Club):where(Club.id:eq(99))):one() end)
error_(function() return s:execute(select(Club)):one() end)
error_(function() return s:execute(select(Club)):one_or_none() end)
say(s:execute(select(Club):where(Club.id:eq(99))):one_or_none())
say(s:scalars(select(Club.name):order_by(Club.id)):first())
error_(function() return s:execute(select(Club)):scalar_one() end)
say(s:execute(select(Member.age):where(Member.first:eq("b"))):scalar_one())
say(s:execute(select(Member.age):where(Member.first:eq("zz"))):scalar_one_or_none())
say(s:scalar(select(func.max(Member.age))))
step("views of a result")
local q = select(Member.first, Member.age:label("years"), Club.name):join(Member.club):order_by(Member.id)
say(s:execute(q):keys())
say(s:execute(q):mappings():all())
say(s:execute(q):columns("name", "first"):all())
say(s:execute(q):scalars(2):all())
local parts = {}
for p in s:execute(q):partitions(2) do parts[#parts + 1] = p end
say(parts)
r = s:execute(q)
say(r:fetchone(), r:fetchmany(1), r:fetchall(), r:fetchone())
r:close()
error_(function() return r:fetchone() end)
local m = s:execute(q):mappings():first()
say(m.years, m[Member.first], m.name ~= nil)
row = s:execute(q):first()
say(row[Club.name], row.years, row[1] == "a" and row[2] == 30 and row[3] == "chess")
step("frozen")
local frozen = s:execute(select(Club, func.length(Club.name):label("n")):order_by(Club.id)):freeze()
say(map(frozen(), function(f) return { f.Club.name, f.n } end))
say(frozen():scalars():first().name)
say(map(frozen(), function(f) return f.n end))
step("entities of several classes")
local A = am.aliased(Member, { name = "other" })
q = select(Club, Member, A):join(Club.members):join(A, am.and_(A.club_id:eq(Club.id), A.id:gt(Member.id)))
row = s:execute(q):one()
say(row.Club.name, row.Member.first, row.other.first, row.Club == clubs[1])
say(s:execute(select(Club.name):where(am.tuple_(Club.id, Club.name):in_{ { 1, "chess" }, { 2, "x" } })):scalars():all())
step("yield_per")
for part in s:scalars(select(Member):order_by(Member.id):execution_options{ yield_per = 2 }):partitions() do
  say(map(part, function(x) return x.first end))
end
error_(function()
  return s:scalars(select(Club):options(am.joinedload(Club.members)):execution_options{ yield_per = 1 }):unique():all()
end)
step("end")
s:close()
