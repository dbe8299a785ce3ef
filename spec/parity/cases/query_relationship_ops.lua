-- any, has, contains, with_parent, == None, == object, != object, in_ along every kind of relationship.
local am = require "alchemoon"
local parity = require "parity"
local say, step, map = parity.say, parity.step, parity.map

local Base = am.declarative_base()
local course_student = am.Table(
  "course_student",
  Base.metadata,
  am.Column("course_id", am.ForeignKey("courses.id"), { primary_key = true }),
  am.Column("student_id", am.ForeignKey("students.id"), { primary_key = true })
)

local Teacher = Base:model("Teacher", {
  __tablename__ = "teachers",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  courses = am.relationship("Course", { back_populates = "teacher", order_by = "Course.id" }),
  desk = am.relationship("Desk", { back_populates = "teacher", uselist = false }),
})

local Desk = Base:model("Desk", {
  __tablename__ = "desks",
  id = am.Column(am.Integer, { primary_key = true }),
  room = am.Column(am.String(10)),
  teacher_id = am.Column(am.ForeignKey("teachers.id")),
  teacher = am.relationship("Teacher", { back_populates = "desk" }),
})

local Course = Base:model("Course", {
  __tablename__ = "courses",
  id = am.Column(am.Integer, { primary_key = true }),
  title = am.Column(am.String(30)),
  teacher_id = am.Column(am.ForeignKey("teachers.id")),
  teacher = am.relationship("Teacher", { back_populates = "courses" }),
  students = am.relationship("Student", {
    secondary = course_student,
    back_populates = "courses",
    order_by = "Student.id"
  }),
})

local Student = Base:model("Student", {
  __tablename__ = "students",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  courses = am.relationship("Course", {
    secondary = course_student,
    back_populates = "students",
    order_by = "Course.id"
  }),
})

local e = parity.engine()
Base.metadata:create_all(e)
local s = am.Session(e)
local sam, sue, sid = Student{ id = 1, name = "sam" }, Student{ id = 2, name = "sue" }, Student{
  id = 3,
  name = "sid"
}
local math, art, gym = Course{ id = 1, title = "math", students = { sam, sue } }, Course{
  id = 2,
  title = "art",
  students = { sue }
}, Course{ id = 3, title = "gym" }
local tom, tia = Teacher{ id = 1, name = "tom", courses = { math, art }, desk = Desk{ id = 1, room = "r1" } }, Teacher{
  id = 2,
  name = "tia"
}
s:add_all{ tom, tia, gym, sid, Desk{ id = 2, room = "r2" } }
s:commit()
parity.forget()

local function titles(cls, ...)
  local column = cls == Course and cls.title or cls == Desk and cls.room or cls.name
  say(map(s:scalars(am.select(cls):where(...):order_by(cls.id)), function(o) return o[column.key] end))
end

step "any"
titles(Teacher, Teacher.courses:any())
titles(Teacher, am.not_(Teacher.courses:any()))
titles(Teacher, Teacher.courses:any(Course.title:eq("art")))
titles(Teacher, Teacher.courses:any{ title = "math" })
titles(Teacher, Teacher.courses:any(Course.title:like("m%"), { id = 1 }))
titles(Course, Course.students:any(Student.name:eq("sue")))
titles(Course, am.not_(Course.students:any()))
titles(Teacher, Teacher.courses:any(Course.students:any{ name = "sam" }))
step "has"
titles(Course, Course.teacher:has())
titles(Course, Course.teacher:has{ name = "tom" })
titles(Course, am.not_(Course.teacher:has(Teacher.name:eq("tom"))))
titles(Teacher, Teacher.desk:has{ room = "r1" })
titles(Course, Course.teacher:has(Teacher.desk:has(Desk.room:eq("r1"))))
step "contains"
titles(Course, Course.students:contains(sue))
titles(Course, am.not_(Course.students:contains(sue)))
titles(Teacher, Teacher.courses:contains(math))
titles(Teacher, am.not_(Teacher.courses:contains(math)))
step "many to one and an object"
titles(Course, Course.teacher:eq(tom))
titles(Course, Course.teacher:ne(tom))
titles(Course, Course.teacher:eq(nil))
titles(Course, Course.teacher:ne(nil))
titles(Course, am.or_(Course.teacher:eq(tia), Course.teacher:eq(tom)))
step "one to one"
titles(Teacher, Teacher.desk:eq(nil))
titles(Teacher, Teacher.desk:ne(nil))
local desk = tom.desk
titles(Teacher, Teacher.desk:eq(desk))
titles(Desk, Desk.teacher:eq(nil))
titles(Desk, Desk.teacher:eq(tom))
step "collections and None"
titles(Teacher, Teacher.courses:eq(nil))
titles(Course, Course.students:eq(nil))
step "with_parent"
titles(Course, am.with_parent(tom, Teacher.courses))
titles(Student, am.with_parent(math, Course.students))
titles(Teacher, am.with_parent(math, Course.teacher))
titles(Course, am.with_parent(sue, Student.courses), Course.id:gt(1))
local c2 = am.aliased(Course, { name = "c2" })
say(
  map(
    s:scalars(am.select(c2):where(am.with_parent(tom, Teacher.courses:of_type(c2))):order_by(c2.id)),
    function(c) return c.title end
  )
)
step "aliases"
local t2 = am.aliased(Teacher, { name = "t2" })
say(map(s:scalars(am.select(t2):where(t2.courses:any{ title = "art" })), function(t) return t.name end))
say(map(s:scalars(am.select(c2):where(c2.teacher:eq(tom)):order_by(c2.id)), function(c) return c.title end))
say(
  map(
    s:scalars(am.select(c2):where(c2.teacher:has{ name = "tom" }, c2.students:contains(sue)):order_by(c2.id)),
    function(c) return c.title end
  )
)
say(
  map(
    s:scalars(am.select(Teacher):where(Teacher.courses:of_type(c2):any(c2.title:eq("math")))),
    function(t) return t.name end
  )
)
step "a transient and a pending object"
parity.error(function() titles(Course, Course.teacher:eq(Teacher{ name = "new" })) end)
local ghost = Teacher{ id = 1 }
titles(Course, Course.teacher:eq(ghost))
parity.error(function() titles(Course, Course.teacher:eq(Student{ id = 1 })) end)
step "expired object"
s:expire(tom)
local stmt = am.select(Course):where(Course.teacher:eq(tom)):order_by(Course.id)
say("built")
say(map(s:scalars(stmt), function(c) return c.title end))
step "the value is looked up when the statement runs"
s:rollback()
say(
  map(s:scalars(am.select(Course):where(Course.teacher:eq(tom)):order_by(Course.id)), function(c) return c.title end)
)
step "exists of one's own"
titles(Teacher, am.exists():where(Course.teacher_id:eq(Teacher.id)))
titles(Teacher, am.select(Course):where(Course.teacher_id:eq(Teacher.id)):exists())
titles(
  Teacher,
  am.not_(am.exists(am.select(Course.id):where(Course.teacher_id:eq(Teacher.id), Course.title:eq("art"))))
)
say(
  s:scalar(am.select(am.exists():where(Student.name:eq("sid")))),
  s:scalar(am.select(am.exists(am.select(Student):where(Student.name:eq("zed")))))
)
titles(Teacher, Teacher.id:in_(am.select(Course.teacher_id):where(Course.title:eq("art"))))
step "wrong use"
parity.error(function() return Teacher.courses:has() end)
parity.error(function() return Course.teacher:any() end)
parity.error(function() return Course.teacher:contains(tom) end)
parity.error(function() return Teacher.courses:eq(math) end)
parity.error(function() return am.with_parent(tom, "courses") end)
parity.error(function() return Teacher.courses:contains(nil) end)
step "end"
