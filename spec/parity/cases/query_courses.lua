-- Relationship operators: any, has, contains, with_parent, comparisons with objects and with None, and_ in joins.
local am = require "alchemoon"
local parity = require "parity"
local say, step, error_, map = parity.say, parity.step, parity.error, parity.map
local select = am.select

local Base = am.declarative_base()
local enrolled = am.Table("enrolled", Base.metadata,
  am.Column("student_id", am.ForeignKey("student.id"), { primary_key = true }),
  am.Column("course_id", am.ForeignKey("course.id"), { primary_key = true }))
local Teacher = Base:model("Teacher", {
  __tablename__ = "teacher",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  courses = am.relationship("Course", { back_populates = "teacher", order_by = "Course.id" }),
})
local Course = Base:model("Course", {
  __tablename__ = "course",
  id = am.Column(am.Integer, { primary_key = true }),
  title = am.Column(am.String(20)),
  active = am.Column(am.Boolean, { default = true }),
  teacher_id = am.Column(am.ForeignKey("teacher.id")),
  teacher = am.relationship("Teacher", { back_populates = "courses" }),
  students = am.relationship("Student", { secondary = enrolled, back_populates = "courses",
    order_by = "Student.name" }),
})
local Student = Base:model("Student", {
  __tablename__ = "student",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  courses = am.relationship("Course", { secondary = enrolled, back_populates = "students", order_by = "Course.id" }),
})

local eng = parity.engine()
Base.metadata:create_all(eng)
local s = am.Session(eng)
local kim, lou = Teacher{ name = "kim" }, Teacher{ name = "lou" }
local math = Course{ title = "math", teacher = kim }
local art = Course{ title = "art", teacher = lou, active = false }
local law = Course{ title = "law" }
local ann, bob, cy = Student{ name = "ann" }, Student{ name = "bob" }, Student{ name = "cy" }
math.students = { ann, bob }
art.students:append(ann)
s:add_all{ kim, lou, law, cy }
s:commit()
parity.forget()

local function names(q) return s:scalars(q):all() end
local function titles(list) return map(list, function(c) return c.title end) end

step("any and has")
say(names(select(Student.name):where(Student.courses:any()):order_by(Student.name)))
say(names(select(Student.name):where(Student.courses:any(Course.title:eq("art")))))
say(names(select(Student.name):where(Student.courses:any{ active = true, title = "math" }):order_by(Student.name)))
say(names(select(Student.name):where(am.not_(Student.courses:any(Course.active:is_(false)))):order_by(Student.name)))
say(names(select(Course.title):where(Course.teacher:has(Teacher.name:like("k%")))))
say(names(select(Course.title):where(am.not_(Course.teacher:has()))))
say(names(select(Student.name):where(Student.courses:any(Course.teacher:has{ name = "lou" }))))
step("comparison with objects")
say(names(select(Course.title):where(Course.teacher:eq(kim))))
say(names(select(Course.title):where(Course.teacher:ne(kim)):order_by(Course.title)))
say(names(select(Course.title):where(Course.teacher:eq(nil))))
say(names(select(Course.title):where(Course.teacher:ne(nil)):order_by(Course.title)))
say(names(select(Course.title):where(am.or_(Course.teacher:eq(kim), Course.teacher:eq(lou))):order_by(Course.title)))
say(names(select(Teacher.name):where(Teacher.courses:contains(art))))
say(names(select(Student.name):where(Student.courses:contains(math)):order_by(Student.name)))
say(names(select(Student.name):where(am.and_(Student.courses:contains(math), Student.courses:contains(art)))))
error_(function() return select(Student):where(Student.courses:eq(math)) end)
error_(function() return select(Student):where(Course.teacher:any()) end)
error_(function() return select(Student):where(Student.courses:has()) end)
step("with_parent")
say(names(select(Course.title):where(am.with_parent(kim, Teacher.courses))))
say(names(select(Student.name):where(am.with_parent(math, Course.students)):order_by(Student.name)))
local C = am.aliased(Course, { name = "c" })
say(names(select(C.title):where(am.with_parent(lou, Teacher.courses:of_type(C)))))
say(names(select(Teacher.name):where(am.with_parent(art, Course.teacher))))
step("joins")
say(s:execute(select(Teacher.name, Course.title):join(Teacher.courses):order_by(Course.id)):all())
say(s:execute(select(Teacher.name, Course.title):outerjoin(Teacher.courses:and_(Course.active)):order_by(Teacher.id))
  :all())
say(s:execute(select(Student.name, Teacher.name):join(Student.courses):join(Course.teacher)
  :order_by(Student.name, Teacher.name)):all())
say(s:execute(select(Student.name, C.title):join(Student.courses:of_type(C)):where(C.title:ne("art"))
  :order_by(Student.name)):all())
say(names(select(Course.title):join(enrolled):join(Student):where(Student.name:eq("bob"))))
step("contains_eager fills what the join found")
s:expire_all()
local q = select(Teacher):join(Teacher.courses):where(Course.active):options(am.contains_eager(Teacher.courses))
for t in s:scalars(q:order_by(Teacher.id)):unique() do say(t.name, titles(t.courses)) end
step("a filtered loader option")
q = select(Student):options(am.selectinload(Student.courses:and_(Course.active:eq(false)))):order_by(Student.id)
for st in s:scalars(q:execution_options{ populate_existing = true }) do say(st.name, titles(st.courses)) end
step("an object that was never stored")
error_(function() return names(select(Course.title):where(Course.teacher:eq(Teacher{ name = "new" }))) end)
local new = Teacher{ name = "pending" }
s:add(new)
say(names(select(Course.title):where(Course.teacher:eq(new))))
say(new.id)
step("end")
s:close()
