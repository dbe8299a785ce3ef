-- Relationships and aliases in SQL.
local am = require "alchemoon"
local raises = require("support.init").raises_exc

local Base = am.declarative_base()
local post_tags = am.Table("post_tags", Base.metadata, am.Column("post_id", am.ForeignKey("posts.id")),
  am.Column("tag_id", am.ForeignKey("tags.id")))
local User = Base:model("User", { __tablename__ = "users", id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(50)), manager_id = am.Column(am.ForeignKey("users.id")),
  manager = am.relationship("User", { remote_side = "User.id", backref = "reports" }),
  posts = am.relationship("Post", { back_populates = "author" }) })
local Tag = Base:model("Tag", { __tablename__ = "tags", id = am.Column(am.Integer, { primary_key = true }),
  label = am.Column(am.String(50)) })
local Post = Base:model("Post", { __tablename__ = "posts", id = am.Column(am.Integer, { primary_key = true }),
  author_id = am.Column(am.ForeignKey("users.id")), title = am.Column(am.String(50)),
  author = am.relationship("User", { back_populates = "posts" }), tags = am.relationship(Tag,
    { secondary = post_tags }) })

local says = require("support.sql").says

describe("relationships in SQL", function()
  local ann, post, tag = User { id = 5 }, Post { id = 7 }, Tag { id = 9 }

  it("any and has", function()
    says("EXISTS (SELECT 1 FROM posts, users WHERE users.id = posts.author_id AND posts.title = :title_1)",
      User.posts:any(Post.title:eq("x")))
    says("EXISTS (SELECT 1 FROM posts, users WHERE users.id = posts.author_id AND posts.title = :title_1)",
      User.posts:any { title = "x" })
    says("EXISTS (SELECT 1 FROM tags, post_tags, posts WHERE posts.id = post_tags.post_id AND tags.id = " ..
      "post_tags.tag_id"
      .. " AND tags.label = :label_1)", Post.tags:any(Tag.label:eq("x")))
    says("EXISTS (SELECT 1 FROM users AS users_1, users WHERE users_1.id = users.manager_id AND users_1.name = " ..
      ":name_1)",
      User.manager:has(User.name:eq("x")))
    raises("InvalidRequestError", function() User.posts:has() end, "not implemented for collections")
    raises("InvalidRequestError", function() Post.author:any() end, "not implemented for scalar attributes")
  end)

  it("inequality with an object over a condition of its own", function()
    local Note = Base:model("Note", { __tablename__ = "notes", id = am.Column(am.Integer, { primary_key = true }),
      user_id = am.Column(am.ForeignKey("users.id")), word = am.Column(am.String(50)) })
    Note.special = am.relationship(User, { viewonly = true, foreign_keys = { Note.user_id, Note.word },
      primaryjoin = am.and_(User.id:eq(Note.user_id), User.name:eq(Note.word)) })
    says("NOT (EXISTS (SELECT 1 FROM users, notes WHERE users.id = notes.user_id AND users.name = notes.word AND "
      .. "users.id = :id_1))", Note.special:ne(ann))
  end)

  it("reduce_columns() leaves out an attribute that is equal to another", function()
    local other = am.aliased(User)
    says("SELECT users.id, users_1.name FROM users, users AS users_1 WHERE users.id = users_1.id",
      am.select(User.id, other.id, other.name):where(User.id:eq(other.id)):reduce_columns())
  end)

  it("comparison with objects", function()
    says(":param_1 = posts.author_id", Post.author:eq(ann))
    says("posts.author_id IS NULL", am.and_(Post.author:eq(nil)))
    says("posts.author_id IS NOT NULL", Post.author:ne(nil))
    says("posts.author_id != :author_id_1 OR posts.author_id IS NULL", Post.author:ne(ann))
    says("users.id = :param_1", User.posts:contains(post))
    says("posts.id = post_tags_1.post_id AND :param_1 = post_tags_1.tag_id", Post.tags:contains(tag))
    says("NOT (EXISTS (SELECT 1 FROM tags, post_tags, posts WHERE posts.id = post_tags.post_id AND tags.id = "
      .. "post_tags.tag_id AND tags.id = :id_1))", am.not_(Post.tags:contains(tag)))
    says("NOT (EXISTS (SELECT 1 FROM posts, users WHERE users.id = posts.author_id))", User.posts:eq(nil))
    raises("InvalidRequestError", function() User.posts:eq(post) end, "use contains")
    raises("InvalidRequestError", function() Post.author:in_({ ann }) end, "in_%(%) not yet supported")
    raises("ArgumentError", function() Post.author:eq("ann") end, "Mapped instance expected")
  end)

  it("loads an expired object when the values are asked for, not with the text", function()
    local engine = am.create_engine "sqlite://"
    Base.metadata:create_all(engine)
    am.Session(engine, function(session)
      local known = User { id = 3, name = "x" }
      session:add(known)
      session:commit()
      local compiled = am.select(Post):where(am.with_parent(known, User.posts)):compile()
      says("SELECT posts.id, posts.author_id, posts.title FROM posts WHERE :param_1 = posts.author_id", compiled)
      assert.is_true(am.inspect(known).expired)
      assert.same({ param_1 = 3 }, compiled.params)
      assert.is_false(am.inspect(known).expired)
    end)
    engine:dispose()
  end)

  it("with_parent() compares with the keys of an object", function()
    says(":param_1 = posts.author_id", am.with_parent(ann, User.posts))
    local p1 = am.aliased(Post)
    says(":param_1 = posts_1.author_id", am.with_parent(ann, User.posts, p1))
    says(":param_1 = posts_1.author_id", am.with_parent(ann, User.posts, { from_entity = p1 }))
    says(":param_1 = post_tags_1.post_id AND tags.id = post_tags_1.tag_id", am.with_parent(post, Post.tags))
    local session = am.Session(am.create_engine("sqlite://"))
    assert.matches("WHERE %? = posts.author_id$", tostring(session:query(Post):with_parent(ann)))
    for _, query in ipairs { session:query(p1):with_parent(ann), session:query(p1):with_parent(ann, User.posts),
      session:query(p1):with_parent(ann, User.posts:of_type(p1)),
      session:query(User, p1):with_parent(ann, User.posts, p1),
      session:query(User, p1):with_parent(ann, { property = User.posts, from_entity = p1 }) } do
      assert.matches("WHERE %? = posts_1.author_id$", tostring(query))
    end
    raises("InvalidRequestError", function() session:query(User):with_parent(tag) end,
      "^Could not locate a property which relates instances of class 'Tag' to instances of class 'User'$")
  end)

  it("has() within has() leaves the joins of classes that inherit as they are", function()
    local Other = am.declarative_base()
    local function key(of) return am.Column(am.Integer, am.ForeignKey(of), { primary_key = true }) end
    local Thing = Other:model("Thing", { __tablename__ = "thing", id = am.Column(am.Integer, { primary_key = true }) })
    local Z = Other:model("Z", { __extends__ = Thing, __tablename__ = "z", id = key "thing.id" })
    local function refers(name, to)
      local column = am.Column(am.ForeignKey(to .. ".id"))
      return Other:model(name:upper(), { __extends__ = Thing, __tablename__ = name, id = key "thing.id", to_id = column,
        to = am.relationship(to:upper(), { foreign_keys = column, primaryjoin = function()
          return column:eq(Other.metadata.tables[to].c.id)
        end }), __mapper_args__ = { inherit_condition = function()
          return Other.metadata.tables[name].c.id:eq(Other.metadata.tables.thing.c.id)
        end } })
    end
    local Y, X = refers("y", "z"), refers("x", "y")
    says("EXISTS (SELECT 1 FROM (SELECT thing.id AS thing_id, y.to_id AS y_to_id, y.id AS y_id FROM thing JOIN y ON "
      .. "y.id = thing.id) AS anon_1, x WHERE x.to_id = anon_1.y_id AND (EXISTS (SELECT 1 FROM (SELECT thing.id AS "
      .. "thing_id, z.id AS z_id FROM thing JOIN z ON thing.id = z.id) AS anon_2 WHERE anon_1.y_to_id = anon_2.z_id "
      .. "AND anon_2.z_id = :id_1)))", X.to:has(Y.to:has(Z.id:eq(5))))
    Other.registry:dispose()
  end)

  it("aliases compare their own columns and relationships", function()
    local boss = am.aliased(User, { name = "boss" })
    says("boss.name = :name_1", boss.name:eq("x"))
    says("EXISTS (SELECT 1 FROM posts, users AS boss WHERE boss.id = posts.author_id)", boss.posts:any())
    says("EXISTS (SELECT 1 FROM users AS boss, users WHERE boss.id = users.manager_id AND boss.name = :name_1)",
      User.manager:of_type(boss):has(boss.name:eq("q")))
    raises("ArgumentError", function() return boss.nme end, "did you mean 'name'")
  end)
end)

describe("a comparison with an object", function()
  local engine, session
  before_each(function()
    engine = am.create_engine("sqlite://")
    Base.metadata:create_all(engine)
    session = am.Session(engine)
  end)
  after_each(function()
    session:close()
    engine:dispose()
  end)
  local function posts_of(user) return session:query(Post):filter(Post.author:eq(user)) end

  it("asks for the object's key when it is executed", function()
    local user = User { name = "ann", posts = { Post { title = "one" } } }
    local query = posts_of(user)
    raises("StatementError", function() return query:all() end, "no value has been set for this column")
    session:add(user)
    session:flush()
    assert.equal("one", query:one().title)
    session:expire(user)
    session:expunge(user)
    assert.equal("one", query:one().title)
  end)

  it("knows no key that was deleted after it was made", function()
    local user = User { id = 77 }
    local query = posts_of(user)
    assert.same({}, query:all())
    am.del_attribute(user, "id")
    raises("StatementError", function() return query:all() end, "no value has been set for this column")
  end)

  it("loads nothing when it is made, and cannot know a key that expired before", function()
    local user = User { name = "ann" }
    session:add(user)
    session:commit()
    local query = posts_of(user)
    assert.is_true(am.inspect(user).expired)
    session:expunge(user)
    raises("StatementError", function() return query:all() end, "the object is detached and the value was expired")
  end)
end)
