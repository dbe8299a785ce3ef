-- The text of DDL: constraints, naming conventions, defaults, sequences, computed columns, indexes, schemas.
local am = require "alchemoon"
local p = require "parity"
local say, step, select, func, text = p.say, p.step, am.select, am.func, am.text
local Column, Integer, String, Table = am.Column, am.Integer, am.String, am.Table
local MetaData, Index = am.MetaData, am.Index

local function show(element)
  for _, name in ipairs{ "default", "sqlite", "postgresql", "mysql" } do
    local ok, found = pcall(function()
      return tostring(name == "default" and element or element:compile{ dialect = name })
    end)
    if ok then say(name, (found:gsub("%s+", " "):gsub("^ ", ""):gsub(" $", ""))) else say(name, "error", found.name) end
  end
end
local function pk(name) return Column(name or "id", Integer, { primary_key = true }) end
local function by_name(items)
  local list = p.collect(items, function(x) return x end)
  table.sort(list, function(a, b) return a.name < b.name end)
  return list
end

step "constraints"
local md = MetaData()
local bills = Table("bills", md, pk(), pk "ref",
  Column("amount", am.Numeric(10, 2), am.CheckConstraint("amount > 0", { name = "positive" })),
  Column("day", am.Date, { nullable = false, comment = "due" }),
  am.UniqueConstraint("ref", "amount", { name = "uq_once" }), am.CheckConstraint("amount < 1000"),
  { comment = "what is owed" })
local parts = Table("parts", md, pk(), Column("bill_id", Integer), Column("bill_ref", Integer),
  Column("code", String(10), { unique = true }), Column("kind", String(5), { index = true }),
  am.ForeignKeyConstraint({ "bill_id", "bill_ref" }, { "bills.id", "bills.ref" },
    { onupdate = "CASCADE", ondelete = "SET NULL", name = "fk_bill" }))
show(am.CreateTable(bills))
show(am.CreateTable(parts))
show(am.DropTable(parts))
local fk = parts.foreign_key_constraints[1]
show(am.AddConstraint(fk))
show(am.DropConstraint(fk))
say(fk.column_keys, fk.referred_table.name, p.map(fk.elements, function(x) return x.target_fullname end))
for _, ix in ipairs(by_name(parts.indexes)) do
  show(am.CreateIndex(ix))
  show(am.DropIndex(ix))
end
step "two tables that need each other"
md = MetaData()
Table("node", md, pk "node_id", Column("first", Integer, am.ForeignKey("element.element_id")))
Table("element", md, pk "element_id", Column("parent", Integer),
  am.ForeignKeyConstraint({ "parent" }, { "node.node_id" }, { use_alter = true, name = "fk_element_parent" }))
say(p.map(md.sorted_tables, function(x) return x.name end))
local e = p.engine()
md:create_all(e)
if p.is_postgresql then md:drop_all(e) else p.forget() end
p.sql()
step "names by convention"
md = MetaData{ naming_convention = {
  ix = "ix_%(column_0_label)s", uq = "uq_%(table_name)s_%(column_0_N_name)s",
  ck = "ck_%(table_name)s_%(constraint_name)s", fk = "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
  pk = "pk_%(table_name)s" } }
local a = Table("alpha", md, pk(), Column("n", Integer, { unique = true }), Column("m", Integer, { index = true }),
  am.UniqueConstraint("n", "m"), am.CheckConstraint("n > 5", { name = "five" }))
local b = Table("beta", md, pk(), Column("alpha_id", am.ForeignKey("alpha.id")))
show(am.CreateTable(a))
show(am.CreateTable(b))
say(p.sorted(p.map(a.indexes, function(x) return x.name end)), b.primary_key.name)
step "indexes"
md = MetaData()
local t = Table("things", md, Column("a", Integer), Column("b", String), Column("c", Integer))
show(am.CreateIndex(Index("ix_both", t.c.a, t.c.b:desc(), { unique = true })))
show(am.CreateIndex(Index("ix_lower", func.lower(t.c.b))))
show(am.CreateIndex(Index("ix_part", t.c.a,
  { postgresql_where = t.c.c:gt(3), postgresql_using = "btree", sqlite_where = t.c.c:gt(4) })))
step "defaults"
md = MetaData()
local seq = am.Sequence("seq_x", { start = 5, increment = 2 })
local d = Table("defs", md, Column("id", Integer, am.Identity{ start = 42, cycle = true }, { primary_key = true }),
  Column("x", Integer, { server_default = text("3") }), Column("y", String(9), { server_default = "it's" }),
  Column("z", Integer, am.Computed("x * 2")), Column("w", Integer, { default = 11, onupdate = 12 }),
  Column("v", Integer, { server_default = func.abs(-1) }))
show(am.CreateTable(d))
show(am.CreateSequence(seq))
show(am.CreateColumn(d.c.y))
say(am.insert(d), am.update(d))
local m = Table("made", MetaData(), pk(), Column("start", Integer, { default = 2 }),
  Column("twelve", Integer, { default = function(c) return c:get_current_parameters().start * 6 end,
    onupdate = function() return 7 end }),
  Column("top", Integer, { default = select(func.max(text("5"))):scalar_subquery() }),
  Column("made", Integer, { server_default = "9" }))
m:create(e)
p.forget()
e:begin(function(conn)
  local r = conn:execute(m:insert():values{ start = 4 })
  say(r.inserted_primary_key, r:last_inserted_params())
  conn:execute(m:insert(), { start = 1 })
  say(r.inserted_primary_key)
  say(conn:execute(m:select():order_by(m.c.id)):all())
  conn:execute(m:update():where(m.c.id:eq(1)):values{ start = 0 })
  say(conn:execute(select(m.c.twelve):order_by(m.c.id)):all())
end)
step "DDL of one's own"
md = MetaData()
local k = Table("kinds", md, pk(), Column("n", Integer))
am.event.listen(k, "after_create", am.DDL("CREATE INDEX own_%(table)s ON %(table)s (n)"))
am.event.listen(k, "after_create", am.DDL("COMMENT ON TABLE kinds IS 'x'"):execute_if{ dialect = "postgresql" })
am.event.listen(k, "before_drop", function(target) say("before_drop", target.name) end)
am.event.listen(md, "before_create", function(_, _, kw)
  say("before_create", p.map(kw.tables, function(x) return x.name end), kw.checkfirst)
end)
md:create_all(e, { checkfirst = false })
p.sql()
say(p.map(am.inspect(e):get_indexes("kinds"), function(i) return i.name end))
md:drop_all(e, { checkfirst = false })
