-- Wrong models and the classes of their errors: keys, targets, joins, directions, names, arguments, inheritance.
local am = require "alchemoon"
local p = require "parity"

local Integer, Column, relationship = am.Integer, am.Column, am.relationship
local function pk() return Column(Integer, { primary_key = true }) end
local function fk(target) return Column(am.ForeignKey(target)) end

-- Mistakes for which Python has errors of its own.
local PYTHON = {["primaryjoin of a wrong name"] = true,
  ["unknown option"] = true,
  ["unknown column option"] = true,
  ["synonym of nothing"] = true,
  ["unknown mapper argument"] = true,
  ["proxy of a column"] = true,
  ["attribute that is not there"] = true,
  ["class attribute that is not there"] = true,
  ["order_by of nothing"] = true }

local function outcome(title, fn)
  local ok, e = pcall(fn)
  if ok then return p.say("no error") end
  p.say(PYTHON[title] and "refused" or e.name)
end

local function case(title, build, use)
  print("-- " .. title)
  io.stdout:flush()
  local Base = am.declarative_base()
  local function model(name, tablename, attrs)
    attrs.__tablename__ = tablename
    return Base:model(name, attrs)
  end
  outcome(title, function()
    local found = build(model, Base)
    am.configure_mappers()
    if use then use(found) end
  end)
  Base.registry:dispose()
end

case("no primary key", function(model) model("A", "a", { x = Column(Integer) }) end)
case("no table", function(model) model("A", nil, { id = pk() }) end)
case("unknown target", function(model) model("A", "a", { id = pk(), b = relationship("Nowhere") }) end)

-- A with a relationship `b` to B; columns of both.
local function two(title, a, b)
  case(title, function(model)
    a.id = pk()
    b.id = pk()
    model("A", "a", a)
    model("B", "b", b)
  end)
end

two("no foreign key", { b = relationship("B") }, {})
two("two foreign keys", { x = fk("b.id"), y = fk("b.id"), b = relationship("B") }, {})
case("secondary without keys", function(model, Base)
  am.Table("ab", Base.metadata, Column("x", Integer))
  model("A", "a", { id = pk(), b = relationship("B", { secondary = "ab" }) })
  model("B", "b", { id = pk() })
end)
two("unknown secondary", { b = relationship("B", { secondary = "nothing" }) }, {})
two("back_populates of nothing", { x = fk("b.id"), b = relationship("B", { back_populates = "as_" }) }, {})
two("back_populates of the same direction", { x = fk("b.id"), b = relationship("B", { back_populates = "a" }) },
  { y = fk("a.id"), a = relationship("A", { back_populates = "b", foreign_keys = "B.y" }) })
two("back_populates of a column", { x = fk("b.id"), b = relationship("B", { back_populates = "n" }) },
  { n = Column(Integer) })
two("backref that exists", { x = fk("b.id"), b = relationship("B", { backref = "n" }) }, { n = Column(Integer) })
two("primaryjoin without foreign key", { x = Column(Integer), b = relationship("B", { primaryjoin = "A.x == B.id" }) },
  {})
two("primaryjoin of a wrong name", { x = fk("b.id"), b = relationship("B", { primaryjoin = "A.nothing == B.id" }) }, {})
case("remote_side of both", function(model)
  model("A", "a", { id = pk(), up = fk("a.id"), a = relationship("A", { remote_side = "[A.id, A.up]" }) })
end)
case("self reference twice", function(model)
  model("A", "a", { id = pk(), up = fk("a.id"), a = relationship("A", { back_populates = "b" }),
    b = relationship("A", { back_populates = "a" }) })
end)
two("delete-orphan on many-to-one", { x = fk("b.id"), b = relationship("B", { cascade = "all, delete-orphan" }) }, {})
two("delete-orphan without delete", { bs = relationship("B", { cascade = "delete-orphan" }) }, { x = fk("a.id") })
case("unknown cascade", function(model) model("A", "a", { id = pk(), a = relationship("A", { cascade = "al" }) }) end)
two("unknown lazy", { x = fk("b.id"), b = relationship("B", { lazy = "sometimes" }) }, {})
two("dynamic on many-to-one", { x = fk("b.id"), b = relationship("B", { lazy = "dynamic" }) }, {})
two("write_only scalar", { bs = relationship("B", { lazy = "write_only", uselist = false }) }, { x = fk("a.id") })
two("passive_deletes all with delete", { bs = relationship("B", { cascade = "all", passive_deletes = "all" }) },
  { x = fk("a.id") })
case("viewonly with cascade", function(model)
  model("A", "a", { id = pk(), bs = relationship("B", { viewonly = true, cascade = "all" }) })
  model("B", "b", { id = pk(), x = fk("a.id") })
end)
case("viewonly with backref sync", function(model)
  model("A", "a", { id = pk(), bs = relationship("B", { viewonly = true, sync_backref = true }) })
  model("B", "b", { id = pk(), x = fk("a.id") })
end)
case("unknown option", function(model) model("A", "a", { id = pk(), a = relationship("A", { cascades = "all" }) }) end)
case("unknown column option", function(model) model("A", "a", { id = Column(Integer, { primary = true }) }) end)
case("one table twice", function(model)
  model("A", "a", { id = pk() })
  model("C", "a", { id = pk() })
end)
two("foreign key to nothing", { x = fk("zzz.id"), b = relationship("B") }, {})
two("foreign key to no column", { x = fk("b.zzz"), b = relationship("B") }, {})
case("metadata is taken", function(model) model("A", "a", { id = pk(), metadata = Column(Integer) }) end)
case("synonym of nothing", function(model) return model("A", "a", { id = pk(), s = am.synonym("nothing") }) end,
  function(A) am.select(A.s) end)
case("joined without a key", function(model)
  local A = model("A", "a", { id = pk() })
  model("C", "c", { __extends__ = A, id = pk() })
end)

local function joined(title, base_args, sub)
  case(title, function(model)
    sub.__extends__ = model("A", "a", { id = pk(), kind = Column(am.String(5)), n = Column(Integer),
      __mapper_args__ = base_args })
    model("C", nil, sub)
  end)
end

joined("single column that exists", { polymorphic_on = "kind" }, { n = Column(Integer) })
joined("single with primary key", { polymorphic_on = "kind" }, { m = pk() })
joined("polymorphic_on of nothing", { polymorphic_on = "zzz" }, {})
joined("identity twice", { polymorphic_on = "kind", polymorphic_identity = "x" },
  { __mapper_args__ = { polymorphic_identity = "x" } })
joined("identity without polymorphic_on", {}, { __mapper_args__ = { polymorphic_identity = "x" } })
joined("unknown mapper argument", { polymorphic_onn = "kind" }, {})
joined("polymorphic_load wrong", { polymorphic_on = "kind" }, { __mapper_args__ = { polymorphic_load = "now" } })
joined("version_id_generator alone", { version_id_generator = false }, {})

local function one(title, attrs, use)
  case(title, function(model)
    attrs.id = attrs.id or pk()
    return model("A", "a", attrs)
  end, use)
end

local function same(_, _, value) return value end
one("validator of nothing", { v = am.validates("nothing", same) }, function(A) return A{ id = 1 } end)
one("validator twice", { v = am.validates("id", same), w = am.validates("id", same) })
one("proxy of nothing", { x = am.association_proxy("nothing", "y") }, function(A) return A{}.x end)
one("proxy of a column", { x = am.association_proxy("id", "y") }, function(A) return A.x:any() end)
one("composite of nothing", { x = am.composite(function(a, b) return { a, b } end, "n", "m") },
  function(A) return A{} end)
one("attribute that is not there", {}, function(A) return A{ idd = 1 } end)
one("class attribute that is not there", {}, function(A) return A.idd end)
one("include_properties without key", { n = Column(Integer), __mapper_args__ = { include_properties = { "n" } } })
two("order_by of nothing", { bs = relationship("B", { order_by = "B.zzz" }) }, { x = fk("a.id") })
two("uselist for a list", { bs = relationship("B", { uselist = false, collection_class = "set" }) }, { x = fk("a.id") })
