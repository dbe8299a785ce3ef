-- Mixins of inherited models: columns, relationships, validators and events that a whole family shares.
local am = require "alchemoon"
local p = require "parity"
local say, step, select = p.say, p.step, am.select
local Column, String, Integer, ForeignKey = am.Column, am.String, am.Integer, am.ForeignKey

local Base = am.declarative_base()

local function class_name(obj) return am.inspect(obj).mapper.class_.__name__ end

local Stamped = {
  stamp = am.declared_attr(function(cls)
    return Column(String(20), { default = function() return cls.__name__:lower() end })
  end),
  tagged = am.declared_attr(function(cls) return am.column_property(cls.stamp .. "!") end),
  check_label = am.validates("label", function(self, key, value)
    say("validates", class_name(self), key, value)
    return value:match "^%s*(.-)%s*$"
  end),
}

local Owned = {
  owner_id = am.declared_attr(function() return Column(ForeignKey "owner.id") end),
  owner = am.declared_attr(function(cls)
    return am.relationship("Owner", { foreign_keys = function() return cls.owner_id end,
      back_populates = cls.__tablename__ .. "s" })
  end),
}

local Owner = Base:model("Owner", {
  __tablename__ = "owner",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  ships = am.relationship("Ship", { back_populates = "owner", order_by = "Ship.id" }),
  trucks = am.relationship("Truck", { back_populates = "owner", order_by = "Truck.id" }),
})

local Ship = Base:model("Ship", {
  __tablename__ = "ship",
  __mixins__ = { Stamped, Owned },
  id = Column(Integer, { primary_key = true }),
  label = Column(String(20)),
  kind = Column(String(10)),
  __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "ship" },
})

local Ferry = Base:model("Ferry", {
  __extends__ = Ship,
  __tablename__ = "ferry",
  id = Column(ForeignKey "ship.id", { primary_key = true }),
  seats = Column(Integer, { default = 100 }),
  __mapper_args__ = { polymorphic_identity = "ferry" },
})

local Tug = Base:model("Tug", {
  __extends__ = Ship,
  power = Column(Integer),
  __mapper_args__ = { polymorphic_identity = "tug" },
})

local Truck = Base:model("Truck", {
  __tablename__ = "truck",
  __mixins__ = { Stamped, Owned },
  id = Column(Integer, { primary_key = true }),
  label = Column(String(20)),
})

for _, cls in ipairs { Ship, Truck } do
  am.event.listen(cls, "before_insert", function(mapper, _, target)
    say("before_insert", mapper.class_, target.label)
  end, { propagate = true })
end

am.event.listen(Ship.label, "set", function(target, value, _, initiator)
  say("set", class_name(target), value, initiator.key)
  return value:upper()
end, { propagate = true, retval = true })

local function columns(cls) return p.map(am.columns(cls.__table__), function(c) return c.name end) end

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
say(columns(Ship), columns(Ferry), columns(Truck))
say(p.sorted(am.inspect(Ferry).attrs:keys()), am.inspect(Ferry).inherits.class_,
  am.inspect(Ferry).polymorphic_identity)
say(p.map(am.inspect(Ship).self_and_descendants, function(m) return m.class_ end),
  am.inspect(Ship).base_mapper.class_)
say(p.map(am.inspect(Ferry).tables, function(t) return t.name end), am.inspect(Tug).single,
  am.inspect(Ferry):isa(am.inspect(Ship)))
am.Session(e, function(s)
  local ann = Owner { name = "Ann" }
  ann.ships = { Ship { label = " a " }, Ferry { label = "b ", seats = 5 }, Tug { label = "c", power = 9 } }
  ann.trucks:append(Truck { label = " d" })
  s:add(ann)
  s:commit()
  step "written"
  say(p.map(ann.ships, function(x) return { x.label, x.stamp, x.tagged, class_name(x) } end), ann.trucks[1].tagged)
  step "subclass queries"
  say(p.map(s:scalars(select(Ferry)), function(f) return { f.label, f.seats } end))
  say(p.map(s:scalars(select(Tug):where(Tug.tagged:eq "ship!")), function(t) return t.power end))
  say(s:scalars(select(Ship.label):where(Ship.kind:in_ { "tug", "ferry" }):order_by(Ship.id)):all())
  say(s:scalars(select(Owner.name):where(Owner.ships:of_type(Ferry):any(Ferry.seats:lt(10)))):all())
  step "with polymorphic"
  local every = am.with_polymorphic(Ship, "*")
  local rows = s:scalars(select(every):where(am.or_(every.Ferry.seats:eq(5), every.Tug.power:eq(9)))
    :order_by(every.id)):all()
  say(p.map(rows, function(x) return x.label end))
  step "update and delete along the family"
  s:execute(am.update(Tug):values { power = Tug.power + 1 })
  local ferry = rows[1]
  ferry.seats = 6
  ferry.label = "bb"
  s:flush()
  s:delete(ferry)
  s:commit()
  say(s:execute(select(Ship.kind, am.func.count()):group_by(Ship.kind):order_by(Ship.kind)):all())
  step "get of another class"
  local tug = s:scalars(select(Tug)):one()
  say(s:get(Ferry, tug.id), s:get(Ship, tug.id) == tug, tug.power)
  p.refused(function() ann.ships = { Truck { label = "x" } } end)
  p.refused(function() Ship { seats = 1 } end)
end)
p.sql()
