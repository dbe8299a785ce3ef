-- Wrong use: methods called with a dot, arguments of a wrong type. Lua's "attempt to index a nil value" never shows.
local am = require "alchemoon"
local raises_exc = require("support.init").raises_exc

local unpack = table.unpack or unpack -- luacheck: ignore 113

-- fn(...) raises an error of that class whose message fits the pattern.
local function raises(class_name, pattern, fn, ...)
  local args, n = { ... }, select("#", ...)
  raises_exc(class_name, function() fn(unpack(args, 1, n)) end, pattern)
end

local Base = am.declarative_base()
local Author = Base:model("Author", { __tablename__ = "authors",
  id = am.Column(am.Integer, { primary_key = true }),
  books = am.relationship("Book", { back_populates = "author" }),
  tags = am.relationship("Tag", { collection_class = "set" }),
})
local Book = Base:model("Book", { __tablename__ = "books",
  id = am.Column(am.Integer, { primary_key = true }),
  author_id = am.Column(am.ForeignKey("authors.id")),
  author = am.relationship("Author", { back_populates = "books" }),
})
local Tag = Base:model("Tag", { __tablename__ = "tags",
  id = am.Column(am.Integer, { primary_key = true }),
  author_id = am.Column(am.ForeignKey("authors.id")),
})

describe("a method that is called with a dot says so:", function()
  local engine, conn, session
  before_each(function()
    engine = am.create_engine "sqlite://"
    Base.metadata:create_all(engine)
    conn, session = engine:connect(), am.Session(engine)
  end)
  after_each(function()
    session:close()
    conn:close()
    engine:dispose()
  end)

  local function refuses(name, noun, fn, ...)
    raises("ArgumentError", "^" .. name .. "%(%) is a method: call it with a colon, " .. noun .. ":" .. name, fn, ...)
  end

  it("of an engine", function()
    refuses("connect", "engine", engine.connect)
    refuses("begin", "engine", engine.begin, function() end)
    refuses("dispose", "engine", engine.dispose)
    refuses("execution_options", "engine", engine.execution_options, { isolation_level = "SERIALIZABLE" })
  end)

  it("of a connection or a transaction", function()
    refuses("execute", "conn", conn.execute, am.text "select 1")
    refuses("scalar", "conn", conn.scalar, am.text "select 1")
    refuses("exec_driver_sql", "conn", conn.exec_driver_sql, "select 1")
    refuses("commit", "conn", conn.commit)
    refuses("close", "conn", conn.close)
    local transaction = conn:begin()
    refuses("rollback", "transaction", transaction.rollback)
  end)

  it("of a result", function()
    local result = conn:execute(am.text "select 1 as a")
    for _, name in ipairs{ "all", "first", "one", "scalar", "scalars", "mappings", "keys", "fetchone", "close" } do
      refuses(name, "result", result[name])
    end
    refuses("fetchmany", "result", result.fetchmany, 5)
    refuses("all", "result", result:scalars().all)
    assert.same(1, result:scalar())
  end)

  it("of a session, with whatever it was given", function()
    for _, name in ipairs{ "add", "flush", "commit", "close", "in_transaction", "begin", "get", "scalars", "query" } do
      refuses(name, "session", session[name])
    end
    refuses("add", "session", session.add, Author{})
    refuses("get", "session", session.get, Author, 1)
    refuses("scalars", "session", session.scalars, am.select(Author))
  end)

  it("of a scoped session", function()
    local Session = am.scoped_session(am.sessionmaker{ bind = engine })
    refuses("add", "Session", Session.add, Author{})
    Session:remove()
  end)

  it("of a pool", function()
    for _, name in ipairs{ "status", "size", "checkedin", "checkedout", "overflow", "dispose", "recreate" } do
      refuses(name, "pool", engine.pool[name])
    end
  end)

  it("of a mapper, a state, a history and a registry", function()
    local author = Author{}
    local state = am.inspect(author)
    for _, name in ipairs{ "get_property", "has_property", "common_parent", "identity_key_from_instance" } do
      refuses(name, "mapper", Author.__mapper__[name], "id")
    end
    refuses("get_history", "state", state.get_history, "books")
    refuses("keys", "attrs", state.attrs.keys)
    refuses("load_history", "attribute", state.attrs.books.load_history)
    for _, name in ipairs{ "has_changes", "sum", "non_added", "empty" } do
      refuses(name, "history", state.attrs.books.history[name])
    end
    refuses("configure", "registry", am.registry().configure)
  end)

  it("of an identity map, a query, a loader option, an inspector and a maker of sessions", function()
    refuses("get", "identity_map", session.identity_map.get, { Author, { 1 } })
    refuses("keys", "identity_map", session.identity_map.keys)
    refuses("filter", "query", session:query(Author).filter, Author.id:eq(1))
    refuses("all", "query", session:query(Author).all)
    refuses("selectinload", "option", am.selectinload(Author.books).selectinload, Book.author)
    refuses("get_columns", "inspector", am.inspect(engine).get_columns, "authors")
    refuses("get_table_names", "inspector", am.inspect(engine).get_table_names)
    refuses("configure", "Session", am.sessionmaker{ bind = engine }.configure, { bind = engine })
  end)

  it("of values that are watched, of caches and of migrations", function()
    refuses("append", "value", am.MutableList{}.append, 1)
    refuses("changed", "value", am.MutableDict{}.changed)
    refuses("get", "region", require("alchemoon.cache").make_region():configure("memory").get, "key")
    refuses("get_current_revision", "context",
      require("alchemoon.migrate").MigrationContext.configure(conn).get_current_revision)
    refuses("construct_params", "compiled", am.select(Author):compile().construct_params)
    raises("ArgumentError", "called with a colon: table.c:at%(name%)", Author.__table__.c.at, "id")
  end)

  it("of a collection, where the item would be lost", function()
    local author = Author{}
    refuses("append", "collection", author.books.append, Book{})
    refuses("remove", "collection", author.books.remove, Book{})
    refuses("add", "collection", author.tags.add, Tag{})
    assert.equal(0, #author.books)
  end)
end)

describe("an argument of a wrong type is named:", function()
  local engine, session
  before_each(function()
    engine = am.create_engine "sqlite://"
    Base.metadata:create_all(engine)
    session = am.Session(engine)
  end)
  after_each(function()
    session:close()
    engine:dispose()
  end)

  it("options, names and connections", function()
    local statement = am.delete(Author)
    raises("ArgumentError", "^filter_by: expected a table, got nil$", statement.filter_by, statement)
    raises("ArgumentError", "^with_dialect_options: expected a table of options, got string$",
      statement.with_dialect_options, statement, "x")
    raises("ArgumentError", "^compile: expected a table of options behind an engine, got string$",
      statement.compile, statement, engine, "x")
    local column = Book.__table__.c.author_id
    raises("ArgumentError", "^copy: expected a string, got table$", column.foreign_keys[1].copy,
      column.foreign_keys[1], {})
    raises("ArgumentError", "^register_backend: expected a string, got nil$",
      require("alchemoon.cache").register_backend)
    raises("ArgumentError", "^MigrationContext.configure: expected a connection, got",
      require("alchemoon.migrate").MigrationContext.configure, true)
    raises("ArgumentError", "conn:execute%(element%) runs it$", am.CreateTable(Author.__table__))
  end)

  it("values, rows, tables and results", function()
    local books, insert = Book.__table__, am.insert(Author)
    raises("ArgumentError", "^from_select: expected a table, got nil$", insert.from_select, insert)
    raises("ArgumentError", "^values%(%): expected a table of values, got .*Author.*; session:add%(%) stores objects$",
      insert.values, insert, Author{ id = 1 })
    raises("ArgumentError", "^sort_tables: expected a table, got nil$", am.sort_tables)
    raises("ArgumentError", "^sort_tables_and_constraints: expected a table, got nil$", am.sort_tables_and_constraints)
    local query = am.select(books)
    raises("ArgumentError", "^slice%(%) needs integers, got", query.slice, query, 1, Author)
    engine:connect(function(conn)
      local result = conn:execute(query)
      raises("ArgumentError", "^merge: expected results of the same kind, got", result.merge, result, "x")
    end)
    raises("ArgumentError", "^sort: expected a function, got string$", Author{}.books.sort, Author{}.books, "id")
    raises("ArgumentError", "^comparisons: expected a statement, got nil$", require("alchemoon.shard").comparisons)
    local migrate = require "alchemoon.migrate"
    raises("ArgumentError", "^render_lua_code: expected operations, got string$", migrate.render_lua_code, "x")
    raises("ArgumentError", "^render_lua_code: expected operations, got 1$", migrate.render_lua_code, { 1 })
    raises("ArgumentError", "^sandbox: expected a table of options, got string$",
      require("alchemoon.testing").sandbox, engine, "x")
  end)

  it("by its place in the call", function()
    local mapper = Author.__mapper__
    for _, case in ipairs{
      { am.engine_from_config, "engine_from_config: argument #1: expected table, got nil" },
      { function() am.engine_from_config({}, 5) end, "engine_from_config: argument #2: expected string, got number" },
      { am.UserDefinedType, "UserDefinedType: argument #1: expected table, got nil" },
      { am.polymorphic_union, "polymorphic_union: argument #1: expected table, got nil" },
      { function() am.polymorphic_union{ 1 } end,
        "polymorphic_union: pair 1: argument #1: expected table, got number" },
      { am.merge_frozen_result, "merge_frozen_result: argument #1: expected table, got nil" },
      { am.has_inherited_table, "has_inherited_table: argument #1: expected table, got nil" },
      { am.logging.getLogger, "logging.getLogger: argument #1: expected string, got nil" },
      { function() am.logging.set_level("x", "INFO") end,
        "logging.set_level: argument #2: expected number, got string" },
      { function() mapper:add_property() end, "add_property: argument #1: expected string, got nil" },
      { function() mapper:is_sibling() end, "is_sibling: argument #1: expected table, got nil" },
      { function() mapper:cascade_iterator "delete" end, "cascade_iterator: argument #2: expected table, got nil" },
      { function() session.identity_map:get() end, "identity_map:get: argument #1: expected table, got nil" },
      { function() session:query(Author):update() end, "query:update: argument #1: expected table, got nil" },
      { function() session:query(Author):params "x" end, "query:params: argument #1: expected table, got string" },
      { function() am.select(Author):compile():construct_params "x" end,
        "construct_params: argument #1: expected table, got string" },
      { function() session:connection():commit_prepared() end,
        "conn:commit_prepared: argument #1: expected string, got nil" },
      { function() am.reactor():step "x" end, "reactor:step: argument #1: expected number, got string" },
      { function() am.postgresql.Any(1) end, "Any: argument #2: expected a value, got nil" },
    } do
      raises_exc("ArgumentError", case[1], "^" .. case[2]:gsub("%p", "%%%0") .. "$")
    end
  end)

  it("what should be called", function()
    engine:connect(function(conn)
      raises("ArgumentError", "^conn:begin: expected a function, got boolean", conn.begin, conn, true)
      assert.False(conn:in_transaction())
      raises("ArgumentError", "^conn:begin_nested: expected a function, got table", conn.begin_nested, conn, {})
      assert.False(conn:in_transaction())
      raises("ArgumentError", "^conn:run_sync: expected a function, got nil", conn.run_sync, conn)
    end)
    raises("ArgumentError", "^engine:run_sync: expected a function, got nil", engine.run_sync, engine)
    raises("ArgumentError", "^session:begin_nested: expected a function, got number", session.begin_nested, session, 1)
    raises("ArgumentError", "^session:begin: expected a function, got string", session.begin, session, true, "x")
    raises("ArgumentError", "^session:no_autoflush: expected a function, got nil", session.no_autoflush, session)
    assert.False(session:in_transaction())
  end)

  it("options must be a table of known names", function()
    raises("ArgumentError", "^engine:dispose: options must be a table, got boolean", engine.dispose, engine, true)
    raises("ArgumentError", "^engine:dispose: unknown option 'clsoe'", engine.dispose, engine, { clsoe = false })
    raises("ArgumentError", "^session:begin: unknown option 'nest'", session.begin, session, { nest = true })
    raises("ArgumentError", "^session:connection: expected a table of options", session.connection, session, true)
    raises("ArgumentError", "^session:get_bind: expected a table of options", session.get_bind, session, Author, true)
    raises("ArgumentError", "^session:stream: expected a table of execution options", session.stream, session,
      am.select(Author), nil, "x")
  end)

  it("lists of objects, of rows, of names", function()
    raises("ArgumentError", "^delete_all: expected a list of objects, got nil", session.delete_all, session)
    raises("ArgumentError", "^merge_all: expected a list of objects, got", session.merge_all, session, true)
    raises("ArgumentError", "^add_all: expected a list of objects, got one, a Author$", session.add_all, session,
      Author{}, Author{})
    raises("UnmappedInstanceError", "^Class 'table' is not mapped; one object is needed, not a list$", session.add,
      session, { Author{} })
    raises("ArgumentError", "^bulk operation on Author: expected a list of tables", session.bulk_insert_mappings,
      session, Author)
    local author = Author{}
    session:add(author)
    session:commit()
    raises("ArgumentError", "^session:expire: expected a list of attr", session.expire, session, author, true)
    raises("ArgumentError", "^session:refresh: expected a list of attr", session.refresh, session, author, true)
    raises("ArgumentError", "^extend: expected a list of objects", author.books.extend, author.books, 1)
    raises("ArgumentError", "^pop: expected a position", author.books.pop, author.books, "x")
    raises("ArgumentError", "^insert: expected a position", author.books.insert, author.books, "x", Book{})
    raises("InvalidRequestError", "not in list", author.books.remove, author.books)
    raises("InvalidRequestError", "not in list", author.books.remove, author.books, Author.id)
  end)

  it("of URLs and reactors", function()
    local url, reactor = am.make_url "postgresql://db/shop", am.reactor()
    raises("ArgumentError", "update_query_pairs: expected a table, got nil", url.update_query_pairs, url)
    raises("ArgumentError", "update_query_pairs: expected a table, got number", url.update_query_pairs, url, { 1 })
    raises("ArgumentError", "update_query_pairs: expected a string, got nil", url.update_query_pairs, url, { {} })
    raises("ArgumentError", "update_query_dict: expected a table, got nil", url.update_query_dict, url)
    raises("ArgumentError", "update_query_string: expected a string, got nil", url.update_query_string, url)
    raises("ArgumentError", "difference_update_query: expected a table", url.difference_update_query, url, "sslmode")
    raises("ArgumentError", "^reactor:sleep: expected a number, got nil", reactor.sleep, reactor)
    raises("ArgumentError", "^reactor:run_for: expected a number, got string", reactor.run_for, reactor, "1")
  end)

  it("an engine that is NULL", function()
    local metadata = Base.metadata
    raises("ArgumentError", "an Engine or a Connection is needed", metadata.create_all, metadata, am.null)
    raises("ArgumentError", "an Engine or a Connection is needed", metadata.drop_all, metadata, am.null)
  end)

  it("a statement that is NULL", function()
    engine:connect(function(conn)
      raises("ObjectNotExecutableError", "^Not an executable object: am.null", conn.execute, conn, am.null)
    end)
  end)

  it("between() with one value", function()
    raises("ArgumentError", "^between: two values are needed, a lower and an upper one, got one", function()
      Author.id:between(1)
    end)
    raises("ArgumentError", "^between: two values .* got none", function() return am.between(Author.id) end)
    raises("ArgumentError", "^between: two values", function() return am.column("x"):not_between(1) end)
    assert.equal("x BETWEEN :x_1 AND :x_2", tostring(am.column("x"):between(1, nil)))
  end)

  it("a type that is nil", function()
    raises("ArgumentError", "^Column 'x': the type is nil; is its name misspelt?", am.Column, "x", nil)
    raises("ArgumentError", "^Column 'x': the type is nil", am.Column, "x", nil, { nullable = false })
    raises("ArgumentError", "^Column: the type is nil", am.Column, nil, { nullable = false })
    assert.equal("x", am.Column("x", nil, am.ForeignKey("authors.id")).name)
    assert.equal("x", am.Column("x", { type_ = nil }).name)
  end)

  it("an attribute that nobody has", function()
    engine:connect(function(conn)
      raises("ArgumentError", "^Connection object has no attribute 'exec'; did you mean 'execute'?", function()
        conn:exec("select 1")
      end)
      local result = conn:exec_driver_sql("select 1 as a")
      raises("ArgumentError", "^Result object has no attribute 'fetchal'; did you mean 'fetchall'?", function()
        result:fetchal()
      end)
      raises("ArgumentError", "^ScalarResult object has no attribute 'al'", function() result:scalars():al() end)
      raises("ArgumentError", "^MappingResult object has no attribute 'al'", function() result:mappings():al() end)
      assert.is_nil(result._anything)
    end)
    raises("ArgumentError", "^Engine object has no attribute 'execute'; a connection has it: engine:connect%(%)",
      function() engine:execute("select 1") end)
    local own = am.Session(engine)
    raises("ArgumentError", "^Session object has no attribute 'comit'; did you mean 'commit'?", function()
      own:comit()
    end)
    assert.is_nil(am.Session().bind)
  end)

  it("an attribute that a pool, a transaction, a set, a history or a registry has not", function()
    local function has_no(what, obj)
      local pattern = "^" .. what .. " object has no attribute 'nothing'"
      raises("ArgumentError", pattern, function() return obj.nothing end)
      raises("ArgumentError", pattern, function() return obj:nothing() end)
      assert.is_nil(obj._anything)
    end
    has_no("Pool", engine.pool)
    engine:connect(function(conn)
      local root = conn:begin()
      has_no("RootTransaction", root)
      raises("ArgumentError", "did you mean 'commit'?", function() root:comit() end)
      has_no("NestedTransaction", conn:begin_nested())
      root:rollback()
      raises("ArgumentError", "^scalars%(%) is a method: call it with a colon, result:scalars",
        conn:exec_driver_sql("select 1").scalars, 5)
    end)
    for _, name in ipairs{ "new", "dirty", "deleted" } do
      has_no("IdentitySet", session[name])
      assert.is_nil(session[name][1])
      raises("ArgumentError", "^contains%(%) is a method", session[name].contains, Author{})
    end
    has_no("History", am.inspect(Author{}).attrs.books.history)
    local Scoped = am.scoped_session(am.sessionmaker(engine), { scopefunc = function() return "scope" end })
    has_no("ScopedRegistry", Scoped.registry)
    assert.is_false(Scoped.registry:has())
    raises("ArgumentError", "^has%(%) is a method: call it with a colon, registry:has", Scoped.registry.has)
  end)

  it("a slip in the name of an attribute of options, contexts and values", function()
    local context
    am.event.listen(engine, "before_cursor_execute", function(_, _, _, _, given) context = given end)
    engine:connect(function(conn) conn:execute(am.select(am.literal(1))) end)
    local config = require("alchemoon.migrate.config").new{}
    for _, case in ipairs{
      { "Load", am.joinedload "*", "joinedlod", "joinedload" },
      { "Load", am.Load(Author), "selectinlod", "selectinload" },
      { "ExecutionContext", context, "isinsrt", "isinsert" }, { "ExecutionContext", context, "statment", "statement" },
      { "date", am.date(2020, 1, 1), "yaer", "year" }, { "datetime", am.datetime(2020, 1, 1), "minutes", "minute" },
      { "time", am.time(1, 2), "isofromat", "isoformat" }, { "timedelta", am.timedelta{ days = 1 }, "day", "days" },
      { "decimal", am.decimal "1", "quantise", "quantize" }, { "Range", am.Range(1, 2), "lowr", "lower" },
      { "Config", config, "with_conection", "with_connection" },
    } do
      local what, object, slip, meant = unpack(case)
      raises("ArgumentError", ("^%s object has no attribute '%s'; did you mean '%s'?"):format(what, slip, meant),
        function() return object[slip] end)
      assert.is_nil(object._anything)
      assert.is_nil(object.nothing_like_it)
    end
  end)

  it("a parent that is no object, a query of no entity, a row that is none", function()
    raises("UnmappedInstanceError", "^Class 'table' is not mapped", function()
      session:query(Book):with_parent {}
    end)
    raises("InvalidRequestError", "^with_parent: the query has no entity; name the relationship: .*Author", function()
      session:query():with_parent(Author{})
    end)
    assert.matches("= books.author_id", tostring(session:query(Book.id):with_parent(Author{})), 1, true)
    raises("ArgumentError", "^identity_key_from_row: argument #1: expected a row, got number", function()
      Author.__mapper__:identity_key_from_row(5)
    end)
    raises("ArgumentError", "^copy%(%) is a method: call it with a colon, foreign_key:copy",
      am.ForeignKey("authors.id").copy)
  end)

  if _VERSION ~= "Lua 5.1" then -- there ipairs() asks nobody
    it("a result that is taken for a list", function()
      engine:connect(function(conn)
        raises("ArgumentError", "^Result is no list: write for row in result do, or take", function()
          for _ in ipairs(conn:exec_driver_sql("select 1")) do error("a row") end
        end)
      end)
    end)
  end
end)

describe("what has no column", function()
  it("corresponds to none", function()
    local union = am.union(am.select(Author.__table__), am.select(Author.__table__))
    assert.is_nil(union:corresponding_column(Author.books))
    assert.is_nil(am.select(Author.__table__):cte("c"):corresponding_column(Author.books))
    assert.is_nil(Author.__table__:corresponding_column(Author.books, true))
  end)

  it("is no column of a text", function()
    raises("ArgumentError", "^columns%(%) needs column objects", function()
      return am.text("select 1"):columns(Author.books)
    end)
    assert.matches("select 1", tostring(am.text("select 1"):columns(Author.id)), 1, true)
  end)

  it("is returned as its condition, by returning() and return_defaults()", function()
    local delete = am.delete(Author.__table__)
    assert.matches("RETURNING authors.id = books.author_id", tostring(delete:returning(Author.books)), 1, true)
    assert.matches("RETURNING authors.id = books.author_id", tostring(delete:return_defaults(Author.books)), 1, true)
  end)
end)

describe("am.null among options is None:", function()
  it("of Column", function()
    local column = am.Column("x", am.Integer, { key = am.null, comment = am.null, info = am.null, index = am.null,
      unique = am.null, server_default = am.null, server_onupdate = am.null, primary_key = am.null, name = am.null,
      default = am.null })
    assert.equal("x", column.key)
    assert.is_true(column.nullable)
    assert.is_nil(column.server_default)
    assert.is_not_nil(column.default)
  end)

  it("of Session, sessionmaker and get", function()
    local engine = am.create_engine "sqlite://"
    Base.metadata:create_all(engine)
    local none = { info = am.null, binds = am.null, twophase = am.null, expire_on_commit = am.null,
      join_transaction_mode = am.null }
    local Maker = am.sessionmaker(engine, none)
    local sessions = { am.Session(engine, none), Maker(), Maker{ info = am.null }, am.sessionmaker()(engine, none) }
    for _, session in ipairs(sessions) do
      assert.same({}, session.info)
      assert.is_false(session.expire_on_commit)
      assert.is_nil(session:get(Author, 1, { execution_options = am.null, bind_arguments = am.null, options = am.null,
        with_for_update = am.null, populate_existing = am.null }))
      session:close()
    end
    engine:dispose()
  end)
end)

describe("a name that nobody knows is refused by", function()
  local migrate, cache, shard = require "alchemoon.migrate", require "alchemoon.cache", require "alchemoon.shard"
  local engine, conn, session
  setup(function()
    engine = am.create_engine("sqlite://")
    Base.metadata:create_all(engine)
    conn, session = engine:connect(), am.Session(engine)
  end)
  teardown(function()
    session:close()
    conn:close()
    engine:dispose()
  end)

  -- what it is → { the object, a name that is nearly right, the right one }
  local function objects()
    local author, region = Author {}, cache.make_region()
    session:add(author)
    return {
      engine = { engine, "conect", "connect" }, dialect = { engine.dialect, "driver_clas", "driver_class" },
      url = { engine.url, "render_as_strin", "render_as_string" }, connection = { conn, "exekute", "execute" },
      fairy = { conn.connection, "detatch", "detach" },
      session = { session, "comit", "commit" }, mapper = { Author.__mapper__, "get_propert", "get_property" },
      registry = { am.registry(), "map_imperativly", "map_imperatively" },
      list = { author.books, "appendd", "append" }, set = { author.tags, "discrad", "discard" },
      aliased = { am.inspect(am.aliased(Author)), "selectabel", "selectable" },
      compiled = { am.select(1):compile(), "construct_param", "construct_params" },
      statement = { am.select(1), "order_bi", "order_by" },
      result = { conn:execute(am.select(1)), "scalrs", "scalars" },
      region = { region, "get_or_creat", "get_or_create" },
      cache = { cache.ORMCache { default = region }, "invalidat", "invalidate" },
      ["migration context"] = { migrate.MigrationContext.configure(conn), "run_migration", "run_migrations" },
      reactor = { am.reactor(), "spwan", "spawn" },
      ["name space of migrations"] = { migrate, "MigrationContex", "MigrationContext" },
      ["name space of commands"] = { migrate.command, "upgrad", "upgrade" },
      ["name space of caches"] = { cache, "make_regio", "make_region" },
      ["name space of shards"] = { shard, "ShardedSessio", "ShardedSession" },
      ["name space of testing"] = { require "alchemoon.testing", "sandbocks", "sandbox" },
    }
  end

  it("every public kind of object, with the nearest one", function()
    for what, each in pairs(objects()) do
      local object, wrong, right = each[1], each[2], each[3]
      raises_exc("ArgumentError", function() object[wrong](object) end, "'" .. wrong .. "'.*'" .. right .. "'")
      assert.is_not_nil(object[right], what)
      assert.is_nil(object._private)
    end
  end)

  it("association proxies and write-only collections", function()
    local B = am.declarative_base()
    local Item = B:model("Item", { __tablename__ = "u_items", id = am.Column(am.Integer, { primary_key = true }),
      box_id = am.Column(am.ForeignKey("u_boxes.id")), label = am.Column(am.String(9)) })
    local Box = B:model("Box", { __tablename__ = "u_boxes", id = am.Column(am.Integer, { primary_key = true }),
      items = am.relationship(Item), labels = am.association_proxy("items", "label"),
      later = am.relationship(Item, { lazy = "write_only", viewonly = false, overlaps = "items" }) })
    local box = Box {}
    raises("ArgumentError", "no attribute 'apend'; did you mean 'append'", function() box.labels:apend(1) end)
    raises("ArgumentError", "no attribute 'selct'; did you mean 'select'", function() return box.later:selct() end)
    raises("ArgumentError", "colon", function() box.labels.append("x") end)
    raises("ArgumentError", "colon", function() box.later.select() end)
  end)
end)

describe("a statement's method that is called with a dot", function()
  local t = am.table("t", am.column("x", am.Integer))
  local stmt = am.select(t)

  it("makes nothing without its statement", function()
    for _, name in ipairs { "subquery", "alias", "cte", "lateral", "exists", "scalar_subquery", "select" } do
      raises("ArgumentError", "colon", stmt[name])
    end
    for _, name in ipairs { "alias", "lateral", "tablesample", "select" } do
      raises("ArgumentError", "colon", t[name])
    end
    raises("ArgumentError", "colon", am.values(am.column "x").scalar_values)
    raises("ArgumentError", "colon", am.func.count().over)
  end)

  it("does not take its first argument for the statement", function()
    for _, name in ipairs { "order_by", "group_by", "having", "select_from" } do
      raises("ArgumentError", name .. "%(%) is a method: call it with a colon", stmt[name], t.c.x)
    end
    raises("ArgumentError", "colon", stmt.select_from, t)
    raises("ArgumentError", "colon", stmt.options, am.selectinload(Author.books))
    raises("ArgumentError", "colon", stmt.filter_by, { x = 1 })
    raises("ArgumentError", "colon", t.c.x.cast, am.String)
    assert.are.equal(stmt, stmt:order_by():group_by():having():options():select_from())
  end)

  it("is an error of values, too", function()
    for _, value in ipairs { am.decimal "1", am.date(2026, 1, 1), am.timedelta { days = 1 } } do
      raises("ArgumentError", "colon", value.eq)
      raises("ArgumentError", "colon", value.lt)
    end
  end)
end)
