-- Loaders: what is fetched, in how many statements, and what is refused. And the legacy Query.
local am = require "alchemoon"
local backends = require "support.backends"
local raises_exc = require("support.init").raises_exc

backends.each(function(backend)
  describe("loaders on " .. backend.name, function()
    local Base, User, Post, Tag, engine, session, statements

    local function counted(fn)
      statements = {}
      local result = fn()
      return #statements, result
    end

    before_each(function()
      Base = am.declarative_base()
      local post_tags = am.Table("lo_post_tags", Base.metadata,
        am.Column("post_id", am.ForeignKey "lo_posts.id", { primary_key = true }),
        am.Column("tag_id", am.ForeignKey "lo_tags.id", { primary_key = true }))
      User = Base:model("User", { __tablename__ = "lo_users", id = am.Column(am.Integer, { primary_key = true }),
        name = am.Column(am.String(20)), bio = am.deferred(am.Column(am.Text)),
        posts = am.relationship("Post", { back_populates = "author", order_by = "Post.id" }) })
      Post = Base:model("Post", { __tablename__ = "lo_posts", id = am.Column(am.Integer, { primary_key = true }),
        title = am.Column(am.String(20)), author_id = am.Column(am.ForeignKey "lo_users.id"),
        author = am.relationship("User", { back_populates = "posts" }),
        tags = am.relationship("Tag", { secondary = post_tags, order_by = "Tag.id", back_populates = "posts" }) })
      Tag = Base:model("Tag", { __tablename__ = "lo_tags", id = am.Column(am.Integer, { primary_key = true }),
        name = am.Column(am.String(20)),
        posts = am.relationship("Post", { secondary = post_tags, back_populates = "tags" }) })
      engine = am.create_engine(backend.url)
      Base.metadata:drop_all(engine)
      Base.metadata:create_all(engine)
      session = am.Session(engine)
      local tags = { Tag { id = 1, name = "a" }, Tag { id = 2, name = "b" } }
      for u = 1, 3 do
        local user = User { id = u, name = "u" .. u, bio = "bio " .. u }
        for p = 1, u do
          user.posts:append(Post { id = u * 10 + p, title = "p" .. u .. p, tags = { tags[1], tags[2] } })
        end
        session:add(user)
      end
      session:commit()
      session:expunge_all()
      statements = {}
      am.event.listen(engine, "before_cursor_execute", function(_, _, text)
        statements[#statements + 1] = text
      end)
    end)

    after_each(function()
      session:close()
      Base.metadata:drop_all(engine)
      engine:dispose()
    end)

    local function all(...) return session:scalars(am.select(User):order_by(User.id):options(...)):unique():all() end

    local function read(users)
      local out = {}
      for i, user in ipairs(users) do
        local titles = {}
        for k, post in ipairs(user.posts) do titles[k] = post.title .. #post.tags end
        out[i] = user.name .. "=" .. table.concat(titles, ",")
      end
      return table.concat(out, " ")
    end
    local EXPECTED = "u1=p112 u2=p212,p222 u3=p312,p322,p332"

    it("load lazily, once", function()
      local n, users = counted(function()
        local users = session:scalars(am.select(User):order_by(User.id)):all()
        assert.equal(EXPECTED, read(users))
        return users
      end)
      assert.equal(1 + 3 + 6, n)
      assert.equal(0, (counted(function() return read(users) end)))
      assert.equal(0, (counted(function() return users[1].posts[1].author end))) -- in the identity map
    end)

    for name, count in pairs { selectinload = 3, subqueryload = 3, joinedload = 1, immediateload = 10 } do
      it(name .. " brings " .. count .. " statements", function()
        local load = am[name]
        local n, users = counted(function() return all(load(User.posts)[name](load(User.posts), Post.tags)) end)
        assert.equal(count, n)
        assert.equal(0, (counted(function() assert.equal(EXPECTED, read(users)) end)))
      end)
    end

    it("joined eager loading needs unique(), and wraps a limited SELECT", function()
      local stmt = am.select(User):order_by(User.id):options(am.joinedload(User.posts))
      raises_exc("InvalidRequestError", function() session:scalars(stmt):all() end, "unique%(%)")
      local users = session:scalars(stmt:limit(2)):unique():all()
      assert.same({ 1, 2 }, { #users[1].posts, #users[2].posts })
      assert.match("FROM (SELECT", statements[#statements], 1, true)
    end)

    it("joined eager loading puts a member into its collection once, however often its row comes", function()
      local other = am.aliased(Post)
      local function load()
        return session:scalars(am.select(User):join(other, other.author_id:eq(User.id)):order_by(User.id)
          :options(am.joinedload(User.posts):joinedload(Post.tags))):unique():all()
      end
      for _ = 1, 2 do -- made by the rows, then found in the identity map
        local users = load()
        assert.equal(3, #users)
        for u, user in ipairs(users) do
          assert.equal(u, #user.posts)
          for p, post in ipairs(user.posts) do
            assert.equal(u * 10 + p, post.id)
            assert.same({ "a", "b" }, { post.tags[1].name, post.tags[2].name })
            assert.equal(2, #post.tags)
          end
          session:expire(user, { "posts" })
          for _, post in ipairs(user.posts) do session:expire(post, { "tags" }) end
          session:expire(user, { "posts" })
        end
      end
    end)

    it("joined eager loading finds no row while an object of the session is modified", function()
      session:get(User, 1).name = "changed"
      local stmt = am.select(User):where(User.id:eq(99)):options(am.joinedload(User.posts))
      session:no_autoflush(function() assert.same({}, session:scalars(stmt):unique():all()) end)
    end)

    it("subqueryload() of a limited SELECT selects what it is ordered by, if it must be distinct", function()
      local stmt = am.select(Post):order_by(Post.title):limit(2):options(am.subqueryload(Post.author))
      assert.equal("u1", session:scalars(stmt):all()[1].author.name)
      assert.match("SELECT DISTINCT lo_posts.author_id AS lo_posts_author_id, lo_posts.title AS lo_posts_title",
        statements[#statements], 1, true)
    end)

    it("subqueryload() below a selectinload() embeds the order of the collection, but not with DISTINCT", function()
      session:scalars(am.select(Post):options(am.selectinload(Post.tags):subqueryload(Tag.posts))):all()
      assert.match("ORDER BY lo_tags.id) AS anon_1", statements[#statements], 1, true)
      session:scalars(am.select(Tag):options(am.selectinload(Tag.posts):subqueryload(Post.author))):all()
      local text = statements[#statements]
      assert.match("SELECT DISTINCT lo_posts.author_id", text, 1, true)
      assert.no_match("ORDER BY", text, 1, true)
    end)

    it("contains_eager() uses the statement's own join", function()
      local stmt = am.select(User):join(User.posts):where(Post.title:eq "p22"):options(am.contains_eager(User.posts))
      local n, user = counted(function() return session:scalars(stmt):unique():one() end)
      assert.equal(1, n)
      assert.equal("p22", user.posts[1].title)
      assert.equal(1, #user.posts)
    end)

    it("contains_eager() below a loader with a statement of its own is ignored", function()
      for _, loader in ipairs { am.selectinload(User.posts), am.lazyload(User.posts), am.subqueryload(User.posts) } do
        session:expunge_all()
        local stmt = am.select(User):join(User.posts):where(User.id:eq(2)):options(loader:contains_eager(Post.author))
        local posts = session:scalars(stmt):unique():one().posts
        assert.equal(2, #posts)
        assert.no_match("lo_users.name", statements[#statements], 1, true)
      end
    end)

    it("raiseload() and noload()", function()
      local user = all(am.raiseload(User.posts))[1]
      raises_exc("InvalidRequestError", function() return user.posts end, "posts")
      session:expunge_all()
      user = all(am.noload(User.posts))[1]
      assert.is_false(am.inspect(user).unloaded:contains "posts")
      assert.equal(0, #user.posts)
      session:refresh(user, { "posts", "name" })
      assert.equal(0, #user.posts)
    end)

    it("options of a former statement give way to populate_existing", function()
      local user = all(am.raiseload(User.posts), am.defaultload(User.posts):undefer_group "none")[1]
      all()
      raises_exc("InvalidRequestError", function() return user.posts end, "posts")
      session:execute(am.select(User):execution_options { populate_existing = true }):all()
      assert.is_true(#user.posts > 0)
    end)

    it("populate_existing keeps what the same row has brought for the object in another place", function()
      local stmt = am.select(Post):options(am.joinedload(Post.author):joinedload(User.posts))
        :execution_options { populate_existing = true }
      for _, post in ipairs(session:scalars(stmt):unique():all()) do
        assert.is_false(am.inspect(post).unloaded:contains "author")
      end
    end)

    it("options of a former statement hold again when what populate_existing loaded is refreshed", function()
      local user = all(am.selectinload(User.posts), am.undefer(User.bio))[1]
      session:execute(am.select(User):execution_options { populate_existing = true }):all()
      assert.is_true(am.inspect(user).unloaded:contains "posts")
      for _, reload in ipairs { function() session:expire(user) return user.name end,
        function() session:refresh(user) end } do
        reload()
        assert.is_false(am.inspect(user).unloaded:contains "posts")
      end
      assert.is_false(am.inspect(user).unloaded:contains "bio")
      session:expunge_all()
      user = session:merge(user)
      session:expire(user)
      assert.equal("u1", user.name)
      assert.is_false(am.inspect(user).unloaded:contains "posts")
    end)

    it("a refresh that names a relationship heeds what options say of its objects", function()
      local user = all(am.lazyload(User.posts):selectinload(Post.tags))[1]
      session:refresh(user, { "posts" })
      assert.is_false(am.inspect(user.posts[1]).unloaded:contains "tags")
    end)

    it("raiseload() holds for a list that is to replace what was not loaded", function()
      local user = all(am.raiseload(User.posts))[1]
      raises_exc("InvalidRequestError", function() user.posts = {} end, "posts")
    end)

    it("options for all relationships hold for each of them, and not for what is loaded lazily", function()
      local post = session:scalars(am.select(Post):order_by(Post.id):options(am.lazyload "*")):first()
      assert.same({ "u1", 2 }, { post.author.name, #post.tags })
      session:expunge_all()
      post = session:scalars(am.select(Post):options(am.lazyload(Post.author), am.raiseload "*")):first()
      raises_exc("InvalidRequestError", function() return post.tags end, "tags")
      assert.is_true(#post.author.posts > 0)
    end)

    it("defers columns and loads them when they are read", function()
      local user = all()[1]
      assert.equal(1, (counted(function() assert.equal("bio 1", user.bio) end)))
      session:expunge_all()
      user = all(am.undefer(User.bio))[1]
      assert.equal(0, (counted(function() assert.equal("bio 1", user.bio) end)))
      session:expunge_all()
      user = all(am.load_only(User.bio))[1]
      assert.equal(1, (counted(function() assert.equal("u1", user.name) end)))
    end)

    it("keeps changes unless populate_existing says otherwise", function()
      local user = session:get(User, 1)
      session.autoflush = false
      user.name = "changed"
      assert.equal("changed", all()[1].name)
      local again = session:scalars(am.select(User):order_by(User.id):execution_options { populate_existing = true })
      assert.equal(user, again:first())
      assert.equal("u1", user.name)
    end)

    it("tell listeners and load what follows when the first result is taken", function()
      local seen = {}
      am.event.listen(User, "load", function(user) seen[#seen + 1] = "load " .. user.id end)
      am.event.listen(session, "do_orm_execute", function(context)
        if context.is_relationship_load then return nil end
        local result = context:invoke_statement()
        seen[#seen + 1] = "executed"
        return result
      end, { retval = true })
      local result = session:scalars(am.select(User):where(User.id:lt(3)):order_by(User.id)
        :options(am.selectinload(User.posts)))
      seen[#seen + 1] = "statements " .. #statements
      assert.equal(1, result:first().id)
      assert.same({ "executed", "statements 1", "load 1", "load 2" }, seen)
      assert.equal(2, #statements)
    end)

    it("a stream ends with an error when its session let everything go", function()
      for _, ending in ipairs { "close", "expunge_all" } do
        local stream = session:scalars(am.select(Post):order_by(Post.id):execution_options { yield_per = 1 })
        assert.is_truthy(stream())
        session[ending](session)
        raises_exc("InvalidRequestError", stream, "identity map is no longer valid")
      end
    end)

    it("reads in portions of yield_per", function()
      local result = session:execute(am.select(Post):order_by(Post.id):execution_options { yield_per = 2 })
      local sizes = {}
      for part in result:scalars():partitions() do sizes[#sizes + 1] = #part end
      assert.same({ 2, 2, 2 }, sizes)
    end)

    it("does not read in portions what eager loaders spread over rows, and leaves the session usable", function()
      local stmt = am.select(User):order_by(User.id):execution_options { yield_per = 2 }
      for _, loader in ipairs { "joinedload", "subqueryload" } do
        raises_exc("InvalidRequestError", function() session:execute(stmt:options(am[loader](User.posts))) end)
        assert.equal(1, session:scalars(stmt):first().id)
      end
    end)

    it("does not drop repetitions of what is read in portions, in no view of the result", function()
      local function result() return session:execute(am.select(User):execution_options { yield_per = 2 }) end
      local message = "^Can't use the ORM yield_per feature in conjunction with unique%(%)$"
      for _, fetch in ipairs { function(found) return found:unique():all() end,
        function(found) return found:scalars():unique():all() end,
        function(found) return found:unique():scalars():fetchone() end } do
        local found = result()
        raises_exc("InvalidRequestError", function() fetch(found) end, message)
        found:close()
      end
    end)

    it("adds criteria to every load of a class", function()
      local option = am.with_loader_criteria(Post, Post.title:ne "p31")
      local users = all(am.selectinload(User.posts), option)
      assert.equal(2, #users[3].posts)
    end)

    it("names the members of nested bundles by their labels", function()
      local inner = am.Bundle("inner", am.func.max(User.name), User.id:label "key")
      local row = session:execute(am.select(am.Bundle("outer", am.func.min(User.name):label "first", inner))
        :group_by(User.id):order_by(User.id)):first()
      assert.same({ "u1", "u1", 1 }, { row.outer.first, row.outer.inner.max, row.outer.inner.key })
    end)

    it("select several entities, aliases and attributes in a row", function()
      local Writer = am.aliased(User, { name = "writer" })
      local rows = session:execute(am.select(Post, Writer, Writer.name):join(Post.author:of_type(Writer))
        :where(Writer.id:eq(2)):order_by(Post.id)):all()
      assert.equal(2, #rows)
      assert.equal("p21", rows[1].Post.title)
      assert.equal(rows[1].Post.author, rows[1].writer)
      assert.equal("u2", rows[1].name)
    end)

    it("says whose session is missing when a detached object is asked", function()
      local user = session:get(User, 1)
      session:expunge(user)
      raises_exc("DetachedInstanceError", function() return user.posts end, "posts")
    end)

    it("loaders run level by level, and what several brought for one loader is loaded at once", function()
      local function order(...)
        session:expunge_all()
        statements = {}
        all(...)
        local tables = {}
        for i, text in ipairs(statements) do tables[i] = text:match("FROM lo_(%a+)") end
        return table.concat(tables, " ")
      end
      assert.equal("users posts posts", order(am.selectinload(User.posts):selectinload(Post.tags)))
      -- posts per user; the tags of all posts in one statement, whose first table is posts again
      assert.equal("users posts posts posts posts", order(am.immediateload(User.posts):selectinload(Post.tags)))
    end)

    it("selectinload() finds nothing where no composite key refers to anything", function()
      local Far = Base:model("Far", { __tablename__ = "lo_fars",
        id = am.Column(am.Integer, { primary_key = true, autoincrement = false }),
        part = am.Column(am.Integer, { primary_key = true, autoincrement = false }) })
      local Near = Base:model("Near", { __tablename__ = "lo_nears", id = am.Column(am.Integer, { primary_key = true }),
        far_id = am.Column(am.Integer), far_part = am.Column(am.Integer),
        __table_args__ = { am.ForeignKeyConstraint({ "far_id", "far_part" }, { "lo_fars.id", "lo_fars.part" }) },
        far = am.relationship("Far") })
      Base.metadata:create_all(engine)
      session:add_all{ Near{ id = 1 }, Near{ id = 2 } }
      session:commit()
      local function load() return session:scalars(am.select(Near):options(am.selectinload(Near.far))):all() end
      assert.equal(2, #load())
      assert.is_nil(load()[1].far)
      session:add(Near{ id = 3, far = Far{ id = 7, part = 8 } })
      session:commit()
      assert.equal(8, load()[3].far.part)
    end)

    it("populate_existing empties what the statement does not bring, and takes its options", function()
      local user = session:get(User, 2)
      assert.equal(2, #user.posts)
      assert.equal("bio 2", user.bio)
      user.name = "changed"
      local again = am.select(User):where(User.id:eq(2)):execution_options { populate_existing = true }
      session.autoflush = false
      assert.equal(user, session:scalars(again:options(am.with_loader_criteria(Post, Post.id:eq(22)))):one())
      assert.equal("u2", user.name)
      assert.same({ bio = true, posts = true }, { bio = am.inspect(user).unloaded:contains("bio"),
        posts = am.inspect(user).unloaded:contains("posts") })
      assert.equal(1, #user.posts)
      session:scalars(again:options(am.raiseload(User.posts))):one()
      raises_exc("InvalidRequestError", function() return user.posts end)
    end)

    it("serve the legacy Query", function()
      local query = session:query(User):filter(User.id:gt(1)):order_by(User.id:desc())
      assert.equal("u3", query:first().name)
      assert.equal(2, query:count())
      assert.equal("u2", query:offset(1):limit(1):one().name)
      assert.equal(session:get(User, 2), session:query(User):get(2))
      assert.equal(1, session:query(User):filter_by { name = "u1" }:update { name = "v1" })
      assert.equal("v1", session:query(User.name):filter(User.id:eq(1)):scalar())
      assert.equal(3, #session:query(User):options(am.joinedload(User.posts)):all())
      assert.is_true(session:query(session:query(User):filter(User.id:eq(1)):exists()):scalar())
      raises_exc("NoResultFound", function() session:query(User):filter_by { id = 99 }:one() end, "No row")
      raises_exc("InvalidRequestError", function() session:query():all() end, "Query contains no columns")
    end)

    it("do not add what a DISTINCT Query is ordered by: it would tell rows apart", function()
      local query = session:query(User):join(User.posts):order_by(Post.id):distinct()
      assert.match("^SELECT DISTINCT lo_users.id AS %S+ lo_users.name AS lo_users_name%s+FROM", tostring(query))
      assert.equal(session:query(User):join(User.posts):distinct():count(),
        session:query(am.func.count(am.distinct(Post.author_id))):scalar())
    end)
  end)
end)
