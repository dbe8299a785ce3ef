-- Composite foreign keys, keys that change, and deletes left to the database.
local am = require "alchemoon"
local p = require "parity"
local say, step, select = p.say, p.step, am.select
local Column, String, Integer = am.Column, am.String, am.Integer

local Base = am.declarative_base()

local Depot = Base:model("Depot", {
  __tablename__ = "depot",
  country = Column(String(2), { primary_key = true }),
  code = Column(String(5), { primary_key = true }),
  trucks = am.relationship("Truck", { back_populates = "depot", order_by = "Truck.id", passive_updates = false }),
  bins = am.relationship("Bin", { cascade = "all, delete", passive_deletes = true, order_by = "Bin.id" }),
  guards = am.relationship("Guard", { passive_deletes = "all" }),
})

local Truck = Base:model("Truck", {
  __tablename__ = "truck",
  id = Column(Integer, { primary_key = true }),
  country = Column(String(2)),
  code = Column(String(5)),
  plate = Column(String(10)),
  depot = am.relationship(Depot, { back_populates = "trucks" }),
  __table_args__ = { am.ForeignKeyConstraint({ "country", "code" }, { "depot.country", "depot.code" },
    { onupdate = "CASCADE" }) },
})

local Bin = Base:model("Bin", {
  __tablename__ = "bin",
  id = Column(Integer, { primary_key = true }),
  country = Column(String(2)),
  code = Column(String(5)),
  __table_args__ = { am.ForeignKeyConstraint({ "country", "code" }, { Depot.country, Depot.code },
    { ondelete = "CASCADE", onupdate = "CASCADE" }) },
})

local Guard = Base:model("Guard", {
  __tablename__ = "guard",
  id = Column(Integer, { primary_key = true }),
  country = Column(String(2)),
  code = Column(String(5)),
  __table_args__ = { am.ForeignKeyConstraint({ "country", "code" }, { "depot.country", "depot.code" },
    { ondelete = "SET NULL", onupdate = "CASCADE" }) },
})

local e = p.engine()
if e.dialect.name == "sqlite" then
  am.event.listen(e, "connect", function(dbapi_connection) dbapi_connection:execute "PRAGMA foreign_keys=ON" end)
end
Base.metadata:create_all(e)
p.forget()
am.Session(e, function(s)
  local york = Depot { country = "UK", code = "YRK" }
  local bonn = Depot { country = "DE", code = "BNN" }
  york.trucks = { Truck { plate = "y1" }, Truck { plate = "y2" } }
  york.bins = { Bin(), Bin(), Bin() }
  york.guards = { Guard() }
  bonn.bins = { Bin() }
  s:add_all { york, bonn }
  s:commit()
  step "composite join"
  say(select(Truck):join(Truck.depot))
  say(s:scalars(select(Truck.plate):where(Truck.depot:eq(york)):order_by(Truck.id)):all())
  say(s:scalars(select(Depot.code):where(Depot.trucks:any { plate = "y2" })):all())
  local t = york.trucks[1]
  s:expire(t)
  step "many to one by identity"
  say(t.depot == york)
  step "both columns move"
  t.depot = bonn
  s:flush()
  say(t.country, t.code)
  t.depot = nil
  s:flush()
  say(t.country, t.code)
  t.depot = york
  s:commit()
  step "the key changes"
  york.code = "YKX"
  s:flush()
  say(am.inspect(york).identity, p.map(york.trucks, function(x) return { x.plate, x.code } end))
  s:commit()
  say(s:scalars(select(Bin.code):order_by(Bin.id)):all(), s:scalars(select(Guard.code)):all())
  say(s:get(Depot, { "UK", "YRK" }), s:get(Depot, { "UK", "YKX" }) == york)
  step "key change undone"
  york.code = "ZZZ"
  s:flush()
  s:rollback()
  say(york.code, am.inspect(york).identity)
  step "deletes left to the database"
  york.trucks = {}
  s:flush()
  s:expire(york, { "bins" })
  s:delete(york)
  s:flush()
  s:commit()
  say(s:scalar(select(am.func.count(Bin.id))), s:scalars(select(Guard.code)):all())
  say(s:scalars(select(Truck.country):order_by(Truck.id)):all())
  step "loaded children are deleted one by one"
  say(#bonn.bins)
  s:delete(bonn)
  s:commit()
  say(s:scalar(select(am.func.count(Bin.id))))
  step "no such parent"
  s:add(Truck { country = "FR", code = "PAR" })
  p.error(function() s:flush() end)
  s:rollback()
  s:add(Truck { country = "FR" })
  s:commit()
  say(s:scalars(select(Truck):where(Truck.country:eq "FR")):one().depot)
end)
p.sql()
