-- The SQL of joined eager loading: where its joins stand, and what they do not touch.
local am = require "alchemoon"
local logged = require "support.logged"

local function sql(stmt) return (stmt:compile({ dialect = "default" }).sql:gsub("%s+", " ")) end

local function key() return am.Column(am.Integer, { primary_key = true }) end

describe("a joined eager load", function()
  local Base, User, Address

  setup(function()
    Base = am.declarative_base()
    User = Base:model("User", { __tablename__ = "users", id = key(),
      addresses = am.relationship("Address") })
    Address = Base:model("Address", { __tablename__ = "addresses", id = key(),
      user_id = am.Column(am.ForeignKey("users.id")), email = am.Column(am.String) })
  end)

  it("is not what a name in ORDER BY means", function()
    local eager = am.select(User):options(am.joinedload(User.addresses))
    assert.matches("ORDER BY addresses%.email$", sql(eager:join(User.addresses):order_by("email")))
    local ok, e = pcall(sql, eager:order_by("email"))
    assert.is_false(ok)
    assert.equal("CompileError", e.name)
    assert.matches("Can't resolve label reference", e.message)
  end)

  it("leaves an alias that the program joins to names in ORDER BY", function()
    local a1 = am.aliased(Address)
    assert.matches("ORDER BY addresses_1%.email$", sql(am.select(User):join(a1, User.addresses):order_by("email")))
  end)
end)

describe("a joined eager load of an attribute that holds one object", function()
  it("takes the first of several and warns of each other one", function()
    local Base = am.declarative_base()
    local Post = Base:model("Post", { __tablename__ = "post", id = key(),
      blog_id = am.Column(am.ForeignKey "blog.id") })
    local Blog = Base:model("Blog", { __tablename__ = "blog", id = key(), tag = am.Column(am.Integer),
      posts = am.relationship(Post), first = am.relationship(Post, { uselist = false, viewonly = true,
        order_by = "Post.id" }) })
    local engine = am.create_engine "sqlite://"
    Base.metadata:create_all(engine)
    am.Session(engine, function(session)
      session:add_all { Blog { id = 1, tag = 2, posts = { Post { id = 1 }, Post { id = 3 }, Post { id = 5 } } },
        Blog { id = 2, tag = 1, posts = { Post { id = 2 }, Post { id = 4 } } }, Blog { id = 3, tag = 3 } }
      session:commit()
      local firsts = {}
      local function load(stmt)
        session:expunge_all()
        for i, blog in ipairs(session:scalars(stmt):unique():all()) do firsts[i] = blog.first and blog.first.id or 0 end
      end
      local eager = am.select(Blog):options(am.joinedload(Blog.first))
      local messages = logged(function() load(eager:order_by(Blog.id)) end)
      assert.same({ 1, 2, 0 }, firsts)
      assert.equal(3, #messages)
      assert.matches("^Multiple rows returned with uselist=false for eagerly%-loaded attribute 'Blog%.first'",
        messages[1])
      messages = logged(function() -- the rows of a blog do not follow each other
        load(eager:join(Post, Post.id:lt(3)):order_by(Post.id))
      end)
      assert.same({ 0, 1, 2 }, firsts)
      assert.equal(6, #messages)
    end)
    engine:dispose()
  end)
end)

describe("inner joins below an outer one", function()
  it("stand in one row where the inner one brings a secondary table along", function()
    local Base = am.declarative_base()
    local ctod = am.Table("ctod", Base.metadata, am.Column("cid", am.ForeignKey("c.id"), { primary_key = true }),
      am.Column("did", am.ForeignKey("d.id"), { primary_key = true }))
    local A = Base:model("A", { __tablename__ = "a", id = key(), bid = am.Column(am.ForeignKey("b.id")),
      b = am.relationship("B") })
    local B = Base:model("B", { __tablename__ = "b", id = key(), cid = am.Column(am.ForeignKey("c.id")),
      c = am.relationship("C") })
    local C = Base:model("C", { __tablename__ = "c", id = key(),
      ds = am.relationship("D", { secondary = ctod, order_by = "D.id" }) })
    Base:model("D", { __tablename__ = "d", id = key() })
    local stmt = am.select(A):options(am.joinedload(A.b):joinedload(B.c, { innerjoin = true })
      :joinedload(C.ds, { innerjoin = true }))
    assert.equal("SELECT a.id, a.bid, d_1.id AS id_1, c_1.id AS id_2, b_1.id AS id_3, b_1.cid FROM a LEFT OUTER JOIN "
      .. "(b AS b_1 JOIN (c AS c_1 JOIN ctod AS ctod_1 ON c_1.id = ctod_1.cid) ON c_1.id = b_1.cid JOIN d AS d_1 ON "
      .. "d_1.id = ctod_1.did) ON b_1.id = a.bid ORDER BY d_1.id", sql(stmt))
  end)

  it("stand where their own parent stands, though its class stands further along, too", function()
    local Base = am.declarative_base()
    local membership = am.Table("membership", Base.metadata, am.Column("group_id", am.ForeignKey("node_group.id")),
      am.Column("node_id", am.ForeignKey("node.id")))
    local Group = Base:model("Group", { __tablename__ = "node_group", id = key(),
      nodes = am.relationship("Node", { secondary = membership }) })
    Base:model("Kind", { __tablename__ = "kind", id = key() })
    local Node = Base:model("Node", { __tablename__ = "node", id = key(),
      common_node_id = am.Column(am.ForeignKey("node.id")),
      kind_id = am.Column(am.ForeignKey("kind.id"), { nullable = false }), kind = am.relationship("Kind", {
        innerjoin = true, lazy = "joined" }),
      common_node = am.relationship("Node", { remote_side = "Node.id" }) })
    local text = sql(am.select(Group):options(am.joinedload(Group.nodes):joinedload(Node.common_node)))
    assert.matches("FROM node_group LEFT OUTER JOIN %(membership AS membership_1 JOIN node AS node_2 ON node_2%.id = "
      .. "membership_1%.node_id JOIN kind AS kind_%d ON kind_%d%.id = node_2%.kind_id%) ON node_group%.id = "
      .. "membership_1%.group_id LEFT OUTER JOIN %(node AS node_1 JOIN kind AS kind_%d ON kind_%d%.id = "
      .. "node_1%.kind_id%) ON node_1%.id = node_2%.common_node_id$", text)
    local engine = am.create_engine("sqlite://")
    Base.metadata:create_all(engine)
    am.Session(engine, function(session)
      assert.same({}, session:scalars(am.select(Group):options(am.joinedload(Group.nodes)
        :joinedload(Node.common_node))):unique():all())
    end)
    engine:dispose()
  end)

  it("stand beside the object whose reference they follow, where its class comes along two ways", function()
    local Base = am.declarative_base()
    local Node = Base:model("Node", { __tablename__ = "node", id = key(),
      first_id = am.Column(am.ForeignKey "node.id"), parent_id = am.Column(am.ForeignKey "node.id"),
      first = am.relationship("Node", { foreign_keys = "Node.first_id", remote_side = "Node.id" }),
      children = am.relationship("Node", { foreign_keys = "Node.parent_id", lazy = "joined", join_depth = 2,
        back_populates = "parent", order_by = "Node.id" }),
      parent = am.relationship("Node", { foreign_keys = "Node.parent_id", remote_side = "Node.id", lazy = "joined",
        join_depth = 2, innerjoin = true, back_populates = "children" }) })
    local engine = am.create_engine("sqlite://")
    Base.metadata:create_all(engine)
    am.Session(engine, function(session)
      session:execute(am.insert(Node.__table__), { { id = 1, parent_id = 1, first_id = 4 },
        { id = 2, parent_id = 1, first_id = 1 }, { id = 3, parent_id = 2, first_id = 2 },
        { id = 4, parent_id = 2, first_id = 3 } })
      local seen = {}
      for _, node in ipairs(session:scalars(am.select(Node):order_by(Node.id)
        :options(am.joinedload(Node.first))):unique():all()) do
        local first = am.inspect(node).dict.first
        seen[#seen + 1] = ("%d %d %d %d"):format(node.id, first.id, am.inspect(first).dict.parent.id,
          am.inspect(node).dict.parent.id)
      end
      assert.same({ "1 4 2 1", "2 1 1 1", "3 2 1 2", "4 3 2 2" }, seen)
    end)
    engine:dispose()
  end)

  it("end where a class comes again if join_depth is null, which is no option at all", function()
    local Base = am.declarative_base()
    local Node = Base:model("Node", { __tablename__ = "node", id = am.Column(am.Integer, { primary_key = true }),
      parent_id = am.Column(am.ForeignKey "node.id"),
      children = am.relationship("Node", { lazy = "joined", join_depth = am.null, order_by = am.null,
        secondary = am.null, backref = am.null, back_populates = am.null, collection_class = am.null }) })
    assert.is_nil(sql(am.select(Node)):find("JOIN", 1, true))
    assert.same({ 0, nil }, { #Node {}.children, Node.children.property.join_depth })
  end)
end)
