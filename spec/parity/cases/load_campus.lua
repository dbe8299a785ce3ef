-- One graph loaded by every strategy: the statements of each, what is loaded afterwards, and what a later access costs.
local am = require "alchemoon"
local p = require "parity"
local say, step, select = p.say, p.step, am.select
local Column, String, Integer, ForeignKey = am.Column, am.String, am.Integer, am.ForeignKey

local Base = am.declarative_base()

local enrolled = am.Table("enrolled", Base.metadata,
  Column("student_id", ForeignKey "student.id", { primary_key = true }),
  Column("course_id", ForeignKey "course.id", { primary_key = true }))

local School = Base:model("School", {
  __tablename__ = "school",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  courses = am.relationship("Course", { back_populates = "school", order_by = "Course.id" }),
})

local Course = Base:model("Course", {
  __tablename__ = "course",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  school_id = Column(ForeignKey "school.id"),
  school = am.relationship(School, { back_populates = "courses" }),
  students = am.relationship("Student", { secondary = enrolled, back_populates = "courses",
    order_by = "Student.name" }),
  sessions = am.relationship("Lesson", { back_populates = "course", order_by = "Lesson.day:desc()" }),
})

local Student = Base:model("Student", {
  __tablename__ = "student",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  courses = am.relationship(Course, { secondary = enrolled, back_populates = "students", order_by = Course.id }),
})

local Lesson = Base:model("Lesson", {
  __tablename__ = "lesson",
  id = Column(Integer, { primary_key = true }),
  day = Column(Integer),
  course_id = Column(ForeignKey "course.id"),
  course = am.relationship(Course, { back_populates = "sessions" }),
})

local e = p.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  local ann, bob, cy = Student { name = "Ann" }, Student { name = "Bob" }, Student { name = "Cy" }
  local art, law = School { name = "art" }, School { name = "law" }
  art.courses = { Course { name = "ink", students = { bob, ann } }, Course { name = "oil", students = { cy } } }
  law.courses = { Course { name = "tax", students = { ann } } }
  art.courses[1].sessions = { Lesson { day = 1 }, Lesson { day = 2 } }
  law.courses[1].sessions = { Lesson { day = 3 } }
  s:add_all { art, law, School { name = "empty" }, Course { name = "free" } }
  s:commit()
end)
p.forget()

local function names(items) return p.map(items, function(x) return x.name end) end

local function walk(schools)
  return p.map(schools, function(x)
    return { x.name, p.map(x.courses, function(c)
      return { c.name, names(c.students), p.map(c.sessions, function(l) return l.day end) }
    end) }
  end)
end

local function run(title, ...)
  local options = { ... }
  step(title)
  am.Session(e, function(s)
    local found = s:scalars(select(School):order_by(School.id)
      :options((table.unpack or unpack)(options))):unique():all()
    say(p.sorted(am.inspect(found[1]).unloaded))
    print "  -- walk"
    p.sql()
    say(walk(found))
  end)
end

run("nothing")
run("selectin", am.selectinload(School.courses):options(am.selectinload(Course.students),
  am.selectinload(Course.sessions)))
run("joined", am.joinedload(School.courses):joinedload(Course.students), am.joinedload(School.courses, Course.sessions))
run("subquery", am.subqueryload(School.courses):subqueryload(Course.students))
run("immediate", am.immediateload(School.courses):immediateload(Course.sessions))
run("joined then selectin", am.joinedload(School.courses):selectinload(Course.students),
  am.defaultload(School.courses):lazyload(Course.sessions))
run("selectin then joined", am.selectinload(School.courses):joinedload(Course.sessions))
run("lazy", am.lazyload "*")
run("wildcard", am.selectinload "*")
step "many to one"
local function with_school(items)
  return p.map(items, function(c) return p.list(c.name, c.school and c.school.name) end)
end
for _, option in ipairs { am.joinedload(Course.school), am.selectinload(Course.school), am.subqueryload(Course.school),
  am.joinedload(Course.school, { innerjoin = true }), am.immediateload(Course.school) } do
  am.Session(e, function(s)
    say(with_school(s:scalars(select(Course):options(option):order_by(Course.id))))
    p.sql()
  end)
end
step "already there"
am.Session(e, function(s)
  local schools = s:scalars(select(School)):all()
  say(p.map(s:scalars(select(Course):order_by(Course.id)), function(c) return c.school and c.school.name end))
  say(names(s:scalars(select(Course):options(am.selectinload(Course.school)):order_by(Course.id))), #schools)
end)
step "with criteria of the relationship"
am.Session(e, function(s)
  local rows = s:scalars(select(School):options(am.selectinload(School.courses:and_(Course.name:ne "ink")))
    :order_by(School.id)):all()
  say(p.map(rows, function(x) return names(x.courses) end))
  rows = s:scalars(select(School):options(am.joinedload(School.courses:and_(Course.name:eq "ink"))):order_by(School.id)
    :execution_options { populate_existing = true }):unique():all()
  say(p.map(rows, function(x) return names(x.courses) end))
end)
step "unique is asked for"
am.Session(e, function(s)
  p.error(function() s:scalars(select(School):options(am.joinedload(School.courses))):all() end)
  say(#s:query(School):options(am.joinedload(School.courses)):all())
end)
p.sql()
