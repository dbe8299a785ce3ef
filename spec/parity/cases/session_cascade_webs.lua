-- Cascades in a web: orphans of two parents, deletes by the database, passive_deletes, re-adding, cascade_iterator.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql, error_of, map = p.say, p.step, p.sql, p.error, p.map
local select, inspect, func = am.select, am.inspect, am.func

local Base = am.declarative_base()
local tags = am.Table("tags", Base.metadata,
  am.Column("task_id", am.ForeignKey("task.id", { ondelete = "CASCADE" }), { primary_key = true }),
  am.Column("label_id", am.ForeignKey("label.id"), { primary_key = true }))

local Project = Base:model("Project", {
  __tablename__ = "project",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  tasks = am.relationship("Task", { back_populates = "project", cascade = "all, delete-orphan", order_by = "Task.id" }),
  files = am.relationship("File", { back_populates = "project", cascade = "all", passive_deletes = true,
    order_by = "File.id" }),
  logs = am.relationship("Log", { passive_deletes = "all", primaryjoin = "Project.id == foreign(Log.project_id)" }),
  links = am.relationship("Link", { order_by = "Link.id" }),
})
local Task = Base:model("Task", {
  __tablename__ = "task",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  project_id = am.Column(am.ForeignKey("project.id")),
  person_id = am.Column(am.ForeignKey("person.id")),
  project = am.relationship(Project, { back_populates = "tasks" }),
  person = am.relationship("Person", { back_populates = "tasks" }),
  labels = am.relationship("Label", { secondary = tags, backref = "tasks", order_by = "Label.id" }),
  steps = am.relationship("Step", { cascade = "all, delete-orphan", backref = am.backref("task"),
    order_by = "Step.id" }),
})
local Person = Base:model("Person", {
  __tablename__ = "person",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  tasks = am.relationship(Task, { back_populates = "person", cascade = "save-update, merge, delete-orphan",
    order_by = Task.id }),
})
local Step = Base:model("Step", {
  __tablename__ = "step",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  task_id = am.Column(am.ForeignKey("task.id"), { nullable = false }),
})
local File = Base:model("File", {
  __tablename__ = "file",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  project_id = am.Column(am.ForeignKey("project.id", { ondelete = "CASCADE" })),
  project = am.relationship(Project, { back_populates = "files" }),
})
local Log = Base:model("Log", {
  __tablename__ = "log",
  id = am.Column(am.Integer, { primary_key = true }),
  project_id = am.Column(am.Integer),
})
local Link = Base:model("Link", {
  __tablename__ = "link",
  id = am.Column(am.Integer, { primary_key = true }),
  project_id = am.Column(am.ForeignKey("project.id")),
})
local Label = Base:model("Label", {
  __tablename__ = "label",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
})

local db = p.engine()
if not p.is_postgresql then
  am.event.listen(db, "connect", function(c) c:execute("PRAGMA foreign_keys=ON") end)
end
Base.metadata:create_all(db)
p.forget()
local session = am.Session(db)

local function web()
  local person = Person{ name = "ann" }
  local red, blue = Label{ name = "red" }, Label{ name = "blue" }
  return Project{ name = "p", tasks = {
      Task{ name = "t1", person = person, labels = { red, blue },
        steps = { Step{ name = "s1" }, Step{ name = "s2" } } },
      Task{ name = "t2", person = person, labels = { red } } },
    files = { File{ name = "f1" }, File{ name = "f2" } }, logs = { Log{} }, links = { Link{} } }
end

local function counts()
  local out = {}
  for _, c in ipairs{ Project, Task, Person, Step, File, Log, Link, Label } do
    out[c.__name__] = session:scalar(select(func.count()):select_from(c))
  end
  say(out, session:scalar(select(func.count()):select_from(tags)))
end

local function class_name(o) return inspect(o).class_.__name__ end
local function classes(objects) return p.sorted(map(objects, class_name)) end
local function names(objects) return map(objects, function(o) return o.name end) end

local function cascaded(kind, obj)
  local out = {}
  for o in inspect(Project):cascade_iterator(kind, inspect(obj)) do out[#out + 1] = class_name(o) end
  return p.sorted(out)
end

step "in"
local project = web()
session:add(project)
say(classes(session.new))
say(cascaded("save-update", project))
say(cascaded("delete", project))
session:commit()
p.forget()
counts()

step "a task leaves its project"
local t1, t2 = project.tasks[1], project.tasks[2]
p.forget()
project.tasks:remove(t2)
say(inspect(t2).persistent, t2.person.name, session.deleted:contains(t2))
session:flush()
p.forget()
say(inspect(t2).deleted, names(t1.person.tasks))
counts()
session:rollback()

step "a task leaves its person"
t1 = project.tasks[1]
p.forget()
t1.person = nil
session:flush()
sql()
say(inspect(t1).deleted, names(project.tasks))
session:rollback()

step "and is given to somebody else"
t1, t2 = project.tasks[1], project.tasks[2]
p.forget()
t1.person = Person{ name = "bob" }
project.tasks:remove(t2)
local other = Project{ name = "q", tasks = { t2 } }
session:add(other)
session:flush()
sql()
say(t1.person.name, t2.project.name, inspect(t2).persistent)
session:rollback()
say(t2.project.name, #project.tasks)

step "pending orphans"
local lost = Task{ name = "lost", steps = { Step{ name = "ls" } } }
session:add(lost)
error_of(function() session:flush() end)
session:rollback()
lost = Task{ name = "lost", person = session:scalars(select(Person)):one() }
session:add(lost)
error_of(function() session:flush() end)
session:rollback()
lost = Task{ name = "never in" }
project.tasks:append(lost)
say(session:contains(lost))
project.tasks:remove(lost)
say(session:contains(lost), inspect(lost).transient)
session:flush()
say(session:contains(lost))
session:rollback()

step "deleting the project"
say(project.files[1].name)
p.forget()
session:delete(project)
say(classes(session.deleted))
p.forget()
session:flush()
p.forget()
counts()
session:rollback()

step "delete, and change your mind"
session:delete(project)
session:add(project)
say(session.deleted:contains(project), session:contains(project))
session:flush()
p.forget()
say(inspect(project).persistent)
counts()
session:rollback()
session:delete(project.tasks[1])
session:flush()
say(names(project.tasks), inspect(project.tasks[1]).deleted)
session:expire(project)
say(names(project.tasks))
error_of(function() session:delete(Task{ name = "transient" }) end)
error_of(function() session:delete(5) end)
session:rollback()

step "labels go, tasks stay"
p.forget()
local red = session:scalars(select(Label):filter_by{ name = "red" }):one()
session:delete(red)
session:flush()
p.forget()
local left = {}
for _, task in ipairs(project.tasks) do
  for _, label in ipairs(task.labels) do left[#left + 1] = label.name end
end
say(left)
session:rollback()

step "expunge"
local task = project.tasks[1]
say{ task.person.name, #task.steps, #project.files, #project.links }
session:expunge(project)
say(session:contains(project), session:contains(task), session:contains(task.steps[1]),
  session:contains(project.links[1]), session:contains(task.person))
session:add(project)
say(session:contains(project), session:contains(task))
session:close()
