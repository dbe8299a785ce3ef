-- Cascades: save-update, merge, expunge, refresh-expire, delete, delete-orphan; passive_deletes; single_parent.
local am = require "alchemoon"
local p = require "parity"
local say, step, error_of = p.say, p.step, p.error
local select = am.select

local function map(list, fn)
  local out = {}
  for i, item in ipairs(list) do out[i] = fn(item) end
  return out
end
local function sorted(list)
  local out = map(list, function(x) return x end)
  table.sort(out)
  return out
end

local Base = am.declarative_base()
local Parent = Base:model("Parent", {
  __tablename__ = "parents",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(10)),
  full = am.relationship("Full", { back_populates = "parent", cascade = "all, delete-orphan", order_by = "Full.id" }),
  plain = am.relationship("Plain", { back_populates = "parent", order_by = "Plain.id" }),
  none = am.relationship("Lone", { cascade = "", order_by = "Lone.id" }),
  merged = am.relationship("Merged", { cascade = "save-update, merge, refresh-expire, expunge",
    order_by = "Merged.id" }),
  passive = am.relationship("Passive", { cascade = "all, delete", passive_deletes = true, order_by = "Passive.id" }),
  never = am.relationship("Never", { passive_deletes = "all", order_by = "Never.id" }),
})
local Full = Base:model("Full", {
  __tablename__ = "fulls",
  id = am.Column(am.Integer, { primary_key = true }),
  parent_id = am.Column(am.ForeignKey("parents.id"), { nullable = false }),
  parent = am.relationship(Parent, { back_populates = "full" }),
  subs = am.relationship("Sub", { cascade = "all", order_by = "Sub.id" }),
})
local Sub = Base:model("Sub", {
  __tablename__ = "subs",
  id = am.Column(am.Integer, { primary_key = true }),
  full_id = am.Column(am.ForeignKey("fulls.id")),
})
local Plain = Base:model("Plain", {
  __tablename__ = "plains",
  id = am.Column(am.Integer, { primary_key = true }),
  parent_id = am.Column(am.ForeignKey("parents.id")),
  parent = am.relationship(Parent, { back_populates = "plain" }),
})
local function child(name, options)
  return Base:model(name, {
    __tablename__ = name:lower() .. "s",
    id = am.Column(am.Integer, { primary_key = true }),
    parent_id = am.Column(am.ForeignKey("parents.id", options)),
  })
end
local Lone, Merged = child("Lone"), child("Merged")
local Passive, Never = child("Passive", { ondelete = "CASCADE" }), child("Never", { ondelete = "SET NULL" })
local Pet = Base:model("Pet", {
  __tablename__ = "pets",
  id = am.Column(am.Integer, { primary_key = true }),
  toy_id = am.Column(am.ForeignKey("toys.id")),
  toy = am.relationship("Toy", { cascade = "all, delete-orphan", single_parent = true }),
})
local Toy = Base:model("Toy", { __tablename__ = "toys", id = am.Column(am.Integer, { primary_key = true }) })

am.configure_mappers()
for _, key in ipairs { "full", "plain", "none", "merged", "passive", "never" } do
  local r = am.inspect(Parent).relationships[key]
  say(key, sorted(r.cascade), r.passive_deletes)
end
local e = p.engine()
if not p.is_postgresql then
  am.event.listen(e, "connect", function(c) c:execute("PRAGMA foreign_keys=ON") end)
end
Base.metadata:create_all(e)
p.forget()

local function state(...)
  for _, o in ipairs { ... } do
    local i = am.inspect(o)
    for _, name in ipairs { "transient", "pending", "persistent", "deleted", "detached" } do
      if i[name] then say(o, name) end
    end
  end
end

local s = am.Session(e)
step "save-update"
local par = Parent{ name = "p", full = { Full{ subs = { Sub{} } } }, plain = { Plain{} }, none = { Lone{} },
  merged = { Merged{} }, passive = { Passive{} } }
s:add(par)
state(par, par.full[1], par.full[1].subs[1], par.plain[1], par.none[1], par.merged[1], par.passive[1])
s:add(par.none[1])
s:flush()
step "backref does not cascade in 2.0"
local x = Plain{}
x.parent = par
state(x)
say(s:contains(x), par.plain:contains(x))
s:flush()
step "a list append does"
local y = Plain{}
par.plain:append(y)
state(y)
s:flush()
step "orphan"
local f = Full{}
par.full:append(f)
s:flush()
f.parent = nil
state(f)
s:flush()
state(f)
step "orphan that was never saved"
f = Full{}
par.full:append(f)
state(f)
par.full:remove(f)
state(f)
s:flush()
step "an orphan of no parent"
s:commit()
s:add(Full{})
error_of(function() s:flush() end)
s:rollback()
step "orphan moved to another parent"
local q = Parent{ name = "q" }
s:add(q)
f = par.full[1]
say(#q.full)
par.full:remove(f)
q.full:append(f)
s:flush()
state(f)
say(f.parent.name)
s:commit()
step "expunge"
say(#par.plain, #par.merged, #q.full, #par.passive)
local plain, merged = par.plain[1], par.merged[1]
s:expunge(par)
state(par, plain, merged)
s:add(par)
state(par, plain, merged)
step "expire and refresh"
s:refresh(par)
say(sorted(am.inspect(par).unloaded), sorted(am.inspect(merged).unloaded), sorted(am.inspect(plain).unloaded))
s:expire(par)
say(sorted(am.inspect(merged).unloaded))
step "merge"
s:commit()
s:close()
local t = s:merge(Parent{ id = 1, name = "new", plain = { Plain{ id = 1 }, Plain{} } })
local ids = {}
for i, o in ipairs(t.plain) do ids[i] = o.id or am.null end
say(t.name, ids, s.new)
s:flush()
step "delete"
s:commit()
q = s:get(Parent, 2)
s:delete(q)
state(q, q.full[1])
say(s.deleted)
s:flush()
state(q)
s:commit()
step "delete nulls, cascades and leaves to the database"
t = s:get(Parent, 1)
s:delete(t)
error_of(function() s:flush() end)
s:rollback()
p.forget()
s:execute(Lone.__table__:delete())
t.never:append(Never{})
s:commit()
p.forget()
s:delete(t)
s:commit()
say(s:execute(select(Plain.id, Plain.parent_id):order_by(Plain.id)):all())
say(s:execute(select(Passive.id)):all(), s:execute(select(Never.id, Never.parent_id)):all())
step "passive_deletes with a loaded list"
t = Parent{ passive = { Passive{}, Passive{} } }
s:add(t)
s:commit()
say(#t.passive)
s:delete(t)
s:commit()
step "single parent"
local toy = Toy{}
local pet = Pet{ toy = toy }
s:add(pet)
s:flush()
error_of(function() return Pet{ toy = toy } end)
pet.toy = Toy{}
s:flush()
state(toy)
s:delete(pet)
s:flush()
p.sql()
s:rollback()

error_of(function() return am.relationship("Toy", { cascade = "all, nonsense" }) end)
error_of(function() return am.relationship("Toy", { cascade = "delete", viewonly = true }) end)
error_of(function()
  Base:model("Bad", {
    __tablename__ = "bad",
    id = am.Column(am.Integer, { primary_key = true }),
    toy_id = am.Column(am.ForeignKey("toys.id")),
    toy = am.relationship("Toy", { cascade = "all, delete-orphan" }),
  })
  am.configure_mappers()
end)
s:close()
