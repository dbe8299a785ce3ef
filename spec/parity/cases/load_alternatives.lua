-- Relationships of one's own making: primaryjoin with criteria, viewonly, through a table, to an alias of a subquery.
local am = require "alchemoon"
local parity = require "parity"
local say, step, map, sorted = parity.say, parity.step, parity.map, parity.sorted

local Base = am.declarative_base()

local Student = Base:model("Student", {
  __tablename__ = "students",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  marks = am.relationship("Mark", { back_populates = "student", order_by = "Mark.id" }),
  good = am.relationship("Mark", {
    primaryjoin = "and_(Student.id == Mark.student_id, Mark.points >= 5)",
    viewonly = true,
    order_by = "Mark.points.desc()"
  }),
  teachers = am.relationship("Teacher", {
    secondary = "marks",
    primaryjoin = "Student.id == Mark.student_id",
    secondaryjoin = "Mark.teacher_id == Teacher.id",
    viewonly = true,
    order_by = "Teacher.name"
  }),
  namesakes = am.relationship("Teacher", {
    primaryjoin = "Student.name == foreign(Teacher.name)",
    viewonly = true,
    order_by = "Teacher.id"
  }),
})

local Teacher = Base:model("Teacher", {
  __tablename__ = "teachers",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
})

local Mark = Base:model("Mark", {
  __tablename__ = "marks",
  id = am.Column(am.Integer, { primary_key = true }),
  points = am.Column(am.Integer),
  student_id = am.Column(am.ForeignKey("students.id")),
  teacher_id = am.Column(am.ForeignKey("teachers.id")),
  student = am.relationship("Student", { back_populates = "marks" }),
  teacher = am.relationship("Teacher"),
})

local numbered = am.select(
  Mark,
  am.func.row_number():over{ order_by = Mark.points:desc(), partition_by = Mark.student_id }:label("place")
):subquery()
local TopMark = am.aliased(Mark, numbered)
Student.top = am.relationship(TopMark, {
  primaryjoin = am.and_(TopMark.student_id:eq(Student.id), numbered.c.place:eq(1)),
  viewonly = true,
  uselist = false
})

local e = parity.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  local tia, ann = Teacher{ id = 1, name = "tia" }, Teacher{ id = 2, name = "ann" }
  s:add_all{
    Student{
      id = 1,
      name = "ann",
      marks = {
        Mark{ id = 1, points = 3, teacher = tia },
        Mark{ id = 2, points = 9, teacher = ann },
        Mark{ id = 3, points = 7, teacher = tia }
      }
    },
    Student{ id = 2, name = "bob", marks = { Mark{ id = 4, points = 1, teacher = ann } } },
    Student{ id = 3, name = "cid" }
  }
  s:commit()
end)
parity.forget()

step "lazy"
am.Session(e, function(s)
  local ann, bob, cid = (table.unpack or unpack)(s:scalars(am.select(Student):order_by(Student.id)):all())
  say(map(ann.good, function(m) return m.points end), map(bob.good, function(m) return m.points end))
  say(map(ann.teachers, function(t) return t.name end), map(cid.teachers, function(t) return t.name end))
  say(map(ann.namesakes, function(t) return t.name end), bob.namesakes)
  say(ann.top.points, bob.top.points, cid.top)
end)
for _, name in ipairs { "selectinload", "joinedload", "subqueryload" } do
  step(name)
  for _, prop in ipairs { "good", "teachers", "namesakes", "top" } do
    am.Session(e, function(s)
      local stmt = am.select(Student):options(am[name](Student[prop])):order_by(Student.id)
      local students = s:scalars(stmt):unique():all()
      say(prop, map(students, function(x) return sorted(am.inspect(x).unloaded) end))
      if prop == "good" then
        say(map(students, function(x) return map(x.good, function(m) return m.points end) end))
      end
      if prop == "top" then
        say(map(students, function(x) return x.top and x.top.points end))
      end
      if prop == "teachers" then
        say(map(students, function(x) return map(x.teachers, function(t) return t.name end) end))
      end
    end)
  end
end
step "in queries"
am.Session(e, function(s)
  say(s:scalars(am.select(Student.name):where(Student.good:any()):order_by(Student.id)):all())
  say(s:scalars(am.select(Student.name):where(Student.teachers:any{ name = "ann" }):order_by(Student.id)):all())
  say(s:execute(am.select(Student.name, Mark.points):join(Student.good):order_by(Mark.id)):all())
  say(
    s
      :execute(
        am.select(Student.name, Teacher.name)
          :join(Student.teachers)
          :distinct()
          :order_by(Student.name, Teacher.name)
      )
      :all()
  )
  say(s:execute(am.select(Student.name, Teacher.id):join(Student.namesakes):order_by(Student.id)):all())
  say(s:execute(am.select(Student.name, TopMark.points):join(Student.top):order_by(Student.id)):all())
  local two = am.aliased(Student, { name = "two" })
  say(s:execute(am.select(two.name, Mark.points):join(two.good):order_by(Mark.id)):all())
  say(s:scalars(am.select(Student.name):where(Student.good:any(Mark.points:gt(8)))):all())
end)
step "views are not written"
am.Session(e, function(s)
  local ann = s:get(Student, 1)
  say(#ann.good)
  ann.good:append(Mark{ id = 99, points = 10 })
  say(am.inspect(ann).modified, #s.new)
  s:flush()
  s:expire(ann, { "good" })
  say(map(ann.good, function(m) return m.points end))
  s:add(Mark{ id = 5, points = 8, student = ann })
  s:flush()
  say(map(ann.good, function(m) return m.points end))
  s:refresh(ann, { "good" })
  say(map(ann.good, function(m) return m.points end))
  s:rollback()
end)
step "end"
