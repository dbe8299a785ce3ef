-- Execution options with their inheritance, isolation levels, AUTOCOMMIT, streamed results, driver SQL, invalidation.
local am = require "alchemoon"
local p = require "parity"
local say, step, err = p.say, p.step, p.error
local insert, select, text = am.insert, am.select, am.text

local e = p.engine{ execution_options = { base = 1 } }
local md = am.MetaData()
local t = am.Table("t", md, am.Column("id", am.Integer, { primary_key = true }), am.Column("name", am.String(20)))
md:create_all(e)
e:begin(function(c)
  local rows = {}
  for i = 1, 7 do rows[i] = { id = i, name = "n" .. i } end
  c:execute(insert(t), rows)
end)
p.forget()
step "inheritance"
say(e:get_execution_options())
local e2 = e:execution_options{ mine = 2 }
local e3 = e2:execution_options{ mine = 3, more = 4 }
say(e:get_execution_options(), e2:get_execution_options(), e3:get_execution_options(), e2.pool == e.pool,
  e2.dialect == e.dialect)
local seen = {}
am.event.listen(e, "before_cursor_execute", function(_, _, _, _, ctx)
  local some = {}
  for _, k in ipairs { "base", "mine", "more", "stmt", "call" } do some[k] = ctx.execution_options[k] end
  seen[#seen + 1] = some
end)
local stmt = select(t.c.id):where(t.c.id:eq(1)):execution_options{ stmt = 1, mine = 50 }
say(stmt:get_execution_options())
e2:connect(function(c)
  say(c:get_execution_options())
  local same = c:execution_options{ more = 9 }
  say(same == c, c:get_execution_options())
  c:execute(stmt)
  c:execute(stmt, nil, { mine = 60, call = 1 })
  c:execute(select(t.c.id))
  c:execute(text("select 1"):execution_options{ stmt = 7 })
  say(seen)
end)
e:connect(function(c) say(c:get_execution_options()) end)
p.forget()
step "isolation"
local other = "SERIALIZABLE"
e:connect(function(c)
  say(c:get_isolation_level(), c.default_isolation_level)
  c:execution_options{ isolation_level = other }
  say(c:get_isolation_level(), c:get_execution_options().isolation_level)
  c:execute(select(t.c.id))
  err(function() c:execution_options{ isolation_level = "AUTOCOMMIT" } end)
  c:rollback()
end)
e:connect(function(c) say(c:get_isolation_level()) end)
local x = e:execution_options{ isolation_level = other }
x:connect(function(c) say(c:get_isolation_level()) end)
e:connect(function(c) say(c:get_isolation_level()) end)
err(function() e:execution_options{ isolation_level = "NOPE" }:connect() end)
p.forget()
step "autocommit"
local c = e:connect():execution_options{ isolation_level = "AUTOCOMMIT" }
c:execute(insert(t):values{ id = 20, name = "auto" })
say(c:in_transaction(), p.is_postgresql and c:get_isolation_level() or "AUTOCOMMIT")
c:rollback()
c:begin(function() c:execute(insert(t):values{ id = 21, name = "auto" }) end)
local tr = c:begin()
c:execute(insert(t):values{ id = 22, name = "auto" })
tr:rollback()
c:close()
p.sql()
e:connect(function(conn)
  say(conn:scalars(select(t.c.id):where(t.c.id:ge(20)):order_by(t.c.id)):all())
  conn:execute(t:delete():where(t.c.id:ge(20)))
  conn:commit()
end)
p.forget()
step "streamed"
local q = select(t):order_by(t.c.id)
e:connect(function(conn)
  local r = conn:execution_options{ stream_results = true }:execute(q)
  say(r:fetchone(), r:fetchmany(2), r:all(), r:fetchone())
end)
e:connect(function(conn)
  local sizes, ids = {}, {}
  for part in conn:execute(q, nil, { yield_per = 3 }):partitions() do sizes[#sizes + 1] = #part end
  say(sizes)
  for row in conn:execute(q, nil, { yield_per = 3 }) do ids[#ids + 1] = row.id end
  say(ids)
  local r = conn:execute(q:execution_options{ stream_results = true, max_row_buffer = 2 })
  say(r:first())
  err(function() r:all() end)
  r = conn:execute(q:execution_options{ yield_per = 2 }):scalars()
  say(r:fetchmany(), r:fetchmany(3), r:all())
  r = conn:execution_options{ stream_results = true }:execute(q)
  say(r().id)
  say(r:mappings():fetchone())
  r:close()
  r = conn:execute(q)
  r:close()
  say(r.closed)
  err(function() r:all() end)
  err(function() r() end)
  say(conn:scalars(q, nil, { stream_results = true }):unique():all())
end)
p.forget()
step "driver sql"
e:connect(function(conn)
  local one, two = p.is_postgresql and "$1" or "?", p.is_postgresql and "$2" or "?"
  say(conn:exec_driver_sql("select name from t where id = " .. one, { 2 }):all())
  local r = conn:exec_driver_sql(("insert into t (id, name) values (%s, %s)"):format(one, two),
    { { 30, "a" }, { 31, "b" } })
  say(r.rowcount, r.returns_rows)
  say(conn:exec_driver_sql("select 5 as five, 6 as six"):mappings():one(),
    conn:exec_driver_sql("select count(*) from t"):scalar())
  conn:rollback()
  say(conn:exec_driver_sql("select count(*) from t"):scalar())
end)
p.forget()
step "invalidate"
e:connect(function(conn)
  if not p.is_postgresql then return end
  conn:begin()
  conn:execute(insert(t):values{ id = 40, name = "lost" })
  conn:invalidate()
  say(conn.invalidated, conn:in_transaction(), conn.closed)
  err(function() conn:execute(q) end)
  conn:rollback()
  say(conn.invalidated, conn:in_transaction())
  say(#conn:execute(q):all(), conn.invalidated)
  conn:invalidate("x")
  err(function() conn:commit() end)
  err(function() conn:execute(q) end)
  conn:rollback()
  say(conn:scalar(select(am.func.count()):select_from(t)))
end)
step "closed"
c = e:connect()
c:close()
for _, fn in ipairs { function() c:execute(q) end, function() c:commit() end,
  function() c:rollback() end, function() c:invalidate() end, function() c:execution_options{ a = 1 } end,
  function() c:get_isolation_level() end, function() c:scalar(q) end, function() return c.connection end,
  function() c:exec_driver_sql("select 1") end, function() c:detach() end } do
  err(fn)
end
say(c.closed, c.invalidated, c:in_transaction())
step "compiled cache and translate"
e:connect(function(conn)
  if p.is_postgresql then
    conn:exec_driver_sql("create schema two")
    conn:execution_options{ schema_translate_map = { [am.null] = "two" } }
    md:create_all(conn)
    conn:execute(insert(t):values{ id = 1, name = "in two" })
    say(conn:execute(select(t)):all())
    conn:execution_options{ schema_translate_map = am.null }
    say(conn:scalar(select(am.func.count()):select_from(t)))
  end
  local cache = {}
  conn = conn:execution_options{ compiled_cache = cache }
  conn:execute(select(t.c.id):where(t.c.id:eq(1)))
  conn:execute(select(t.c.id):where(t.c.id:eq(2)))
  local size = 0
  for _ in pairs(cache) do size = size + 1 end
  say(size)
  conn:rollback()
end)
p.sql()
