-- Core queries with their rows: joins, CTEs, set operations, windows, grouping, lateral, values, functions, operators.
local am = require "alchemoon"
local p = require "parity"
local say, step, err = p.say, p.step, p.error
local select, func, literal, column, Column, Integer = am.select, am.func, am.literal, am.column, am.Column, am.Integer
local insert, text = am.insert, am.text

local e = p.engine()
local md = am.MetaData()
local dept = am.Table("dept", md, Column("id", Integer, { primary_key = true }), Column("name", am.String(20)))
local emp = am.Table("emp", md, Column("id", Integer, { primary_key = true }), Column("name", am.String(20)),
  Column("dept_id", am.ForeignKey("dept.id")), Column("boss_id", am.ForeignKey("emp.id")), Column("pay", Integer))
md:create_all(e)
local conn = e:connect()
local null = am.null
conn:execute(insert(dept), { { id = 1, name = "it" }, { id = 2, name = "hr" }, { id = 3, name = "pr" } })
local people = { { 1, "ann", 1, null, 90 }, { 2, "bob", 1, 1, 50 }, { 3, "cid", 2, 1, 60 }, { 4, "dee", 2, 3, 60 },
  { 5, "eve", null, 3, 20 }, { 6, "fay_", 1, 2, null } }
for i, x in ipairs(people) do people[i] = { id = x[1], name = x[2], dept_id = x[3], boss_id = x[4], pay = x[5] } end
conn:execute(insert(emp), people)
p.forget()

local function q(s) say(conn:execute(s):all()) end
local id = emp.c.id
local ids = select(id):order_by(id)

step "joins"
q(select(emp.c.name, dept.c.name):join_from(emp, dept):order_by(id))
q(select(emp.c.name, dept.c.name:label("d")):select_from(emp:outerjoin(dept)):order_by(id))
local boss = emp:alias("boss")
q(select(emp.c.name, boss.c.name):select_from(emp):join(boss, emp.c.boss_id:eq(boss.c.id)):order_by(id))
q(select(dept.c.name, emp.c.name):join(emp, { isouter = true }):order_by(dept.c.id, id))
q(select(dept.c.name, emp.c.name):select_from(dept:join(emp, { full = true })):where(dept.c.id:is_(nil)):order_by(id))
err(function() q(select(emp.c.name, boss.c.name):join_from(emp, boss)) end)
err(function() select(dept):join(am.table("zz", column("x"))):compile() end)
step "filters"
q(ids:where(am.or_(emp.c.name:like("a%"), am.and_(emp.c.pay:gt(50), emp.c.dept_id:eq(2)))))
q(ids:where(emp.c.pay:between(50, 60), am.not_(emp.c.name:in_{ "bob" })))
q(ids:where(emp.c.dept_id:is_(nil):or_(emp.c.pay:is_(nil))))
q(ids:where(emp.c.dept_id:is_distinct_from(1)))
q(select(id):where(emp.c.name:contains("_", { autoescape = true })))
q(ids:where(am.or_(emp.c.name:startswith("b"), emp.c.name:iendswith("E"), emp.c.name:ilike("C_D"))))
q(ids:where(am.tuple_(emp.c.dept_id, emp.c.pay):in_{ { 1, 50 }, { 2, 60 } }))
q(ids:where(id:in_({}):or_(id:not_in{ 1, 2, 3 })))
q(ids:where(id:in_(select(emp.c.boss_id):where(emp.c.boss_id:is_not(nil)))))
q(select(dept.c.name):where(am.exists():where(emp.c.dept_id:eq(dept.c.id))):order_by(dept.c.id))
q(select(dept.c.name):where(select(id):where(emp.c.dept_id:eq(dept.c.id)):exists():not_()))
q(ids:where(p.is_postgresql and emp.c.name:regexp_match("^[ab]") or id:lt(3)))
q(select(id):filter_by{ dept_id = 1 }:where(am.true_()):order_by(id:desc()):limit(2):offset(1))
q(select(id):where(am.false_()))
step "grouping"
q(select(dept.c.name, func.count(id):label("n"), func.sum(emp.c.pay), func.min(emp.c.pay))
  :join_from(dept, emp, { isouter = true }):group_by(dept.c.name):having(func.count(id):gt(0)):order_by(dept.c.name))
q(select(func.count(am.distinct(emp.c.dept_id)), func.count():filter(emp.c.pay:gt(50))))
q(select(emp.c.dept_id):distinct():order_by(emp.c.dept_id:nulls_first()))
q(select(am.case({ emp.c.pay:ge(60), "high" }, { emp.c.pay:is_(nil), "none" }, { else_ = "low" }):label("band"),
  func.count()):group_by("band"):order_by("band"))
q(select(am.case({ { 1, "one" }, { 2, "two" } }, { value = id, else_ = "many" })):order_by(id))
if p.is_postgresql then
  q(select(emp.c.dept_id, emp.c.boss_id, func.sum(emp.c.pay))
    :group_by(func.grouping_sets(am.tuple_(emp.c.dept_id), am.tuple_(emp.c.boss_id), am.tuple_()))
    :order_by(emp.c.dept_id, emp.c.boss_id))
  q(select(emp.c.dept_id, func.grouping(emp.c.dept_id), func.count()):group_by(func.rollup(emp.c.dept_id))
    :order_by(emp.c.dept_id:nulls_last(), func.grouping(emp.c.dept_id)))
  q(select(emp.c.dept_id, func.string_agg(emp.c.name, am.literal_column "','")):group_by(emp.c.dept_id)
    :order_by(emp.c.dept_id))
  q(select(func.percentile_cont(0.5):within_group(emp.c.pay), func.mode():within_group(emp.c.pay:desc())))
  q(select(emp):distinct(emp.c.dept_id):order_by(emp.c.dept_id, id:desc()))
end
step "windows"
q(select(emp.c.name, func.row_number():over{ partition_by = emp.c.dept_id, order_by = id },
  func.sum(emp.c.pay):over{ order_by = id, rows = { -1, 0 } }):order_by(id))
q(select(id, func.rank():over{ order_by = { emp.c.pay:desc():nulls_last() } },
  func.lag(emp.c.pay, 1, 0):over{ order_by = id },
  func.first_value(emp.c.name):over{ order_by = id, range_ = { am.null, 0 } }):order_by(id))
step "cte"
local rich = select(emp):where(emp.c.pay:gt(50)):cte("rich")
q(select(rich.c.name, dept.c.name):join_from(rich, dept, rich.c.dept_id:eq(dept.c.id)):order_by(rich.c.id))
local tree = select(id, emp.c.name, literal(0):label("depth")):where(emp.c.boss_id:is_(nil))
  :cte("tree", { recursive = true })
tree = tree:union_all(select(id, emp.c.name, tree.c.depth + 1):join(tree, emp.c.boss_id:eq(tree.c.id)))
q(select(tree):order_by(tree.c.depth, tree.c.id))
local nums = select(literal(1):label("n")):cte("nums", { recursive = true })
nums = nums:union(select(nums.c.n * 2):where(nums.c.n:lt(20)))
q(select(func.sum(nums.c.n)))
q(select(func.count()):select_from(select(id):where(emp.c.pay:gt(50)):subquery()))
local a = select(emp.c.dept_id, func.avg(emp.c.pay):label("avg")):group_by(emp.c.dept_id):subquery("a")
q(select(emp.c.name):join(a, a.c.dept_id:eq(emp.c.dept_id)):where(emp.c.pay:gt(a.c.avg)):order_by(id))
q(select(dept.c.name, select(func.max(emp.c.pay)):where(emp.c.dept_id:eq(dept.c.id)):scalar_subquery():label("top"))
  :order_by(dept.c.id))
step "sets"
local s1, s2 = select(emp.c.dept_id):where(id:lt(4)), select(dept.c.id)
q(am.union(s1, s2):order_by("dept_id"))
q(am.intersect(s1, s2):order_by(column("dept_id")))
q(am.except_(s2, s1))
local u = am.union_all(s1, s2):subquery()
q(select(u.c.dept_id, func.count()):group_by(u.c.dept_id):order_by(u.c.dept_id))
q(s1:union_all(select(am.literal_column "42")):order_by(text "1"):limit(3))
step "functions"
q(select(func.lower("ABC"), func.coalesce(nil, 3), func.length(emp.c.name)):where(id:eq(1)))
q(select(emp.c.name .. "-" .. am.cast(id, am.String), -emp.c.pay, emp.c.pay % 7, emp.c.pay + 1):where(id:lt(3))
  :order_by(id))
q(select(p.is_postgresql and am.extract("year", am.literal_column "date '2024-05-06'") or literal(2024), am.null_(),
  literal("q"):label("z")))
q(select(am.table("emp", column("id"), column("pay")).c.pay):where(column("id"):eq(am.bindparam("x", 4))))
q(text("select id, name from emp where id = :i"):bindparams{ i = 2 }:columns(id, emp.c.name))
local ordered = select(id, emp.c.pay):order_by(emp.c.pay:desc():nulls_last(), id)
q(p.is_postgresql and ordered:fetch(2) or ordered:limit(2))
if p.is_postgresql then
  step "postgresql"
  local v = am.values(column("k", Integer), column("w", am.String), { name = "v" })
    :data{ { 1, "x" }, { 2, "y" }, { 9, "z" } }
  q(select(v.c.w, emp.c.name):join_from(v, emp, id:eq(v.c.k), { isouter = true }):order_by(v.c.k))
  local top = select(emp.c.name, emp.c.pay):where(emp.c.dept_id:eq(dept.c.id)):order_by(emp.c.pay:desc()):limit(1)
    :lateral("top")
  q(select(dept.c.name, top.c.name):select_from(dept):join(top, am.true_(), { isouter = true }):order_by(dept.c.id))
  local g = func.generate_series(1, 3):table_valued("n", { with_ordinality = "o" }):render_derived()
  q(select(g.c.n, g.c.o))
  q(select(func.generate_series(4, 5):column_valued("x")))
  q(select(id):where(emp.c.pay:gt(am.all_(select(emp.c.pay):where(emp.c.dept_id:eq(2)):scalar_subquery()))))
  local gone = am.delete(emp):where(id:eq(6)):returning(id, emp.c.name):cte("gone")
  q(select(gone.c.name))
  local up = am.update(emp):where(id:eq(5)):values{ pay = 21 }:returning(id):cte("up")
  q(insert(dept):from_select({ "id", "name" }, select(up.c.id, literal("new"))):returning(dept.c.id))
  q(select(id):with_for_update{ skip_locked = true, of = emp }:where(id:eq(1)))
  q(select(func.to_tsvector("english", "fat cats"):bool_op("@@")(func.to_tsquery("english", "cat"))))
  q(select(emp.c.name:regexp_replace("[aeiou]", "*", { flags = "g" })):where(id:lt(3)):order_by(id))
end
p.sql()
conn:rollback()
