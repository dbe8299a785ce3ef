-- INSERT, UPDATE and DELETE: text per dialect, values, defaults, conflicts, RETURNING.
local am = require "alchemoon"
local assert_sql = require("support.sql").assert_sql
local raises_exc = require("support.init").raises_exc

local t = am.table("mytable", am.column("myid", am.Integer), am.column("name", am.String),
  am.column("description", am.String))
local other = am.table("myothertable", am.column("otherid", am.Integer), am.column("othername", am.String))

local metadata = am.MetaData()
local users = am.Table("users", metadata,
  am.Column("id", am.Integer, { primary_key = true }),
  am.Column("name", am.String(30)),
  am.Column("age", am.Integer, { default = 7 }),
  am.Column("seen", am.DateTime, { onupdate = am.func.now() }))

describe("INSERT", function()
  it("names all columns when nothing is given", function()
    assert_sql(am.insert(t), "INSERT INTO mytable (myid, name, description) VALUES (:myid, :name, :description)")
  end)
  it("takes values by name, column and position", function()
    assert_sql(am.insert(t):values { myid = 3, name = "jack" },
      "INSERT INTO mytable (myid, name) VALUES (:myid, :name)", { params = { myid = 3, name = "jack" } })
    assert_sql(am.insert(t):values { [t.c.name] = "jack" }, "INSERT INTO mytable (name) VALUES (:name)")
    assert_sql(am.insert(t):values { 1, "jack", "d" },
      "INSERT INTO mytable (myid, name, description) VALUES (:myid, :name, :description)")
  end)
  it("renders expressions, grouped where they need it", function()
    assert_sql(am.insert(t):values { myid = am.func.lala() }, "INSERT INTO mytable (myid) VALUES (lala())")
    assert_sql(am.insert(t):values { name = am.bindparam("username") }, "INSERT INTO mytable (name) VALUES (:username)")
  end)
  it("names literal() after the column, as plain values are", function()
    assert_sql(t:insert():values { myid = am.literal(5), name = "x" },
      "INSERT INTO mytable (myid, name) VALUES (:myid, :name)", { params = { myid = 5, name = "x" } })
    assert_sql(t:update():values { myid = am.literal(5) }, "UPDATE mytable SET myid=:myid", { params = { myid = 5 } })
  end)

  it("numbers the values first, then CTEs, RETURNING, and the SELECT", function()
    local named = t:insert():values { name = "a" }:returning(t.c.myid):cte "named"
    assert_sql(other:insert():values { otherid = am.select(named.c.myid):scalar_subquery(), othername = "b" },
      'WITH named AS (INSERT INTO mytable (name) VALUES ($1) RETURNING mytable.myid) INSERT INTO myothertable '
      .. '(otherid, othername) VALUES ((SELECT named.myid FROM named), $2)', { dialect = "postgresql" })
    local seven = am.select(am.literal(7)):cte "seven"
    assert_sql(t:insert():values { name = "a" }:add_cte(seven), 'WITH seven AS (SELECT $2 AS anon_1) '
      .. 'INSERT INTO mytable (name) VALUES ($1)', { dialect = "postgresql" })
    assert_sql(t:insert():from_select({ "myid" }, am.select(other.c.otherid + 1)):returning(t.c.myid + 2),
      "INSERT INTO mytable (myid) SELECT myothertable.otherid + $2 AS anon_2 FROM myothertable "
      .. "RETURNING mytable.myid + $1 AS anon_1", { dialect = "postgresql" })
  end)

  it("puts conditions, EXISTS and FILTER in parentheses", function()
    assert_sql(t:update():values { myid = am.func.count():filter(t.c.myid:gt(1)) },
      "UPDATE mytable SET myid=(count(*) FILTER (WHERE mytable.myid > :myid_1))")
    assert_sql(other:insert():values { otherid = am.exists(t.c.myid) },
      "INSERT INTO myothertable (otherid) VALUES ((EXISTS (SELECT mytable.myid FROM mytable)))")
    assert_sql(t:update():values { name = am.type_coerce(t.c.myid + 1, am.String) },
      "UPDATE mytable SET name=(mytable.myid + :myid_1)")
  end)

  it("merges later values", function()
    assert_sql(am.insert(t):values { name = "a" }:values { name = "b", myid = 1 },
      "INSERT INTO mytable (myid, name) VALUES (:myid, :name)", { params = { myid = 1, name = "b" } })
  end)
  it("gives each row's default a parameter of its own, however long the column's name is", function()
    local long = ("k"):rep(300)
    local own = am.Table("t", am.MetaData(), am.Column("a", am.Integer),
      am.Column(long, am.Integer, { default = function() return 7 end }))
    local compiled = am.insert(own):values({ { a = 1 }, { a = 2 }, { a = 3 } }):compile()
    assert.same({ "a_m0", long, "a_m1", long .. "_m1", "a_m2", long .. "_m2" }, compiled.positional)
  end)

  it("writes many rows with numbered parameters", function()
    assert_sql(am.insert(t):values { { myid = 1, name = "a" }, { myid = 2, name = "b" } },
      "INSERT INTO mytable (myid, name) VALUES (?, ?), (?, ?)",
      { dialect = "sqlite", params = { myid_m0 = 1, name_m0 = "a", myid_m1 = 2, name_m1 = "b" } })
    raises_exc("CompileError", function()
      am.insert(t):values { { myid = 1 }, { myid = 2 } }:compile { dialect = "default" }
    end, "does not support in%-place multirow inserts")
  end)
  it("gives a row without a value its own default, whatever the first row was given", function()
    local own = am.Table("t", am.MetaData(), am.Column("id", am.Integer, am.Sequence("ids"), { primary_key = true }),
      am.Column("x", am.Integer, { default = am.text("1 + 2") }), am.Column("y", am.Integer, am.Sequence("ys")))
    assert_sql(am.insert(own):values { { id = 1, x = 2, y = 3 }, { id = 2 } },
      "INSERT INTO t (id, x, y) VALUES ($1, $2, $3), ($4, 1 + 2, nextval('ys'))", { dialect = "postgresql" })
    assert_sql(am.insert(own):values { { id = 1, y = 2 }, { x = 3 } },
      "INSERT INTO t (id, x, y) VALUES ($1, 1 + 2, $2), (nextval('ids'), $3, nextval('ys'))",
      { dialect = "postgresql" })
    assert.error(function() am.insert(own):values { { id = 1 }, { x = 2 } }:compile { dialect = "sqlite" } end)
  end)
  it("inserts from a SELECT", function()
    assert_sql(am.insert(t):from_select({ "myid", "name" }, am.select(other.c.otherid, other.c.othername)),
      "INSERT INTO mytable (myid, name) SELECT myothertable.otherid, myothertable.othername FROM myothertable")
    assert_sql(am.insert(users):from_select({ "name" }, am.select(other.c.othername)),
      "INSERT INTO users (name, age) SELECT myothertable.othername, :age AS anon_1 FROM myothertable")
  end)
  it("knows defaults, and returns keys where the database can", function()
    assert_sql(am.insert(users):values { name = "x" }, "INSERT INTO users (name, age) VALUES (:name, :age)")
    assert_sql(am.insert(users):values { name = "x" },
      "INSERT INTO users (name, age) VALUES ($1, $2) RETURNING users.id", { dialect = "postgresql" })
    assert_sql(am.insert(users):values { name = "x" }:inline(),
      "INSERT INTO users (name, age) VALUES ($1, $2)", { dialect = "postgresql" })
  end)
  it("returns what the author asks for", function()
    assert_sql(am.insert(t):values { name = "x" }:returning(t.c.myid, am.func.length(t.c.name)),
      "INSERT INTO mytable (name) VALUES ($1) RETURNING mytable.myid, length(mytable.name) AS length_1",
      { dialect = "postgresql" })
    assert_sql(am.update(t):values { name = "x" }:returning(t.c.myid, "*"),
      "UPDATE mytable SET name=:name RETURNING mytable.myid, *", { params = { name = "x" } })
    assert_sql(am.insert(t):values { name = "x" }:returning(t),
      "INSERT INTO mytable (name) VALUES (?) RETURNING myid, name, description", { dialect = "sqlite" })
    assert_sql(am.insert(t):values { name = "x" }:returning(t.c.myid), -- the text is made; a server may refuse it
      "INSERT INTO mytable (name) VALUES (%s) RETURNING mytable.myid", { dialect = "mysql" })
  end)
  it("writes default values", function()
    assert_sql(am.insert(t):values {}, "INSERT INTO mytable DEFAULT VALUES", { dialect = "sqlite", column_keys = {} })
  end)
  it("has prefixes, for one dialect if asked to", function()
    assert_sql(am.insert(t):values { myid = 1 }:prefix_with("OR IGNORE", { dialect = "sqlite" }),
      "INSERT OR IGNORE INTO mytable (myid) VALUES (?)", { dialect = "sqlite" })
    assert_sql(am.insert(t):values { myid = 1 }:prefix_with("OR IGNORE", { dialect = "sqlite" }),
      "INSERT INTO mytable (myid) VALUES (:myid)")
  end)
  it("refuses names that are no columns", function()
    raises_exc("CompileError", function() am.insert(t):values { nope = 1, also = 2 }:compile() end,
      "Unconsumed column names: also, nope")
    raises_exc("CompileError", function() am.insert(t):values { naem = "x" }:compile() end,
      "^Unconsumed column names: naem; did you mean 'name'%?$")
    raises_exc("CompileError", function() am.update(t):values { nme = "x" }:compile() end,
      "^Unconsumed column names: nme; did you mean 'name'%?$")
  end)

  it("refuses params(), one row beside several, and a subquery as its table", function()
    raises_exc("InvalidRequestError", function() am.insert(t):params { a = 1 } end, "use stmt:values{ name = value }")
    raises_exc("InvalidRequestError", function() am.insert(t):values { { a = 1 } }:values { a = 2 } end,
      "one style appends to a list while the other replaces values")
    raises_exc("ArgumentError", function() am.insert(am.select(t):subquery()) end, "^subject table for an INSERT")
    assert.is_truthy(tostring(am.delete(t:alias())):find("^DELETE FROM"))
  end)
end)

describe("ON CONFLICT", function()
  local stmt = am.insert(t):values { myid = 1, name = "a" }
  it("does nothing about a conflict", function()
    assert_sql(stmt:on_conflict_do_nothing(), "INSERT INTO mytable (myid, name) VALUES ($1, $2) ON CONFLICT DO NOTHING",
      { dialect = "postgresql" })
    assert_sql(stmt:on_conflict_do_nothing { index_elements = { "myid" } },
      "INSERT INTO mytable (myid, name) VALUES (?, ?) ON CONFLICT (myid) DO NOTHING", { dialect = "sqlite" })
  end)
  it("updates the row that conflicts", function()
    assert_sql(stmt:on_conflict_do_update { index_elements = { t.c.myid }, set_ = { name = stmt.excluded.name } },
      "INSERT INTO mytable (myid, name) VALUES ($1, $2) ON CONFLICT (myid) DO UPDATE SET name = excluded.name",
      { dialect = "postgresql" })
    assert_sql(stmt:on_conflict_do_update { constraint = "uq", set_ = { name = "z" }, where = t.c.name:ne("q") },
      "INSERT INTO mytable (myid, name) VALUES ($1, $2) ON CONFLICT ON CONSTRAINT uq DO UPDATE SET name = $3 "
      .. "WHERE mytable.name != $4", { dialect = "postgresql" })
  end)
  it("refuses to update nothing", function()
    local missing = "^%s parameter must be a non%%-empty table { column = value } or a ColumnCollection"
    raises_exc("ArgumentError", function() return stmt:on_conflict_do_update { index_elements = { "myid" } } end,
      missing:format "set")
    raises_exc("ArgumentError", function()
      return stmt:on_conflict_do_update { index_elements = { "myid" }, set_ = {} }
    end, "^set parameter table must not be empty")
    raises_exc("ArgumentError", function() return stmt:on_duplicate_key_update() end,
      "^update parameter table must not be empty")
  end)
  it("takes a primary key, an unnamed index, and the whole row that was to be inserted", function()
    local tbl = am.Table("u", am.MetaData(), am.Column("id", am.Integer, { primary_key = true }),
      am.Column("name", am.String, { key = "n" }))
    local insert = am.insert(tbl)
    assert_sql(insert:on_conflict_do_update { index_elements = tbl.primary_key, set_ = insert.excluded },
      "INSERT INTO u (id, name) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET id = excluded.id, name = excluded.name",
      { dialect = "postgresql" })
    local index = am.Index(nil, t.c.name, { postgresql_where = t.c.name:gt "m" })
    assert_sql(stmt:on_conflict_do_nothing { constraint = index },
      "INSERT INTO mytable (myid, name) VALUES ($1, $2) ON CONFLICT (name) WHERE name > $3 DO NOTHING",
      { dialect = "postgresql" })
  end)
  it("warns of names in the SET of an upsert that are no columns", function()
    local said
    local before = am.logging.set_handler(function(record) said = record.message end)
    local upsert = stmt:on_conflict_do_update { index_elements = { "name" }, set_ = { nope = 1 } }
    am.logging.set_handler(before)
    assert.equal("Additional column names not matching any column keys in table 'mytable': 'nope'", said)
    assert.matches("DO UPDATE SET nope = ", tostring(upsert:compile { dialect = "sqlite" }), 1, true)
  end)
  it("updates without a target on SQLite alone", function()
    local any = stmt:on_conflict_do_update { set_ = { name = "z" } }
    assert_sql(any, "INSERT INTO mytable (myid, name) VALUES (?, ?) ON CONFLICT DO UPDATE SET name = ?",
      { dialect = "sqlite" })
    require("support.init").raises_exc("ArgumentError", function() any:compile { dialect = "postgresql" } end,
      "Either constraint or index_elements")
  end)
  it("shortens the name of a constraint object as its DDL does", function()
    local long = "some_column_name_that_is_really_really_long_too"
    local uq = am.UniqueConstraint(long)
    am.Table("some_table_name_that_is_really_really", am.MetaData { naming_convention = {
      uq = "%(table_name)s_%(column_0_N_name)s_key" } }, am.Column(long, am.Integer), uq)
    local sql = stmt:on_conflict_do_nothing { constraint = uq }:compile { dialect = "postgresql" }.sql
    local name = sql:match "ON CONSTRAINT ([%w_]+) DO"
    assert.is_true(#name < 64, name)
    assert.is_truthy(am.AddConstraint(uq):compile { dialect = "postgresql" }.sql:find(name, 1, true))
  end)
  it("of a dialect shows itself in that dialect's words", function()
    local plain = function(insert) return (tostring(insert):gsub("%s+", " ")) end
    assert.equal("INSERT INTO mytable (name) VALUES (:name) ON CONFLICT DO NOTHING",
      plain(am.postgresql.insert(t):values { name = "x" }:on_conflict_do_nothing()))
    assert.equal("INSERT INTO mytable (name) VALUES (?) ON CONFLICT DO NOTHING",
      plain(am.sqlite.insert(t):values { name = "x" }:on_conflict_do_nothing()))
    assert.equal("INSERT INTO mytable (name) VALUES (%s) ON DUPLICATE KEY UPDATE name = %s",
      plain(am.mysql.insert(t):values { name = "x" }:on_duplicate_key_update { name = "y" }))
    assert.equal("INSERT INTO mytable (name) VALUES (:name)", plain(am.insert(t):values { name = "x" }))
  end)
  it("is ON DUPLICATE KEY UPDATE on MySQL, and refused elsewhere", function()
    local my = stmt:on_duplicate_key_update { name = stmt.inserted.name }
    local joined = am.mysql.insert(t):values { myid = 1 }
    joined = joined:on_duplicate_key_update { name = joined.inserted.name .. "x" }
    assert.are.equal("x", joined:compile { dialect = "mysql" }.params.name_1)
    assert_sql(my, "INSERT INTO mytable (myid, name) VALUES (%s, %s) ON DUPLICATE KEY UPDATE name = VALUES(name)",
      { dialect = "mysql" })
    raises_exc("UnsupportedCompilationError", function() my:compile { dialect = "postgresql" } end,
      "ON DUPLICATE KEY UPDATE")
    for _, dialect in ipairs { "mysql", "default" } do
      raises_exc("UnsupportedCompilationError", function()
        am.sqlite.insert(t):values { myid = 1 }:on_conflict_do_nothing():compile { dialect = dialect }
      end, "ON CONFLICT")
    end
  end)
end)

describe("UPDATE", function()
  it("sets and filters", function()
    assert_sql(am.update(t):values { name = "x" }:where(t.c.myid:eq(7)),
      "UPDATE mytable SET name=:name WHERE mytable.myid = :myid_1", { params = { name = "x", myid_1 = 7 } })
    assert_sql(am.update(t), "UPDATE mytable SET myid=:myid, name=:name, description=:description")
  end)
  it("groups expressions", function()
    assert_sql(am.update(t):values { myid = t.c.myid + 1 },
      "UPDATE mytable SET myid=(mytable.myid + :myid_1)")
    assert_sql(am.update(t):values { name = t.c.name .. "foo" }:where(t.c.myid:eq(4)),
      "UPDATE mytable SET name=(mytable.name || :name_1) WHERE mytable.myid = :myid_1")
  end)
  it("keeps the author's order if asked", function()
    assert_sql(am.update(t):ordered_values({ "name", "x" }, { "myid", 4 }), "UPDATE mytable SET name=:name, myid=:myid")
    assert_sql(am.update(t):values { { t.c.name, "x" }, { "myid", 4 } }, "UPDATE mytable SET myid=:myid, name=:name")
  end)
  it("runs onupdate", function()
    assert_sql(am.update(users):values { name = "x" }, "UPDATE users SET name=:name, seen=now()")
  end)
  it("takes other tables", function()
    local stmt = am.update(t):values { name = other.c.othername }:where(t.c.myid:eq(other.c.otherid))
    assert_sql(stmt, "UPDATE mytable SET name=myothertable.othername FROM myothertable "
      .. "WHERE mytable.myid = myothertable.otherid", { dialect = "postgresql" })
    assert_sql(stmt, "UPDATE mytable, myothertable SET mytable.name=myothertable.othername "
      .. "WHERE mytable.myid = myothertable.otherid", { dialect = "mysql" })
  end)
  it("correlates subqueries", function()
    local sub = am.select(other.c.othername):where(other.c.otherid:eq(t.c.myid)):scalar_subquery()
    assert_sql(am.update(t):values { name = sub }, "UPDATE mytable SET name=(SELECT myothertable.othername "
      .. "FROM myothertable WHERE myothertable.otherid = mytable.myid)")
  end)
end)

describe("DELETE", function()
  it("deletes what the conditions say", function()
    assert_sql(am.delete(t), "DELETE FROM mytable")
    assert_sql(am.delete(t):where(t.c.myid:eq(7), t.c.name:is_(nil)),
      "DELETE FROM mytable WHERE mytable.myid = :myid_1 AND mytable.name IS NULL")
    assert_sql(am.delete(t):filter_by { name = "x" }, "DELETE FROM mytable WHERE mytable.name = :name_1")
  end)
  it("takes other tables where the database can", function()
    local stmt = am.delete(t):where(t.c.myid:eq(other.c.otherid))
    assert_sql(stmt, "DELETE FROM mytable USING myothertable WHERE mytable.myid = myothertable.otherid",
      { dialect = "postgresql" })
    assert_sql(stmt, "DELETE FROM mytable USING mytable, myothertable WHERE mytable.myid = myothertable.otherid",
      { dialect = "mysql" })
    for _, dialect in ipairs { "sqlite", "default" } do
      raises_exc("CompileError", function() return stmt:compile { dialect = dialect } end,
        "^This backend does not support multiple%-table criteria within DELETE")
    end
  end)
  it("refuses names of parameters that its own values have", function()
    local own = am.Table("t", am.MetaData(), am.Column("id", am.Integer, { primary_key = true }),
      am.Column("name", am.String), am.Column("cap", am.Integer, { default = 10 }))
    local bind = am.bindparam("cap")
    raises_exc("CompileError", function()
      return tostring(am.update(own):where(own.c.id:eq(bind)):values { cap = 1 })
    end, "Bind parameter 'cap' conflicts with unique bind parameter of the same name")
    raises_exc("CompileError", function() return tostring(am.insert(own):values { name = bind }) end,
      "^bindparam%(%) name 'cap' is reserved for automatic usage")
    raises_exc("CompileError", function()
      return tostring(am.insert(own):values { { name = "x" } }:returning(own.c.id, { sort_by_parameter_order = true }))
    end, "RETURNING cannot be deterministically sorted when using an INSERT which includes multi%-row values%(%)")
  end)

  it("brings back what return_defaults() names, or all that only the database knows", function()
    local own = am.Table("t", am.MetaData(), am.Column("id", am.Integer, { primary_key = true }),
      am.Column("a", am.Integer), am.Column("b", am.Integer, { onupdate = am.func.f() }))
    local update = am.update(own):values { a = am.func.g() }
    assert_sql(update:return_defaults(own.c.b), "UPDATE t SET a=g(), b=f() RETURNING t.b", { dialect = "postgresql" })
    assert_sql(update:return_defaults(), "UPDATE t SET a=g(), b=f() RETURNING t.a, t.b", { dialect = "postgresql" })
  end)

  it("takes the columns of a table where their names are listed", function()
    local log = am.table("log", am.column "myid", am.column "name")
    assert_sql(log:insert():from_select(log.c, am.select(t.c.myid, t.c.name)),
      "INSERT INTO log (myid, name) SELECT mytable.myid, mytable.name FROM mytable")
  end)

  it("returns columns of deleted rows", function()
    assert_sql(am.delete(t):returning(t.c.myid), "DELETE FROM mytable RETURNING mytable.myid",
      { dialect = "postgresql" })
  end)
end)

describe("an INSERT of nothing for many rows", function()
  it("names a column where the dialect has a word for its default", function()
    local made = am.Table("t", am.MetaData(), am.Column("id", am.Integer, { primary_key = true }))
    local function of(dialect)
      return am.insert(made):compile { dialect = dialect, column_keys = {}, for_executemany = true }.sql
    end
    assert.equal("INSERT INTO t (id) VALUES (DEFAULT)", of "mysql")
    assert.equal("INSERT INTO t (id) VALUES (DEFAULT)", of "postgresql")
    assert.equal("INSERT INTO t (id) VALUES (NULL)", of "sqlite")
    assert_sql(am.insert(made), "INSERT INTO t () VALUES ()", { column_keys = {} })
  end)
end)

describe("type_coerce() of a value that is written", function()
  it("keeps a parameter of its own", function()
    local made = am.table("t", am.column("x", am.Integer))
    assert_sql(am.insert(made):values { x = am.type_coerce(5, am.Integer) }, "INSERT INTO t (x) VALUES (:param_1)")
    assert_sql(am.update(made):values { x = am.type_coerce(5, am.String) }, "UPDATE t SET x=:param_1")
  end)
end)

describe("INSERT ... SELECT of a compound", function()
  local md = am.MetaData()
  local target = am.Table("target", md, am.Column("id", am.Integer, { primary_key = true }),
    am.Column("state", am.String, { default = "new" }), am.Column("rank", am.Integer, { default = 1 }))
  local source = am.table("source", am.column "id")
  local both = am.select(source.c.id):union(am.select(source.c.id))

  it("cannot take the defaults of other columns", function()
    local stmt = am.insert(target):from_select({ "id" }, both)
    require("support.init").raises_exc("CompileError", function() return stmt:compile {} end,
      "additional default%-holding column%(s%) 'state', 'rank'")
  end)

  it("is written without them, or from a subquery", function()
    assert_sql(am.insert(target):from_select({ "id" }, both, { include_defaults = false }),
      "INSERT INTO target (id) SELECT source.id FROM source UNION SELECT source.id FROM source")
    assert_sql(am.insert(target):from_select({ "id" }, both:subquery()),
      "INSERT INTO target (id, state, rank) SELECT anon_1.id, :state AS anon_2, :rank AS anon_3 "
      .. "FROM (SELECT source.id AS id FROM source UNION SELECT source.id AS id FROM source) AS anon_1")
  end)

  it("describes its table", function()
    local described = am.insert(target).entity_description
    assert.equal("target", described.name)
    assert.equal(target, described.table)
    assert.is_nil(described.type)
    assert.is_nil(described.expr)
  end)
end)
