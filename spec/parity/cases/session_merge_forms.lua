-- merge(): of new, known, partly loaded and detached graphs, with and without load, and what cascades.
local am = require "alchemoon"
local p = require "parity"
local say, step, select = p.say, p.step, am.select
local Column, String, Integer, ForeignKey = am.Column, am.String, am.Integer, am.ForeignKey

local Base = am.declarative_base()

local Form = Base:model("Form", {
  __tablename__ = "form",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  note = Column(String(20)),
  fields = am.relationship("Field", { back_populates = "form", cascade = "all, delete-orphan", order_by = "Field.id" }),
  owner_id = Column(ForeignKey "owner.id"),
  owner = am.relationship "Owner",
  reader = am.relationship("Owner", { viewonly = true }),
})

local Field = Base:model("Field", {
  __tablename__ = "field",
  id = Column(Integer, { primary_key = true }),
  label = Column(String(20)),
  form_id = Column(ForeignKey "form.id"),
  form = am.relationship(Form, { back_populates = "fields" }),
})

local Owner = Base:model("Owner", {
  __tablename__ = "owner",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
})

local function labels(items) return p.map(items, function(f) return f.label end) end

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local s = am.Session(e)
step "a new graph"
local given = Form { id = 50, name = "tax", fields = { Field { label = "sum" }, Field { id = 7, label = "year" } },
  owner = Owner { id = 3, name = "Ann" } }
local got = s:merge(given)
say(got == given, s:contains(given), s.new:contains(got), labels(got.fields), got.owner.name, got.owner == given.owner)
s:commit()
step "known, changed"
local other = s:merge(Form { id = 50, name = "tax 2" })
say(other == got, got.name, got.note, #got.fields, got.owner.name)
say(am.inspect(got).attrs.name.history)
s:commit()
step "None counts, absence does not"
s:merge(Form { id = 50, note = am.null, owner = am.null })
say(got.name, got.note, got.owner)
s:flush()
step "the collection is replaced"
s:merge(Form { id = 50, fields = { Field { id = 7, label = "month" }, Field { label = "day" } } })
say(labels(got.fields))
s:commit()
say(s:execute(select(Field.label, Field.form_id):order_by(Field.id)):all())
step "detached"
s:close()
s = am.Session(e)
local form = s:get(Form, 50)
labels(form.fields)
s:close()
form.name = "offline"
form.fields[1].label = "week"
form.fields:append(Field { label = "hour" })
local back = s:merge(form)
say(back == form, am.inspect(form).detached, back.name, labels(back.fields))
s:commit()
step "same twice"
say(s:merge(back) == back, s:merge(form) == back)
step "load false"
s:close()
local clean
am.Session(e, function(t)
  clean = t:get(Form, 50)
  labels(clean.fields)
end)
p.sql()
local copy = s:merge(clean, { load = false })
say(copy == clean, copy.name, labels(copy.fields), am.inspect(copy).modified)
p.sql()
clean.name = "dirty"
s:expunge_all()
p.error(function() s:merge(clean, { load = false }) end)
p.error(function() s:merge(Form { id = 9 }, { load = false }) end)
step "options"
s:close()
s:merge(Form { id = 50, name = "opt" }, { options = { am.selectinload(Form.fields), am.joinedload(Form.owner) } })
s:rollback()
step "expired source"
form = s:get(Form, 50)
s:expire(form, { "name" })
s:expunge(form)
local same = s:merge(form)
say(same.name)
step "no key at all"
local new = s:merge(Form { name = "blank" })
say(new.id, s.new:contains(new))
s:commit()
say(new.id)
step "no cascade without merge"
local loose = Form { id = 50, name = "view", reader = am.null }
s:merge(loose)
s:commit()
say(s:get(Form, 50).name)
step "merge within a session"
local one = s:get(Form, 50)
local two = am.Session(e)
local there = two:merge(one)
say(there == one, am.object_session(there) == two, there.name == one.name)
two:close()
step "wrong things"
p.error(function() s:merge "form" end)
p.error(function() s:merge(nil) end)
s:close()
p.sql()
