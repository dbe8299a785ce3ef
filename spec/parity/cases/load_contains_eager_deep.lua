-- contains_eager where a query has its own joins: three levels, filtered levels, mixed loaders, limits.
local am = require "alchemoon"
local parity = require "parity"
local say, step, map, list = parity.say, parity.step, parity.map, parity.list
local unpack = table.unpack or unpack

local Base = am.declarative_base()
local course_students = am.Table(
  "course_students", Base.metadata, am.Column("course_id", am.ForeignKey("courses.id"), { primary_key = true }),
  am.Column("student_id", am.ForeignKey("students.id"), { primary_key = true })
)

local School = Base:model("School", {
  __tablename__ = "schools",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  courses = am.relationship("Course", { back_populates = "school", order_by = "Course.id" }),
})

local Course = Base:model("Course", {
  __tablename__ = "courses",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  school_id = am.Column(am.ForeignKey("schools.id")),
  school = am.relationship(School, { back_populates = "courses" }),
  students = am.relationship(
    "Student", { secondary = course_students, back_populates = "courses", order_by = "Student.id" }
  ),
})

local Student = Base:model("Student", {
  __tablename__ = "students",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  age = am.Column(am.Integer),
  courses = am.relationship(
    Course, { secondary = course_students, back_populates = "students", order_by = Course.id }
  ),
  marks = am.relationship("Mark", { back_populates = "student", order_by = "Mark.id" }),
})

local Mark = Base:model("Mark", {
  __tablename__ = "marks",
  id = am.Column(am.Integer, { primary_key = true }),
  value = am.Column(am.Integer),
  student_id = am.Column(am.ForeignKey("students.id")),
  student = am.relationship(Student, { back_populates = "marks" }),
})

local e = parity.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  local ann = Student{
    id = 1, name = "ann", age = 10, marks = { Mark{ id = 1, value = 5 }, Mark{ id = 2, value = 2 } }
  }
  local bob = Student{ id = 2, name = "bob", age = 12, marks = { Mark{ id = 3, value = 4 } } }
  local cid = Student{ id = 3, name = "cid", age = 11 }
  s:add_all({
    School{
      id = 1, name = "north",
      courses = {
        Course{ id = 1, name = "lua", students = { ann, bob } },
        Course{ id = 2, name = "sql", students = { bob, cid } }
      }
    },
    School{ id = 2, name = "south", courses = { Course{ id = 3, name = "art", students = { ann } } } },
    School{ id = 3, name = "west" }
  })
  s:commit()
end)
parity.forget()

local function tree(schools)
  return map(
    schools,
    function(x)
      return list(
        x.name, map(x.courses, function(c) return list(c.name, map(c.students, function(st) return st.name end)) end)
      )
    end
  )
end
step "three levels in one statement"
am.Session(e, function(s)
  local stmt = am.select(School):join(School.courses):join(Course.students)
    :options(am.contains_eager(School.courses):contains_eager(Course.students))
    :order_by(School.id, Course.id, Student.id)
  say(tree(s:scalars(stmt):unique()))
end)
step "outer, with a condition on the deepest"
am.Session(e, function(s)
  local stmt = am.select(School):outerjoin(School.courses):outerjoin(Course.students:and_(Student.age:gt(10)))
    :options(am.contains_eager(School.courses):contains_eager(Course.students))
    :order_by(School.id, Course.id, Student.id)
  say(tree(s:scalars(stmt):unique()))
end)
step "one level by hand, the next by others"
for _, each in ipairs({
  { "selectin", am.contains_eager(School.courses):selectinload(Course.students) },
  { "joined", am.contains_eager(School.courses):joinedload(Course.students) },
  { "lazy", am.contains_eager(School.courses):lazyload(Course.students) }
}) do
  local name, option = unpack(each)
  step(name)
  am.Session(e, function(s)
    local stmt = am.select(School):join(School.courses):where(Course.name:ne("sql")):options(option)
      :order_by(School.id, Course.id)
    say(tree(s:scalars(stmt):unique()))
  end)
end
step "two branches"
am.Session(e, function(s)
  local stmt = am.select(Student):join(Student.courses):outerjoin(Student.marks)
    :options(am.contains_eager(Student.courses), am.contains_eager(Student.marks))
    :order_by(Student.id, Course.id, Mark.id)
  for st in s:scalars(stmt):unique() do
    say(st.name, map(st.courses, function(c) return c.name end), map(st.marks, function(m) return m.value end))
  end
end)
step "columns of the eager entity"
am.Session(e, function(s)
  local stmt = am.select(School):join(School.courses)
    :options(am.contains_eager(School.courses):load_only(Course.name)):order_by(Course.id)
  for x in s:scalars(stmt):unique() do
    say(x.name, map(x.courses, function(c) return parity.sorted(am.inspect(c).unloaded) end))
  end
end)
step "from the other end"
am.Session(e, function(s)
  local stmt = am.select(Mark):join(Mark.student):join(Student.courses):join(Course.school)
    :where(School.name:eq("north"))
    :options(am.contains_eager(Mark.student):contains_eager(Student.courses):contains_eager(Course.school))
    :order_by(Mark.id, Course.id)
  for m in s:scalars(stmt):unique() do
    say(m.value, m.student.name, map(m.student.courses, function(c) return list(c.name, c.school.name) end))
  end
end)
step "aliases on every level"
am.Session(e, function(s)
  local ca, sa_ = am.aliased(Course, { name = "ca" }), am.aliased(Student, { name = "sa" })
  local stmt = am.select(School):join(School.courses:of_type(ca)):join(ca.students:of_type(sa_))
    :where(sa_.name:eq("bob"))
    :options(am.contains_eager(School.courses:of_type(ca)):contains_eager(ca.students:of_type(sa_))):order_by(ca.id)
  say(tree(s:scalars(stmt):unique()))
end)
step "the first page of schools with all their courses"
am.Session(e, function(s)
  local page = am.select(School):order_by(School.name:desc()):limit(2):subquery("page")
  local pa = am.aliased(School, page)
  local stmt = am.select(pa):outerjoin(pa.courses):options(am.contains_eager(pa.courses))
    :order_by(pa.name:desc(), Course.id)
  say(
    map(s:scalars(stmt):unique(), function(x) return list(x.name, map(x.courses, function(c) return c.name end)) end)
  )
end)
step "the best mark of each student only"
am.Session(e, function(s)
  local ranked = am.select(
    Mark, am.func.row_number():over({ partition_by = Mark.student_id, order_by = Mark.value:desc() }):label("nr")
  ):subquery()
  local best = am.aliased(Mark, ranked)
  local stmt = am.select(Student):outerjoin(best, am.and_(best.student_id:eq(Student.id), ranked.c.nr:eq(1)))
    :options(am.contains_eager(Student.marks:of_type(best))):order_by(Student.id)
  say(
    map(
      s:scalars(stmt):unique(), function(st) return list(st.name, map(st.marks, function(m) return m.value end)) end
    )
  )
end)
step "criteria and contains_eager"
am.Session(e, function(s)
  local stmt = am.select(School):join(School.courses)
    :options(am.contains_eager(School.courses), am.with_loader_criteria(Course, Course.name:ne("lua")))
    :order_by(School.id)
  say(
    map(s:scalars(stmt):unique(), function(x) return list(x.name, map(x.courses, function(c) return c.name end)) end)
  )
end)
step "with columns beside"
am.Session(e, function(s)
  local stmt = am.select(Course, Student.name, am.func.length(Student.name)):join(Course.students)
    :options(am.contains_eager(Course.students)):order_by(Course.id, Student.id)
  for row in s:execute(stmt):unique() do
    local c, name, n = row:unpack()
    say(c.name, name, n, map(c.students, function(st) return st.name end))
  end
end)
step "changing what was loaded in part"
am.Session(e, function(s)
  local stmt = am.select(Course):join(Course.students):where(Student.name:eq("bob"))
    :options(am.contains_eager(Course.students))
  local course = s:scalars(stmt:order_by(Course.id)):unique():first()
  say(map(course.students, function(st) return st.name end))
  course.students:append(s:get(Student, 3))
  s:flush()
  s:expire(course)
  say(map(course.students, function(st) return st.name end))
  s:rollback()
end)
step "unique is wanted"
am.Session(e, function(s)
  local stmt = am.select(School):join(School.courses):options(am.contains_eager(School.courses)):order_by(School.id)
  parity.error(function() return s:scalars(stmt):all() end)
  parity.error(function() return s:scalars(am.select(School):options(am.contains_eager(Course.students))):all() end)
  say(#s:query(School):join(School.courses):options(am.contains_eager(School.courses)):all())
end)
step "end"
