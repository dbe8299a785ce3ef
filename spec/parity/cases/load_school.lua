-- Loading and N+1 made visible, a school: statements counted per strategy, many-to-one from the identity map, eager
-- loads on refresh and get, chunks, composite keys, secondary tables, options that travel with lazy loads, streaming
-- with yield_per.
local am = require "alchemoon"
local parity = require "parity"
local say, step, sql, map = parity.say, parity.step, parity.sql, parity.map


local Base = am.declarative_base()

local attends = am.Table("attends", Base.metadata, am.Column("pupil_id", am.ForeignKey("pupils.id"),
  { primary_key = true }),
  am.Column("year", am.Integer, { primary_key = true }), am.Column("code", am.String(5), { primary_key = true }),
  am.ForeignKeyConstraint({ "year", "code" }, { "courses.year", "courses.code" }))

local Form = Base:model("Form", {
  __tablename__ = "forms",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(5)),
  pupils = am.relationship("Pupil", { back_populates = "form", order_by = "Pupil.id" }),
})

local Pupil = Base:model("Pupil", {
  __tablename__ = "pupils",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(10)),
  form_id = am.Column(am.ForeignKey("forms.id")),
  form = am.relationship(Form, { back_populates = "pupils" }),
  courses = am.relationship("Course", { secondary = attends, back_populates = "pupils", order_by = "Course.code" }),
  marks = am.relationship("Mark", { order_by = "Mark.id" }),
})

local Course = Base:model("Course", {
  __tablename__ = "courses",
  year = am.Column(am.Integer, { primary_key = true }),
  code = am.Column(am.String(5), { primary_key = true }),
  pupils = am.relationship(Pupil, { secondary = attends, back_populates = "courses", order_by = Pupil.id }),
  lessons = am.relationship("Lesson", { order_by = "Lesson.id" }),
})

local Lesson = Base:model("Lesson", {
  __tablename__ = "lessons",
  id = am.Column(am.Integer, { primary_key = true }),
  year = am.Column(am.Integer),
  code = am.Column(am.String(5)),
  __table_args__ = { am.ForeignKeyConstraint({ "year", "code" }, { "courses.year", "courses.code" }) },
})

local Mark = Base:model("Mark", {
  __tablename__ = "marks",
  id = am.Column(am.Integer, { primary_key = true }),
  pupil_id = am.Column(am.ForeignKey("pupils.id")),
  v = am.Column(am.Integer),
})

local e = parity.engine()
Base.metadata:create_all(e)
local count = 0
am.event.listen(e, "before_cursor_execute", function() count = count + 1 end)
am.Session(e, function(s)
  local courses = {}
  for i, c in ipairs{ "a", "b", "c" } do
    courses[i] = Course{ year = 2026, code = c, lessons = { Lesson{ id = i * 2 - 1 }, Lesson{ id = i * 2 } } }
  end
  s:add_all(courses)
  s:flush()
  for f = 1, 3 do
    local form = Form{ id = f, name = "F" .. f }
    s:add(form)
    for p = 0, 1 do
      local pupil = Pupil{ id = f * 10 + p, name = "p" .. f .. p, form = form,
        marks = { Mark{ id = f * 10 + p, v = p } } }
      s:add(pupil)
      pupil.courses:append(courses[p + 1])
      s:flush()
    end
  end
  s:commit()
end)
parity.forget()

local function name(x) return x.name end

local function walk(title, ...)
  local options = { ... }
  step(title)
  am.Session(e, function(s)
    count = 0
    local last
    for _, f in ipairs(s:scalars(am.select(Form):options((table.unpack or unpack)(options)):order_by(Form.id))
      :unique():all()) do
      last = { f.name, map(f.pupils, function(p)
        return { p.name, p.form == f, map(p.courses, function(c) return c.code end),
          map(p.marks, function(m) return m.v end) }
      end) }
    end
    say(count, last)
    sql()
  end)
end

walk("lazy")
walk("selectin", am.selectinload(Form.pupils):selectinload(Pupil.courses),
  am.selectinload(Form.pupils):joinedload(Pupil.marks))
walk("joined", am.joinedload(Form.pupils):options(am.joinedload(Pupil.courses), am.joinedload(Pupil.marks)))
walk("subquery", am.subqueryload(Form.pupils):options(am.subqueryload(Pupil.courses), am.joinedload(Pupil.marks)))
walk("mixed", am.joinedload(Form.pupils):selectinload(Pupil.courses))
step("many to one")
local function form_name(p) return p.form.name end
am.Session(e, function(s)
  local pupils = s:scalars(am.select(Pupil):order_by(Pupil.id)):all()
  say(map(pupils, form_name))
  sql()
end)
am.Session(e, function(s)
  local forms = s:scalars(am.select(Form)):all()
  say(#forms * 0 + #map(s:scalars(am.select(Pupil):order_by(Pupil.id)), form_name))
  sql()
end)
am.Session(e, function(s)
  say(map(s:scalars(am.select(Pupil):options(am.selectinload(Pupil.form)):order_by(Pupil.id)), form_name))
  sql()
end)
step("composite keys")
local function id_of(x) return x.id end
am.Session(e, function(s)
  local c = s:scalars(am.select(Course):options(am.joinedload(Course.lessons), am.selectinload(Course.pupils))
    :order_by(Course.code)):unique():all()
  say(map(c, function(x) return { x.code, map(x.lessons, id_of), map(x.pupils, name) } end))
  sql()
  s:expire(c[1], { "lessons" })
  say(map(c[1].lessons, id_of), s:get(Course, { 2026, "b" }) == c[2],
    s:get(Course, { code = "a", year = 2026 }) == c[1])
  sql()
end)
step("options travel")
am.Session(e, function(s)
  local f = s:scalars(am.select(Form):options(am.lazyload(Form.pupils):joinedload(Pupil.marks)):where(Form.id:eq(1)))
    :one()
  say(map(f.pupils, function(p) return #p.marks end))
  sql()
  local g = s:get(Form, 2, { options = { am.selectinload(Form.pupils):load_only(Pupil.name) } })
  say(parity.sorted(am.inspect(g.pupils[1]).unloaded))
  sql()
  s:expire(g)
  say(g.name, #g.pupils)
  sql()
  s:refresh(g, { "pupils" })
  s:refresh(g)
  sql()
end)
step("streaming")
am.Session(e, function(s)
  local result = s:scalars(am.select(Form):options(am.selectinload(Form.pupils)):order_by(Form.id)
    :execution_options{ yield_per = 2 })
  for part in result:partitions() do
    say(map(part, function(f) return { f.name, #f.pupils } end))
    sql()
  end
  parity.error(function()
    return s:scalars(am.select(Form):options(am.joinedload(Form.pupils)):execution_options{ yield_per = 2 }):unique()
      :all()
  end)
  parity.forget()
end)
step("rows")
am.Session(e, function(s)
  local rows = s:execute(am.select(Form, Pupil):join(Form.pupils):options(am.selectinload(Pupil.marks),
    am.selectinload(Form.pupils):selectinload(Pupil.courses)):order_by(Pupil.id):limit(3)):all()
  say(parity.map_rows(rows, function(f, p) return { f.name, p.name, p.marks[1].v, #f.pupils, p.courses[1].code } end))
  sql()
  local a = am.aliased(Pupil)
  rows = s:execute(am.select(Pupil.name, a):join(a, a.form_id:eq(Pupil.form_id)):where(a.id:gt(Pupil.id))
    :options(am.selectinload(a.marks)):order_by(a.id)):all()
  say(parity.map_rows(rows, function(n, p) return { n, p.name, #p.marks } end))
  sql()
end)
