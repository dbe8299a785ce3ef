-- Tenants and soft delete by loader criteria that every statement gets, loaders and bulk ones too.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step
local Column, Integer, String, ForeignKey = am.Column, am.Integer, am.String, am.ForeignKey
local select, func, inspect, aliased = am.select, am.func, am.inspect, am.aliased

local Base = am.declarative_base()
local OfTenant = {
  tenant_id = am.declared_attr(function()
    return Column(ForeignKey("tenant.id"), { nullable = false, index = true })
  end),
}
local SoftDelete = { deleted = Column(am.Boolean, { nullable = false, default = false }) }
local Tenant = Base:model("Tenant", {
  __tablename__ = "tenant",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
})
local Project = Base:model("Project", {
  __mixins__ = { OfTenant, SoftDelete },
  __tablename__ = "project",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  tasks = am.relationship("Task", { back_populates = "project", order_by = "Task.id" }),
})
local Task = Base:model("Task", {
  __mixins__ = { OfTenant, SoftDelete },
  __tablename__ = "task",
  id = Column(Integer, { primary_key = true }),
  title = Column(String(20)),
  kind = Column(String(10)),
  project_id = Column(ForeignKey("project.id")),
  project = am.relationship(Project, { back_populates = "tasks" }),
  __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "task" },
})
local Bug = Base:model("Bug", {
  __extends__ = Task,
  severity = Column(Integer),
  __mapper_args__ = { polymorphic_identity = "bug" },
})

local Maker = am.sessionmaker()
am.event.listen(Maker, "do_orm_execute", function(state)
  if state.is_column_load or state.is_relationship_load or state.execution_options.all then return end
  if not (state.is_select or state.is_update or state.is_delete) then return end
  local tenant = state.session.info.tenant
  local statement = state.statement:options(am.with_loader_criteria(SoftDelete,
    function(cls) return cls.deleted:eq(am.false_()) end, { include_aliases = true }))
  if tenant then
    statement = statement:options(am.with_loader_criteria(OfTenant,
      function(cls) return cls.tenant_id:eq(tenant) end, { include_aliases = true }))
  end
  state.statement = statement
end)
am.event.listen(Maker, "before_flush", function(session)
  for _, obj in ipairs(session.new) do
    if inspect(obj).class_ ~= Tenant and obj.tenant_id == nil then obj.tenant_id = session.info.tenant end
  end
  for _, obj in ipairs(p.map(session.deleted, function(x) return x end)) do
    session:add(obj)
    obj.deleted = true
    say("kept", inspect(obj).class_.__name__, inspect(obj).persistent, session.deleted:contains(obj))
  end
end)

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
step "fill"
Maker({ bind = e }, function(s)
  s:add_all{ Tenant{ id = 1, name = "one" }, Tenant{ id = 2, name = "two" } }
  s:commit()
  for tenant = 1, 2 do
    s.info.tenant = tenant
    local project = Project{ name = "p" .. tenant,
      tasks = { Task{ title = "a" .. tenant }, Bug{ title = "b" .. tenant, severity = tenant } } }
    s:add(project)
    s:commit()
    say(project.tenant_id, p.map(project.tasks, function(t) return t.tenant_id end))
  end
end)
step "one tenant"
local function title(t) return t.title end
local s = Maker{ bind = e, info = { tenant = 1 } }
say(p.map(s:scalars(select(Project)), function(x) return x.name end), s:scalar(select(func.count(Task.id))),
  s:execute(select(Task.title, Project.name):join(Task.project):order_by(Task.id)):all())
say(s:get(Project, 2), s:get(Project, 1).name)
say(s:scalars(select(Bug.severity)):all())
step "loaders"
local project
for _, option in ipairs{ am.selectinload, am.joinedload, am.subqueryload, am.lazyload } do
  s:expunge_all()
  project = s:scalars(select(Project):options(option(Project.tasks))):unique():one()
  say(project.name, p.map(project.tasks, title))
end
step "soft delete"
local bug = s:scalars(select(Bug)):one()
local bug_id = bug.id
s:delete(bug)
s:commit()
say(s:scalars(select(Task.title)):all(), s:get(Bug, bug_id) == bug)
s:expire_all()
project = s:scalars(select(Project)):one()
say(p.map(project.tasks, title))
s:expunge_all()
say(s:get(Bug, bug_id))
say(s:scalars(select(Task.title):order_by(Task.id), nil, { execution_options = { all = true } }):all())
step "aliases, subqueries, exists"
local other = aliased(Task)
say(s:scalars(select(other.title):order_by(other.id)):all())
say(s:scalars(select(Project.name):where(Project.tasks:any(Task.title:like("b%")))):all())
local sub = select(Task.project_id, func.count():label("n")):group_by(Task.project_id):subquery()
say(s:execute(select(Project.name, sub.c.n):outerjoin(sub, sub.c.project_id:eq(Project.id))):all())
say(s:execute(select(Tenant.name, func.count(Project.id)):outerjoin(Project, Project.tenant_id:eq(Tenant.id))
  :group_by(Tenant.name):order_by(Tenant.name)):all())
step "bulk"
local r = s:execute(am.update(Task):values{ title = Task.title .. "!" })
say(r.rowcount)
r = s:execute(am.delete(Project):where(Project.id:eq(2)))
say(r.rowcount)
s:commit()
say(s:execute(select(Task.title, Task.deleted):order_by(Task.id), nil, { execution_options = { all = true } }):all())
step "the other tenant"
s.info.tenant = 2
say(s:scalars(select(Task.title):order_by(Task.id)):all(), s:query(Project):count(),
  p.map(s:query(Project):filter(Project.tasks:any()), function(x) return x.name end))
s.info.tenant = nil
say(s:scalars(select(Task.title):order_by(Task.id)):all())
step "restored"
bug = s:scalars(select(Bug):where(Bug.deleted), nil, { execution_options = { all = true } }):one()
bug.deleted = false
s:commit()
say(s:scalars(select(Task.title):order_by(Task.id)):all())
step "criteria on top"
s.info.tenant = 1
local severe = am.with_loader_criteria(Bug, Bug.severity:gt(5))
say(s:scalars(select(Task.title):options(severe):order_by(Task.id)):all(),
  s:scalars(select(Bug.title):options(severe)):all())
project = s:scalars(select(Project):options(am.selectinload(Project.tasks:and_(Task.title:like("a%"))))
  :execution_options{ populate_existing = true }):one()
say(p.map(project.tasks, title))
local task_id = project.tasks[1].id
s:expunge_all()
local task = s:get(Task, task_id)
say(task.project.name, task.project.tasks[1].title)
s:close()
p.sql()
