-- Soft deletion and tenants by loader criteria in all that a session does: joins, loaders, subqueries, DML, refreshes.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql, error_, forget, map = p.say, p.step, p.sql, p.error, p.forget, p.map
local Column, Integer, String, FK, Boolean = am.Column, am.Integer, am.String, am.ForeignKey, am.Boolean
local select, func = am.select, am.func
local with_loader_criteria, update, delete = am.with_loader_criteria, am.update, am.delete
local Base = am.declarative_base()
local Owned = { tenant = Column(Integer, { nullable = false }) }
local Soft = { gone = Column(Boolean, { nullable = false, default = false }) }
local Project = Base:model("Project", {
  __mixins__ = { Owned, Soft },
  __tablename__ = "project",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  tasks = am.relationship("Task", { back_populates = "project", order_by = "Task.id" }),
  tags = am.relationship("Tag", { secondary = "project_tag", order_by = "Tag.id" }),
})
local Task = Base:model("Task", {
  __mixins__ = { Soft },
  __tablename__ = "task",
  id = Column(Integer, { primary_key = true }),
  kind = Column(String(5)),
  title = Column(String(20)),
  project_id = Column(FK("project.id")),
  parent_id = Column(FK("task.id")),
  project = am.relationship(Project, { back_populates = "tasks" }),
  children = am.relationship("Task", { order_by = "Task.id",
    backref = am.backref("parent", { remote_side = "Task.id" }) }),
  __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "task" },
})
local Bug = Base:model("Bug", {
  __extends__ = Task,
  severity = Column(Integer),
  __mapper_args__ = { polymorphic_identity = "bug" },
})
local Tag = Base:model("Tag", {
  __mixins__ = { Owned },
  __tablename__ = "tag",
  id = Column(Integer, { primary_key = true }),
  word = Column(String(20)),
})
am.Table("project_tag", Base.metadata, Column("p", FK("project.id"), { primary_key = true }),
  Column("t", FK("tag.id"), { primary_key = true }))
local e = p.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  local t1, t2 = Tag{ word = "hot", tenant = 1 }, Tag{ word = "cold", tenant = 2 }
  s:add(Project{ name = "one", tenant = 1, tags = { t1, t2 }, tasks = {
    Task{ title = "a", children = { Task{ title = "a1" }, Task{ title = "a2", gone = true } } },
    Bug{ title = "b", severity = 2 }, Bug{ title = "c", gone = true } } })
  s:flush()
  s:add(Project{ name = "two", tenant = 2, tags = { t2 }, tasks = { Task{ title = "d" } } })
  s:flush()
  s:add(Project{ name = "old", tenant = 1, gone = true, tasks = { Task{ title = "e" } } })
  s:commit()
end)
forget()
local Maker = am.sessionmaker(e)
am.event.listen(Maker, "do_orm_execute", function(st)
  if st.execution_options.unfiltered or st.is_column_load or st.is_relationship_load then return end
  local tenant = st.session.info.tenant
  st.statement = st.statement:options(
    with_loader_criteria(Soft, function(cls) return cls.gone:eq(am.false_()) end, { include_aliases = true }),
    with_loader_criteria(Owned, function(cls) return cls.tenant:eq(tenant) end, { include_aliases = true }))
end)
local function name(x) return x.name end
local function title(x) return x.title end
local function word(x) return x.word end
local s = Maker{ info = { tenant = 1 } }
step "plain"
say(map(s:scalars(select(Project):order_by(Project.id)), name), s:scalars(select(Task.title):order_by(Task.id)):all(),
  s:scalars(select(Bug.title)):all())
sql()
local pr = s:scalars(select(Project)):one()
say(map(pr.tasks, title), map(pr.tags, word), map(pr.tasks[1].children, title))
sql()
step "joins"
say(s:execute(select(Project.name, Task.title):join(Project.tasks):order_by(Task.id)):all())
say(s:execute(select(Project.name, Tag.word):outerjoin(Project.tags):order_by(Tag.id)):all())
local ta = am.aliased(Task)
say(s:execute(select(Task.title, ta.title):outerjoin(Task.children:of_type(ta)):order_by(Task.id, ta.id)):all())
sql()
step "exists and scalar subqueries"
local function rows(list) return #list > 0 and list or p.list() end
say(rows(s:scalars(select(Project.name):where(Project.tasks:any(Task.title:eq("c")))):all()),
  rows(s:scalars(select(Task.title):where(Task.project:has{ name = "old" })):all()))
local n = select(func.count(Task.id)):where(Task.project_id:eq(Project.id)):scalar_subquery()
say(s:execute(select(Project.name, n)):all())
local sub = select(Task):where(Task.title:ne("a")):subquery()
local at = am.aliased(Task, sub)
say(map(s:scalars(select(at):order_by(at.id)), title))
local u = am.union_all(select(Task.id, Task.title), select(Tag.id, Tag.word)):subquery()
say(s:execute(select(u.c.title):order_by(u.c.title)):scalars():all())
local cte = select(Project.id:label("i"), Project.name):cte("live")
say(s:execute(select(Task.title):join(cte, cte.c.i:eq(Task.project_id)):order_by(Task.id)):scalars():all())
sql()
step "loaders"
for _, opt in ipairs { am.joinedload, am.selectinload, am.subqueryload, am.lazyload } do
  s:expunge_all()
  local ps = s:scalars(select(Project):options(opt(Project.tasks):options(opt(Task.children)), opt(Project.tags)))
    :unique():all()
  say(map(ps, function(x)
    return { x.name, map(x.tasks, function(t) return { t.title, map(t.children, title) } end), map(x.tags, word) }
  end))
  sql()
end
s:expunge_all()
local ps = s:scalars(select(Project):join(Project.tasks):options(am.contains_eager(Project.tasks)):order_by(Task.id))
  :unique():all()
say(map(ps, function(x) return { x.name, map(x.tasks, title) } end))
sql()
step "get, refresh and expired"
say(s:get(Project, 3), s:get(Project, 2), s:get(Project, 1).name)
pr = s:get(Project, 1)
s:expire(pr)
say(pr.name, #pr.tasks)
s:refresh(pr, { "tasks" })
say(map(pr.tasks, title))
sql()
s.info.tenant = 2
s:expunge_all()
say(map(s:scalars(select(Project)), function(x) return { x.name, map(x.tags, word) } end))
say(#s:scalars(select(Project), nil, { execution_options = { unfiltered = true } }):all())
sql()
step "writes"
say(s:execute(update(Project):values{ name = Project.name .. "!" }).rowcount)
say(s:execute(delete(Task):where(Task.title:in_{ "c", "d" }), nil,
  { execution_options = { synchronize_session = false } }).rowcount)
say(s:execute(update(Bug):values{ severity = 9 }, nil,
  { execution_options = { synchronize_session = "fetch" } }).rowcount)
sql()
s:rollback()
say(s:query(Project):count(), s:query(Task):filter(Task.title:eq("e")):count(), map(s:query(Bug), title))
sql()
s:close()
step "options by hand"
s = am.Session(e)
local crit = with_loader_criteria(Task, Task.title:ne("a1"), { propagate_to_loaders = false })
pr = s:scalars(select(Project):options(crit):where(Project.id:eq(1))):one()
say(map(pr.tasks, title), map(pr.tasks[1].children, title))
s:expunge_all()
crit = with_loader_criteria(Bug, function(c) return c.severity:gt(1) end)
say(map(s:scalars(select(Task):options(crit):order_by(Task.id)), title),
  map(s:scalars(select(Bug):options(crit)), title))
sql()
for _, w in ipairs { "hot", "cold" } do
  say(map(s:scalars(select(Tag):options(with_loader_criteria(Tag, function(c) return c.word:eq(w) end))), word))
end
sql()
error_(function()
  with_loader_criteria(Task, "text")
  s:scalars(select(Task):options(with_loader_criteria(Task, 5))):all()
end)
