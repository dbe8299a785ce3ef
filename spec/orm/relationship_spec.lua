-- Relationships in memory: both sides at once, collections, directions, errors of configuration.
local am = require "alchemoon"
local logged = require "support.logged"
local raises = require("support.init").raises_exc

local function blog(user_opts, post_opts)
  local Base = am.declarative_base()
  local User = Base:model("User", { __tablename__ = "users", id = am.Column(am.Integer, { primary_key = true }),
    posts = am.relationship("Post", user_opts or { back_populates = "author" }) })
  local Post = Base:model("Post", { __tablename__ = "posts", id = am.Column(am.Integer, { primary_key = true }),
    author_id = am.Column(am.ForeignKey("users.id")),
    author = am.relationship("User", post_opts or { back_populates = "posts" }) })
  return User, Post, Base
end

describe("relationship", function()
  it("keeps both sides in step", function()
    local User, Post = blog()
    local ann, bob, post = User(), User(), Post()
    ann.posts:append(post)
    assert.equal(ann, post.author)
    post.author = bob
    assert.equal(0, #ann.posts)
    assert.equal(post, bob.posts[1])
    post.author = nil
    assert.equal(0, #bob.posts)
    bob.posts = { post, Post() }
    assert.equal(bob, post.author)
    local second = bob.posts[2]
    bob.posts = { second }
    assert.is_nil(post.author)
    bob.posts:remove(second)
    assert.is_nil(second.author)
    bob.posts[1] = post
    assert.equal(bob, post.author)
    assert.equal(post, bob.posts:pop())
    raises("InvalidRequestError", function() bob.posts:pop() end, "pop from empty list")
    raises("InvalidRequestError", function() bob.posts:pop(0) end, "pop from empty list")
    assert.is_nil(post.author)
  end)

  it("finds direction, pairs and lists", function()
    local User, Post = blog()
    local posts, author = User.posts.property, Post.author.property
    assert.equal(am.ONETOMANY, posts.direction)
    assert.equal("ONETOMANY RelationshipDirection.ONETOMANY", posts.direction.name .. " " .. tostring(posts.direction))
    assert.equal(am.MANYTOONE, author.direction)
    assert.is_true(posts.uselist)
    assert.is_false(author.uselist)
    assert.is_true(author.use_get)
    assert.equal(author, posts.reverse)
    local pair = posts.local_remote_pairs[1]
    assert.equal("users.id posts.author_id", tostring(pair[1]) .. " " .. tostring(pair[2]))
  end)

  it("makes the other side of a backref", function()
    local Base = am.declarative_base()
    local Tag = Base:model("Tag", { __tablename__ = "tags", id = am.Column(am.Integer, { primary_key = true }) })
    local link = am.Table("link", Base.metadata, am.Column("post_id", am.ForeignKey("posts.id")),
      am.Column("tag_id", am.ForeignKey("tags.id")))
    local Post = Base:model("Post", { __tablename__ = "posts", id = am.Column(am.Integer, { primary_key = true }),
      tags = am.relationship(Tag, { secondary = link, backref = "posts" }) })
    local post, tag = Post(), Tag()
    post.tags:append(tag)
    assert.equal(post, tag.posts[1])
    tag.posts:remove(post)
    assert.equal(0, #post.tags)
    assert.equal(am.MANYTOMANY, Tag.posts.property.direction)
  end)

  it("is one-to-one with uselist = false", function()
    local User, Post = blog({ back_populates = "author", uselist = false })
    local ann, one, two = User(), Post(), Post()
    ann.posts = one
    assert.equal(ann, one.author)
    ann.posts = two
    assert.is_nil(one.author)
    assert.equal(ann, two.author)
  end)

  it("refers to itself with remote_side", function()
    local Base = am.declarative_base()
    local Node = Base:model("Node", { __tablename__ = "nodes", id = am.Column(am.Integer, { primary_key = true }),
      parent_id = am.Column(am.ForeignKey("nodes.id")),
      children = am.relationship("Node", { backref = am.backref("parent", { remote_side = "Node.id" }) }) })
    local root, leaf = Node(), Node()
    root.children:append(leaf)
    assert.equal(root, leaf.parent)
    assert.equal(am.ONETOMANY, Node.children.property.direction)
    assert.equal(am.MANYTOONE, Node.parent.property.direction)
  end)

  it("takes conditions as text in either spelling", function()
    local Base = am.declarative_base()
    local User = Base:model("User", { __tablename__ = "users", id = am.Column(am.Integer, { primary_key = true }),
      boston = am.relationship("Address", { order_by = "desc(Address.city)",
        primaryjoin = "and_(User.id == foreign(Address.owner), Address.city == 'Boston')" }),
      other = am.relationship("Address", { viewonly = true, order_by = "Address.id:desc()",
        primaryjoin = "and_(User.id:eq(foreign(Address.owner)), Address.city:ne('Boston'))" }) })
    Base:model("Address", { __tablename__ = "addresses", id = am.Column(am.Integer, { primary_key = true }),
      owner = am.Column(am.Integer), city = am.Column(am.String(20)) })
    am.configure_mappers()
    assert.equal(am.ONETOMANY, User.boston.property.direction)
    assert.equal(1, #User.boston.property.order_by)
    assert.equal(am.ONETOMANY, User.other.property.direction)
  end)

  it("speaks of options that go wrong in the words of SQLAlchemy", function()
    local function refused(class, pattern, first, second)
      local Base = am.declarative_base()
      local function key() return am.Column(am.Integer, { primary_key = true }) end
      Base:model("A", { __tablename__ = "a", id = key(), bs = first })
      Base:model("B", { __tablename__ = "b", id = key(), a_id = am.Column(am.ForeignKey("a.id")), a = second })
      raises(class, am.configure_mappers, pattern)
      Base.registry:dispose()
    end
    local rel = am.relationship
    refused("InvalidRequestError", "refers to attribute 'B.a_id' that is not a relationship",
      rel("B", { back_populates = "a_id" }))
    refused("LoaderStrategyException", "Can't find strategy %(%('lazy', 'joind'%),%) for A.bs; did you mean 'joined'",
      rel("B", { lazy = "joind" }))
    refused("InvalidRequestError", "Class <class 'A'> does not have a mapped column named 'nme'",
      rel("B", { primaryjoin = "A.nme == B.a_id" }))
    refused("InvalidRequestError", "failed to locate a name %(\"name 'Bx' is not defined\"%)",
      rel("B", { order_by = "Bx.id" }))
    refused("ArgumentError", "^Column expression expected for argument 'foreign_keys'; got <class 'B'>%.$",
      rel("B", { foreign_keys = "B" }))
    refused("ArgumentError", "references relationship B.a, which does not reference mapper",
      rel("B", { back_populates = "a" }), rel "B")
    local Base = am.declarative_base()
    local Z = Base:model("Z", { __tablename__ = "z", id = am.Column(am.Integer, { primary_key = true }) })
    raises("InvalidRequestError", function()
      Base:model("Q", { __tablename__ = "q", id = am.Column(am.Integer, { primary_key = true }),
        zs = rel("Y", { secondary = function() return Z end }) })
      Base:model("Y", { __tablename__ = "y", id = am.Column(am.Integer, { primary_key = true }) })
      local ok, err = pcall(am.configure_mappers)
      assert.is_false(ok)
      assert.matches("secondary argument <class 'Z'> passed to to relationship%(%) Q.zs must be a Table", err.message)
      am.configure_mappers()
    end, "One or more mappers failed to initialize")
    Base.registry:dispose()
  end)

  it("to an aliased class is loaded from what the alias stands for", function()
    local Base = am.declarative_base()
    local function key() return am.Column(am.Integer, { primary_key = true }) end
    local A = Base:model("A", { __tablename__ = "a", id = key(), b_id = am.Column(am.ForeignKey("b.id")) })
    local B = Base:model("B", { __tablename__ = "b", id = key() })
    local C = Base:model("C", { __tablename__ = "c", id = key(), b_id = am.Column(am.ForeignKey("b.id")) })
    local joined = am.aliased(B, am.join(B, C, C.b_id:eq(B.id)), { flat = true })
    A.b = am.relationship(joined, { primaryjoin = A.b_id:eq(joined.id) })
    local engine = am.create_engine "sqlite://"
    Base.metadata:create_all(engine)
    local session = am.Session(engine)
    session:add_all { B { id = 1 }, B { id = 2 }, C { b_id = 2 }, A { id = 1, b_id = 1 }, A { id = 2, b_id = 2 } }
    session:commit()
    assert.is_nil(session:get(A, 1).b)
    assert.equal(2, session:get(A, 2).b.id)
  end)

  it("shows its cascades as a sorted list, too", function()
    local cascade = am.relationship("B", { cascade = "save-update, merge, delete" }).cascade
    assert.same({ "delete", "merge", "save-update" }, { cascade[1], cascade[2], cascade[3], cascade[4] })
    assert.is_true(cascade:contains("save-update") and not cascade:contains("expunge"))
    assert.equal("CascadeOptions('delete,merge,save-update')", tostring(cascade))
  end)

  it("has no cascades if they are said to be none, and those that are assigned before it is configured", function()
    assert.equal("CascadeOptions('')", tostring(am.relationship("B", { cascade = am.null }).cascade))
    assert.same({ "merge" }, { am.CascadeOptions("merge")[1] })
    local Base = am.declarative_base()
    local children = am.relationship("Child")
    children.cascade = "all, delete-orphan"
    local Parent = Base:model("Parent", { __tablename__ = "p", id = am.Column(am.Integer, { primary_key = true }),
      children = children })
    Base:model("Child", { __tablename__ = "c", id = am.Column(am.Integer, { primary_key = true }),
      parent_id = am.Column(am.ForeignKey "p.id") })
    am.configure_mappers()
    assert.is_true(am.inspect(Parent).attrs.children.cascade:contains "delete-orphan")
  end)

  it("takes of its cascades what a viewonly relationship can do", function()
    local rel = am.relationship("B", { viewonly = true, cascade = "all" })
    assert.is_false(rel.cascade.delete)
    assert.is_true(rel.cascade.merge)
  end)

  it("explains what keeps it from being configured", function()
    local function configure(fn)
      local Base = am.declarative_base()
      return function()
        local ok, err = pcall(function()
          fn(Base)
          am.configure_mappers()
        end)
        Base.registry:dispose()
        if not ok then error(err, 0) end
      end
    end
    local function id() return am.Column(am.Integer, { primary_key = true }) end
    raises("InvalidRequestError", configure(function(Base)
      Base:model("User", { __tablename__ = "users", id = id(), posts = am.relationship("Pots") })
      Base:model("Post", { __tablename__ = "posts", id = id(), user_id = am.Column(am.ForeignKey("users.id")) })
    end), "expression 'Pots' failed to locate a name %('Pots'%)%. .* Did you mean 'Post'")
    raises("NoForeignKeysError", configure(function(Base)
      Base:model("User", { __tablename__ = "users", id = id(), posts = am.relationship("Post") })
      Base:model("Post", { __tablename__ = "posts", id = id() })
    end), "relationship User.posts %- there are no foreign keys linking these tables%.")
    raises("AmbiguousForeignKeysError", configure(function(Base)
      Base:model("User", { __tablename__ = "users", id = id(), posts = am.relationship("Post") })
      Base:model("Post", { __tablename__ = "posts", id = id(), a = am.Column(am.ForeignKey("users.id")),
        b = am.Column(am.ForeignKey("users.id")) })
    end), "multiple foreign key paths linking the tables")
    raises("ArgumentError", configure(function(Base)
      Base:model("Node", { __tablename__ = "nodes", id = id(), parent_id = am.Column(am.ForeignKey("nodes.id")),
        children = am.relationship("Node", { back_populates = "parent" }),
        parent = am.relationship("Node", { back_populates = "children" }) })
    end), "both of the same direction <RelationshipDirection.ONETOMANY: 1>%.  Did you mean")
    raises("ArgumentError", configure(function(Base)
      Base:model("User", { __tablename__ = "users", id = id() })
      Base:model("Post", { __tablename__ = "posts", id = id(), a = am.Column(am.ForeignKey("users.id")),
        u = am.relationship("User", { cascade = "all, delete-orphan" }) })
    end), "set the single_parent=true flag")
    raises("ArgumentError", function() am.relationship("X", { cascade = "save-updates" }) end,
      "Invalid cascade option%(s%): 'save%-updates'; did you mean 'save%-update'")
    raises("ArgumentError", function() am.relationship("X", { back_populate = "y" }) end, "did you mean " ..
      "'back_populates'")
  end)

  it("refuses what is no object of the class", function()
    local User, Post = blog()
    raises("UnmappedInstanceError", function() User().posts:append("x") end, "User.posts")
    raises("ArgumentError", function() User().posts:append(User()) end, "'User.posts', which takes Post objects")
    raises("ArgumentError", function() User().posts = Post() end, "type: Post is not list%-like$")
    raises("ArgumentError", function() User().posts = nil end, "type: nil is not list%-like$")
  end)

  it("takes functions for everything that names a class", function()
    local Base = am.declarative_base()
    local P, K
    P = Base:model("P", { __tablename__ = "p", id = am.Column(am.Integer, { primary_key = true }),
      kids = am.relationship(function() return K end, {
        primaryjoin = function() return P.id:eq(am.foreign(K.name)) end, viewonly = true,
        order_by = function() return K.id:desc() end }) })
    K = Base:model("K", { __tablename__ = "k", id = am.Column(am.Integer, { primary_key = true }),
      name = am.Column(am.Integer), p = am.relationship(P, { primaryjoin = "foreign(K.name) == P.id" }) })
    am.configure_mappers()
    assert.equal(am.ONETOMANY, P.kids.property.direction)
    assert.equal(am.MANYTOONE, K.p.property.direction)
    assert.equal("k.id DESC", tostring(P.kids.property.order_by[1]))
  end)

  it("may refer to an aliased class", function()
    local Base = am.declarative_base()
    local U = Base:model("U", { __tablename__ = "u", id = am.Column(am.Integer, { primary_key = true }) })
    local V = Base:model("V", { __tablename__ = "v", id = am.Column(am.Integer, { primary_key = true }),
      u_id = am.Column(am.ForeignKey("u.id")) })
    local late = am.aliased(V, am.select(V):where(V.id:gt(5)):subquery())
    U.late = am.relationship(late, { viewonly = true })
    am.configure_mappers()
    assert.equal(am.ONETOMANY, U.late.property.direction)
    assert.equal("u.id = anon_1.u_id", tostring(U.late.property.primaryjoin))
  end)

  it("keeps the two sides of a self-referential secondary apart", function()
    local Base = am.declarative_base()
    am.Table("friend", Base.metadata, am.Column("a", am.ForeignKey("person.id"), { primary_key = true }),
      am.Column("b", am.ForeignKey("person.id"), { primary_key = true }))
    local Person = Base:model("Person", { __tablename__ = "person",
      id = am.Column(am.Integer, { primary_key = true }), friends = am.relationship("Person", { secondary = "friend",
        primaryjoin = "Person.id == friend.c.a", secondaryjoin = "Person.id == friend.c.b", backref = "friend_of" }) })
    local join_condition = require "alchemoon.orm.join_condition"
    am.configure_mappers()
    assert.equal(":param_1 = friend.a AND person.id = friend.b",
      tostring((join_condition.lazy(Person.friends.property))))
    assert.equal(":param_1 = friend.b AND person.id = friend.a",
      tostring((join_condition.lazy(Person.friend_of.property))))
  end)

  it("warns of two relationships that write one column", function()
    local messages = logged(function()
      local Base = am.declarative_base()
      Base:model("Par", { __tablename__ = "par", id = am.Column(am.Integer, { primary_key = true }),
        one = am.relationship("Chi"), two = am.relationship("Chi"), three = am.relationship("Chi", { viewonly = true }),
        four = am.relationship("Chi", { overlaps = "one,two" }) })
      Base:model("Chi", { __tablename__ = "chi", id = am.Column(am.Integer, { primary_key = true }),
        par_id = am.Column(am.ForeignKey("par.id")) })
      am.configure_mappers()
    end)
    assert.equal(1, #messages)
    assert.matches("'Par.two' will copy column par.id to column chi.par_id.*overlaps=\"one\"", messages[1])
  end)

  it("names another relationship once that writes the column by both of its joins", function()
    local messages = logged(function()
      local Base = am.declarative_base()
      local link = am.Table("link", Base.metadata, am.Column("par_id", am.ForeignKey "par.id"))
      Base:model("Par", { __tablename__ = "par", id = am.Column(am.Integer, { primary_key = true }),
        one = am.relationship("Par", { secondary = link }), two = am.relationship("Par", { secondary = link }) })
      am.configure_mappers()
    end)
    assert.matches("relationship%(s%): 'Par.one' %(copies par.id to link.par_id%)%. If", messages[1])
  end)

  it("finds a foreign key to a column that its target has not, whatever other keys there are", function()
    local Base = am.declarative_base()
    Base:model("Par", { __tablename__ = "par", id = am.Column(am.Integer, { primary_key = true }),
      chis = am.relationship("Chi") })
    Base:model("Chi", { __tablename__ = "chi", id = am.Column(am.Integer, { primary_key = true }),
      par_id = am.Column(am.ForeignKey "par.id"), other_id = am.Column(am.ForeignKey "par.typo") })
    raises("NoReferencedColumnError", function() Base.registry:configure() end,
      "table 'par' has no column named 'typo'")
    Base.registry:dispose()
  end)

  it("warns of remote() around a column that only the near side has", function()
    local messages = logged(function()
      local Base = am.declarative_base()
      Base:model("Par", { __tablename__ = "par", id = am.Column(am.Integer, { primary_key = true }),
        chis = am.relationship("Chi", { primaryjoin = "Par.id == foreign(Chi.par_id)", remote_side = "Par.id" }) })
      Base:model("Chi", { __tablename__ = "chi", id = am.Column(am.Integer, { primary_key = true }),
        par_id = am.Column(am.Integer) })
      am.configure_mappers()
    end)
    assert.equal(1, #messages)
    assert.matches("^Expression par.id is marked as 'remote', but these column%(s%) are local", messages[1])
  end)

  it("shows columns, whoever wrote its order_by, and the defaults of its options", function()
    local Base = am.declarative_base()
    local Par, Chi
    Par = Base:model("Par", { __tablename__ = "par", id = am.Column(am.Integer, { primary_key = true, doc = "key" }),
      chis = am.relationship("Chi", { order_by = function() return { Chi.id:desc(), Chi.par_id } end }) })
    Chi = Base:model("Chi", { __tablename__ = "chi", id = am.Column(am.Integer, { primary_key = true }),
      par_id = am.Column(am.ForeignKey("par.id")) })
    local prop = Par.chis.property
    assert.equal("chi.id DESC", tostring(prop.order_by[1]))
    assert.equal("chi.par_id", tostring(prop.order_by[2]))
    for _, name in ipairs { "innerjoin", "active_history", "load_on_pending", "post_update" } do
      assert.is_false(prop[name], name)
    end
    local column = Par.id.property
    assert.is_false(column.active_history)
    assert.same({}, column.info)
    assert.equal("key", column.doc)
  end)

  it("warns where an association table is written as a secondary and as a class", function()
    local messages = {}
    local before = am.logging.set_handler(function(record) messages[#messages + 1] = record.message end)
    local Base = am.declarative_base()
    local function id() return am.Column(am.Integer, { primary_key = true }) end
    Base:model("Link", { __tablename__ = "link", right = am.relationship("Right"),
      left_id = am.Column(am.ForeignKey "left.id", { primary_key = true }),
      right_id = am.Column(am.ForeignKey "right.id", { primary_key = true }) })
    Base:model("Left", { __tablename__ = "left", id = id(), links = am.relationship("Link"),
      rights = am.relationship("Right", { secondary = "link" }) })
    Base:model("Right", { __tablename__ = "right", id = id() })
    am.configure_mappers()
    am.logging.set_handler(before)
    local all = table.concat(messages, "\n")
    assert.matches("'Left.rights' will copy column left.id to column link.left_id, which conflicts", all)
    assert.matches("'Left.rights' will copy column right.id to column link.right_id, which conflicts", all)
    assert.equal(2, #messages)
  end)

  it("warns of delete-orphan without delete", function()
    local messages = {}
    local before = am.logging.set_handler(function(record) messages[#messages + 1] = record.message end)
    am.relationship("Chi", { cascade = "save-update, delete-orphan" })
    am.logging.set_handler(before)
    assert.same({ "The 'delete-orphan' cascade option requires 'delete'." }, messages)
  end)

  it("looks for the former object without a flush when another one is set", function()
    local Base = am.declarative_base()
    local Owner = Base:model("Owner", { __tablename__ = "owner", id = am.Column(am.Integer, { primary_key = true }),
      pet_id = am.Column(am.ForeignKey "pet.id"), pet = am.relationship("Pet", { single_parent = true }) })
    local Pet = Base:model("Pet", { __tablename__ = "pet", id = am.Column(am.Integer, { primary_key = true }) })
    local engine = am.create_engine "sqlite://"
    Base.metadata:create_all(engine)
    local session = am.Session(engine)
    local owner = Owner {}
    session:add(owner)
    session:commit()
    session:add(Owner {})
    owner.pet = Pet {}
    assert.equal(2, #session.new)
    session:close()
  end)

  it("keeps a subquery in its condition correlated, whatever stands for its tables", function()
    local Base = am.declarative_base()
    local User = Base:model("User", { __tablename__ = "u", id = am.Column(am.Integer, { primary_key = true }) })
    local Mail = Base:model("Mail", { __tablename__ = "m", id = am.Column(am.Integer, { primary_key = true }),
      u_id = am.Column(am.ForeignKey "u.id") })
    local last = am.select(am.func.max(Mail.id)):where(Mail.u_id:eq(User.id)):correlate(User):scalar_subquery()
    User.last = am.relationship(Mail, { viewonly = true, uselist = false,
      primaryjoin = function() return am.and_(User.id:eq(Mail.u_id), Mail.id:eq(last)) end })
    local Other = am.aliased(User)
    assert.equal("SELECT u_1.id FROM u AS u_1 JOIN m ON u_1.id = m.u_id AND m.id = (SELECT max(m.id) AS max_1 FROM m "
      .. "WHERE m.u_id = u_1.id)", (tostring(am.select(Other):join(Other.last)):gsub("%s+", " ")))
    assert.equal("SELECT u.id FROM u JOIN m AS m_1 ON u.id = m_1.u_id AND m_1.id = (SELECT max(m_1.id) AS max_1 "
      .. "FROM m AS m_1 WHERE m_1.u_id = u.id)",
      (tostring(am.select(User):join(User.last:of_type(am.aliased(Mail)))):gsub("%s+", " ")))
  end)

  it("is loaded eagerly where a limited statement is sorted by a subquery", function()
    local Base = am.declarative_base()
    local User = Base:model("User", { __tablename__ = "u", id = am.Column(am.Integer, { primary_key = true }),
      mails = am.relationship("Mail") })
    local Mail = Base:model("Mail", { __tablename__ = "m", id = am.Column(am.Integer, { primary_key = true }),
      u_id = am.Column(am.ForeignKey "u.id") })
    local count = am.select(am.func.count(Mail.id)):where(Mail.u_id:eq(User.id)):correlate(User):scalar_subquery()
    local text = tostring(am.select(User):options(am.joinedload(User.mails)):order_by(count):limit(3)):gsub("%s+", " ")
    assert.matches("FROM %(SELECT u.id AS id, %(SELECT count.*LEFT OUTER JOIN m AS m_1 ON anon_1.id = m_1.u_id "
      .. "ORDER BY anon_1.anon_2$", text)
  end)

  it("forgets the single parent of an object whose attributes have expired", function()
    local Base = am.declarative_base()
    local Owner = Base:model("Owner", { __tablename__ = "owner", id = am.Column(am.Integer, { primary_key = true }),
      pet = am.relationship("Pet", { back_populates = "owner", uselist = false }) })
    local Pet = Base:model("Pet", { __tablename__ = "pet", id = am.Column(am.Integer, { primary_key = true }),
      owner_id = am.Column(am.ForeignKey "owner.id"),
      owner = am.relationship("Owner", { back_populates = "pet", single_parent = true }) })
    local engine = am.create_engine "sqlite://"
    Base.metadata:create_all(engine)
    local session = am.Session(engine)
    local owner = Owner {}
    session:add(owner)
    session:commit()
    owner.pet = Pet {}
    session:rollback()
    local other = Pet { owner = owner }
    assert.equal(other, owner.pet)
    session:close()
  end)

  it("asks for a single parent only on the side where it is set", function()
    local Base = am.declarative_base()
    local Owner = Base:model("Owner", { __tablename__ = "owner", id = am.Column(am.Integer, { primary_key = true }),
      pets = am.relationship("Pet", { back_populates = "owner" }) })
    local Pet = Base:model("Pet", { __tablename__ = "pet", id = am.Column(am.Integer, { primary_key = true }),
      owner_id = am.Column(am.ForeignKey "owner.id"), owner = am.relationship("Owner", { back_populates = "pets",
        cascade = "all, delete-orphan", single_parent = true }) })
    local owner = Owner { pets = { Pet {}, Pet {} } }
    assert.equal(owner, owner.pets[2].owner)
    raises("InvalidRequestError", function() return Pet { owner = owner } end, "is only allowed a single parent")
  end)

  it("joins over a secondary that is itself a join", function()
    local Base = am.declarative_base()
    local function id() return am.Column(am.Integer, { primary_key = true }) end
    local A = Base:model("A", { __tablename__ = "a", id = id(), b_id = am.Column(am.ForeignKey "b.id"),
      d = am.relationship("D", { viewonly = true, uselist = false, secondaryjoin = "D.id == B.d_id",
        secondary = "join(B, D, B.d_id == D.id).join(C, C.d_id == D.id)",
        primaryjoin = "and_(A.b_id == B.id, A.id == C.a_id)" }) })
    local B = Base:model("B", { __tablename__ = "b", id = id(), d_id = am.Column(am.ForeignKey "d.id") })
    local C = Base:model("C", { __tablename__ = "c", id = id(), a_id = am.Column(am.ForeignKey "a.id"),
      d_id = am.Column(am.ForeignKey "d.id") })
    local D = Base:model("D", { __tablename__ = "d", id = id() })
    local function text(stmt) return (tostring(stmt):gsub("%s+", " ")) end
    assert.equal("SELECT a.id, a.b_id FROM a JOIN (b AS b_1 JOIN d AS d_1 ON b_1.d_id = d_1.id JOIN c AS c_1 ON " ..
      "c_1.d_id = d_1.id) ON a.b_id = b_1.id AND a.id = c_1.a_id JOIN d ON d.id = b_1.d_id",
      text(am.select(A):join(A.d)))
    local engine = am.create_engine "sqlite://"
    Base.metadata:create_all(engine)
    local session = am.Session(engine)
    session:add_all { D { id = 1 }, D { id = 2 }, B { id = 1, d_id = 1 }, B { id = 2, d_id = 2 },
      A { id = 1, b_id = 1 }, A { id = 2, b_id = 2 }, C { a_id = 1, d_id = 1 }, C { a_id = 2, d_id = 1 } }
    session:commit()
    for _, option in ipairs { am.lazyload, am.joinedload, am.selectinload } do
      session:expunge_all()
      local found = session:scalars(am.select(A):options(option(A.d)):order_by(A.id)):all()
      assert.equal(1, found[1].d.id)
      assert.is_nil(found[2].d)
    end
  end)

  it("takes a column without marks beside remote() for the target's where only the target has it", function()
    local Base = am.declarative_base()
    local Address = Base:model("Address", { __tablename__ = "address",
      id = am.Column(am.Integer, { primary_key = true }), kind = am.Column(am.String),
      parent_id = am.Column(am.Integer) })
    local Customer = Base:model("Customer", { __tablename__ = "customer",
      id = am.Column(am.Integer, { primary_key = true }) })
    Customer.addresses = am.relationship(Address, { primaryjoin = am.and_(
      Customer.id:eq(am.foreign(am.remote(Address.parent_id))), Address.kind:eq "customer") })
    local on = "JOIN address AS address_1 ON customer%.id = address_1%.parent_id AND address_1%.kind = :kind_1"
    assert.matches(on, (tostring(am.select(Customer):options(am.joinedload(Customer.addresses))):gsub("%s+", " ")))
    assert.matches(on, (tostring(am.select(Customer):join(Customer.addresses:of_type(am.aliased(Address))))
      :gsub("%s+", " ")))
  end)

  it("compares by a function that says which arguments it compares", function()
    local Base = am.declarative_base()
    local V = Base:model("V", { __tablename__ = "v", id = am.Column(am.Integer, { primary_key = true }),
      name = am.Column(am.String) })
    V.below = am.relationship(V, { viewonly = true, order_by = V.name, primaryjoin = am.func.instr(
      am.remote(am.foreign(V.name)), V.name .. "/"):as_comparison(1, 2):eq(1) })
    assert.equal(am.ONETOMANY, V.below.property.direction)
    assert.matches("FROM v JOIN v AS v_1 ON instr%(v_1.name, v.name || :name_1%) = :param_1",
      (tostring(am.select(V):join(V.below:of_type(am.aliased(V)))):gsub("%s+", " ")))
  end)

  it("asks for remote_side on the many-to-one side of a self-reference, backref or not", function()
    local Base = am.declarative_base()
    local Node = Base:model("Node", { __tablename__ = "node", id = am.Column(am.Integer, { primary_key = true }),
      parent_id = am.Column(am.ForeignKey "node.id"), children = am.relationship("Node", { backref = "parent" }) })
    raises("ArgumentError", function() return Node {} end,
      "Node%.children and back%-reference Node%.parent are both of the same direction")
    Base.registry:dispose()
  end)

  it("refuses a class as secondary, by name too", function()
    for _, by_name in ipairs { true, false } do
      local Base = am.declarative_base()
      local C = Base:model("C", { __tablename__ = "ab", a_id = am.Column(am.ForeignKey "a.id", { primary_key = true }),
        b_id = am.Column(am.ForeignKey "b.id", { primary_key = true }) })
      local A = Base:model("A", { __tablename__ = "a", id = am.Column(am.Integer, { primary_key = true }),
        bs = am.relationship("B", { secondary = by_name and "C" or function() return C end }) })
      Base:model("B", { __tablename__ = "b", id = am.Column(am.Integer, { primary_key = true }) })
      raises("ArgumentError", function() return A {} end, "secondary argument <class 'C'> passed to")
      Base.registry:dispose()
    end
  end)

  it("never counts a change of what is viewonly", function()
    local Base = am.declarative_base()
    local P = Base:model("P", { __tablename__ = "p", id = am.Column(am.Integer, { primary_key = true }),
      cs = am.relationship("K", { viewonly = true }) })
    local K = Base:model("K", { __tablename__ = "k", id = am.Column(am.Integer, { primary_key = true }),
      p_id = am.Column(am.ForeignKey "p.id"), p = am.relationship("P", { viewonly = true }) })
    local engine = am.create_engine "sqlite://"
    Base.metadata:create_all(engine)
    local session, p, k = am.Session(engine), P {}, K {}
    p.cs:append(k)
    assert.is_false(am.inspect(p).attrs.cs.history:has_changes())
    session:add_all { p, k }
    session:commit()
    p.cs:append(k)
    k.p = p
    assert.equal(0, #session.dirty)
    assert.is_false(am.inspect(k).attrs.p.history:has_changes())
  end)
end)

describe("one-to-one over a shared primary key", function()
  it("asks the identity map before the database", function()
    local Base = am.declarative_base()
    local Person = Base:model("Person", { __tablename__ = "person",
      id = am.Column(am.Integer, { primary_key = true }),
      passport = am.relationship("Passport", { uselist = false, back_populates = "person" }) })
    local Passport = Base:model("Passport", { __tablename__ = "passport",
      id = am.Column(am.ForeignKey "person.id", { primary_key = true }),
      person = am.relationship(Person, { back_populates = "passport" }) })
    local engine = am.create_engine("sqlite://")
    Base.metadata:create_all(engine)
    local session, seen = am.Session(engine), {}
    session:add_all { Person { id = 1, passport = Passport {} }, Person { id = 2 } }
    session:commit()
    session:expunge_all()
    local passports = session:scalars(am.select(Passport)):all()
    local people = session:scalars(am.select(Person):order_by(Person.id)):all()
    am.event.listen(engine, "before_cursor_execute", function(_, _, text) seen[#seen + 1] = text:gsub("%s+", " ") end)
    assert.equal(passports[1], people[1].passport)
    assert.same({}, seen)
    assert.is_nil(people[2].passport)
    assert.same({ "SELECT passport.id AS passport_id FROM passport WHERE passport.id = ?" }, seen)
    session:close()
    engine:dispose()
  end)

  it("asks nothing about an expired object that loses a reference", function()
    local Base = am.declarative_base()
    local User = Base:model("User", { __tablename__ = "users", id = am.Column(am.Integer, { primary_key = true }),
      posts = am.relationship("Post", { back_populates = "author" }) })
    local Post = Base:model("Post", { __tablename__ = "posts", id = am.Column(am.Integer, { primary_key = true }),
      author_id = am.Column(am.ForeignKey "users.id"), author = am.relationship(User, { back_populates = "posts" }) })
    local engine = am.create_engine("sqlite://")
    Base.metadata:create_all(engine)
    local session, seen = am.Session(engine), {}
    local user, post = User {}, Post {}
    post.author = user
    session:add(post)
    session:commit()
    assert.equal(1, post.author_id)
    am.event.listen(engine, "before_cursor_execute", function(_, _, text) seen[#seen + 1] = text end)
    post.author = nil
    assert.is_false(session.dirty:contains(user))
    session:flush()
    assert.same({ "UPDATE posts SET author_id=? WHERE posts.id = ?" }, seen)
    session:close()
    engine:dispose()
  end)
end)

describe("a many-to-many over a table that repeats its pairs", function()
  it("gives every object once, by lazy, selectin and joined loads", function()
    local Base = am.declarative_base()
    local id = am.Column(am.Integer, { primary_key = true })
    local Person = Base:model("Person", { __tablename__ = "person", id = id })
    local Review = Base:model("Review", { __tablename__ = "review",
      id = am.Column(am.Integer, { primary_key = true }), author_id = am.Column(am.ForeignKey("person.id")),
      reader_id = am.Column(am.ForeignKey("person.id")) })
    local review = Review.__table__
    Person.readers = am.relationship(Person, { secondary = review, viewonly = true,
      primaryjoin = id:eq(review.c.author_id), secondaryjoin = id:eq(review.c.reader_id) })
    Person.reader = am.relationship(Person, { secondary = review, viewonly = true, uselist = false,
      primaryjoin = id:eq(review.c.author_id), secondaryjoin = id:eq(review.c.reader_id) })
    local engine = am.create_engine "sqlite://"
    Base.metadata:create_all(engine)
    local session = am.Session(engine)
    session:add_all { Person { id = 1 }, Person { id = 2 } }
    session:flush()
    session:add_all { Review { author_id = 1, reader_id = 2 }, Review { author_id = 1, reader_id = 2 } }
    session:commit()
    for _, option in ipairs { am.lazyload(Person.readers), am.selectinload(Person.readers),
      am.joinedload(Person.readers) } do
      session:expunge_all()
      local one = session:scalars(am.select(Person):where(Person.id:eq(1)):options(option)):unique():one()
      assert.equal(1, #one.readers)
      assert.equal(2, one.reader.id)
    end
    session:close()
  end)
end)
