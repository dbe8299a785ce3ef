-- Hybrids that subclasses override, that cross relationships, stand in groups and orders, and compare their own way.
local am = require "alchemoon"
local p = require "parity"
local say, step, map = p.say, p.step, p.map
local select, func = am.select, am.func


local function refused(fn) say(pcall(fn) and "no error" or "refused") end
local Base = am.declarative_base()
local Caseless = am.Comparator.extend{
  operate = function(self, op, other)
    return func.lower(self:__clause_element__()):operate(op, func.lower(other))
  end,
}
local Purse
local Person
local person_id = am.Column(am.Integer, { primary_key = true })
Person = Base:model("Person", {
  __tablename__ = "person",
  id = person_id,
  kind = am.Column(am.String(10)),
  first = am.Column(am.String(10)),
  last = am.Column(am.String(10)),
  boss_id = am.Column(am.ForeignKey("person.id")),
  boss = am.relationship("Person", { remote_side = person_id, backref = "staff" }),
  purse = am.relationship("Purse", { back_populates = "person", uselist = false, cascade = "all, delete-orphan" }),
  __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "person" },
  name = am.hybrid_property(function(self) return self.first .. " " .. self.last end, {
    setter = function(self, value) self.first, self.last = value:match("^(%S+) (.*)$") end,
    update_expression = function(cls, value)
      local first, last = value:match("^(%S+) (.*)$")
      return { { cls.first, first }, { cls.last, last } }
    end,
  }),
  money = am.hybrid_property(function(self) return self.purse and self.purse.amount or 0 end, {
    setter = function(self, value)
      if not self.purse then self.purse = Purse{} end
      self.purse.amount = value
    end,
    expression = function() return func.coalesce(Purse.amount, 0) end,
  }),
  ci = am.hybrid_property(function(self) return self.last:lower() end, {
    comparator = function(cls) return Caseless(cls.last) end,
  }),
  is_boss = am.hybrid_property(function(self) return #self.staff > 0 end, {
    expression = function(cls)
      local other = am.aliased(Person)
      return am.exists():where(other.boss_id:eq(cls.id))
    end,
  }),
  richer = am.hybrid_method(function(self, limit, options)
    return self.money * (options and options.factor or 1) > limit
  end, {
    expression = function(_, limit, options) return (Purse.amount * (options and options.factor or 1)):gt(limit) end,
  }),
})
local Doctor = Base:model("Doctor", {
  __extends__ = Person,
  __mapper_args__ = { polymorphic_identity = "doctor" },
  name = am.hybrid_property(function(self) return "Dr. " .. self.last end, {
    expression = function(cls) return am.literal("Dr. ") .. cls.last end,
  }),
})
Purse = Base:model("Purse", {
  __tablename__ = "purse",
  id = am.Column(am.Integer, { primary_key = true }),
  person_id = am.Column(am.ForeignKey("person.id")),
  amount = am.Column(am.Integer, { default = 0 }),
  person = am.relationship(Person, { back_populates = "purse" }),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local s = am.Session(e)
step "objects"
local ann = Person{ name = "Ann Lee" }
say(ann.first, ann.last, ann.name, ann.money)
ann.money = 10
say(ann.purse.amount, ann:richer(5), ann:richer(5, { factor = 0 }))
local bob = Doctor{ first = "Bob", last = "lee", boss = ann }
local cat = Person{ name = "Cat Van Dyck", boss = bob, money = 3 }
say(bob.name, cat.last, ann.is_boss, cat.is_boss)
refused(function() bob.name = "x y" end)
s:add_all{ ann, bob, cat }
s:commit()
step "texts"
say(select(Person.name), select(Doctor.name))
say(select(Person.money):join(Person.purse))
say(select(Person):where(Person.ci:eq("LEE")))
say(select(Person.first):where(Person.is_boss))
local A = am.aliased(Person)
say(select(A.name):where(A.is_boss, A.ci:eq("x")))
say(select(A.name, Person.name):join(A, Person.boss))
local wp = am.with_polymorphic(Person, "*")
say(select(wp.name):order_by(wp.name))
say(select(func.count(), Person.name):group_by(Person.name):having(func.length(Person.name):gt(3)))
say(select(Person.name:label("n")):order_by("n"))
say(select(am.case({ Person.name:eq("x"), 1 }, { else_ = 0 })))
say(select(Person):join(Person.purse):where(Person:richer(2, { factor = 3 })))
step "rows"
say(s:scalars(select(Person.name):order_by(Person.id)):all())
say(s:scalars(select(Doctor.name)):all())
say(s:scalars(select(Person.first):where(Person.ci:eq("LEE")):order_by(Person.id)):all())
say(s:scalars(select(Person.first):where(Person.is_boss):order_by(Person.first)):all())
say(s:execute(select(Person.first, Person.money):outerjoin(Person.purse)
  :order_by(Person.money:desc(), Person.id)):all())
say(s:scalars(select(Person.first):filter_by{ name = "Ann Lee" }):all())
say(map(s:scalars(select(Person):order_by(Person.name)), function(x) return x.name end))
local row = s:execute(select(Person.name, Person.id):where(Person.id:eq(1))):one()
say(row.name, row._fields)
step "update"
s:execute(am.update(Person):where(Person.id:eq(3)):values{ [Person.name] = "Cid Doe" })
say(cat.first, cat.last, cat.name)
s:execute(am.update(Person):where(Person.ci:eq("doe")):values{ name = "Cy Roe" }, nil,
  { execution_options = { synchronize_session = "fetch" } })
say(cat.name)
s:rollback()
step "inspection"
local d = am.inspect(Person).all_orm_descriptors
say(p.sorted(p.collect(d:keys(), function(k)
  return d[k].extension_type.name ~= "NOT_EXTENSION" and k or nil
end)))
say(Doctor.name.key)
refused(function() return Person{ nam = "x" } end)
p.sql()
