"""Extensions and N+1, a hosted service: soft delete and tenancy by loader criteria of a listener, a schema for each
tenant, tests inside an outer transaction that rolls back, statements counted for each strategy, orderinglist and a
filtered relationship."""
from sqlalchemy import *
from sqlalchemy.ext.orderinglist import ordering_list
from sqlalchemy.orm import *
from parity import *


def count_statements(engine, fn):
    seen = []
    listen = lambda *a: seen.append(a[2])
    event.listen(engine, "before_cursor_execute", listen)
    result = fn()
    event.remove(engine, "before_cursor_execute", listen)
    return len(seen)


class Base(DeclarativeBase):
    pass


class SoftDelete:
    deleted = mapped_column(Boolean, default=False, nullable=False)


class HasTenant:
    tenant = mapped_column(Integer, nullable=False)


class Project(SoftDelete, HasTenant, Base):
    __tablename__ = "projects"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String(20))
    tasks = relationship("Task", back_populates="project", order_by="Task.position",
        collection_class=ordering_list("position"))


class Task(SoftDelete, HasTenant, Base):
    __tablename__ = "tasks"
    id = mapped_column(Integer, primary_key=True)
    project_id = mapped_column(ForeignKey("projects.id"))
    position = mapped_column(Integer)
    title = mapped_column(String(20))
    project = relationship(Project, back_populates="tasks")


class Setting(Base):
    __tablename__ = "settings"
    __table_args__ = {"schema": "per_tenant"}
    id = mapped_column(Integer, primary_key=True)
    value = mapped_column(String(20))


e = engine()
Maker = sessionmaker(e)


@event.listens_for(Maker, "do_orm_execute")
def criteria(state):
    if state.is_select and not state.is_column_load and not state.is_relationship_load:
        if not state.execution_options.get("include_deleted"):
            state.statement = state.statement.options(with_loader_criteria(
                SoftDelete, lambda cls: cls.deleted == false(), include_aliases=True))
        tenant = state.session.info.get("tenant")
        if tenant:
            state.statement = state.statement.options(with_loader_criteria(
                HasTenant, lambda cls: cls.tenant == tenant, include_aliases=True))


@event.listens_for(Maker, "before_flush")
def stamp(session, context, instances):
    for o in session.new:
        if isinstance(o, HasTenant):
            o.tenant = session.info["tenant"]
    for o in list(session.deleted):
        if isinstance(o, SoftDelete):
            o.deleted = True
            session.add(o)


Base.metadata.create_all(e, tables=[Project.__table__, Task.__table__])
forget()
step("stamp")
for tenant in (1, 2):
    with Maker(info={"tenant": tenant}) as s:
        p = Project(id=tenant, name="project%d" % tenant)
        p.tasks.append(Task(title="a"))
        p.tasks.append(Task(title="b"))
        p.tasks.insert(0, Task(title="first"))
        say([(t.position, t.title) for t in p.tasks])
        s.add(p)
        s.commit()
sql()
step("tenancy")
with Maker(info={"tenant": 2}) as s:
    say([p.name for p in s.scalars(select(Project).order_by(Project.id))], s.get(Project, 1) is None)
    say(s.execute(select(Task.title, Project.name).join(Task.project).order_by(Task.position)).all())
    p = s.scalars(select(Project).options(selectinload(Project.tasks))).one()
    say([t.title for t in p.tasks], s.scalar(select(func.count(Task.id))))
    a = aliased(Task)
    say(s.scalars(select(a.title).where(a.position > 0).order_by(a.position)).all())
    sql()
    step("soft delete")
    s.delete(p.tasks[1])
    s.commit()
    sql()
    say([t.title for t in p.tasks])
    say(s.scalars(select(Task.title).order_by(Task.position)).all())
    say(s.scalars(select(Task.title).order_by(Task.position), execution_options={"include_deleted": True}).all())
    s.expire_all()
    say([t.title for t in s.scalars(select(Project).options(joinedload(Project.tasks))).unique().one().tasks])
    sql()
    step("ordering list")
    p = s.scalars(select(Project)).one()
    moved = p.tasks.pop(0)
    p.tasks.append(moved)
    say([(t.position, t.title) for t in p.tasks])
    s.commit()
    p.tasks.reorder()
    p.tasks.pop(0)
    p.tasks.insert(0, Task(title="slice"))
    say([(t.position, t.title) for t in p.tasks])
    s.commit()
    sql()
step("rows of all")
with Session(e) as s:
    say(s.execute(select(Task.id, Task.tenant, Task.title, Task.deleted, Task.position).order_by(Task.id)).all())
forget()
step("schema for each tenant")
names = ["t1", "t2"]
with e.connect() as c:
    for name in names:
        if is_postgresql:
            c.execute(text("CREATE SCHEMA %s" % name))
        else:
            c.connection.dbapi_connection.execute("ATTACH DATABASE ':memory:' AS %s" % name)
    c.commit()
    forget()
    for name in names:
        t = c.execution_options(schema_translate_map={"per_tenant": name})
        Setting.__table__.create(t)
        with Session(t) as s:
            s.add(Setting(id=1, value="of " + name))
            s.commit()
            say(s.get(Setting, 1).value, s.scalars(select(Setting.value)).all())
            s.execute(update(Setting).values(value=Setting.value + "!"))
            s.commit()
    sql()
    c.execution_options(schema_translate_map={"per_tenant": "t1"})
    say(c.execute(select(Setting.__table__.c.value)).all())
    c.rollback()
    sql()
step("tests that roll back")
for turn in range(2):
    with e.connect() as c:
        outer = c.begin()
        s = Session(bind=c, join_transaction_mode="create_savepoint")
        s.add(Project(id=50, name="test", tenant=1))
        s.commit()
        say(s.get(Project, 50).name, s.scalar(select(func.count()).select_from(Project)))
        s.add(Project(id=50, name="again", tenant=1))
        error(s.commit)
        s.rollback()
        say(s.scalar(select(func.count()).select_from(Project)))
        s.close()
        outer.rollback()
    sql()
step("counted")
with Session(e) as s:
    for i in range(10, 14):
        s.add(Project(id=i, name="n%d" % i, tenant=3, tasks=[Task(title="t%d" % i, tenant=3)]))
    s.commit()


def walk(*options):
    with Session(e) as s:
        for p in s.scalars(select(Project).where(Project.tenant == 3).options(*options)).unique():
            [t.project.name for t in p.tasks]


for title, options in (("lazy", []), ("selectin", [selectinload(Project.tasks)]),
    ("joined", [joinedload(Project.tasks)]),
                       ("subquery", [subqueryload(Project.tasks)]), ("immediate", [immediateload(Project.tasks)])):
    say(title, count_statements(e, lambda: walk(*options)))
error(lambda: walk(raiseload("*")))
forget()
