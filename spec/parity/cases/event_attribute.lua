-- Attribute events: set, append, remove, bulk_replace, modified, init_scalar; retval, named, propagate, active_history.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step
local Column, Integer, String, ForeignKey = am.Column, am.Integer, am.String, am.ForeignKey
local listen = am.event.listen

local Base = am.declarative_base()
local Owner = Base:model("Owner", {
  __tablename__ = "owner",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  email = Column(String(50)),
  level = Column(Integer),
  kind = Column(String(10)),
  pets = am.relationship("Pet", { back_populates = "owner", order_by = "Pet.id" }),
  tags = am.relationship("Tag",
    { collection_class = am.attribute_keyed_dict("word"), cascade = "all, delete-orphan" }),
  __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "owner" },
})
local Club = Base:model("Club", { __extends__ = Owner, __mapper_args__ = { polymorphic_identity = "club" } })
local Pet = Base:model("Pet", {
  __tablename__ = "pet",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  owner_id = Column(ForeignKey("owner.id")),
  owner = am.relationship("Owner", { back_populates = "pets" }),
})
local Tag = Base:model("Tag", {
  __tablename__ = "tag",
  id = Column(Integer, { primary_key = true }),
  word = Column(String(20)),
  owner_id = Column(ForeignKey("owner.id")),
  check = am.validates("word", function(_, key, value)
    say("validate", key, value)
    if value == "bad" then error("bad word") end
    return value:lower()
  end),
})

local function v(value)
  if value == am.NO_VALUE then return "NO_VALUE" end
  if type(value) ~= "table" then return value end
  return am.inspect(value).class_.__name__ .. ":" .. (value.name or "None")
end
local function key_of(kw) return type(kw.key) == "string" and kw.key or "-" end
local function map(list, fn)
  local out = { n = 0 }
  for _, x in ipairs(list) do
    out.n = out.n + 1
    out[out.n] = fn(x)
  end
  return out
end
local function name(x) return x.name end
local function keys(dict)
  local out = {}
  for key in dict:items() do out[#out + 1] = key end
  table.sort(out)
  return out
end

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
step "set"
listen(Owner.name, "set", function(_, value, old, i) say("set name", v(value), v(old), i.key) end)
local o = Owner()
o.name = "a"
o.name = "b"
o.name = nil
local c = Club()
c.name = "no propagation"
step "propagate, retval"
listen(Owner.email, "set", function(_, value) return (value:match("^%s*(.-)%s*$"):lower()) end,
  { retval = true, propagate = true })
listen(Owner.email, "set", function(_, value) say("second sees", value) end, { propagate = true })
c.email = "  Ann@X.ORG "
o.email = "BOB@x.org"
say(c.email, o.email)
step "named"
listen(Owner.level, "set", function(kw)
  local names = {}
  for key in pairs(kw) do names[#names + 1] = key end
  table.sort(names)
  say(names, kw.value, v(kw.oldvalue))
end, { named = true })
o.level = 4
step "active_history"
local session = am.Session(e)
session:add(o)
session:commit()
p.forget()
o.level = 5
p.sql()
listen(Owner.kind, "set", function(_, value, old) say("kind", v(value), v(old)) end, { active_history = true })
session:expire(o)
o.kind = "owner"
p.sql()
session:rollback()
step "collections"
listen(Owner.pets, "append", function(_, value) say("append", v(value)) end)
listen(Owner.pets, "remove", function(_, value) say("remove", v(value)) end)
listen(Owner.pets, "bulk_replace", function(_, values) say("bulk_replace", map(values, v)) end)
listen(Pet.owner, "set", function(t, value, old) say("owner", t.name, v(value), v(old)) end)
o = Owner{ name = "o" }
local P, q, r = Pet{ name = "p" }, Pet{ name = "q" }, Pet{ name = "r" }
o.pets:append(P)
q.owner = o
o.pets:insert(1, r)
say(map(o.pets, name))
o.pets = { q, Pet{ name = "s" } }
say(map(o.pets, name), v(P.owner))
o.pets:remove(q)
o.pets:pop()
o.pets:extend{ P, r }
P.owner = nil
say(map(o.pets, name))
am.del_attribute(o, "pets")
say(#o.pets, v(r.owner))
step "retval of append"
local function replace(_, value)
  if value.name == "copy" then return Pet{ name = "original" } end
  return value
end
listen(Owner.pets, "append", replace, { retval = true })
o.pets:append(Pet{ name = "copy" })
say(map(o.pets, name))
am.event.remove(Owner.pets, "append", replace)
o.pets:append(Pet{ name = "copy" })
say(map(o.pets, name))
step "keyed collection"
listen(Owner.tags, "append", function(_, value, _, kw) say("tag +", value.word, key_of(kw)) end, { include_key = true })
listen(Owner.tags, "remove", function(_, value, _, kw) say("tag -", value.word, key_of(kw)) end, { include_key = true })
local red = Tag{ word = "RED" }
o.tags.red = red
o.tags.red = Tag{ word = "red" }
o.tags = { blue = Tag{ word = "Blue" } }
say(keys(o.tags))
p.error(function() return Tag{ word = "bad" } end)
p.error(function()
  o.tags.x = Tag{ word = "y" }
  say(keys(o.tags))
end)
o.tags.blue = nil
step "modified, flag, init_scalar"
listen(Owner.name, "modified", function(_, i) say("modified", i.key) end)
am.flag_modified(session:merge(Owner{ id = 1, name = "m" }), "name")
listen(Owner.level, "init_scalar", function(_, value, dict)
  say("init_scalar", v(value))
  dict.level = 42
  return 42
end, { retval = true })
local x = Owner()
say(x.level, x.level, am.inspect(x).attrs.level.history)
step "init_collection"
listen(Owner.pets, "init_collection", function(_, collection) say("init_collection", #collection) end)
listen(Owner.pets, "dispose_collection", function(_, collection) say("dispose_collection", #collection) end)
local y = Owner()
say(#y.pets)
y.pets = { Pet{ name = "z" } }
p.sql()
