-- Three joined levels with relationships on each: aliases, of_type, any, selectin_polymorphic, self joins.
local am = require "alchemoon"
local p = require "parity"
local say, step, map = p.say, p.step, p.map
local select, func = am.select, am.func

local Base = am.declarative_base()
local Dept = Base:model("Dept", {
  __tablename__ = "dept",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(10)),
  staff = am.relationship("Emp", { back_populates = "dept", order_by = "Emp.id" }),
  chiefs = am.relationship("Chief", { viewonly = true, order_by = "Chief.id" }),
})
local Emp = Base:model("Emp", {
  __tablename__ = "emp",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(10)),
  kind = am.Column(am.String(10)),
  dept_id = am.Column(am.ForeignKey("dept.id")),
  dept = am.relationship(Dept, { back_populates = "staff" }),
  notes = am.relationship("Note", { order_by = "Note.id" }),
  __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "emp" },
})
local coder_id = am.Column(am.ForeignKey("emp.id"), { primary_key = true })
local Coder = Base:model("Coder", {
  __extends__ = Emp,
  __tablename__ = "coder",
  id = coder_id,
  lang = am.Column(am.String(10)),
  mentor_id = am.Column(am.ForeignKey("coder.id")),
  mentor = am.relationship("Coder", { remote_side = "Coder.id", foreign_keys = "Coder.mentor_id",
    primaryjoin = "Coder.mentor_id == Coder.id", backref = "pupils" }),
  __mapper_args__ = { polymorphic_identity = "coder", inherit_condition = coder_id:eq(Emp.id) },
})
local Chief = Base:model("Chief", {
  __extends__ = Coder,
  __tablename__ = "chief",
  id = am.Column(am.ForeignKey("coder.id"), { primary_key = true }),
  car = am.Column(am.String(10)),
  keys = am.relationship("Key", { order_by = "Key.id" }),
  __mapper_args__ = { polymorphic_identity = "chief" },
})
local clerk_id = am.Column(am.ForeignKey("emp.id"), { primary_key = true })
local Clerk = Base:model("Clerk", {
  __extends__ = Emp,
  __tablename__ = "clerk",
  id = clerk_id,
  desk = am.Column(am.Integer),
  __mapper_args__ = { polymorphic_identity = "clerk", inherit_condition = clerk_id:eq(Emp.id) },
})
local Note = Base:model("Note", {
  __tablename__ = "note",
  id = am.Column(am.Integer, { primary_key = true }),
  text = am.Column(am.String(10)),
  emp_id = am.Column(am.ForeignKey("emp.id")),
})
local Key = Base:model("Key", {
  __tablename__ = "key",
  id = am.Column(am.Integer, { primary_key = true }),
  door = am.Column(am.String(10)),
  chief_id = am.Column(am.ForeignKey("chief.id")),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local s = am.Session(e)
step "fill"
local d = Dept{ name = "it" }
local boss = Chief{ name = "boss", lang = "c", car = "red", dept = d }
local ann = Coder{ name = "ann", lang = "lua", dept = d, mentor = boss, notes = { Note{ text = "hi" } } }
local joe = Clerk{ name = "joe", desk = 4, dept = d }
s:add_all{ d, boss }
s:flush()
boss.keys = { Key{ door = "a" }, Key{ door = "b" } }
s:add_all{ ann, joe, Emp{ name = "eve", dept = d } }
s:commit()
step "texts"
say(select(Chief))
say(select(Chief.car, Chief.name))
say(select(Emp):where(Chief.car:eq("x")))
say(select(Dept):join(Dept.chiefs))
say(select(Dept):join(Dept.staff:of_type(Chief)):where(Chief.car:eq("red")))
local C = am.aliased(Chief)
say(select(C))
local CF = am.aliased(Chief, { flat = true })
say(select(Dept.name, CF.car):join(CF, Dept.staff:of_type(CF)))
local M = am.aliased(Coder, { flat = true })
say(select(Coder.name, M.name):join(M, Coder.mentor))
say(select(Coder):where(Coder.mentor:has(Coder.lang:eq("c"))))
say(select(Coder):where(Coder.pupils:any{ name = "z" }))
say(select(Dept):where(Dept.staff:of_type(Chief):any(Chief.car:eq("x"))))
say(select(Dept):where(Dept.chiefs:any(Chief.keys:any(Key.door:eq("a")))))
local wp = am.with_polymorphic(Emp, { Coder, Chief }, { flat = true })
say(select(wp):where(am.or_(wp.Coder.lang:eq("c"), wp.Chief.car:eq("d"))):order_by(wp.id))
local wa = am.with_polymorphic(Emp, "*", { aliased = true })
say(select(wa.name, wa.Clerk.desk))
say(select(func.count()):select_from(Chief))
say(select(Emp.id):where(Emp.id:in_(select(Chief.id))))

local function show(objects)
  for x in objects do say(x.__class__, p.sorted(am.inspect(x).unloaded)) end
end
local function each(list)
  local i = 0
  return function()
    i = i + 1
    return list[i]
  end
end
step "plain"
s:expunge_all()
show(s:scalars(select(Emp):order_by(Emp.id)))
joe = s:scalars(select(Emp):where(Emp.name:eq("joe"))):one()
step "subclass attributes"
say(joe.desk)
s:expunge_all()
step "selectin_polymorphic"
show(s:scalars(select(Emp):order_by(Emp.id)
  :options(am.selectin_polymorphic(Emp, { Coder, Chief, Clerk }), am.selectinload(Chief.keys),
    am.joinedload(Coder.mentor))))
s:expunge_all()
step "below a loader"
local q = select(Dept):options(am.selectinload(Dept.staff):options(am.selectin_polymorphic(Emp, { Chief, Clerk }),
  am.defer(Emp.name)))
show(each(s:scalars(q):one().staff))
s:expunge_all()
step "joined with_polymorphic"
wp = am.with_polymorphic(Emp, { Chief, Clerk }, { flat = true })
q = select(Dept):options(am.joinedload(Dept.staff:of_type(wp)):selectinload(wp.Chief.keys))
show(each(s:scalars(q):unique():one().staff))
s:expunge_all()
step "selectin of_type"
q = select(Dept):options(am.selectinload(Dept.staff:of_type(Chief)):selectinload(Chief.keys))
show(each(s:scalars(q):one().staff))
s:expunge_all()
step "get and refresh"
local x = s:get(Emp, 1)
say(x.__class__, p.sorted(am.inspect(x).unloaded), rawequal(s:get(Chief, 1), x))
s:refresh(x)
say(p.sorted(am.inspect(x).unloaded))
s:expire(x, { "car" })
say(x.car)
step "self join rows"
say(s:execute(select(Coder.name, M.name):join(M, Coder.mentor)):all())
say(s:scalars(select(Coder.name):where(Coder.mentor:has(Coder.lang:eq("c")))):all())
say(map(s:scalars(select(Coder):order_by(Coder.id)), function(o) return o.__class__ end), s:get(Clerk, 1))
step "delete"
s:delete(s:get(Emp, 2))
s:flush()
say(s:scalars(select(Coder.name)):all())
s:rollback()
p.sql()
