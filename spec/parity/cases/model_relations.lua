-- All cardinalities with both sides: what one side's change does to the other, and the statements of each flush.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step
local select = am.select

local function map(list, fn)
  local out = {}
  for i, item in ipairs(list) do out[i] = fn(item) end
  return out
end
local function names(objects) return map(objects, function(o) return o.name end) end

-- A refusal for which Python has a class of its own, ValueError and the like.
local function refused(fn) say(pcall(fn) and "no error" or "refused") end

local Base = am.declarative_base()
local enrolled = am.Table("enrolled", Base.metadata,
  am.Column("student_id", am.ForeignKey("students.id"), { primary_key = true }),
  am.Column("course_id", am.ForeignKey("courses.id"), { primary_key = true }))
local School = Base:model("School", {
  __tablename__ = "schools",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  students = am.relationship("Student", { back_populates = "school", order_by = "Student.name" }),
  head = am.relationship("Head", { back_populates = "school", uselist = false }),
})
local Head = Base:model("Head", {
  __tablename__ = "heads",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  school_id = am.Column(am.ForeignKey("schools.id")),
  school = am.relationship("School", { back_populates = "head" }),
})
local Student = Base:model("Student", {
  __tablename__ = "students",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  school_id = am.Column(am.ForeignKey("schools.id")),
  school = am.relationship("School", { back_populates = "students" }),
  courses = am.relationship("Course", { secondary = enrolled,
    backref = am.backref("students", { order_by = "Student.name" }), order_by = "Course.name" }),
})
local Course = Base:model("Course", {
  __tablename__ = "courses",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
})

am.configure_mappers()
for _, cls in ipairs { School, Head, Student, Course } do
  local keys = am.inspect(cls).relationships:keys()
  table.sort(keys)
  for _, key in ipairs(keys) do
    local r = am.inspect(cls).relationships[key]
    say(r, r.direction.name, r.uselist, r.mapper.class_, r.back_populates, r.secondary and r.secondary.name)
    say(r.primaryjoin, r.secondaryjoin, map(r.local_remote_pairs, function(pair)
      return { pair[1].name, pair[2].name }
    end))
  end
end
local e = p.engine()
Base.metadata:create_all(e)
p.forget()

local s = am.Session(e)
step "one to many"
local mit, eth = School{ name = "mit" }, School{ name = "eth" }
local ann, bob = Student{ name = "ann", school = mit }, Student{ name = "bob" }
say(names(mit.students), bob.school)
mit.students:append(bob)
say(bob.school.name, bob.school_id)
s:add(mit)
say(s:contains(ann), s:contains(bob), s.new)
s:flush()
say(bob.school_id, am.inspect(bob).attrs.school.history)
step "move"
bob.school = eth
say(names(mit.students), names(eth.students), s:contains(eth), am.inspect(bob).attrs.school.history.deleted[1].name)
s:flush()
say(bob.school_id)
step "move by the list"
eth.students:append(ann)
say(ann.school.name, names(mit.students))
s:flush()
step "remove"
eth.students:remove(ann)
say(ann.school, ann.school_id)
s:flush()
say(ann.school_id)
step "foreign key by hand"
s:commit()
ann.school_id = mit.id
say(ann.school)
s:flush()
say(ann.school)
s:expire(ann)
say(ann.school.name, names(mit.students))
step "replace the list"
mit.students = { bob }
say(ann.school, bob.school.name, names(eth.students))
local h = am.inspect(mit).attrs.students.history
say(names(h.added), names(h.unchanged), names(h.deleted))
s:commit()
step "one to one"
local kim = Head{ name = "kim" }
mit.head = kim
say(kim.school.name)
s:flush()
local lou = Head{ name = "lou" }
mit.head = lou
say(kim.school, lou.school.name)
s:flush()
say(kim.school_id, lou.school_id)
lou.school = eth
say(mit.head, eth.head.name)
s:flush()
step "two heads of one school"
s:execute(Head.__table__:update():values{ school_id = eth.id })
s:commit()
say(eth.head.name == "kim" or eth.head.name == "lou")
s:execute(Head.__table__:update():where(Head.name:eq("kim")):values{ school_id = am.null })
s:commit()
step "many to many"
local lua, c = Course{ name = "lua" }, Course{ name = "c" }
ann.courses:append(lua)
s:flush()
ann.courses:append(c)
s:flush()
bob.courses = { lua }
say(names(lua.students), names(c.students))
s:flush()
step "remove from the other side"
lua.students:remove(ann)
say(names(ann.courses))
s:flush()
step "reload"
s:commit()
say(names(ann.courses), names(bob.courses), names(lua.students), names(c.students))
step "swap"
ann.courses = { lua }
s:flush()
bob.courses = { c }
s:flush()
step "queries"
say(s:scalars(select(Student.name):join(Student.courses):where(Course.name:eq("c")):order_by(Student.name)):all())
say(s:scalars(select(School.name):where(School.students:any(Student.name:eq("bob")))):all())
say(s:scalars(select(Student.name):where(Student.school:has{ name = "mit" })):all())
say(s:scalars(select(Student.name):where(Student.courses:contains(lua))):all())
say(s:scalars(select(Student.name):where(Student.school:eq(nil)):order_by(Student.name)):all())
say(s:scalars(select(Student.name):where(am.not_(Student.courses:any()))):all())
step "delete nulls the foreign key"
s:delete(mit)
s:flush()
say(bob.school_id)
step "delete one side of many to many"
s:delete(lua)
s:flush()
s:expire_all()
say(names(ann.courses))
p.sql()
refused(function() ann.school = Course{ name = "x" } end)
refused(function() ann.courses:append(bob) end)
refused(function() ann.courses = lua end)
s:rollback()
s:close()
