-- Mixins, an abstract base, naming conventions and declared attributes of a clinic's models.
local am = require "alchemoon"
local p = require "parity"
local say, step, error_of = p.say, p.step, p.error
local Column, String, Integer, ForeignKey = am.Column, am.String, am.Integer, am.ForeignKey

local Base = am.declarative_base { metadata = am.MetaData { naming_convention = {
  ix = "ix_%(column_0_label)s",
  uq = "uq_%(table_name)s_%(column_0_N_name)s",
  ck = "ck_%(table_name)s_%(constraint_name)s",
  fk = "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
  pk = "pk_%(table_name)s",
} } }

local Audited = {
  created_by = Column(String(20), { default = "system" }),
  revision = Column(Integer, { default = 1, onupdate = function(ctx)
    local revision = ctx:get_current_parameters().revision
    return revision ~= am.null and revision or 2
  end }),
}

local HasDoctor = {
  doctor_id = am.declared_attr(function() return Column(ForeignKey "doctor.id", { nullable = false }) end),
  doctor = am.declared_attr(function() return am.relationship "Doctor" end),
}

local Entity = Base:model("Entity", {
  __abstract__ = true,
  id = Column(Integer, { primary_key = true }),
  __tablename__ = am.declared_attr(function(cls) return cls.__name__:lower() end),
})
function Entity:describe() return am.inspect(self).mapper.class_.__name__ .. " #" .. self.id end

local Doctor = Base:model("Doctor", {
  __extends__ = Entity,
  __mixins__ = { Audited },
  name = Column(String(40), { nullable = false, index = true }),
  field = Column(String(20)),
  __table_args__ = { am.UniqueConstraint("name", "field"),
  am.CheckConstraint("length(name) > 1", { name = "name_long" }) },
  patients = am.relationship("Patient", { back_populates = "doctor", order_by = "Patient.name" }),
})

local Patient = Base:model("Patient", {
  __extends__ = Entity,
  __mixins__ = { Audited },
  name = Column(String(40)),
  doctor_id = Column(ForeignKey "doctor.id"),
  doctor = am.relationship("Doctor", { back_populates = "patients" }),
})

local Visit = Base:model("Visit", {
  __extends__ = Entity,
  __mixins__ = { HasDoctor },
  day = Column(am.Date, { nullable = false }),
  patient_id = Column(ForeignKey "patient.id", { index = true }),
  patient = am.relationship(Patient, { backref = am.backref("visits", { order_by = "Visit.day:desc()" }) }),
  __table_args__ = { { comment = "one row a visit" } },
})

local Bill = Base:model("Bill", {
  __extends__ = Entity,
  __mixins__ = { HasDoctor },
  amount = Column(am.Numeric(8, 2)),
  __mapper_args__ = { batch = false },
})

am.configure_mappers()
local e = p.engine()
local name = e.dialect.name
for _, t in ipairs(Base.metadata.sorted_tables) do
  say(am.CreateTable(t):compile { dialect = name })
  local indexes = p.collect(t.indexes, function(i) return i end)
  table.sort(indexes, function(a, b) return a.name < b.name end)
  for _, index in ipairs(indexes) do say(am.CreateIndex(index):compile { dialect = name }) end
end
say(p.map(Base.metadata.sorted_tables, function(t) return t.name end))
say(am.inspect(Doctor).attrs:keys())
say(am.inspect(Bill).batch, am.inspect(Doctor).batch, p.map(am.columns(Bill.__table__), function(c) return c.name end))
say(Visit.__table__.comment, Doctor.__table__.primary_key.name)
say(p.sorted(p.map(Doctor.__table__.constraints, function(c) return c.name end)))
say(Bill.doctor.property.mapper.class_, Visit.doctor.property == Bill.doctor.property)
say(Doctor.created_by.property.columns[1] == Patient.created_by.property.columns[1])
Base.metadata:create_all(e)
p.forget()
am.Session(e, function(s)
  local grey = Doctor { name = "Grey", field = "eyes" }
  local ann = Patient { name = "Ann", doctor = grey }
  local bob = Patient { name = "Bob", doctor = grey, created_by = "desk" }
  s:add(grey)
  s:flush()
  step "flushed"
  say(grey:describe(), ann:describe(), ann.created_by, bob.created_by, ann.revision)
  s:add_all(p.map({ 3, 1, 2 }, function(d) return Visit { day = am.date(2026, 1, d), patient = ann,
    doctor = grey } end))
  s:add_all { Bill { amount = am.decimal "10.50", doctor = grey }, Bill { amount = 7, doctor = grey } }
  s:commit()
  step "visits"
  say(p.map(ann.visits, function(v) return v.day end))
  say(p.map(grey.patients, function(x) return x.name end))
  bob.name = "Bobby"
  s:flush()
  step "onupdate"
  say(bob.revision)
  s:add(Doctor { name = "Grey", field = "eyes" })
  error_of(function() s:flush() end)
  s:rollback()
  s:add(Doctor { name = "X" })
  error_of(function() s:flush() end)
  s:rollback()
  step "after errors"
  say(s:scalars(am.select(Doctor.name)):all(), bob.name)
end)
p.sql()
