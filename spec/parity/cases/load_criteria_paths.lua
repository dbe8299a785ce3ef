-- and_() in loaders, with_loader_criteria with values that change, tenants, dates and nested collections.
local am = require "alchemoon"
local parity = require "parity"
local say, step, map, map_rows, list = parity.say, parity.step, parity.map, parity.map_rows, parity.list

local Base = am.declarative_base()
local HasTenant = {
  tenant = am.Column(am.Integer, { nullable = false }),
}

local Project = Base:model("Project", {
  __mixins__ = { HasTenant },
  __tablename__ = "projects",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  tasks = am.relationship("Task", { back_populates = "project", order_by = "Task.id" }),
})

local Task = Base:model("Task", {
  __mixins__ = { HasTenant },
  __tablename__ = "tasks",
  id = am.Column(am.Integer, { primary_key = true }),
  title = am.Column(am.String(30)),
  done = am.Column(am.Boolean, { default = false }),
  project_id = am.Column(am.ForeignKey("projects.id")),
  project = am.relationship(Project, { back_populates = "tasks" }),
  notes = am.relationship("Note", { back_populates = "task", order_by = "Note.id" }),
})

local Note = Base:model("Note", {
  __tablename__ = "notes",
  id = am.Column(am.Integer, { primary_key = true }),
  words = am.Column(am.String(30)),
  task_id = am.Column(am.ForeignKey("tasks.id")),
  task = am.relationship(Task, { back_populates = "notes" }),
})

local e = parity.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  s:add_all({
    Project{
      id = 1, tenant = 1, name = "a",
      tasks = {
        Task{
          id = 1, tenant = 1, title = "t1", done = true,
          notes = { Note{ id = 1, words = "x" }, Note{ id = 2, words = "y" } }
        },
        Task{ id = 2, tenant = 1, title = "t2", done = false, notes = { Note{ id = 3, words = "x" } } },
        Task{ id = 3, tenant = 2, title = "t3", done = false }
      }
    },
    Project{ id = 2, tenant = 2, name = "b", tasks = { Task{ id = 4, tenant = 2, title = "t4", done = true } } }
  })
  s:commit()
end)
parity.forget()

local function show(projects)
  return map(
    projects,
    function(p)
      return list(
        p.name, map(p.tasks, function(t) return list(t.title, map(t.notes, function(n) return n.words end)) end)
      )
    end
  )
end
local projects = am.select(Project):order_by(Project.id)
for _, loader in ipairs({ am.selectinload, am.joinedload, am.subqueryload, am.lazyload }) do
  step "and_"
  am.Session(e, function(s)
    local stmt = projects:options(
      loader(Project.tasks:and_(Task.done:eq(false))):selectinload(Task.notes:and_(Note.words:eq("x")))
    )
    local found = s:scalars(stmt):unique():all()
    say(show(found))
    step "and after expire"
    s:expire_all()
    say(show(found))
  end)
end
step "both levels joined"
am.Session(e, function(s)
  local stmt = projects:options(
    am.joinedload(Project.tasks:and_(Task.title:ne("t2"))):joinedload(Task.notes:and_(Note.id:lt(2)))
  )
  say(show(s:scalars(stmt):unique()))
end)
step "values that change"

local function of_tenant(tenant)
  return am.with_loader_criteria(
    HasTenant, function(cls) return cls.tenant:eq(tenant) end, { include_aliases = true }
  )
end
for _, tenant in ipairs({ 1, 2, 3 }) do
  am.Session(e, function(s)
    say(show(s:scalars(projects:options(am.selectinload(Project.tasks), of_tenant(tenant)))))
  end)
end
step "as an expression, propagated to lazy loads"
am.Session(e, function(s)
  local found = s:scalars(projects:options(am.with_loader_criteria(Task, Task.tenant:eq(1)))):all()
  step "lazy"
  say(show(found))
  step "refreshed"
  s:refresh(found[1])
  say(show(found))
  s:expire(found[1], { "tasks" })
  say(show(found))
end)
step "only for this statement"
am.Session(e, function(s)
  local found = s:scalars(
    projects:options(am.with_loader_criteria(Task, Task.tenant:eq(1), { propagate_to_loaders = false }))
  ):all()
  say(show(found))
end)
step "a tenant's session"
local maker = am.sessionmaker(e, { info = { tenant = 1 } })
am.event.listen(maker, "do_orm_execute", function(state)
  if state.is_select and not state.is_column_load and not state.is_relationship_load then
    state.statement = state.statement:options(of_tenant(state.session.info.tenant))
  end
end)
maker(function(s)
  say(show(s:scalars(projects)))
  say(s:scalar(am.select(am.func.count(Task.id))), s:get(Task, 3), s:get(Task, 2).title)
  say(
    map(
      s:execute(
        am.select(Project.name, am.func.count(Task.id)):outerjoin(Project.tasks):group_by(Project.name)
          :order_by(Project.name)
      ),
      function(r) return r end
    )
  )
  local ta = am.aliased(Task)
  say(s:scalars(am.select(ta.title):order_by(ta.id)):all())
  say(map(s:query(Task):order_by(Task.id), function(t) return t.title end))
end)
maker({ info = { tenant = 2 } }, function(s)
  say(show(s:scalars(projects)), s:scalars(am.select(Task.title):where(Task.project:has({ name = "a" }))):all())
end)
step "joins, any and subqueries"
am.Session(e, function(s)
  local only = am.with_loader_criteria(Task, Task.done:eq(true))
  say(s:execute(am.select(Project.name, Task.title):join(Project.tasks):options(only):order_by(Task.id)):all())
  say(
    s:execute(am.select(Project.name, Task.title):outerjoin(Project.tasks):options(only):order_by(Project.id)):all()
  )
  say(s:scalars(am.select(Project.name):where(Project.tasks:any()):options(only):order_by(Project.id)):all())
  local sub = am.select(Task.project_id):subquery()
  say(
    s:scalars(
      am.select(Project.name):join(sub, sub.c.project_id:eq(Project.id)):options(only):order_by(Project.id)
    ):all()
  )
  say(s:scalars(am.select(Note.words):join(Note.task):options(only):order_by(Note.id)):all())
end)
step "several for one entity"
am.Session(e, function(s)
  local stmt = projects:options(
    am.selectinload(Project.tasks), am.with_loader_criteria(Task, Task.done:eq(false)),
    am.with_loader_criteria(Task, Task.tenant:eq(1))
  )
  say(show(s:scalars(stmt)))
end)
step "contains_eager and many to one"
am.Session(e, function(s)
  local stmt = am.select(Task):join(Task.project)
    :options(am.contains_eager(Task.project), am.with_loader_criteria(Project, Project.name:eq("a")))
    :order_by(Task.id)
  say(map(s:scalars(stmt), function(t) return list(t.title, t.project.name) end))
end)
am.Session(e, function(s)
  local stmt = am.select(Task)
    :options(am.joinedload(Task.project), am.with_loader_criteria(Project, Project.name:eq("b"))):order_by(Task.id)
  say(map(s:scalars(stmt), function(t) return list(t.title, t.project and t.project.name) end))
end)
step "and_ in columns of one's own statement"
am.Session(e, function(s)
  say(
    map_rows(
      s:execute(
        am.select(Project, am.func.count(Task.id)):outerjoin(Project.tasks:and_(Task.done:eq(true)))
          :group_by(Project.id):order_by(Project.id)
      ),
      function(p, n) return list(p.name, n) end
    )
  )
end)
step "end"
