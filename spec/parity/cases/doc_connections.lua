-- The page on engines and connections: transactions as you go and in blocks, options, streams, schema names, errors.
local am = require "alchemoon"
local p = require "parity"
local say, step, err = p.say, p.step, p.error
local select, text = am.select, am.text

local e = p.engine()
local md = am.MetaData()
local users = am.Table("users", md, am.Column("id", am.Integer, { primary_key = true }),
  am.Column("name", am.String(30), { unique = true }))
local words = am.Table("words", md, am.Column("id", am.Integer, { primary_key = true }),
  am.Column("word", am.String, { nullable = false }))
step "as you go"
local conn = e:connect()
md:create_all(conn)
p.forget()
say(conn:in_transaction())
conn:commit()
say(conn:in_transaction(), conn.closed)
conn:execute(users:insert(), { id = 1, name = "one" })
conn:rollback()
conn:execute(users:insert(), { { id = 2, name = "two" }, { id = 3, name = "three" } })
conn:commit()
conn:execute(users:insert():values{ id = 4, name = "four" })
conn:close()
say(conn.closed)
e:connect(function(c) say(c:scalars(select(users.c.id):order_by(users.c.id)):all()) end)
step "begin once"
e:begin(function(c) c:execute(users:insert(), { id = 5, name = "five" }) end)
conn = e:connect()
conn:begin(function(trans)
  say(trans.is_active, trans.is_valid, conn:get_transaction() == trans)
  conn:execute(users:insert(), { id = 6, name = "six" })
  trans:rollback()
  say(trans.is_active, conn:in_transaction())
  err(function() conn:execute(select(users.c.id)) end)
end)
conn:begin(function() err(function() conn:begin() end) end)
conn:execute(select(users.c.id):limit(1)):all()
err(function() conn:begin() end)
say(conn:in_transaction(), conn:in_nested_transaction())
conn:close()
err(function() conn:execute(select(1)) end)
step "savepoints"
e:begin(function(c)
  local outer = c:begin_nested()
  c:execute(users:insert(), { id = 7, name = "seven" })
  say(c:in_nested_transaction(), c:get_nested_transaction() == outer)
  local inner = c:begin_nested()
  c:execute(users:insert(), { id = 8, name = "eight" })
  inner:rollback()
  outer:commit()
  say(c:in_nested_transaction(), inner.is_active, outer.is_active)
  local x = err(function()
    c:begin_nested(function() c:execute(users:insert(), { id = 7, name = "again" }) end)
  end)
  say(x:is(am.exc.DBAPIError), x.connection_invalidated)
  say(c:scalar(select(am.func.count()):select_from(users)))
end)
step "options"
conn = e:connect()
local same = conn:execution_options{ note = "a", yield_per = 2 }
say(same == conn, conn:get_execution_options())
local result = conn:execute(select(users.c.id):order_by(users.c.id))
say(p.map(result:partitions(), function(part) return part end))
say(result.closed)
conn:execution_options{ yield_per = am.null }
local stream = conn:execution_options{ stream_results = true, max_row_buffer = 2 }
  :execute(select(users.c.name):order_by(users.c.id))
say(stream:fetchmany(2), stream:fetchone(), stream:scalars():all())
conn:close()
local branch = e:execution_options{ note = "b", compiled_cache = am.null }
say(branch == e, branch.pool == e.pool, branch:get_execution_options().note, e:get_execution_options())
local notes = {}
local function note(_, _, _, _, options) notes[#notes + 1] = options.note end
am.event.listen(e, "before_execute", note)
branch:connect(function(c)
  c:execute(select(1))
  c:execute(select(1), nil, { execution_options = { note = "c" } })
  c:execute(select(1):execution_options{ note = "d" })
  c:execute(select(1):execution_options{ note = "d" }, nil, { execution_options = { note = "e" } })
end)
say(notes)
am.event.remove(e, "before_execute", note)
step "isolation"
e:connect(function(c)
  c:execution_options{ isolation_level = "SERIALIZABLE" }
  say(c:get_isolation_level(), c:execute(select(1)):scalar())
  err(function() c:execution_options{ isolation_level = "SERIALIZABLE" } end)
  c:rollback()
end)
e:connect(function(c)
  say(c.default_isolation_level == c:get_isolation_level())
  err(function() c:execution_options{ isolation_level = "SOMETIMES" } end)
end)
e:connect():execution_options({ isolation_level = "AUTOCOMMIT" }, function(c)
  c:execute(users:update():where(users.c.id:eq(2)):values{ name = "TWO" })
  c:commit()
  say(c:scalar(select(users.c.name):where(users.c.id:eq(2))))
end)
step "schema names"
local per = am.Table("per", am.MetaData(), am.Column("id", am.Integer, { primary_key = true }), { schema = "per_user" })
local stmt = select(per):join(users, users.c.id:eq(per.c.id))
say(stmt:compile(e, {
  schema_translate_map = { { am.null, "main" }, { "per_user", "ann" } }, render_schema_translate = true,
}))
conn = e:connect()
conn = conn:execution_options{ schema_translate_map = { per_user = am.null } }
per:create(conn)
p.sql()
conn:execute(per:insert(), { { id = 2 }, { id = 3 } })
say(conn:execute(select(per.c.id):order_by(per.c.id)):all())
conn:close()
step "driver SQL"
e:begin(function(c)
  c:exec_driver_sql("CREATE TABLE raw (a INTEGER, b VARCHAR)")
  local r = c:exec_driver_sql("SELECT 1 AS x, 'y' AS \"Y\"")
  say(r:keys(), r:one()._mapping)
  say(c:exec_driver_sql("INSERT INTO raw VALUES (1, 'x')").rowcount)
  say(c:execute(text("SELECT a, b FROM raw WHERE b = :b"):bindparams{ b = "x" }):mappings():all())
end)
step "many rows back"
e:begin(function(c)
  local r = c:execute(words:insert():returning(words.c.id, words.c.word, { sort_by_parameter_order = true }),
    { { word = "w0" }, { word = "w1" }, { word = "w2" }, { word = "w3" }, { word = "w4" } })
  say(r:all())
  r = c:execute(words:update():where(words.c.id:eq(am.bindparam("b_id"))):values{ word = am.bindparam("b_word") },
    { { b_id = 1, b_word = "x" }, { b_id = 2, b_word = "y" } })
  say(r.rowcount, r.returns_rows)
  r = c:execute(words:insert():values{ word = "single" })
  say(r.inserted_primary_key, r.is_insert, r.rowcount)
  err(function() c:execute(words:insert(), { { word = "a" }, { other = "b" } }) end)
  err(function() c:execute(text("SELECT :a, :b"), { a = 1 }) end)
  err(function() c:execute("SELECT 1") end)
end)
p.sql()
