-- declared_attr: what each class that mixes in gets of its own: names, columns, relationships, arguments.
local am = require "alchemoon"
local p = require "parity"
local say, step, error_of = p.say, p.step, p.error

local function map(list, fn)
  local out = {}
  for i, item in ipairs(list) do out[i] = fn(item) end
  return out
end
local function sorted(list)
  table.sort(list)
  return list
end

local Base = am.declarative_base()
local calls = {}

local Model = {
  id = am.Column(am.Integer, { primary_key = true }),
  __tablename__ = am.declared_attr.directive(function(cls) return cls.__name__:lower() .. "s" end),
}
local Owned = {
  owner_id = am.declared_attr(function(cls)
    calls[#calls + 1] = "owner_id " .. cls.__name__
    return am.Column(am.ForeignKey("users.id"), { nullable = cls.__name__ ~= "Note" })
  end),
  owner = am.declared_attr(function(cls)
    return am.relationship("User", { backref = cls.__tablename__, foreign_keys = { cls.owner_id } })
  end),
  __table_args__ = am.declared_attr.directive(function(cls)
    return { am.Index(("ix_%s_owner"):format(cls.__tablename__), "owner_id"), { info = { owned = cls.__name__ } } }
  end),
}
local Sized = {
  text = am.Column(am.String(80)),
  size = am.declared_attr(function(cls) return am.column_property(am.func.length(cls.text)) end),
}
local Gone = {
  gone = am.Column(am.Boolean, { default = false, nullable = false }),
  __mapper_args__ = am.declared_attr.directive(function(cls)
    return { eager_defaults = false, confirm_deleted_rows = cls.__name__ == "Note" }
  end),
}

local User = Base:model("User", { __mixins__ = { Model }, name = am.Column(am.String(20)) })
local Note = Base:model("Note", { __mixins__ = { Owned, Sized, Gone, Model } })
local Task = Base:model("Task", {
  __mixins__ = { Owned, Sized, Model },
  done = am.Column(am.Boolean, { default = false }),
})

local Keyed = {
  id = am.declared_attr.cascading(function(cls)
    if cls.__name__ == "Person" then return am.Column(am.Integer, { primary_key = true }) end
    return am.Column(am.ForeignKey("people.id"), { primary_key = true })
  end),
}
local Person = Base:model("Person", {
  __mixins__ = { Keyed },
  __tablename__ = "people",
  kind = am.Column(am.String(10)),
  __mapper_args__ = am.declared_attr.directive(function(cls)
    if cls.__name__ == "Person" then return { polymorphic_on = "kind", polymorphic_identity = "person" } end
    return { polymorphic_identity = cls.__name__:lower() }
  end),
})
local Pilot = Base:model("Pilot", {
  __extends__ = Person,
  __tablename__ = "pilots",
  hours = am.Column(am.Integer),
})
local Nurse = Base:model("Nurse", {
  __extends__ = Person,
  __tablename__ = "nurses",
  ward = am.Column(am.String(10)),
})

for _, cls in ipairs { User, Note, Task, Person, Pilot, Nurse } do
  local t = cls.__table__
  say(cls, t.name, map(am.columns(t), function(c)
    return { c.name, c.nullable, map(c.foreign_keys, function(f) return f.target_fullname end) }
  end))
end
say(calls)
say(Note.__table__.info, Task.__table__.info, sorted(map(Task.__table__.indexes, function(i) return i.name end)))
say(Note.owner_id == Task.owner_id, Note.__table__.c.owner_id.table.name, Task.__table__.c.owner_id.table.name)
say(am.inspect(Note).confirm_deleted_rows, am.inspect(Task).confirm_deleted_rows)
say(sorted(am.inspect(Note).relationships:keys()), sorted(am.inspect(User).relationships:keys()))
say(am.inspect(Pilot).polymorphic_identity, am.inspect(Pilot).inherits.class_, am.inspect(Person).polymorphic_on)
local identities = {}
for key in pairs(am.inspect(Person).polymorphic_map) do identities[#identities + 1] = key end
say(sorted(identities))
say(am.select(Note.size):where(Note.size:gt(3)))
say(am.select(Pilot))
local e = p.engine()
Base.metadata:create_all(e)
p.forget()
step "rows"
am.Session(e, function(s)
  local ann = User{ name = "ann" }
  local note = Note{ text = "hello", owner = ann }
  local task = Task{ text = "wash up", owner = ann }
  s:add_all{ ann, note, task }
  s:flush()
  local function text(o) return o.text end
  say(note.size, task.size, note.gone, task.done, map(ann.notes, text), map(ann.tasks, text))
  step "commit"
  s:commit()
  say(map(ann.notes, text), ann.notes[1].size)
  step "where"
  say(s:scalars(am.select(Note.text):join(Note.owner):where(User.name:eq("ann"), Note.size:gt(3))):all())
  say(s:scalars(am.select(User.name):where(User.tasks:any(Task.size:gt(100)))):all())
  step "people"
  s:add_all{ Pilot{ hours = 3 }, Nurse{ ward = "B" }, Person{} }
  s:flush()
  s:expire_all()
  step "read people"
  for person in s:scalars(am.select(Person):order_by(Person.id)) do say(person, person.id, person.kind) end
  step "note without owner"
  s:add(Note{ text = "x" })
  error_of(function() s:flush() end)
  s:rollback()
end)
step "late"
am.event.listen(Base, "instrument_class", function(mapper, cls)
  say("instrument", cls.__name__, mapper.local_table.name)
end, { propagate = true })
local Memo = Base:model("Memo", {
  __mixins__ = { Owned, Model },
  title = am.Column(am.String(10), { default = "none" }),
})
say(calls)
say(Memo.owner.property.mapper.class_, User.memos ~= nil)
am.Session(e, function(s)
  Base.metadata:create_all(e)
  p.forget()
  local memo = Memo{ owner = User{ name = "bob" } }
  s:add(memo)
  s:flush()
  say(memo.title, memo.owner.memos[1] == memo)
  s:rollback()
end)
p.sql()
