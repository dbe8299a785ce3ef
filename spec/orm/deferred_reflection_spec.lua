-- DeferredReflection: classes are declared first and mapped when their tables have been reflected.
local am = require "alchemoon"
local backends = require "support.backends"
local raises = require("support.init").raises_exc

local function key() return am.Column("id", am.Integer, { primary_key = true }) end

backends.each(function(backend)
  local engine

  before_each(function()
    backend.reset()
    engine = am.create_engine(backend.url, { poolclass = backend.dialect == "sqlite" and am.StaticPool or nil })
    local metadata = am.MetaData()
    am.Table("users", metadata, key(), am.Column("name", am.String(20)))
    am.Table("posts", metadata, key(), am.Column("user_id", am.ForeignKey "users.id"))
    am.Table("tags", metadata, key())
    am.Table("posts_tags", metadata, am.Column("post_id", am.ForeignKey "posts.id", { primary_key = true }),
      am.Column("tag_id", am.ForeignKey "tags.id", { primary_key = true }))
    am.Table("staff", metadata, key(), am.Column("kind", am.String(10)))
    am.Table("engineers", metadata, am.Column("id", am.ForeignKey "staff.id", { primary_key = true }),
      am.Column("language", am.String(10)))
    metadata:create_all(engine)
  end)

  after_each(function()
    am.clear_mappers()
    engine:dispose()
  end)

  it("reflects tables and named association tables, keeps declared columns, finds relationships", function()
    local Base = am.declarative_base { cls = am.DeferredReflection }
    local User = Base:model("User", { __tablename__ = "users", name = am.Column(am.Text),
      posts = am.relationship("Post", { back_populates = "user" }) })
    local Post = Base:model("Post", { __tablename__ = "posts",
      user = am.relationship("User", { back_populates = "posts" }),
      tags = am.relationship("Tag", { secondary = "posts_tags" }) })
    local Tag = Base:model("Tag", { __tablename__ = "tags" })
    raises("UnmappedClassError", function() return User {} end,
      "User is a subclass of DeferredReflection.  Mappings are not produced until the %.prepare%(%) method is called")
    Base:prepare(engine)
    assert.equal("TEXT", tostring(User.__table__.c.name.type))
    am.Session(engine, function(session)
      session:add(User { name = "Ann", posts = { Post { tags = { Tag {}, Tag {} } } } })
      session:commit()
      assert.equal(2, #session:scalars(am.select(Post):join(Post.user):where(User.name:eq "Ann")):one().tags)
    end)
  end)

  it("keeps the key of a declared column", function()
    local Base = am.declarative_base { cls = am.DeferredReflection }
    local User = Base:model("User", { __tablename__ = "users", title = am.Column("name", am.Text, { key = "full" }) })
    Base:prepare(engine)
    assert.is_nil(User.__table__.c:get("name"))
    assert.equal("name", User.__table__.c.full.name)
    assert.equal(User.__table__.c.full, User.title.property.columns[1])
  end)

  it("prepares only what stands under the base that is asked, from an engine or a connection", function()
    local Base = am.declarative_base()
    local One = Base:model("One", { __abstract__ = true, __mixins__ = { am.DeferredReflection } })
    local Two = Base:model("Two", { __abstract__ = true, __mixins__ = { am.DeferredReflection } })
    local User = One:model("User", { __tablename__ = "users" })
    local Tag = Two:model("Tag", { __tablename__ = "tags" })
    engine:connect(function(conn) One:prepare(conn) end)
    assert.equal("Ann", User { name = "Ann" }.name)
    raises("UnmappedClassError", function() return Tag {} end, "prepare")
    am.DeferredReflection.prepare(engine)
    assert.equal(3, Tag { id = 3 }.id)
    raises("ArgumentError", function() Two:prepare("x") end, "Expected Engine or Connection, got 'x'")
  end)

  it("maps joined and single subclasses", function()
    local Base = am.declarative_base { cls = am.DeferredReflection }
    local Staff = Base:model("Staff", { __tablename__ = "staff",
      __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "staff" } })
    local Engineer = Staff:model("Engineer", { __tablename__ = "engineers",
      __mapper_args__ = { polymorphic_identity = "engineer" } })
    local Manager = Staff:model("Manager", { __mapper_args__ = { polymorphic_identity = "manager" } })
    Base:prepare(engine)
    am.Session(engine, function(session)
      session:add_all { Engineer { language = "Lua" }, Manager {} }
      session:commit()
      local found = session:scalars(am.select(Staff):order_by(Staff.id)):all()
      assert.equal("Lua", found[1].language)
      assert.equal(Manager, getmetatable(found[2]))
    end)
  end)

  it("names a table that is not there and maps nothing then", function()
    local Base = am.declarative_base { cls = am.DeferredReflection }
    local Lost = Base:model("Lost", { __tablename__ = "lost" })
    raises("InvalidRequestError", function() Base:prepare(engine) end, "requested table%(s%) not available.*lost")
    raises("UnmappedClassError", function() return Lost {} end, "prepare")
  end)
end)
