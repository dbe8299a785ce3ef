-- Concrete tables: AbstractConcreteBase and ConcreteBase, queries over the union, relationships and plain subclasses.
local am = require "alchemoon"
local parity = require "parity"
local say, step, sql, error_, map, sorted = parity.say, parity.step, parity.sql, parity.error, parity.map, parity.sorted
local select, func = am.select, am.func

local Base = am.declarative_base()
local Owner = Base:model("Owner", {
  __tablename__ = "owner",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
})
local Account = Base:model("Account", {
  __mixins__ = { am.AbstractConcreteBase },
  strict_attrs = true,
  number = am.Column(am.String(10)),
  owner_id = am.declared_attr(function() return am.Column(am.ForeignKey("owner.id")) end),
  owner = am.declared_attr(function() return am.relationship("Owner") end),
})
local Savings = Base:model("Savings", {
  __extends__ = Account,
  __tablename__ = "savings",
  id = am.Column(am.Integer, { primary_key = true }),
  rate = am.Column(am.Integer),
  __mapper_args__ = { polymorphic_identity = "savings", concrete = true },
})
local Giro = Base:model("Giro", {
  __extends__ = Account,
  __tablename__ = "giro",
  id = am.Column(am.Integer, { primary_key = true }),
  limit = am.Column(am.Integer),
  __mapper_args__ = { polymorphic_identity = "giro", concrete = true },
})
local Place = Base:model("Place", {
  __mixins__ = { am.ConcreteBase },
  __tablename__ = "place",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  __mapper_args__ = { polymorphic_identity = "place", concrete = true },
})
local Harbour = Base:model("Harbour", {
  __extends__ = Place,
  __tablename__ = "harbour",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  berths = am.Column(am.Integer),
  __mapper_args__ = { polymorphic_identity = "harbour", concrete = true },
})
local Old = Base:model("Old", {
  __extends__ = Place,
  __tablename__ = "old",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  ruin = am.Column(am.Integer),
  __mapper_args__ = { polymorphic_identity = "old", concrete = true },
})

local function class(o) return am.inspect(o).mapper.class_.__name__ end
local function name(o) return o.name end

am.configure_mappers()
local eng = parity.engine()
Base.metadata:create_all(eng)
parity.forget()
local s = am.Session(eng)
step("store")
local ann = Owner{ name = "ann" }
s:add_all{ Savings{ number = "s1", rate = 3, owner = ann }, Giro{ number = "g1", limit = 100, owner = ann },
  Giro{ number = "g2" } }
s:add_all{ Place{ id = 1, name = "field" }, Harbour{ id = 1, name = "quay", berths = 5 },
  Old{ id = 2, name = "wall", ruin = 1 } }
s:commit()
step("query the abstract base")
for a in s:scalars(select(Account):order_by(Account.number)) do
  say(class(a), a.number, a.owner and a.owner.name or nil)
end
say(map(s:scalars(select(Account):where(Account.number:like("g%")):order_by(Account.number)), function(a)
  return a.number
end))
step("query one table")
say(map(s:scalars(select(Giro):order_by(Giro.id)), function(g) return parity.list(g.number, g.limit) end))
say(s:get(Savings, 1).rate, s:get(Giro, 2).owner)
say(s:scalars(select(Owner.name):join(Giro, Giro.owner_id:eq(Owner.id))):all())
step("query the concrete base")
s:expunge_all()
for p in s:scalars(select(Place):order_by(Place.name)) do
  say(class(p), p.id, p.name, class(p) == "Harbour" and p.berths or nil)
end
say(map(s:scalars(select(Harbour)), name))
say(s:execute(select(func.count()):select_from(Place)):scalar())
step("identity is by class")
local a, b = s:get(Place, 1), s:get(Harbour, 1)
say(class(a), class(b), am.inspect(a).identity, am.inspect(b).identity)
say(a == b, am.inspect(b).mapper.class_, s:get(Old, 1), s:get(Old, 2).ruin)
step("update and delete")
b.berths = 6
b.name = "pier"
s:flush()
sql()
s:delete(a)
s:delete(s:get(Old, 2))
s:commit()
say(map(s:scalars(select(Place)), name))
step("nothing of the abstract base is a table")
local tables = {}
for key in pairs(Base.metadata.tables) do tables[#tables + 1] = key end
say(sorted(tables), rawget(Account, "__table__") ~= nil, am.inspect(Savings).concrete)
error_(function()
  s:add(Account{ number = "x" })
  s:flush()
end)
s:rollback()
say(sorted(am.inspect(Giro).attrs:keys()))
say(sorted(map(am.inspect(Harbour).column_attrs, function(c) return c.key end)))
step("end")
s:close()
