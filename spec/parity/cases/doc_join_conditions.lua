-- Relationships whose join needs a word: several keys, custom conditions, foreign(), aliased targets, self reference.
local am = require "alchemoon"
local p = require "parity"
local say, step, select = p.say, p.step, am.select

local Base = am.declarative_base()
local Client, Stay
Client = Base:model("Client", {
  __tablename__ = "clients",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String),
  home_id = am.Column(am.ForeignKey("places.id")),
  work_id = am.Column(am.ForeignKey("places.id")),
  home = am.relationship("Place", { foreign_keys = "Client.home_id" }),
  work = am.relationship("Place", { foreign_keys = "Client.work_id" }),
  bonn = am.relationship("Stay", { viewonly = true, order_by = "Stay.id",
    primaryjoin = "and_(Client.id == Stay.client_id, Stay.city == 'Bonn')" }),
  latest = am.relationship("Stay", { viewonly = true, uselist = false, primaryjoin = function()
    return am.and_(Client.id:eq(Stay.client_id), Stay.id:eq(select(am.func.max(Stay.id))
      :where(Stay.client_id:eq(Client.id)):correlate(Client.__table__):scalar_subquery()))
  end }),
})
local Place = Base:model("Place", {
  __tablename__ = "places",
  id = am.Column(am.Integer, { primary_key = true }),
  street = am.Column(am.String),
})
Stay = Base:model("Stay", {
  __tablename__ = "stays",
  id = am.Column(am.Integer, { primary_key = true }),
  client_id = am.Column(am.ForeignKey("clients.id")),
  city = am.Column(am.String),
})
local Host = Base:model("Host", {
  __tablename__ = "hosts",
  id = am.Column(am.Integer, { primary_key = true }),
  text_id = am.Column(am.String),
  ports = am.relationship("Port", { viewonly = true, order_by = "Port.id",
    primaryjoin = "cast(Host.text_id, Integer) == remote(foreign(Port.number))" }),
})
local Port = Base:model("Port", {
  __tablename__ = "ports",
  id = am.Column(am.Integer, { primary_key = true }),
  number = am.Column(am.Integer),
})
local path = am.Column(am.String, { primary_key = true })
local Element = Base:model("Element", {
  __tablename__ = "elements",
  path = path,
  descendants = am.relationship("Element", { viewonly = true, order_by = path,
    primaryjoin = am.remote(am.foreign(path)):like(path:concat("/%")) }),
})
local shop, code = am.Column(am.Integer, { primary_key = true }), am.Column(am.Integer, { primary_key = true })
local Piece = Base:model("Piece", {
  __tablename__ = "pieces",
  shop = shop,
  code = code,
  part_of = am.Column(am.Integer),
  label = am.Column(am.String),
  __table_args__ = { am.ForeignKeyConstraint({ "shop", "part_of" }, { "pieces.shop", "pieces.code" }) },
  whole = am.relationship("Piece", { remote_side = { shop, code },
    backref = am.backref("parts", { order_by = code }) }),
})
local friends = am.Table("friends", Base.metadata,
  am.Column("left_id", am.ForeignKey("nodes.id"), { primary_key = true }),
  am.Column("right_id", am.ForeignKey("nodes.id"), { primary_key = true }))
local node_id = am.Column(am.Integer, { primary_key = true })
local Node = Base:model("Node", {
  __tablename__ = "nodes",
  id = node_id,
  label = am.Column(am.String),
  parent_id = am.Column(am.ForeignKey("nodes.id")),
  children = am.relationship("Node", { backref = am.backref("parent", { remote_side = { node_id } }),
    order_by = node_id, join_depth = 2 }),
  right = am.relationship("Node", { secondary = friends, primaryjoin = node_id:eq(friends.c.left_id),
    secondaryjoin = node_id:eq(friends.c.right_id), backref = "left", order_by = node_id }),
})
local A = Base:model("A", {
  __tablename__ = "a",
  id = am.Column(am.Integer, { primary_key = true }),
  b_id = am.Column(am.ForeignKey("b.id")),
  d = am.relationship("D", { secondary = "join(B, D, B.d_id == D.id).join(C, C.d_id == D.id)",
    primaryjoin = "and_(A.b_id == B.id, A.id == C.a_id)", secondaryjoin = "D.id == B.d_id", uselist = false,
    viewonly = true }),
})
local B = Base:model("B", {
  __tablename__ = "b",
  id = am.Column(am.Integer, { primary_key = true }),
  d_id = am.Column(am.ForeignKey("d.id")),
})
local C = Base:model("C", {
  __tablename__ = "c",
  id = am.Column(am.Integer, { primary_key = true }),
  a_id = am.Column(am.ForeignKey("a.id")),
  d_id = am.Column(am.ForeignKey("d.id")),
})
local D = Base:model("D", { __tablename__ = "d", id = am.Column(am.Integer, { primary_key = true }) })
local j = am.join(B.__table__, C.__table__, B.id:eq(C.id))
local BviaC = am.aliased(B, j, { flat = true })
A.b_via = am.relationship(BviaC, { primaryjoin = A.b_id:eq(j.c.b_id), viewonly = true })
local ranked = select(Stay, am.func.row_number():over{ order_by = Stay.id:desc(), partition_by = Stay.client_id }
  :label("nr")):alias()
local Newest = am.aliased(Stay, ranked)
Client.newest = am.relationship(Newest, { viewonly = true, order_by = Newest.id,
  primaryjoin = am.and_(Newest.client_id:eq(Client.id), ranked.c.nr:lt(3)) })

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local session = am.Session(e)
local function field(items, name) return p.map(items, function(o) return o[name] end) end
step "two keys to one table"
local home, work = Place{ id = 1, street = "Elm" }, Place{ id = 2, street = "Oak" }
local client = Client{ id = 1, name = "cleo", home = home, work = work }
session:add(client)
session:flush()
say(client.home_id, client.work_id)
for i, city in ipairs{ "Bonn", "Rome", "Bonn", "Oslo" } do
  session:add(Stay{ id = i, client_id = 1, city = city })
end
session:commit()
say(client.home.street, client.work.street)
say(field(client.bonn, "id"), client.latest.id, field(client.newest, "city"))
say(select(Client):join(Client.bonn))
say(select(Client):join(Client.home):join(Client.work:of_type(am.aliased(Place))))
session:expire_all()
step "eager"
local c = session:scalars(select(Client):options(am.joinedload(Client.latest), am.selectinload(Client.bonn),
  am.selectinload(Client.newest))):one()
say(c.latest.city, #c.bonn, field(c.newest, "id"))
step "cast and like"
session:add_all{ Host{ id = 1, text_id = "80" }, Port{ id = 1, number = 80 }, Port{ id = 2, number = 80 },
  Port{ id = 3, number = 81 } }
for _, x in ipairs { "/a", "/a/b", "/a/b/c", "/d" } do session:add(Element{ path = x }) end
session:commit()
say(field(session:get(Host, 1).ports, "id"))
say(field(session:get(Element, "/a").descendants, "path"))
say(select(Element):join(Element.descendants:of_type(am.aliased(Element))))
step "composite self reference"
session:add(Piece{ shop = 1, code = 1, label = "car" })
session:flush()
local wheel = Piece{ shop = 1, code = 2, label = "wheel", whole = session:get(Piece, { 1, 1 }) }
session:add(wheel)
session:flush()
say(wheel.part_of, field(wheel.whole.parts, "label"))
session:commit()
step "tree and graph"
local root = Node{ id = 1, label = "root",
  children = { Node{ id = 2, label = "kid", children = { Node{ id = 3, label = "grandkid" } } } } }
session:add(root)
root.right:append(root.children[1])
session:commit()
session:expunge_all()
root = session:scalars(select(Node):where(Node.parent_id:eq(nil))
  :options(am.joinedload(Node.children):joinedload(Node.children))):unique():one()
say(root.children[1].children[1].label, root.children[1].children[1].parent.label, field(root.right, "label"))
say(field(session:get(Node, 2).left, "label"))
local na = am.aliased(Node)
say(select(Node):join(Node.parent:of_type(na)):where(na.label:eq("root")))
say(session:scalars(select(Node.label):join(Node.children:of_type(na)):where(na.label:eq("kid"))):all())
session:commit()
step "composite secondary"
session:add(D{ id = 1 })
session:flush()
session:add(B{ id = 1, d_id = 1 })
session:flush()
session:add(A{ id = 1, b_id = 1 })
session:flush()
session:add(C{ id = 1, a_id = 1, d_id = 1 })
session:commit()
say(session:get(A, 1).d.id, session:get(A, 1).b_via.id)
say(select(A):join(A.d))
say(select(A):join(A.b_via))
session:rollback()

step "mistakes"
local function mapped(options)
  local er = p.error(function()
    local Other = am.declarative_base()
    Other:model("Left", {
      __tablename__ = "left",
      id = am.Column(am.Integer, { primary_key = true }),
      r1 = am.Column(am.ForeignKey("right.id")),
      r2 = am.Column(am.ForeignKey("right.id")),
      plain = am.Column(am.Integer),
      right = am.relationship("Right", options),
    })
    Other:model("Right", {
      __tablename__ = "right",
      id = am.Column(am.Integer, { primary_key = true }),
      plain = am.Column(am.Integer),
    })
    Other.registry:configure()
  end)
  if er then say(tostring(er):sub(1, 95)) end
end
mapped()
mapped{ foreign_keys = "Left.r1" }
mapped{ primaryjoin = "Left.plain == Right.plain" }
mapped{ primaryjoin = "Left.plain == foreign(Right.plain)" }
mapped{ back_populates = "lefts", foreign_keys = "Left.r1" }
mapped{ foreign_keys = "Left.plain" }
mapped{ foreign_keys = "Left.r1", cascade = "all, delete-orphan" }
mapped{ foreign_keys = "Left.r1", cascade = "all, everything" }
mapped{ foreign_keys = "Left.r1", lazy = "sometimes" }
mapped{ secondary = "nowhere" }
p.sql()
