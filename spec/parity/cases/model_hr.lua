-- Declarative, a personnel register: abstract base with a naming convention and a type map, mixins with
-- declared_attr, __table_args__, __mapper_args__, defaults of all kinds, natural and composite keys, an explicit
-- __table__.
local am = require "alchemoon"
local parity = require "parity"
local say, step, sql, map = parity.say, parity.step, parity.sql, parity.map

local count = 99
local function counter()
  count = count + 1
  return count
end

local Base = am.declarative_base{ naming_convention = {
  ix = "ix_%(table_name)s_%(column_0_N_name)s", uq = "uq_%(table_name)s_%(column_0_name)s",
  ck = "ck_%(table_name)s_%(constraint_name)s", pk = "pk_%(table_name)s",
  fk = "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s" } }

local Stamped = {
  created = am.Column(am.Integer, { default = function() return counter() end, sort_order = 90 }),
  changed = am.Column(am.Integer, { default = 0, onupdate = am.text("changed + 1"), sort_order = 91 }),
}

local Named = {
  name = am.Column(am.String(40), { nullable = false }),
  __tablename__ = am.declared_attr.directive(function(cls) return cls.__name__:lower() .. "s" end),
  parent_code = am.declared_attr(function() return am.Column(am.ForeignKey("divisions.code"), { index = true }) end),
}

local Record = Base:model("Record", {
  __abstract__ = true,
  __mixins__ = { Stamped },
  __mapper_args__ = { eager_defaults = true },
})
function Record:label() return ("%s/%s"):format(self.__class__.__name__, self.created) end

local Division = Base:model("Division", {
  __extends__ = Record,
  __tablename__ = "divisions",
  code = am.Column(am.String(5), { primary_key = true }),
  budget = am.Column("budget_eur", am.Integer, { server_default = am.text("1000") }),
  __table_args__ = { am.CheckConstraint("budget_eur > 0", { name = "budget" }), am.UniqueConstraint("created") },
})

local Employee = Base:model("Employee", {
  __extends__ = Record,
  __mixins__ = { Named },
  id = am.Column(am.Integer, { primary_key = true }),
  hired = am.Column(am.Date, { nullable = false }),
  grade = am.Column(am.String(1), { default = "C", insert_default = "B", nullable = false }),
  badge = am.Column(am.String(40), { default = function(ctx) return "B-" .. ctx:get_current_parameters().name end }),
  division = am.relationship("Division", { backref = am.backref("staff", { order_by = "Employee.id" }) }),
})

local Shift = Base:model("Shift", {
  __extends__ = Record,
  __tablename__ = "shifts",
  day = am.Column(am.Integer, { primary_key = true }),
  slot = am.Column(am.Integer, { primary_key = true }),
  who_id = am.Column(am.ForeignKey("employees.id"), { nullable = false }),
  who = am.relationship(Employee),
  __mapper_args__ = { eager_defaults = false, primary_key = { "day", "slot" } },
})

local old_badges = am.Table("old_badges", Base.metadata, am.Column("no", am.Integer, { primary_key = true }),
  am.Column("holder", am.String(20)), am.Column("state", am.String(10), { server_default = "valid" }))
local Legacy = Base:model("Legacy", { __table__ = old_badges, number = old_badges.c.no })

local e = parity.engine()
Base.metadata:create_all(e)
parity.forget()
for _, t in ipairs(Base.metadata.sorted_tables) do
  say(t.name, map(am.columns(t), function(c) return c.key end),
    parity.sorted(map(t.constraints, function(c) return tostring(c.name) end)), map(t.indexes,
      function(i) return i.name end))
end
say(am.CreateTable(Division.__table__):compile{ dialect = "sqlite" })
say(am.CreateTable(Employee.__table__):compile{ dialect = "postgresql" })
say(map(am.inspect(Division).column_attrs, function(a) return a.key end),
  map(am.inspect(Shift).primary_key, function(c) return c.name end))
say(parity.sorted(map(am.inspect(Legacy).column_attrs, function(a) return a.key end)),
  map(am.inspect(Employee).relationships, function(r) return r.key end))

am.Session(e, function(s)
  step("insert")
  local d = Division{ code = "OPS" }
  local ann = Employee{ name = "ann", hired = am.date(2024, 2, 29), division = d }
  local bob = Employee{ name = "bob", hired = am.date(2025, 1, 1), grade = "A", badge = "X", division = d }
  say(ann.grade, ann.badge, d.budget, d.created)
  s:add_all{ ann, bob, Shift{ day = 1, slot = 2, who = ann }, Shift{ day = 1, slot = 1, who = bob } }
  s:flush()
  sql()
  say(d.budget, d.created, ann.grade, bob.grade, ann.badge, bob.badge, ann:label(), ann.changed)
  step("update")
  ann.name = "anne"
  d.budget = 5
  s:flush()
  sql()
  say(ann.changed, d.changed, map(d.staff, function(x) return x.name end))
  step("get")
  local shift = s:get(Shift, { 1, 2 })
  shift.slot = 3
  s:flush()
  sql()
  say(shift.who == ann, am.inspect(shift).identity, shift.changed)
  s:add(Legacy{ number = 7, holder = "zed" })
  s:commit()
  step("legacy")
  local old = s:scalars(am.select(Legacy):where(Legacy.number:eq(7))):one()
  say(old.number, old.holder, old.state)
  sql()
  step("errors")
  s:add(Division{ code = "BAD", budget = -1 })
  parity.error(function() s:commit() end)
  s:rollback()
  s:add(Employee{ hired = am.date(2024, 1, 1), badge = "b", division = s:get(Division, "OPS") })
  parity.error(function() s:flush() end)
  parity.error(function() s:flush() end)
  s:rollback()
  sql()
  parity.refused(function() return Employee{ nickname = "x" } end)
  parity.error(function() return s:get(Shift, 1) end)
  say(s:scalar(am.select(am.func.count()):select_from(Employee)))
  sql()
end)
