-- Inheritance, assets: concrete tables with a polymorphic union, AbstractConcreteBase, joined tables three deep,
-- relations on each, a discriminator that is a foreign key's property, eager loads of subclass attributes and per-
-- class events.
local am = require "alchemoon"
local parity = require "parity"
local say, step, sql, map = parity.say, parity.step, parity.sql, parity.map


local Base = am.declarative_base()

local Owner = Base:model("Owner", {
  __tablename__ = "owners",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(10)),
})

local Asset = Base:model("Asset", {
  __mixins__ = { am.ConcreteBase },
  __tablename__ = "assets",
  id = am.Column(am.Integer, { primary_key = true }),
  label = am.Column(am.String(10)),
  owner_id = am.Column(am.ForeignKey("owners.id")),
  owner = am.relationship(Owner),
  __mapper_args__ = { polymorphic_identity = "asset", concrete = true },
})

local Car = Base:model("Car", {
  __extends__ = Asset,
  __tablename__ = "cars",
  id = am.Column(am.Integer, { primary_key = true }),
  label = am.Column(am.String(10)),
  wheels = am.Column(am.Integer),
  owner_id = am.Column(am.ForeignKey("owners.id")),
  owner = am.relationship(Owner),
  __mapper_args__ = { polymorphic_identity = "car", concrete = true },
})

local House = Base:model("House", {
  __extends__ = Asset,
  __tablename__ = "houses",
  id = am.Column(am.Integer, { primary_key = true }),
  label = am.Column(am.String(10)),
  rooms = am.Column(am.Integer),
  owner_id = am.Column(am.ForeignKey("owners.id")),
  owner = am.relationship(Owner),
  __mapper_args__ = { polymorphic_identity = "house", concrete = true },
})

local Doc = Base:model("Doc", {
  __mixins__ = { am.AbstractConcreteBase },
  strict_attrs = true,
  title = am.Column(am.String(10)),
})

local Letter = Base:model("Letter", {
  __extends__ = Doc,
  __tablename__ = "letters",
  id = am.Column(am.Integer, { primary_key = true }),
  stamp = am.Column(am.String(5)),
  __mapper_args__ = { polymorphic_identity = "letter", concrete = true },
})

local Invoice = Base:model("Invoice", {
  __extends__ = Doc,
  __tablename__ = "invoices",
  id = am.Column(am.Integer, { primary_key = true }),
  amount = am.Column(am.Integer),
  __mapper_args__ = { polymorphic_identity = "invoice", concrete = true },
})

local Node = Base:model("Node", {
  __tablename__ = "nodes",
  id = am.Column(am.Integer, { primary_key = true }),
  kind = am.Column(am.String(10)),
  name = am.Column(am.String(10)),
  parent_id = am.Column(am.ForeignKey("nodes.id")),
  children = am.relationship("Node", { order_by = "Node.id", back_populates = "parent" }),
  parent = am.relationship("Node", { remote_side = "Node.id", back_populates = "children" }),
  __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "node", with_polymorphic = "*" },
})

local Server = Base:model("Server", {
  __extends__ = Node,
  __tablename__ = "servers",
  id = am.Column(am.ForeignKey("nodes.id"), { primary_key = true }),
  cpu = am.Column(am.Integer),
  disks = am.relationship("Disk", { order_by = "Disk.id", cascade = "all, delete-orphan" }),
  __mapper_args__ = { polymorphic_identity = "server" },
})

local Database = Base:model("Database", {
  __extends__ = Server,
  __tablename__ = "dbs",
  id = am.Column(am.ForeignKey("servers.id"), { primary_key = true }),
  product = am.Column(am.String(10)),
  __mapper_args__ = { polymorphic_identity = "db" },
})

local Disk = Base:model("Disk", {
  __tablename__ = "disks",
  id = am.Column(am.Integer, { primary_key = true }),
  server_id = am.Column(am.ForeignKey("servers.id")),
  gb = am.Column(am.Integer),
})

local select = am.select
local function class_of(o) return am.inspect(o).class_.__name__ end
local e = parity.engine()
Base.metadata:create_all(e)
parity.forget()
local s = am.Session(e)
step("concrete")
local ann = Owner{ id = 1, name = "ann" }
s:add_all{ Asset{ id = 1, label = "ring", owner = ann }, Car{ id = 1, label = "vw", wheels = 4, owner = ann },
  House{ id = 1, label = "hut", rooms = 2 } }
s:commit()
sql()
say(map(s:scalars(select(Asset):order_by(Asset.label)), function(a)
  return parity.list(class_of(a), a.id, a.label, a.owner and a.owner.name)
end))
sql()
say(map(s:scalars(select(Car):where(Car.wheels:eq(4))), function(c) return { c.label, c.wheels } end),
  s:get(House, 1).rooms)
sql()
s:expunge_all()
say(map(s:scalars(select(Asset):options(am.joinedload(Asset.owner)):order_by(Asset.label)), function(a)
  return parity.list(a.label, a.owner and a.owner.name)
end))
sql()
say(map(s:scalars(select(Asset):where(Asset.label:like("%u%")):order_by(Asset.label)), function(a) return a.label end))
local c = s:get(Car, 1)
c.label = "bmw"
s:flush()
s:delete(c)
s:commit()
sql()
local function table_names(class) return parity.sorted(map(am.inspect(class).tables, function(t) return t.name end)) end
say(am.inspect(Car).concrete, am.inspect(Car).inherits.class_, table_names(Car))
step("abstract concrete")
s:add_all{ Letter{ id = 1, title = "hi", stamp = "de" }, Invoice{ id = 1, title = "pay", amount = 5 },
  Invoice{ id = 2, title = "pay2", amount = 50 } }
s:commit()
sql()
say(map(s:scalars(select(Doc):order_by(Doc.title)), function(d) return { class_of(d), d.id, d.title } end))
sql()
say(s:scalars(select(Invoice.title):where(Invoice.amount:gt(9))):all(), s:get(Letter, 1).stamp)
parity.error(function() return Doc{ title = "x" } end)
parity.forget()
step("deep")
local root = Node{ id = 1, name = "root", children = { Server{ id = 2, name = "web", cpu = 4,
  disks = { Disk{ id = 1, gb = 10 },
  Disk{ id = 2, gb = 20 } } }, Database{ id = 3, name = "pg", cpu = 16, product = "pg", disks = { Disk{ id = 3,
    gb = 99 } } } } }
s:add(root)
s:commit()
sql()
s:expunge_all()
local nodes = s:scalars(select(Node):order_by(Node.id)):all()
sql()
say(map(nodes, function(n) return { class_of(n), n.name, parity.sorted(am.inspect(n).unloaded) } end))
say(map(nodes, function(n) return class_of(n) == "Database" and n.product or "-" end))
sql()
s:expunge_all()
local n = s:scalars(select(Node):options(am.selectinload(Node.children:of_type(Server)):selectinload(Server.disks))
  :where(Node.id:eq(1))):one()
local function gb(d) return d.gb end
say(map(n.children, function(x) return { class_of(x), map(x.disks, gb) } end))
sql()
s:expunge_all()
say(parity.collect(s:scalars(select(Server):options(am.joinedload(Server.disks)):order_by(Server.id)):unique(),
  function(d)
  return class_of(d) == "Database" and { d.name, d.product, map(d.disks, gb) } or nil
end))
sql()
say(s:execute(select(Database.name, Database.cpu, Database.product)):all())
local sub = am.aliased(Server, { flat = true })
say(s:scalars(select(Node.name):join(Node.children:of_type(sub)):where(sub.cpu:gt(8))):all())
sql()
step("events")
local log = {}
local function note(...) log[#log + 1] = { ... } end
for _, class in ipairs{ Node, Server, Database } do
  local title = class.__name__
  for _, name in ipairs{ "init", "load" } do
    am.event.listen(class, name, function() note(title, name) end)
  end
  for _, name in ipairs{ "before_insert", "after_update", "before_delete" } do
    am.event.listen(class, name, function(mapper, _, target) note(title, name, mapper.class_.__name__, target.name) end)
  end
end
am.event.listen(Node, "load", function(t) note("propagated", class_of(t)) end, { propagate = true })
am.event.listen(Server.cpu, "set", function(t, v) note("set", class_of(t), v) end, { propagate = true })
s:add(Database{ id = 9, name = "my", cpu = 1, product = "my" })
s:flush()
local d = s:get(Node, 3)
d.cpu = 17
d.product = "pg2"
s:flush()
s:expunge(d)
d = s:get(Server, 3)
s:delete(d)
s:flush()
say((table.unpack or unpack)(log))
sql()
s:rollback()
step("structure")
say(table_names(Database), map(am.inspect(Database):iterate_to_root(), function(m) return m.class_.__name__ end))
say(map(am.inspect(Database).primary_key, function(k) return k.name end), am.inspect(Database).polymorphic_identity,
  map(am.inspect(Node).with_polymorphic_mappers, function(m) return m.class_.__name__ end))
say(parity.sorted(am.inspect(Database).all_orm_descriptors:keys()), am.inspect(Database).base_mapper.class_,
  am.inspect(Node):isa(am.inspect(Server)))
