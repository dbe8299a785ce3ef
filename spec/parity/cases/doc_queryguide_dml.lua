-- INSERT, UPDATE and DELETE of classes: in bulk, with RETURNING, as upsert, of joined tables, in step with a session.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step
local insert, update, delete, select = am.insert, am.update, am.delete, am.select

local Base = am.declarative_base()
local Pet = Base:model("Pet", {
  __tablename__ = "pets",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30), { unique = true }),
  owner = am.Column(am.String),
  kind = am.Column(am.String),
  visits = am.relationship("Visit"),
})
Pet.__tostring = function(self)
  return ("Pet(%s, %s, %s, %s)"):format(self.id, self.name, p.fmt(self.owner), p.fmt(self.kind))
end
local Visit = Base:model("Visit", {
  __tablename__ = "visits",
  id = am.Column(am.Integer, { primary_key = true }),
  pet_id = am.Column(am.ForeignKey("pets.id")),
  reason = am.Column(am.String),
})
Visit.__tostring = function(self) return ("Visit(%s, %s, %s)"):format(self.id, self.pet_id, self.reason) end
local Person = Base:model("Person", {
  __tablename__ = "persons",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String),
  type = am.Column(am.String),
  __mapper_args__ = { polymorphic_identity = "person", polymorphic_on = "type" },
})
local Doctor = Base:model("Doctor", {
  __extends__ = Person,
  __tablename__ = "doctors",
  id = am.Column(am.ForeignKey("persons.id"), { primary_key = true }),
  field = am.Column(am.String),
  __mapper_args__ = { polymorphic_identity = "doctor" },
})
Doctor.__tostring = function(self) return ("Doctor(%s, %s, %s)"):format(self.id, self.name, self.field) end
local Note = Base:model("Note", {
  __tablename__ = "notes",
  id = am.Column(am.Integer, { primary_key = true }),
  text = am.Column(am.String),
  code = am.Column(am.String),
  at = am.Column(am.DateTime),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local session = am.Session(e)
local function data(owner)
  return {
    { id = 1, name = "rex", owner = owner or "Ann", kind = "dog" },
    { id = 2, name = "mia", owner = owner or "Bob", kind = "cat" },
    { id = 3, name = "tik", owner = owner, kind = "bird" },
    { id = 4, name = "ola", owner = owner or "Dan", kind = "cow" },
  }
end
local function fresh()
  session:rollback()
  session:execute(delete(Pet))
  local rows = data()
  rows[3].owner = am.null
  session:execute(insert(Pet), rows)
  session:commit()
  p.forget()
end
local function doctors() return p.map(session:scalars(select(Doctor):order_by(Doctor.id)), tostring) end

step "bulk insert"
session:execute(insert(Pet), { { name = "a", owner = "x" }, { name = "b", owner = "y" } })
say(session:scalars(select(Pet.name):order_by(Pet.id)):all(), session.new, #session.identity_map)
session:rollback()
step "bulk insert returning"
local got = session:scalars(insert(Pet):returning(Pet, { sort_by_parameter_order = true }), data("Q")):all()
say(p.map(got, tostring), p.map(got, function(o) return am.inspect(o).persistent end))
session:rollback()
step "heterogeneous"
got = session:scalars(insert(Pet):returning(Pet), data()):all()
say(p.sorted(p.map(got, tostring)))
session:rollback()
local some_null = { { name = "p1", kind = "dog" }, { name = "p2", kind = am.null }, { name = "p3", kind = "cat" } }
session:execute(insert(Pet), some_null)
session:rollback()
step "render_nulls"
session:execute(insert(Pet):execution_options{ render_nulls = true }, some_null)
session:rollback()
step "joined inheritance"
got = session:scalars(insert(Doctor):returning(Doctor, { sort_by_parameter_order = true }),
  { { name = "dr a", field = "teeth" }, { name = "dr b", field = "eyes" } }):all()
say(p.map(got, function(d) return { d.name, d.field, d.type } end))
session:commit()
step "expressions"
local notes = session:scalars(insert(Note):values{ code = "N", at = am.func.now() }
  :returning(Note, { sort_by_parameter_order = true }), { { text = "one" }, { text = "two" } }):all()
say(p.map(notes, function(n) return { n.text, n.code, n.at ~= nil } end))
session:rollback()

fresh()
step "insert of values"
local function id_of(name) return select(Pet.id):where(Pet.name:eq(name)):scalar_subquery() end
local visits = session:scalars(insert(Visit):values{
  { pet_id = id_of("mia"), reason = "claws", id = 1 },
  { pet_id = id_of("rex"), reason = "teeth", id = 2 },
}:returning(Visit)):all()
say(p.sorted(p.map(visits, tostring)))
session:rollback()
session:execute(insert(Pet):values{ { name = "q" }, { name = "r", owner = "R" } })
session:rollback()

step "upsert"
local stmt = (p.is_postgresql and am.postgresql or am.sqlite).insert(Pet)
  :values{ { name = "rex", owner = "Zed" }, { name = "new", owner = "Nel" } }
stmt = stmt:on_conflict_do_update{ index_elements = { Pet.name }, set_ = { owner = stmt.excluded.owner } }
local rex = session:scalars(select(Pet):where(Pet.name:eq("rex"))):one()
got = session:scalars(stmt:returning(Pet), nil, { execution_options = { populate_existing = true } }):all()
say(p.sorted(p.map(got, function(o) return { o.name, o.owner } end)), rex.owner, got[1] == rex or got[2] == rex)
session:rollback()

fresh()
step "bulk update by key"
rex = session:get(Pet, 1)
session:execute(update(Pet), { { id = 1, owner = "Ann II" }, { id = 3, owner = "Cid" } })
say(rex.owner, session:get(Pet, 3).owner)
p.error(function() session:execute(update(Pet), { { name = "rex", owner = "?" } }) end)
session:rollback()
local by_name = update(Pet):where(Pet.name:eq(am.bindparam("n")))
p.error(function() session:execute(by_name, { { n = "rex", owner = "A" } }) end)
session:rollback()
session:connection():execute(by_name, { { n = "rex", owner = "A" }, { n = "tik", owner = "B" } })
say(session:execute(select(Pet.name, Pet.owner):order_by(Pet.id)):all())
session:rollback()
step "of joined tables"
local ids = session:scalars(select(Doctor.id):order_by(Doctor.id)):all()
session:execute(update(Doctor), {
  { id = ids[1], name = "dr aa", field = "gums" }, { id = ids[2], name = "dr bb", field = "ears" },
})
say(doctors())
session:rollback()

fresh()
step "update with where"
local mia
rex, mia = session:get(Pet, 1), session:get(Pet, 2)
say(session:execute(update(Pet):where(Pet.name:in_{ "rex", "mia" }):values{ owner = "both" }).rowcount)
say(rex.owner, mia.owner)
session:execute(update(Pet):where(Pet.name:eq("rex")):values{ owner = "x" }
  :execution_options{ synchronize_session = false })
say(rex.owner)
session:execute(update(Pet):where(Pet.name:eq("rex")):values{ owner = Pet.owner .. "!" }, nil,
  { execution_options = { synchronize_session = "fetch" } })
say(rex.owner)
got = session:scalars(update(Pet):where(Pet.name:eq("rex")):values{ owner = "ret" }:returning(Pet)):all()
say(got[1] == rex, rex.owner)
step "delete with where"
session:execute(delete(Pet):where(Pet.name:in_{ "rex", "ola" }))
say(session:contains(rex), am.inspect(rex).deleted, am.inspect(rex).persistent)
say(session:scalars(delete(Pet):where(Pet.id:eq(2)):returning(Pet.name)):all(), session:contains(mia))
session:rollback()
say(session:contains(rex), rex.owner)

step "inherited, with criteria on another table"
session:execute(update(Doctor):where(Doctor.id:eq(ids[1])):values{ field = "one" })
session:execute(update(Doctor)
  :where(Doctor.id:eq(select(Person.id):where(Person.name:eq("dr a")):scalar_subquery())):values{ field = "two" })
say(doctors())
session:execute(update(Doctor):where(Doctor.id:eq(Person.id), Person.name:eq("dr b")):values{ field = "three" })
say(p.map(session:scalars(select(Doctor):order_by(Doctor.id):execution_options{ populate_existing = true }), tostring))
session:execute(delete(Doctor):where(Doctor.id:eq(ids[1])))
session:execute(delete(Person):where(Person.id:eq(ids[1])))
say(session:scalars(select(Person.name):order_by(Person.id)):all())
session:rollback()
p.sql()
