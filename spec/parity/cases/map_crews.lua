-- Composite foreign keys, viewonly, secondary with conditions of its own, overlaps, several ways to one table.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql, refused, map, sorted = p.say, p.step, p.sql, p.refused, p.map, p.sorted
local select, func, inspect = am.select, am.func, am.inspect
local Column, Integer, String = am.Column, am.Integer, am.String
local ForeignKey, relationship = am.ForeignKey, am.relationship

local Base = am.declarative_base()
local and_, foreign, remote = am.and_, am.foreign, am.remote
local crew = am.Table("crew", Base.metadata,
  Column("org", Integer, { primary_key = true }), Column("flight_no", Integer, { primary_key = true }),
  Column("person_no", Integer, { primary_key = true }), Column("chief", am.Boolean, { default = false }),
  am.ForeignKeyConstraint({ "org", "flight_no" }, { "flight.org", "flight.no" }),
  am.ForeignKeyConstraint({ "org", "person_no" }, { "person.org", "person.no" }))
local Person, Flight
local Org = Base:model("Org", {
  __tablename__ = "org",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(10)),
  people = relationship("Person", { back_populates = "company", order_by = "Person.no" }),
})
local org, no = Column(ForeignKey("org.id"), { primary_key = true }), Column(Integer, { primary_key = true,
  autoincrement = false })
Person = Base:model("Person", {
  __tablename__ = "person",
  org = org, no = no,
  name = Column(String(10)),
  boss_no = Column(Integer),
  __table_args__ = { am.ForeignKeyConstraint({ "org", "boss_no" }, { "person.org", "person.no" }) },
  company = relationship(Org, { back_populates = "people" }),
  boss = relationship("Person", { remote_side = { org, no }, back_populates = "staff", overlaps = "company,people" }),
  staff = relationship("Person", { back_populates = "boss", overlaps = "company,people", order_by = no }),
  flights = relationship("Flight", { secondary = crew, back_populates = "crew", order_by = "Flight.no" }),
  led = relationship("Flight", { secondary = function() return crew end, viewonly = true, order_by = "Flight.no",
    secondaryjoin = function()
      return and_(Flight.org:eq(crew.c.org), Flight.no:eq(crew.c.flight_no), crew.c.chief)
    end }),
  mates = relationship("Person", { viewonly = true, uselist = true, order_by = "Person.no", primaryjoin = function()
    local c = Person.__table__.c
    return and_(foreign(remote(c.org)):eq(c.org), func.abs(remote(c.no)):ne(c.no))
  end }),
})
Flight = Base:model("Flight", {
  __tablename__ = "flight",
  org = Column(Integer, { primary_key = true }),
  no = Column(Integer, { primary_key = true, autoincrement = false }),
  dest = Column(String(10)),
  crew = relationship(Person, { secondary = crew, back_populates = "flights", order_by = Person.no }),
  chiefs = relationship(Person, { secondary = "crew", viewonly = true,
    secondaryjoin = "and_(Person.org == crew.c.org, Person.no == crew.c.person_no, crew.c.chief == True)" }),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local s = am.Session(e)
local function names(xs) return map(xs, function(x) return x.name end) end
local function dests(xs) return map(xs, function(x) return x.dest end) end
local function pairs_of(list) return map(list, function(x) return { tostring(x[1]), tostring(x[2]) } end) end
step "keys"
local rels = {}
for _, r in ipairs(inspect(Person).relationships) do rels[#rels + 1] = r end
table.sort(rels, function(a, b) return a.key < b.key end)
for _, r in ipairs(rels) do say(r.key, r.direction.name, r.uselist, r.viewonly, pairs_of(r.local_remote_pairs)) end
say(sorted(map(Person.led.property.remote_side, tostring)), #Person.boss.property.remote_side > 0)
say(Flight.crew.property.secondary.name, pairs_of(Flight.crew.property.synchronize_pairs))
say(pairs_of(Flight.crew.property.secondary_synchronize_pairs))
step "write"
local o = Org{ id = 1, name = "air" }
local ann, bob, cid = Person{ no = 1, name = "ann" }, Person{ no = 2, name = "bob" }, Person{ no = 3, name = "cid" }
o.people:extend{ ann, bob, cid }
bob.boss = ann
cid.boss = ann
local f = Flight{ org = 1, no = 7, dest = "rom", crew = { ann, bob } }
local g = Flight{ org = 1, no = 8, dest = "oslo" }
s:add_all{ o, f, g }
s:flush()
cid.flights:append(g)
s:flush()
sql()
say(ann.staff[1] == bob and ann.staff[2] == cid, bob.boss_no, cid.org, names(g.crew))
step "viewonly"
s:execute(crew:update():where(crew.c.person_no:ne(2)):values{ chief = true })
s:expire_all()
say(dests(ann.led), names(f.chiefs), names(g.chiefs), names(bob.mates), names(ann.mates))
sql()
f.chiefs:append(bob)
say(s.dirty:contains(f), inspect(f).attrs.chiefs.history, names(f.crew))
s:flush()
s:refresh(f)
say(names(f.chiefs))
sql()
step "queries"
local function all(q) say(s:scalars(q):all()) end
all(select(Person.name):where(Person.led:any(Flight.dest:eq("rom"))))
all(select(Person.name):where(am.not_(Person.flights:contains(f))):order_by(Person.no))
all(select(Flight.dest):where(Flight.chiefs:any{ name = "cid" }))
all(select(Person.name):where(Person.boss:eq(ann)):order_by(Person.no))
all(select(Person.name):where(Person.boss:eq(nil)))
all(select(Person.name):where(Person.boss:ne(ann)))
all(select(Person.name):where(am.with_parent(f, Flight.crew)):order_by(Person.no))
say(s:execute(select(Person.name, Flight.dest):join(Person.led):order_by(Flight.no)):all())
sql()
s:expunge_all()
step "eager"
for x in s:scalars(select(Person):order_by(Person.no):options(am.joinedload(Person.led), am.selectinload(Person.staff),
  am.selectinload(Person.flights))):unique() do
  say(x.name, dests(x.led), names(x.staff), dests(x.flights))
end
sql()
step "change"
ann, bob, cid = (table.unpack or unpack)(s:scalars(select(Person):order_by(Person.no)):all())
p.forget()
cid.boss = bob
bob.flights = { s:get(Flight, { 1, 8 }) }
say(inspect(ann).attrs.staff.history, inspect(bob).attrs.flights.history)
s:flush()
sql()
cid.boss = nil
refused(function() s:flush() end)
s:rollback()
