-- Histories, inspect(), flag_modified, make_transient, set_committed_value and loading without a session.
local am = require "alchemoon"
local p = require "parity"
local say, step, error_of = p.say, p.step, p.error

local Base = am.declarative_base()
local Owner = Base:model("Owner", {
  __tablename__ = "owner",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(50)),
  code = am.Column(am.String(50)),
  prefs = am.Column(am.JSON),
  pets = am.relationship("Pet", { back_populates = "owner", order_by = "Pet.id" }),
})
local Pet = Base:model("Pet", {
  __tablename__ = "pet",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(50)),
  owner_id = am.Column(am.ForeignKey("owner.id")),
  owner = am.relationship("Owner", { back_populates = "pets" }),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local session = am.Session(e)
local inspect, get_history = am.inspect, am.get_history

local function map(items, key)
  local list = {}
  for i, item in ipairs(items or {}) do list[i] = item[key] end
  return list
end

local function names(h) return { map(h.added, "name"), map(h.unchanged, "name"), map(h.deleted, "name") } end

step "scalars"
local o = Owner{ name = "a" }
local i = inspect(o)
say(i.attrs.name.history, i.attrs.code.history, i.attrs.name.value, i.attrs.name.loaded_value, i.attrs.name.state == i)
say(i.attrs.name.history:has_changes(), i.attrs.name.history:empty(), i.attrs.code.history:empty(), i.attrs.name.key)
session:add(o)
session:flush()
say(i.attrs.name.history, i.attrs.code.history)
o.name = "b"
o.code = nil
say(i.attrs.name.history, i.attrs.code.history, i.modified, session:is_modified(o))
o.name = "a"
say(i.attrs.name.history, i.modified, session:is_modified(o), session.dirty:contains(o))
say(i.attrs.name.history:sum(), i.attrs.name.history:non_added(), i.attrs.name.history:non_deleted())
session:commit()
say(get_history(o, "name"), p.sorted(i.unloaded))
o.name = "c"
say(i.attrs.name.history)
session:expire(o)
o.name = "unloaded"
say(i.attrs.name.history, i.attrs.name:load_history())
session:flush()
o.name = "c"

step "collections"
local p1, p2, p3 = Pet{ name = "p1" }, Pet{ name = "p2" }, Pet{ name = "p3" }
o.pets = { p1, p2 }
local owner = names(inspect(p1).attrs.owner.history)
say(names(i.attrs.pets.history), #owner[1] == 1 and owner[1][1] == "c" and #owner[2] == 0 and #owner[3] == 0)
session:commit()
say(map(o.pets, "name"))
o.pets:remove(p1)
o.pets:append(p3)
say(names(i.attrs.pets.history), inspect(p1).attrs.owner.history.deleted[1] == o, p1.owner)
o.pets = { p2 }
say(names(i.attrs.pets.history), #session.new)
session:rollback()
session:expire(o)
say(names(i.attrs.pets:load_history()), i.attrs.pets.history:empty())

step "references"
session:expire_all()
p1.owner = nil
say(inspect(p1).attrs.owner.history)
session:flush()
say(inspect(p1).attrs.owner.history, p1.owner_id)
session:rollback()
p.forget()

step "flag_modified and flag_dirty"
o.prefs = { a = 1 }
session:commit()
o.prefs.b = 2
say(i.modified, session.dirty:contains(o))
am.flag_modified(o, "prefs")
say(i.modified, session.dirty:contains(o), session:is_modified(o))
session:commit()
say(o.prefs)
session:expire(o)
error_of(function() am.flag_modified(o, "name") end)
am.flag_dirty(o)
say(session.dirty:contains(o), session:is_modified(o))
session:flush()
p.forget()

step "set_committed_value and set_attribute"
say(o.name)
am.set_committed_value(o, "name", "as loaded")
say(o.name, i.modified, i.attrs.name.history)
am.set_attribute(o, "name", "as set")
say(i.attrs.name.history)
am.set_committed_value(o, "pets", { p2 })
say(map(o.pets, "name"), names(i.attrs.pets.history))
session:rollback()

step "inspect"
say(i.identity, i.identity_key[2], i.has_identity, i.persistent, i.session == session, i.object == o,
  i.mapper == inspect(Owner))
say(p.sorted(i.attrs:keys()), i.dict.name ~= nil, i.dict.code ~= nil, i.is_instance, inspect(Owner).is_mapper)
say(map(inspect(Owner).column_attrs, "key"), map(inspect(Owner).relationships, "key"))
say(inspect(Owner).primary_key[1].name, inspect(Owner):primary_key_from_instance(o),
  inspect(Owner):get_property("pets").key)

step "make_transient"
local pet = session:get(Pet, 2)
session:expunge(pet)
am.make_transient(pet)
say(inspect(pet).transient, pet.id, pet.name, inspect(pet).key)
pet.id = nil
session:add(pet)
session:commit()
say(pet.id, session:scalars(am.select(Pet.name):order_by(Pet.id)):all())
local m = Pet{ id = 1 }
am.make_transient_to_detached(m)
say(inspect(m).detached, p.sorted(inspect(m).unloaded), inspect(m).key[2])
session:expunge_all()
session:add(m)
say(m.name, inspect(m).persistent)
error_of(function() am.make_transient_to_detached(m) end)

step "enable_relationship_loading"
local t = Pet{ owner_id = 1 }
say(t.owner)
t = Pet{ owner_id = 1 }
session:enable_relationship_loading(t)
say(t.owner.name, session:contains(t), inspect(t).session == session)
session:close()
p.sql()
