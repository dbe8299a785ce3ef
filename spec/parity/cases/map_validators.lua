-- Validators: order with events, collections of every kind, backrefs, removal, mixins, subclasses, defaults and loads.
local am = require "alchemoon"
local p = require "parity"
local say, step, error_of, map = p.say, p.step, p.error, p.map

local function keys(dict)
  local out = {}
  for k in pairs(dict) do out[#out + 1] = k end
  return p.sorted(out)
end

local Base = am.declarative_base()
local function name(o) return o.name end
local Named = {
  name = am.Column(am.String(20)),
  check_name = am.validates("name", function(self, key, value)
    say("  Named", self.__class__, key, value)
    return value and (value:match("^%s*(.-)%s*$"))
  end),
}
local Pet
local Parent = Base:model("Parent", {
  __tablename__ = "parent",
  __mixins__ = { Named },
  id = am.Column(am.Integer, { primary_key = true }),
  kind = am.Column(am.String(10)),
  a = am.Column(am.Integer, { default = 7 }),
  b = am.Column("bb", am.Integer),
  bee = am.synonym("b"),
  children = am.relationship("Child", { back_populates = "parent", order_by = "Child.id",
    foreign_keys = "Child.parent_id" }),
  quiet = am.relationship("Child", { primaryjoin = "and_(Parent.id == Child.quiet_id)",
    foreign_keys = "Child.quiet_id", back_populates = "hush", order_by = "Child.id" }),
  pets = am.relationship("Pet", { collection_class = "set" }),
  by_name = am.relationship("Child", { collection_class = am.attribute_keyed_dict("name"),
    foreign_keys = "Child.map_id", primaryjoin = "Parent.id == Child.map_id" }),
  __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "parent" },
  check_number = am.validates("a", "b", function(_, key, value)
    say("  number", key, value)
    if value ~= nil and value > 100 then error(key) end
    return value and value + 1
  end),
  check_child = am.validates("children", function(_, key, child, is_remove)
    say("  child", key, child.name, is_remove)
    if child.name == "bad" then error("bad child") end
    return child
  end, { include_removes = true }),
  check_quiet = am.validates("quiet", function(_, key, child)
    say("  quiet", key, child.name)
    return child
  end, { include_backrefs = false }),
  check_pet = am.validates("pets", function(_, key, pet, is_remove)
    say("  pet", key, type(pet) == "table" and pet.name or pet, is_remove)
    return type(pet) == "table" and pet or Pet{ name = pet }
  end, { include_removes = true }),
  check_by_name = am.validates("by_name", function(_, key, child)
    say("  by_name", key, child.name)
    return child
  end),
})
local Step = Base:model("Step", {
  __extends__ = Parent,
  __mapper_args__ = { polymorphic_identity = "step" },
  extra = am.Column(am.Integer),
  check_extra = am.validates("extra", function(_, _, value)
    say("  extra", value)
    return value * 2
  end),
})
local Child = Base:model("Child", {
  __tablename__ = "child",
  __mixins__ = { Named },
  id = am.Column(am.Integer, { primary_key = true }),
  parent_id = am.Column(am.ForeignKey("parent.id")),
  quiet_id = am.Column(am.ForeignKey("parent.id")),
  map_id = am.Column(am.ForeignKey("parent.id")),
  parent = am.relationship(Parent, { back_populates = "children", foreign_keys = "Child.parent_id" }),
  hush = am.relationship(Parent, { back_populates = "quiet", foreign_keys = "Child.quiet_id" }),
  check_parent = am.validates("parent", function(self, _, value)
    say("  parent of", self.name, value and value.name)
    return value
  end),
})
Pet = Base:model("Pet", {
  __tablename__ = "pet",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(10)),
  owner_id = am.Column(am.ForeignKey("parent.id")),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
am.event.listen(Parent.a, "set", function(_, v) say("  set a", v) end, { propagate = true })
local s = am.Session(e)
step "columns"
local o = Parent{ name = " p " }
say(o.name, o.a)
o.a = 5
o.b = 1
o.bee = 10
say(o.a, o.b)
error_of(function() o.a = 101 end)
error_of(function() return Parent{ b = 500 } end)
say(o.a, am.inspect(o).attrs.a.history)
o.b = nil
say(o.b)
am.del_attribute(o, "a")
say(o.a)
step "collection"
local c1, c2, c3 = Child{ name = "c1" }, Child{ name = "c2" }, Child{ name = "c3 " }
o.children:append(c1)
o.children = { c1, c2 }
c3.parent = o
say(map(o.children, name))
o.children:remove(c2)
c1.parent = nil
say(map(o.children, name), c2.parent)
local bad = Child{ name = "bad" }
error_of(function() o.children:append(bad) end)
error_of(function() bad.parent = o end)
say(map(o.children, name), bad.parent)
error_of(function() o.children = { c2, bad } end)
step "quiet"
local q = Child{ name = "q" }
q.hush = o
o.quiet:append(Child{ name = "r" })
say(map(o.quiet, name))
step "set and map"
o.pets:add("rex")
o.pets = { Pet{ name = "mia" } }
say(p.sorted(map(o.pets, name)))
o.by_name.x = Child{ name = "x" }
o.by_name = { y = Child{ name = "y" } }
say(p.sorted(o.by_name:keys()))
step "subclass"
local t = Step{}
t.a = 1
t.extra = 3
t.name = " step "
say(t.a, t.extra, t.name)
step "flush and load"
s:add_all{ o, t }
s:commit()
say(o.a, o.b, t.a, t.extra)
s:expire_all()
say(s:get(Parent, o.id).a, map(o.children, name))
step "merge"
local other = Parent{}
other.id = o.id
other.b = 3
local m = s:merge(other)
say(rawequal(m, o), m.b)
s:rollback()
say(keys(am.inspect(Parent).validators), keys(am.inspect(Step).validators))
p.sql()
