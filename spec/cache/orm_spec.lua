-- Results of queries in cache regions: hits, keys, invalidation by flush, races between readers and writers.
local am = require "alchemoon"
local backends = require "support.backends"
local cache = require "alchemoon.cache"
local executed = require "support.executed"
local redis = require "support.redis"
local raises_exc = require("support.init").raises_exc

local server
setup(function() server = redis.start() end)
teardown(function() if server then server:stop() end end)

local prefix = 0
local unpack = table.unpack or unpack -- luacheck: ignore 113
local function new_region(kind)
  prefix = prefix + 1
  if kind == "memory" then return cache.make_region():configure("memory", { expiration_time = 300 }) end
  return cache.make_region():configure("redis", { expiration_time = 300, path = server.path,
    key_prefix = prefix .. ":" })
end

local function models()
  local Base = am.declarative_base()
  local M = { metadata = Base.metadata }
  M.link = am.Table("cache_links", Base.metadata, am.Column("user_id", am.ForeignKey("cache_users.id")),
    am.Column("tag_id", am.ForeignKey("cache_tags.id")))
  M.User = Base:model("User", { __tablename__ = "cache_users",
    id = am.Column(am.Integer, { primary_key = true }), name = am.Column(am.String(30)),
    score = am.Column(am.Numeric(10, 2)), born = am.Column(am.Date), data = am.Column(am.LargeBinary),
    prefs = am.Column(am.JSON), big = am.Column(am.BigInteger),
    posts = am.relationship("Post", { back_populates = "author", order_by = "Post.id" }),
    tags = am.relationship("Tag", { secondary = M.link }) })
  M.Post = Base:model("Post", { __tablename__ = "cache_posts",
    id = am.Column(am.Integer, { primary_key = true }), title = am.Column(am.String(30)),
    author_id = am.Column(am.ForeignKey("cache_users.id", { ondelete = "CASCADE" })),
    author = am.relationship("User", { back_populates = "posts" }) })
  M.Tag = Base:model("Tag", { __tablename__ = "cache_tags",
    id = am.Column(am.Integer, { primary_key = true }), name = am.Column(am.String(30)) })
  return M
end

local function behaves(backend, kind)
  local engine, M, Session, orm_cache, log, User, Post

  before_each(function()
    if kind == "redis" and not server then pending "redis-server is not there" end
    backend.reset()
    engine = am.create_engine(backend.url)
    M = models()
    User, Post = M.User, M.Post
    M.metadata:create_all(engine)
    Session = am.sessionmaker(engine)
    Session:begin(function(session)
      session:add_all {
        User { id = 1, name = "Ann", score = am.decimal "1.10", born = am.date(1990, 5, 17), data = "a\0b",
          prefs = { colour = "red", list = { 1, am.null } }, big = am.int64 "9007199254740993",
          posts = { Post { id = 1, title = "one" }, Post { id = 2, title = "two" } } },
        User { id = 2, name = "Bob" }, M.Tag { id = 1, name = "lua" } }
    end)
    orm_cache = cache.ORMCache { default = new_region(kind) }
    orm_cache:listen_on_session(Session)
    log = executed.record(engine)
  end)
  after_each(function() if engine then engine:dispose() end end)

  local function names(session, ...)
    local list = {}
    for i, user in ipairs(session:scalars(am.select(User):order_by(User.id):options(cache.FromCache(), ...)):all()) do
      list[i] = user.name
    end
    return table.concat(list, " ")
  end
  local function statements(fn)
    log:take()
    local result = { Session(fn) }
    return #log:take(), unpack(result)
  end

  it("asks the database once, whatever the session", function()
    assert.same({ 1, "Ann Bob" }, { statements(names) })
    assert.same({ 0, "Ann Bob" }, { statements(names) })
  end)

  it("brings back every value and eager loaded relationships as objects of the session", function()
    local function check(session)
      local ann = session:scalars(am.select(User):where(User.id:eq(1))
        :options(cache.FromCache(), am.selectinload(User.posts))):one()
      assert.is_true(am.inspect(ann).persistent)
      assert.equal(ann, session:get(User, 1))
      assert.equal(am.decimal "1.10", ann.score)
      assert.equal(am.date(1990, 5, 17), ann.born)
      assert.equal("a\0b", ann.data)
      assert.is_true(am.int64 "9007199254740993" == ann.big)
      assert.same({ colour = "red", list = { 1, am.null } }, ann.prefs)
      assert.same({ "one", "two" }, { ann.posts[1].title, ann.posts[2].title })
      assert.equal(ann, ann.posts[1].author)
      assert.is_false(am.inspect(ann).modified)
    end
    assert.equal(2, (statements(check)))
    assert.equal(0, (statements(check)))
  end)

  it("keeps a result under the key that is given, as an option or as the second argument", function()
    local function ask(option)
      return function(session)
        return session:scalars(am.select(User.name):order_by(User.id):options(option)):first()
      end
    end
    assert.same({ 1, "Ann" }, { statements(ask(cache.FromCache("default", "names"))) })
    assert.same({ 0, "Ann" }, { statements(ask(cache.FromCache("default", { cache_key = "names" }))) })
    assert.same({ 1, "Ann" }, { statements(ask(cache.FromCache("default", "others"))) })
  end)

  it("tells statements apart by values, options and columns", function()
    local function ask(id)
      return function(session)
        return session:scalars(am.select(User.name):where(User.id:eq(id)):options(cache.FromCache())):one()
      end
    end
    assert.same({ 1, "Ann" }, { statements(ask(1)) })
    assert.same({ 1, "Bob" }, { statements(ask(2)) })
    assert.same({ 0, "Ann" }, { statements(ask(1)) })
    assert.equal(1, (statements(names)))
    assert.equal(2, (statements(function(session) return names(session, am.selectinload(User.posts)) end)))
  end)

  it("keeps rows of columns, which answer to names and columns", function()
    local function ask(session)
      local row = session:execute(am.select(User.id, User.name:label "n"):options(cache.FromCache())):first()
      return row.n .. row[User.id]
    end
    assert.same({ 1, "Ann1" }, { statements(ask) })
    assert.same({ 0, "Ann1" }, { statements(ask) })
  end)

  it("a committed flush voids what came from its tables, nothing else", function()
    statements(names)
    local function tags(session) return #session:scalars(am.select(M.Tag):options(cache.FromCache())):all() end
    statements(tags)
    Session:begin(function(session) session:get(User, 1).name = "Anna" end)
    assert.same({ 1, "Anna Bob" }, { statements(names) })
    assert.same({ 0, 1 }, { statements(tags) })
  end)

  it("a flush that was rolled back voids nothing", function()
    statements(names)
    local session = Session()
    session:get(User, 1).name = "Anna"
    session:flush()
    session:rollback()
    session:close()
    assert.same({ 0, "Ann Bob" }, { statements(names) })
    session = Session()
    session:begin_nested(function()
      session:get(User, 1).name = "Anna"
      session:flush()
      session:get_nested_transaction():rollback()
    end)
    session:commit()
    session:close()
    assert.same({ 0, "Ann Bob" }, { statements(names) })
  end)

  it("a session sees its own uncommitted changes, others what is committed", function()
    statements(names)
    local writer = Session()
    writer:get(User, 1).name = "Anna"
    assert.equal("Anna Bob", names(writer))
    assert.same({ 0, "Ann Bob" }, { statements(names) })
    writer:rollback()
    writer:close()
    assert.same({ 0, "Ann Bob" }, { statements(names) })
  end)

  it("unflushed changes are not kept", function()
    Session(function(session)
      session:no_autoflush(function()
        local bob = session:get(User, 2)
        bob.name = "Robert"
        session.autoflush = false
        names(session)
      end)
    end)
    assert.same({ 1, "Ann Bob" }, { statements(names) })
  end)

  it("children that were added void results with their parents' collections, empty ones too", function()
    local function count(session)
      local n = 0
      for _, user in ipairs(session:scalars(am.select(User):options(cache.FromCache(), am.selectinload(User.posts)))
        :all()) do n = n + #user.posts end
      return n
    end
    statements(count)
    Session:begin(function(session) session:add(Post { id = 9, title = "three", author_id = 2 }) end)
    assert.equal(3, select(2, statements(count)))
    Session:begin(function(session) session:delete(session:get(Post, 1)) end)
    assert.equal(2, select(2, statements(count)))
  end)

  it("links of many-to-many relationships and statements of the session count as changes", function()
    local function tags(session)
      return #session:scalars(am.select(User):where(User.id:eq(1)):options(cache.FromCache(),
        am.joinedload(User.tags))):unique():one().tags
    end
    assert.equal(0, select(2, statements(tags)))
    Session:begin(function(session) session:get(User, 1).tags:append(session:get(M.Tag, 1)) end)
    assert.equal(1, select(2, statements(tags)))
    Session:begin(function(session) session:execute(am.delete(M.link)) end)
    assert.equal(0, select(2, statements(tags)))
    statements(names)
    Session:begin(function(session) session:execute(am.update(User):where(User.id:eq(2)):values { name = "Bo" }) end)
    assert.equal("Ann Bo", select(2, statements(names)))
  end)

  it("rows that the database deletes by itself count as changes", function()
    local function posts(session) return #session:scalars(am.select(Post):options(cache.FromCache())):all() end
    assert.equal(2, select(2, statements(posts)))
    Session:begin(function(session) session:execute(am.delete(User):where(User.id:eq(1))) end)
    assert.equal(1, (statements(posts)))
  end)

  it("a reader that began before a commit does not put old rows back", function()
    local reader = Session()
    reader:scalar(am.select(am.func.count(M.Tag.id))) -- its transaction begins, and with it what it may see
    local seen
    if backend.name ~= "sqlite-memory" then
      local writer = am.Session(engine)
      orm_cache:listen_on_session(writer)
      if backend.dialect == "sqlite" then reader:commit() end -- SQLite would not let the writer in
      if backend.dialect == "sqlite" then orm_cache._watch:epoch(reader, orm_cache.cache_regions.default.backend) end
      writer:get(User, 1).name = "Anna"
      writer:commit()
      writer:close()
      seen = names(reader)
    end
    reader:close()
    assert.equal(seen and "Anna Bob" or "Ann Bob", select(2, statements(names)))
  end)

  it("while a commit is under way nobody keeps rows of its tables", function()
    local region = orm_cache.cache_regions.default
    region.backend:mark({ "cache_users" }, "somebody", 30)
    assert.equal(1, (statements(names)))
    assert.equal(1, (statements(names)))
    region.backend:bump({ "cache_users" }, "somebody")
    assert.equal(1, (statements(names)))
    assert.equal(0, (statements(names)))
  end)

  it("a writer that died between its commit and the news of it counts as a change", function()
    statements(names)
    orm_cache.cache_regions.default.backend:mark({ "cache_users" }, "dead", -2)
    assert.equal(1, (statements(names)))
    assert.equal(0, (statements(names)))
  end)

  it("lazy loads of a relationship go through RelationshipCache", function()
    local function ask(session)
      local post = session:scalars(am.select(Post):where(Post.id:eq(1))
        :options(cache.RelationshipCache(Post.author):and_(cache.RelationshipCache(User.posts)))):one()
      return post.author.name .. #post.author.posts
    end
    assert.same({ 3, "Ann2" }, { statements(ask) })
    assert.same({ 1, "Ann2" }, { statements(ask) })
  end)

  it("forgets one statement, or what came from a class, when asked to", function()
    statements(names)
    orm_cache:invalidate(am.select(User):order_by(User.id), nil, cache.FromCache())
    assert.equal(1, (statements(names)))
    assert.equal(0, (statements(names)))
    engine:begin(function(conn) conn:execute(am.text "update cache_users set name = 'X' where id = 1") end)
    assert.equal("Ann Bob", select(2, statements(names)))
    orm_cache:invalidate_tables(User)
    assert.equal("X Bob", select(2, statements(names)))
  end)

  it("locks, streams and populate_existing go to the database", function()
    statements(names)
    for _, stmt in ipairs { am.select(User):with_for_update(), am.select(User):execution_options { yield_per = 1 },
      am.select(User):execution_options { populate_existing = true } } do
      assert.equal(1, (statements(function(session) session:scalars(stmt:options(cache.FromCache())):all() end)))
    end
  end)

  it("conditions that other listeners add are part of the key, whatever the order of the listeners", function()
    local tenant = 1
    am.event.listen(Session, "do_orm_execute", function(context)
      if context.is_select then
        context.statement = context.statement:options(am.with_loader_criteria(User, User.id:eq(tenant)))
      end
    end)
    assert.same({ 1, "Ann" }, { statements(names) })
    tenant = 2
    assert.same({ 1, "Bob" }, { statements(names) })
    assert.same({ 0, "Bob" }, { statements(names) })
  end)

  it("one session asks while the others wait, under the reactor", function()
    local reactor = am.reactor()
    local region = cache.make_region():configure("memory", { expiration_time = 60, reactor = reactor })
    orm_cache.cache_regions.default = region
    local answers = 0
    log:take()
    for _ = 1, 5 do
      reactor:spawn(function()
        Session(function(session)
          names(session)
          answers = answers + 1
        end)
      end)
    end
    reactor:run()
    assert.same({ 5, 1 }, { answers, #log:take() })
  end)
end

describe("an ORM cache", function()
  for _, kind in ipairs { "memory", "redis" } do
    describe("in " .. kind, function()
      backends.each(function(backend) behaves(backend, kind) end)
    end)
  end

  it("names the regions that there are", function()
    local engine = am.create_engine "sqlite://"
    local M = models()
    M.metadata:create_all(engine)
    local session = am.Session(engine)
    cache.ORMCache { short = new_region "memory" }:listen_on_session(session)
    raises_exc("InvalidRequestError", function()
      session:execute(am.select(M.User):options(cache.FromCache "shot"))
    end, "did you mean 'short'")
    raises_exc("ArgumentError", function() cache.RelationshipCache(M.User.name) end, "relationship")
    session:close()
    engine:dispose()
  end)

  it("waits for the commit of a connection that the session only joined", function()
    local engine = am.create_engine "sqlite://"
    local M = models()
    M.metadata:create_all(engine)
    local orm_cache = cache.ORMCache { default = new_region "memory" }
    local backend = orm_cache.cache_regions.default.backend
    local conn = engine:connect()
    local outer = conn:begin()
    local session = am.Session(conn)
    orm_cache:listen_on_session(session)
    session:add(M.Tag { name = "x" })
    session:commit()
    local before = backend:epoch()
    outer:commit()
    assert.is_true(backend:epoch() > before)
    session:close()
    conn:close()
    engine:dispose()
  end)

  it("keeps tenants with schemas of their own apart", function()
    local engine = am.create_engine "sqlite://"
    local seen = {}
    local M = models()
    M.metadata:create_all(engine)
    local orm_cache = cache.ORMCache { default = new_region "memory" }
    local Session = am.sessionmaker()
    orm_cache:listen_on_session(Session)
    local log = executed.record(engine)
    for _, schema in ipairs { "a", "b", "a" } do
      local bind = engine:execution_options { schema_translate_map = { x = schema } }
      Session(bind, function(session)
        session:scalars(am.select(M.Tag):options(cache.FromCache())):all()
        seen[#seen + 1] = #log:take()
      end)
    end
    assert.same({ 1, 1, 0 }, seen)
    engine:dispose()
  end)

  it("is made of regions by name", function()
    raises_exc("ArgumentError", function() cache.ORMCache(new_region "memory") end, "ORMCache{ default = region }")
    raises_exc("ArgumentError", function() cache.ORMCache { default = "memory" } end,
      "'default' is no region but string")
  end)
end)
