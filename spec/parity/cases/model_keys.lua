-- Composite and natural keys: identity, get, merge, changed keys with passive_updates, composite foreign keys.
local am = require "alchemoon"
local p = require "parity"
local say, step, error_of = p.say, p.step, p.error
local select = am.select

local function map(list, fn)
  local out = {}
  for i, item in ipairs(list) do out[i] = fn(item) end
  return out
end

local Base = am.declarative_base()
local Account = Base:model("Account", {
  __tablename__ = "accounts",
  name = am.Column(am.String(20), { primary_key = true }),
  mail = am.Column(am.String(30), { unique = true }),
  items = am.relationship("Item", { back_populates = "account", passive_updates = false, order_by = "Item.id" }),
})
local Item = Base:model("Item", {
  __tablename__ = "items",
  id = am.Column(am.Integer, { primary_key = true }),
  account_name = am.Column(am.ForeignKey("accounts.name", { deferrable = true, initially = "DEFERRED" })),
  account = am.relationship("Account", { back_populates = "items" }),
})
local Course = Base:model("Course", {
  __tablename__ = "courses",
  school = am.Column(am.String(10), { primary_key = true }),
  number = am.Column(am.Integer, { primary_key = true, autoincrement = false }),
  title = am.Column(am.String(20)),
  grades = am.relationship("Grade", { back_populates = "course", cascade = "all, delete-orphan",
    order_by = "Grade.student" }),
})
local Grade = Base:model("Grade", {
  __tablename__ = "grades",
  student = am.Column(am.String(10), { primary_key = true }),
  school = am.Column(am.String(10), { primary_key = true }),
  number = am.Column(am.Integer, { primary_key = true, autoincrement = false }),
  points = am.Column(am.Integer),
  course = am.relationship("Course", { back_populates = "grades" }),
  __table_args__ = { am.ForeignKeyConstraint({ "school", "number" }, { "courses.school", "courses.number" }) },
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
say(map(am.inspect(Grade).primary_key, function(c) return c.name end), Grade.course)
say(select(Grade):join(Grade.course))
local s = am.Session(e)
step "natural key"
local ann = Account{ name = "ann", mail = "a@x", items = { Item{}, Item{} } }
s:add(ann)
s:flush()
say(am.inspect(ann).identity, ann.items[1].account_name)
step "changed natural key"
ann.name = "anna"
s:flush()
say(am.inspect(ann).identity, map(ann.items, function(i) return i.account_name end))
say(s:get(Account, "anna") == ann, s:get(Account, "ann"))
step "changed and rolled back"
s:commit()
say(ann.name)
ann.name = "anne"
s:flush()
say(am.inspect(ann).identity)
s:rollback()
say(am.inspect(ann).identity, ann.name)
step "switch key of the unloaded"
local other = Account{ name = "other" }
s:add(other)
s:commit()
s:expunge_all()
local item = s:get(Item, 1)
item.account_name = "other"
s:flush()
say(item.account.name)
s:rollback()
step "composite"
local c = Course{ school = "MIT", number = 101, title = "Lua",
  grades = { Grade{ student = "bob", points = 3 }, Grade{ student = "al", points = 5 } } }
s:add(c)
s:commit()
say(am.inspect(c).identity, map(c.grades, function(g) return { g.student, g.school, g.number, g.points } end))
step "get"
say(s:get(Course, { "MIT", 101 }) == c, s:get(Course, { number = 101, school = "MIT" }) == c)
s:expunge_all()
c = s:get(Course, { "MIT", 101 })
say(c.title, s:get(Course, { "MIT", 102 }))
local g = s:get(Grade, { student = "al", school = "MIT", number = 101 })
say(g.course == c, am.inspect(g).identity)
error_of(function() return s:get(Course, "MIT") end)
error_of(function() return s:get(Course, { "MIT", 1, 2 }) end)
error_of(function() return s:get(Course, { school = "MIT" }) end)
error_of(function() return s:get(Course, { school = "MIT", nummer = 1 }) end)
error_of(function() return s:get_one(Course, { "MIT", 9 }) end)
step "identity key"
local k = am.identity_key(Course, { "MIT", 101 })
say(k[1], k[2], k == am.inspect(c).key, s.identity_map:get(k) == c)
step "compare to an object"
say(s:scalars(select(Grade.student):where(Grade.course:eq(c)):order_by(Grade.student)):all())
say(select(Grade):where(Grade.course:ne(c)))
say(select(Course):where(Course.grades:contains(g)))
say(select(Grade):where(Grade.course:eq(nil)))
step "merge"
local m = s:merge(Grade{ student = "al", school = "MIT", number = 101, points = 9 })
say(m == g, g.points)
m = s:merge(Course{ school = "ETH", number = 1, title = "C", grades = { Grade{ student = "cy", points = 1 } } })
s:flush()
say(am.inspect(m).identity, m.grades[1].school)
step "duplicate"
s:add(Course{ school = "MIT", number = 101 })
error_of(function() s:flush() end)
s:rollback()
step "missing part of the key"
s:add(Course{ school = "MIT" })
error_of(function() s:flush() end)
s:rollback()
step "replace a row by one of the same key"
c = s:get(Course, { "MIT", 101 })
local old
for _, grade in ipairs(c.grades) do
  if grade.student == "al" then old = grade end
end
c.grades:remove(old)
c.grades:append(Grade{ student = "al", points = 1 })
s:flush()
say(am.inspect(old).detached or am.inspect(old).deleted, map(c.grades, function(x) return { x.student, x.points } end))
step "delete and add again"
s:delete(c)
s:flush()
say(am.inspect(c).deleted)
local again = Course{ school = "MIT", number = 101, title = "again" }
s:add(again)
s:commit()
say(s:get(Course, { "MIT", 101 }).title, again.grades)
p.sql()
s:close()
