-- An organisation chart: recursive queries into entities, statements from text, unions and intersections of entities.
local am = require "alchemoon"
local parity = require "parity"
local say, step, map = parity.say, parity.step, parity.map
local select, func = am.select, am.func

local Base = am.declarative_base()
local Person = Base:model("Person", {
  __tablename__ = "person",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  grade = am.Column(am.Integer),
  boss_id = am.Column(am.ForeignKey("person.id")),
  boss = am.relationship("Person", { remote_side = "Person.id", back_populates = "reports" }),
  reports = am.relationship("Person", { back_populates = "boss", order_by = "Person.name" }),
})

local function name(p) return p.name end

local eng = parity.engine()
Base.metadata:create_all(eng)
parity.forget()
am.Session(eng, function(s)
  local root = Person{ name = "root", grade = 9 }
  local left = Person{ name = "left", grade = 7, boss = root }
  local right = Person{ name = "right", grade = 6, boss = root }
  for i = 0, 2 do left.reports:append(Person{ name = "l" .. i, grade = 3 + i }) end
  right.reports = { Person{ name = "r0", grade = 2 } }
  right.reports[1].reports:append(Person{ name = "deep", grade = 1 })
  s:add(root)
  s:commit()
end)
step("walk down")
am.Session(eng, function(s)
  local tree = select(Person.id, Person.name, am.literal(0):label("level")):where(Person.boss_id:is_(nil)):cte(
    "tree", { recursive = true })
  local child = am.aliased(Person, { name = "child" })
  tree = tree:union_all(select(child.id, child.name, tree.c.level + 1):where(child.boss_id:eq(tree.c.id)))
  for row in s:execute(select(tree.c.name, tree.c.level):order_by(tree.c.level, tree.c.name)) do
    say(("-"):rep(row.level) .. row.name)
  end
  step("entities by the walk")
  local q = select(Person, tree.c.level):join(tree, tree.c.id:eq(Person.id)):where(tree.c.level:eq(2))
    :order_by(Person.name)
  for row in s:execute(q) do say(row[1].name, row[2], row[1].boss.name) end
  step("walk up")
  local start = s:scalars(select(Person):where(Person.name:eq("deep"))):one()
  local up = select(Person):where(Person.id:eq(start.id)):cte("up", { recursive = true })
  local parent = am.aliased(Person)
  up = up:union_all(select(parent):join(up, up.c.boss_id:eq(parent.id)))
  local Up = am.aliased(Person, up)
  say(map(s:scalars(select(Up):order_by(Up.grade)), name))
  step("text into entities")
  q = am.text("SELECT id, name, grade, boss_id FROM person WHERE grade > :g ORDER BY grade DESC")
  say(map(s:scalars(select(Person):from_statement(q), { g = 5 }), name))
  local columns = q:columns(Person.id, Person.name, Person.grade, Person.boss_id)
  say(map(s:scalars(select(Person):from_statement(columns):options(am.selectinload(Person.reports)), { g = 6 }), name))
  local sub = columns:subquery("t")
  local T = am.aliased(Person, sub)
  say(s:execute(select(T.name):where(T.boss_id:is_not(nil)):order_by(T.name), { g = 3 }):scalars():all())
  step("a union as entities")
  local low = select(Person):where(Person.grade:lt(3))
  local high = select(Person):where(Person.grade:gt(6))
  local u = am.union_all(low, high):order_by("grade")
  say(map(s:scalars(select(Person):from_statement(u)), name))
  local U = am.aliased(Person, am.union(low, high):subquery("u"))
  say(map(s:scalars(select(U):where(U.boss_id:is_not(nil)):order_by(U.name)), name))
  say(s:execute(select(U.name, func.length(U.name)):order_by(U.id):limit(1)):one())
  step("without those that lead")
  local leaders = select(Person.boss_id):where(Person.boss_id:is_not(nil))
  q = am.except_(select(Person.id), leaders):subquery()
  say(s:scalars(select(Person.name):join(q, q.c.id:eq(Person.id)):order_by(Person.name)):all())
  say(s:scalars(select(Person.name):where(Person.id:not_in(leaders)):order_by(Person.name:desc())):all())
  step("joins to self")
  local Boss = am.aliased(Person, { name = "boss" })
  q = select(Person.name, Boss.name):join(Person.boss:of_type(Boss)):where(Boss.grade:gt(6)):order_by(Person.id)
  say(s:execute(q):all())
  say(s:execute(select(Boss.name, func.count(Person.id)):join(Boss.reports:of_type(Person)):group_by(Boss.name)
    :order_by(Boss.name)):all())
  say(s:scalars(select(Person.name):outerjoin(Boss, Person.boss):where(Boss.id:is_(nil))):all())
  say(s:scalars(select(Person.name):where(Person.reports:any(Person.grade:lt(2)))):all())
  say(s:scalars(select(Person.name):where(Person.boss:has{ name = "right" })):all())
  say(s:scalars(select(Person.name):where(am.not_(Person.reports:any())):order_by(Person.name)):all())
end)
step("end")
