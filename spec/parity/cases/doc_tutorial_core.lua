-- First steps with connections, tables and statements, in the order in which one learns them.
local am = require "alchemoon"
local p = require "parity"
local say, step, func = p.say, p.step, am.func

local e = p.engine()
step "text"
e:connect(function(conn)
  say(conn:execute(am.text("select 'good morning'")):all())
  conn:execute(am.text("CREATE TABLE points (x int, y int)"))
  conn:execute(am.text("INSERT INTO points (x, y) VALUES (:x, :y)"), { { x = 3, y = 1 }, { x = 4, y = 4 } })
  conn:commit()
end)
e:begin(function(conn)
  conn:execute(am.text("INSERT INTO points (x, y) VALUES (:x, :y)"), { { x = 5, y = 8 } })
end)
e:connect(function(conn)
  local result = conn:execute(am.text("SELECT x, y FROM points WHERE y > :low ORDER BY x"), { low = 0 })
  for row in result do say(row.x, row[2], row) end
  for _, x, y in conn:execute(am.text("SELECT x, y FROM points ORDER BY y DESC")):each() do say(x, y) end
  for row in conn:execute(am.text("SELECT x, y FROM points ORDER BY x")):mappings() do say(row.x, row.y) end
  say(conn:execute(am.text("SELECT count(*) FROM points")):scalar_one())
end)
am.Session(e, function(session)
  session:execute(am.text("UPDATE points SET y=:y WHERE x=:x"), { { x = 3, y = 11 }, { x = 5, y = 15 } })
  session:commit()
  say(session:execute(am.text("SELECT x, y FROM points WHERE y > :y ORDER BY x, y"), { y = 6 }):all())
end)

step "tables"
local md = am.MetaData()
local member = am.Table("member", md,
  am.Column("id", am.Integer, { primary_key = true }),
  am.Column("name", am.String(30)),
  am.Column("city", am.String))
local loan = am.Table("loan", md,
  am.Column("id", am.Integer, { primary_key = true }),
  am.Column("member_id", am.ForeignKey("member.id"), { nullable = false }),
  am.Column("title", am.String, { nullable = false }))
local function names(columns) return p.map(columns, function(c) return c.name end) end
say(member.c.name, names(am.columns(member)), names(am.columns(member.primary_key)), loan.c.member_id.type)
md:create_all(e)
p.sql()
local points = am.Table("points", md, { autoload_with = e })
say(p.map(am.columns(points), function(c) return { c.name, tostring(c.type) } end),
  p.map(md.sorted_tables, function(t) return t.name end))
p.forget()

step "insert"
local stmt = am.insert(member):values{ name = "ida", city = "Ulm" }
say(stmt, stmt:compile().params)
e:connect(function(conn)
  local result = conn:execute(stmt)
  say(result.inserted_primary_key, result.inserted_primary_key.id)
  conn:commit()
end)
say(am.insert(member))
e:connect(function(conn)
  conn:execute(am.insert(member), { { name = "bo", city = "Bern" }, { name = "cy", city = "Graz" } })
  conn:commit()
end)
local who = am.select(member.c.id):where(member.c.name:eq(am.bindparam("who"))):scalar_subquery()
e:connect(function(conn)
  conn:execute(am.insert(loan):values{ member_id = who }, {
    { who = "ida", title = "Emma" }, { who = "bo", title = "Faust" }, { who = "bo", title = "Candide" },
  })
  conn:commit()
end)
p.forget()
say(am.insert(member):values():compile{ dialect = "sqlite" })
say(am.insert(loan):returning(loan.c.id, loan.c.title))
local source = am.select(member.c.id, member.c.name .. "'s card")
say(am.insert(loan):from_select({ "member_id", "title" }, source))
say(am.insert(loan):from_select({ "member_id", "title" }, source):returning(loan.c.id, loan.c.title))

step "select"
stmt = am.select(member):where(member.c.name:eq("ida"))
say(stmt)
e:connect(function(conn)
  for row in conn:execute(stmt) do say(row, row.city) end
end)
say(am.select(member.c.name, member.c.city))
say(am.select(member.c:at("name", "city")))
e:connect(function(conn)
  for row in conn:execute(am.select(("Member: " .. member.c.name):label("tag")):order_by(member.c.name)) do
    say(row.tag)
  end
  say(conn:execute(am.select(am.text("'x y'"), member.c.name):order_by(member.c.name)):all())
  for row in conn:execute(am.select(am.literal_column("'x y'"):label("p"), member.c.name):order_by(member.c.name)) do
    say(row.p, row.name)
  end
end)
say(member.c.name:eq("ida"), loan.c.member_id:gt(10))
say(am.select(loan.c.title):where(member.c.name:eq("ida")):where(loan.c.member_id:eq(member.c.id)))
say(am.select(loan.c.title):where(member.c.name:eq("ida"), loan.c.member_id:eq(member.c.id)))
say(am.select(loan.c.title):where(am.and_(am.or_(member.c.name:eq("ida"), member.c.name:eq("bo")),
  loan.c.member_id:eq(member.c.id))))
say(am.select(member):filter_by{ city = "Ulm" })
say(am.select(member.c.name, loan.c.title))
say(am.select(member.c.name, loan.c.title):join_from(member, loan))
say(am.select(member.c.name, loan.c.title):join(loan))
say(am.select(loan.c.title):select_from(member):join(loan))
say(am.select(func.count("*")):select_from(member))
say(am.select(loan.c.title):select_from(member):join(loan, member.c.id:eq(loan.c.member_id)))
say(am.select(member):join(loan, { isouter = true }))
say(am.select(member):join(loan, { full = true }))
say(am.select(member):order_by(member.c.name, member.c.city:desc()))
say(func.count(member.c.id))
e:connect(function(conn)
  say(conn:execute(am.select(member.c.name, func.count(loan.c.id):label("count")):join(loan):group_by(member.c.name)
    :having(func.count(loan.c.id):gt(1))):all())
end)
say(am.select(loan.c.member_id, func.count(loan.c.id):label("num")):group_by("member_id")
  :order_by("member_id", am.desc("num")))
p.error(function() return tostring(am.select(loan.c.id):order_by("nothing"):compile()) end)

step "aliases, subqueries"
local a, b = member:alias(), member:alias()
say(am.select(a.c.name, b.c.name):join_from(a, b, a.c.id:gt(b.c.id)))
local function counted()
  return am.select(func.count(loan.c.id):label("count"), loan.c.member_id):group_by(loan.c.member_id)
end
local subq = counted():subquery()
say(subq)
say(am.select(subq.c.member_id, subq.c.count))
say(am.select(member.c.name, subq.c.count):join_from(member, subq))
local cte = counted():cte()
say(am.select(member.c.name, cte.c.count):join_from(member, cte))
local count = am.select(func.count(loan.c.id)):where(member.c.id:eq(loan.c.member_id)):scalar_subquery()
say(count)
say(count:eq(5))
say(am.select(member.c.name, count:label("loans")))
stmt = am.select(member.c.name, loan.c.title, count:label("loans")):join_from(member, loan)
p.error(function() return tostring(stmt) end)
e:connect(function(conn)
  say(conn:execute(am.select(member.c.name, loan.c.title, count:correlate(member):label("loans"))
    :join_from(member, loan):order_by(member.c.id, loan.c.id)):all())
end)
local side = am.select(func.count(loan.c.id):label("n"), loan.c.title):where(member.c.id:eq(loan.c.member_id))
  :group_by(loan.c.title):lateral()
say(am.select(member.c.name, side.c.n, side.c.title):join_from(member, side, am.true_()):order_by(member.c.id))
local u = am.union_all(am.select(member):where(member.c.name:eq("bo")),
  am.select(member):where(member.c.name:eq("ida")))
e:connect(function(conn)
  say(conn:execute(u):all())
  local us = u:subquery()
  say(conn:execute(am.select(us.c.name, loan.c.title):join_from(loan, us):order_by(us.c.name, loan.c.title)):all())
  local many = am.select(func.count(loan.c.id)):where(member.c.id:eq(loan.c.member_id)):group_by(loan.c.member_id)
    :having(func.count(loan.c.id):gt(1)):exists()
  say(conn:execute(am.select(member.c.name):where(many)):all())
  local some = am.select(loan.c.id):where(member.c.id:eq(loan.c.member_id)):exists()
  say(conn:execute(am.select(member.c.name):where(am.not_(some))):all())
end)

step "functions"
say(am.select(func.count()):select_from(member))
say(am.select(func.lower("MUCH Shouting")))
say(am.select(func.something_odd(member.c.name, 17)))
say(am.select(func.now()):compile{ dialect = "postgresql" })
say(func.now().type, func.no_idea().type, func.max(am.Column("n", am.Integer)).type,
  func.max(am.Column("s", am.String)).type)
say(func.current_date().type, func.concat("x", "y").type, func.upper("low").type, func.count().type)
say(am.select(func.json_object("{a, 1}", { type_ = am.JSON }):at("a")))
say(am.select(func.upper("low") .. " suffix"))
say(am.select(func.row_number():over{ partition_by = member.c.name }, member.c.name):join(loan))
say(am.select(func.count():over{ order_by = member.c.name }, member.c.name))
say(func.unnest(func.percentile_disc({ 0.25, 0.5 }):within_group(member.c.name)))
e:connect(function(conn)
  say(conn:execute(am.select(func.count(loan.c.title):filter(member.c.name:eq("bo")),
    func.count(loan.c.title):filter(member.c.name:eq("ida"))):select_from(member):join(loan)):all())
  say(conn:execute(am.select(am.cast(member.c.id, am.String)):order_by(member.c.id)):all())
end)
local each = func.json_each('["ja", "nein"]'):table_valued("value")
say(am.select(each):where(each.c.value:in_{ "nein", "egal" }))
say(am.select(func.json_array_elements('["ja", "nein"]'):column_valued("x")))
say(am.cast("{'a': 'b'}", am.JSON):at("a"))
say(am.select(am.type_coerce({ k = { foo = "bar" } }, am.JSON):at("k")):compile{ dialect = "mysql" })

step "update, delete"
say(am.update(member):where(member.c.name:eq("cy")):values{ city = "Linz" })
say(am.update(member):values{ city = "City: " .. member.c.name })
e:begin(function(conn)
  conn:execute(am.update(member):where(member.c.name:eq(am.bindparam("old"))):values{ name = am.bindparam("new") },
    { { old = "cy", new = "cyd" }, { old = "bo", new = "bob" } })
end)
local last = am.select(loan.c.title):where(loan.c.member_id:eq(member.c.id)):order_by(loan.c.id)
  :limit(1):scalar_subquery()
say(am.update(member):values{ city = last })
local multi = am.update(member):where(member.c.id:eq(loan.c.member_id)):where(loan.c.title:eq("Emma"))
say(multi:values{ city = "Rome" })
say(multi:values{ [member.c.city] = "Rome", [loan.c.title] = "Emma II" }:compile{ dialect = "mysql" })
local values = am.Values(member.c.id, member.c.name, { name = "renamed" }):data{ { 1, "ida b." }, { 2, "bo b." } }
say(member:update():values{ name = values.c.name }:where(member.c.id:eq(values.c.id))
  :compile{ dialect = "postgresql", paramstyle = "named" })
say(am.update(points):ordered_values({ points.c.y, 20 }, { points.c.x, points.c.y + 10 }))
say(am.delete(member):where(member.c.name:eq("cyd")))
local gone = am.delete(member):where(member.c.id:eq(loan.c.member_id)):where(loan.c.title:eq("Emma"))
say(gone:compile{ dialect = "mysql" })
e:begin(function(conn)
  say(conn:execute(am.update(member):values{ city = "Wien" }:where(member.c.name:eq("cyd"))).rowcount)
  say(conn:execute(am.delete(member):where(member.c.name:eq("cyd")):returning(member.c.id, member.c.city)):all())
end)
say(am.update(member):where(member.c.name:eq("ida")):values{ city = "Wien" }:returning(member.c.id, member.c.name))
p.sql()
