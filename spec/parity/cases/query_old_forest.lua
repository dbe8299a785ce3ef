-- The legacy Query over a hierarchy: entities added and taken away, aliases, unions, counts, deletes, iteration.
local am = require "alchemoon"
local parity = require "parity"
local say, step, error_, map = parity.say, parity.step, parity.error, parity.map
local func = am.func

local Base = am.declarative_base()
local Zone = Base:model("Zone", {
  __tablename__ = "zone",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  plants = am.relationship("Plant", { back_populates = "zone", order_by = "Plant.id" }),
})
local Plant = Base:model("Plant", {
  __tablename__ = "plant",
  id = am.Column(am.Integer, { primary_key = true }),
  kind = am.Column(am.String(10)),
  name = am.Column(am.String(20)),
  zone_id = am.Column(am.ForeignKey("zone.id")),
  zone = am.relationship("Zone", { back_populates = "plants" }),
  __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "plant" },
})
local Tree = Base:model("Tree", {
  __extends__ = Plant,
  __tablename__ = "tree",
  id = am.Column(am.ForeignKey("plant.id"), { primary_key = true }),
  height = am.Column(am.Integer),
  __mapper_args__ = { polymorphic_identity = "tree" },
})

local function name(x) return x.name end
local eng = parity.engine()
Base.metadata:create_all(eng)
local s = am.Session(eng)
local north, south = Zone{ name = "north" }, Zone{ name = "south" }
s:add_all{ Tree{ name = "oak", height = 30, zone = north }, Plant{ name = "moss", zone = north },
  Tree{ name = "palm", height = 12, zone = south }, Plant{ name = "fern" },
  Tree{ name = "fir", height = 25, zone = north } }
s:commit()
parity.forget()
step("get, first, one, count")
say(s:query(Tree):get(1).name, s:query(Plant):filter_by{ name = "moss" }:one().kind, s:query(Tree):count())
say(s:query(Plant):order_by(Plant.name):first().name, s:query(Zone):filter(Zone.id:eq(9)):first())
error_(function() return s:query(Plant):filter(Plant.zone_id:eq(1)):one() end)
error_(function() return s:query(Plant):filter(Plant.id:eq(99)):one() end)
say(s:query(func.max(Tree.height)):scalar(), s:query(Plant.name):filter(Plant.zone:eq(nil)):scalar())
step("columns and entities")
local q = s:query(Plant):join(Plant.zone):order_by(Plant.id)
say(q:with_entities(Plant.name, Zone.name):all())
say(q:add_columns(Zone.name:label("where")):filter(Zone.name:eq("south")):all()[1].where)
say(parity.map_rows(s:query(Zone, func.count(Plant.id)):outerjoin(Zone.plants):group_by(Zone.id, Zone.name)
  :order_by(Zone.id), function(z, n) return { z.name, n } end))
say(parity.map_rows(s:query(Plant, Tree.height):join(Tree, Tree.id:eq(Plant.id)):order_by(Tree.height), function(p, h)
  return { p.name, h }
end))
step("slices and iteration")
q = s:query(Plant.name):order_by(Plant.name)
say(q:slice(1, 3):all(), q:slice(0, 2):all(), q:limit(1):offset(3):all())
for row in q:filter(Plant.name:like("f%")) do say(row.name) end
step("aliases and subqueries")
local sub = s:query(Plant.zone_id, func.count("*"):label("n")):group_by(Plant.zone_id):subquery()
say(s:query(Zone.name, sub.c.n):outerjoin(sub, sub.c.zone_id:eq(Zone.id)):order_by(Zone.name):all())
local A = am.aliased(Plant)
say(s:query(Plant.name, A.name):join(A, A.zone_id:eq(Plant.zone_id)):filter(Plant.id:lt(A.id)):order_by(Plant.id, A.id)
  :all())
say(s:query(Zone.name):filter(s:query(Tree):filter(Tree.zone_id:eq(Zone.id), Tree.height:gt(20)):exists()):all())
say(map(s:query(Zone):filter(Zone.plants:any(Plant.kind:eq("plant"))), name))
step("unions")
local a, b = s:query(Plant):filter(Plant.name:eq("oak")), s:query(Plant):filter(Plant.zone_id:eq(nil))
say(parity.sorted(map(a:union(b), name)), a:union_all(b):count(), map(a:union(b):order_by(Plant.name), name))
step("options")
s:expunge_all()
local W = am.with_polymorphic(Plant, { Tree })
for p in s:query(W):options(am.joinedload(W.zone)):order_by(W.id) do
  say(p.name, p.zone and p.zone.name or nil, am.inspect(p).mapper.class_ == Tree and p.height or nil)
end
say(s:query(Plant):filter(Plant.id:eq(1)):populate_existing():one().name)
step("bulk")
local tree = s:query(Tree):filter_by{ name = "fir" }:one()
say(s:query(Plant):filter(Plant.name:eq("fir")):update{ name = "pine" }, tree.name)
say(s:query(Plant):filter(Plant.name:eq("fern")):delete(), s:query(Plant):count())
say(s:query(Plant):filter(Plant.kind:eq("plant")):update({ [Plant.name] = Plant.name .. "y" },
  { synchronize_session = false }))
say(s:query(Plant.name):order_by(Plant.id):all())
s:rollback()
step("misuse")
error_(function() return s:query(Plant):limit(1):filter(Plant.id:eq(1)) end)
error_(function() return s:query(Plant):limit(1):update{ name = "x" } end)
error_(function() return s:query(Plant):filter_by{ nope = 1 } end)
error_(function() return s:query(Plant):filter(Plant.id:eq(1)):get(1) end)
error_(function() return s:query(Zone):join(Tree.zone):all() end)
step("end")
s:close()
