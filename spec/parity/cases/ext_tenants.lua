-- Extensions and N+1, a hosted service: soft delete and tenancy by loader criteria of a listener, a schema for each
-- tenant, tests inside an outer transaction that rolls back, statements counted for each strategy, orderinglist and a
-- filtered relationship.
local am = require "alchemoon"
local parity = require "parity"
local say, step, sql, map = parity.say, parity.step, parity.sql, parity.map


local count_statements = am.testing.count_statements
local Base = am.declarative_base()

local SoftDelete = { deleted = am.Column(am.Boolean, { default = false, nullable = false }) }
local HasTenant = { tenant = am.Column(am.Integer, { nullable = false }) }

local Project = Base:model("Project", {
  __mixins__ = { SoftDelete, HasTenant },
  __tablename__ = "projects",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  tasks = am.relationship("Task", { back_populates = "project", order_by = "Task.position",
    collection_class = am.ordering_list("position") }),
})

local Task = Base:model("Task", {
  __mixins__ = { SoftDelete, HasTenant },
  __tablename__ = "tasks",
  id = am.Column(am.Integer, { primary_key = true }),
  project_id = am.Column(am.ForeignKey("projects.id")),
  position = am.Column(am.Integer),
  title = am.Column(am.String(20)),
  project = am.relationship(Project, { back_populates = "tasks" }),
})

local Setting = Base:model("Setting", {
  __tablename__ = "settings",
  __table_args__ = { schema = "per_tenant" },
  id = am.Column(am.Integer, { primary_key = true }),
  value = am.Column(am.String(20)),
})

local select = am.select
local e = parity.engine()
local Maker = am.sessionmaker(e)
am.event.listen(Maker, "do_orm_execute", function(state)
  if not state.is_select or state.is_column_load or state.is_relationship_load then return end
  if not state.execution_options.include_deleted then
    state.statement = state.statement:options(am.with_loader_criteria(SoftDelete, function(cls)
      return cls.deleted:eq(am.false_())
    end, { include_aliases = true }))
  end
  local tenant = state.session.info.tenant
  if tenant then
    state.statement = state.statement:options(am.with_loader_criteria(HasTenant, function(cls)
      return cls.tenant:eq(tenant)
    end, { include_aliases = true }))
  end
end)
am.event.listen(Maker, "before_flush", function(session)
  for _, o in ipairs(session.new) do o.tenant = session.info.tenant end
  for _, o in ipairs(session.deleted) do
    o.deleted = true
    session:add(o)
  end
end)

Base.metadata:create_all(e, { tables = { Project.__table__, Task.__table__ } })
parity.forget()
local function positions(p) return map(p.tasks, function(t) return { t.position, t.title } end) end
local function title(t) return t.title end
step("stamp")
for tenant = 1, 2 do
  Maker({ info = { tenant = tenant } }, function(s)
    local p = Project{ id = tenant, name = "project" .. tenant }
    p.tasks:append(Task{ title = "a" })
    p.tasks:append(Task{ title = "b" })
    p.tasks:insert(1, Task{ title = "first" })
    say(positions(p))
    s:add(p)
    s:commit()
  end)
end
sql()
step("tenancy")
Maker({ info = { tenant = 2 } }, function(s)
  say(map(s:scalars(select(Project):order_by(Project.id)), function(p) return p.name end), s:get(Project, 1) == nil)
  say(s:execute(select(Task.title, Project.name):join(Task.project):order_by(Task.position)):all())
  local p = s:scalars(select(Project):options(am.selectinload(Project.tasks))):one()
  say(map(p.tasks, title), s:scalar(select(am.func.count(Task.id))))
  local a = am.aliased(Task)
  say(s:scalars(select(a.title):where(a.position:gt(0)):order_by(a.position)):all())
  sql()
  step("soft delete")
  s:delete(p.tasks[2])
  s:commit()
  sql()
  say(map(p.tasks, title))
  say(s:scalars(select(Task.title):order_by(Task.position)):all())
  say(s:scalars(select(Task.title):order_by(Task.position), nil, { execution_options = { include_deleted = true } })
    :all())
  s:expire_all()
  say(map(s:scalars(select(Project):options(am.joinedload(Project.tasks))):unique():one().tasks, title))
  sql()
  step("ordering list")
  p = s:scalars(select(Project)):one()
  local moved = p.tasks:pop(1)
  p.tasks:append(moved)
  say(positions(p))
  s:commit()
  p.tasks:reorder()
  p.tasks:pop(1)
  p.tasks:insert(1, Task{ title = "slice" })
  say(positions(p))
  s:commit()
  sql()
end)
step("rows of all")
am.Session(e, function(s)
  say(s:execute(select(Task.id, Task.tenant, Task.title, Task.deleted, Task.position):order_by(Task.id)):all())
end)
parity.forget()
step("schema for each tenant")
local names = { "t1", "t2" }
e:connect(function(c)
  for _, name in ipairs(names) do
    if parity.is_postgresql then
      c:execute(am.text("CREATE SCHEMA " .. name))
    else
      c.raw:execute("ATTACH DATABASE ':memory:' AS " .. name)
    end
  end
  c:commit()
  parity.forget()
  for _, name in ipairs(names) do
    local t = c:execution_options{ schema_translate_map = { per_tenant = name } }
    Setting.__table__:create(t)
    am.Session(t, function(s)
      s:add(Setting{ id = 1, value = "of " .. name })
      s:commit()
      say(s:get(Setting, 1).value, s:scalars(select(Setting.value)):all())
      s:execute(am.update(Setting):values{ value = Setting.value .. "!" })
      s:commit()
    end)
  end
  sql()
  c:execution_options{ schema_translate_map = { per_tenant = "t1" } }
  say(c:execute(select(Setting.__table__.c.value)):all())
  c:rollback()
  sql()
end)
step("tests that roll back")
for _ = 1, 2 do
  e:connect(function(c)
    local outer = c:begin()
    local s = am.Session(c, { join_transaction_mode = "create_savepoint" })
    s:add(Project{ id = 50, name = "test", tenant = 1 })
    s:commit()
    say(s:get(Project, 50).name, s:scalar(select(am.func.count()):select_from(Project)))
    s:add(Project{ id = 50, name = "again", tenant = 1 })
    parity.error(function() s:commit() end)
    s:rollback()
    say(s:scalar(select(am.func.count()):select_from(Project)))
    s:close()
    outer:rollback()
  end)
  sql()
end
step("counted")
am.Session(e, function(s)
  for i = 10, 13 do
    s:add(Project{ id = i, name = "n" .. i, tenant = 3, tasks = { Task{ title = "t" .. i, tenant = 3 } } })
  end
  s:commit()
end)

local function walk(option)
  am.Session(e, function(s)
    local stmt = select(Project):where(Project.tenant:eq(3))
    for p in s:scalars(option and stmt:options(option) or stmt):unique() do
      for _, t in ipairs(p.tasks) do local _ = t.project.name end
    end
  end)
end

local ways = { { "lazy" }, { "selectin", am.selectinload(Project.tasks) }, { "joined", am.joinedload(Project.tasks) },
  { "subquery", am.subqueryload(Project.tasks) }, { "immediate", am.immediateload(Project.tasks) } }
for _, way in ipairs(ways) do say(way[1], (count_statements(e, function() walk(way[2]) end))) end
parity.error(function() walk(am.raiseload("*")) end)
parity.forget()
