"""and_() in loaders, with_loader_criteria with values that change, tenants, dates and nested collections."""
from parity import *
from sqlalchemy import Boolean, Column, ForeignKey, Integer, String, bindparam, event, func, inspect, or_, select
from sqlalchemy.orm import (Session, aliased, contains_eager, declarative_base, joinedload, lazyload, relationship,
                            selectinload, sessionmaker, subqueryload, with_loader_criteria)

Base = declarative_base()


class HasTenant:
    tenant = Column(Integer, nullable=False)


class Project(HasTenant, Base):
    __tablename__ = "projects"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    tasks = relationship("Task", back_populates="project", order_by="Task.id")


class Task(HasTenant, Base):
    __tablename__ = "tasks"
    id = Column(Integer, primary_key=True)
    title = Column(String(30))
    done = Column(Boolean, default=False)
    project_id = Column(ForeignKey("projects.id"))
    project = relationship(Project, back_populates="tasks")
    notes = relationship("Note", back_populates="task", order_by="Note.id")


class Note(Base):
    __tablename__ = "notes"
    id = Column(Integer, primary_key=True)
    words = Column(String(30))
    task_id = Column(ForeignKey("tasks.id"))
    task = relationship(Task, back_populates="notes")


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    s.add_all([Project(id=1, tenant=1, name="a", tasks=[
        Task(id=1, tenant=1, title="t1", done=True, notes=[Note(id=1, words="x"), Note(id=2, words="y")]),
        Task(id=2, tenant=1, title="t2", done=False, notes=[Note(id=3, words="x")]),
        Task(id=3, tenant=2, title="t3", done=False)]),
        Project(id=2, tenant=2, name="b", tasks=[Task(id=4, tenant=2, title="t4", done=True)])])
    s.commit()
forget()


def show(projects):
    return [[p.name, [[t.title, [n.words for n in t.notes]] for t in p.tasks]] for p in projects]


projects = select(Project).order_by(Project.id)
for loader in (selectinload, joinedload, subqueryload, lazyload):
    step("and_")
    with Session(e) as s:
        stmt = projects.options(loader(Project.tasks.and_(Task.done == False)).selectinload(
            Task.notes.and_(Note.words == "x")))
        found = s.scalars(stmt).unique().all()
        say(show(found))
        step("and after expire")
        s.expire_all()
        say(show(found))
step("both levels joined")
with Session(e) as s:
    stmt = projects.options(joinedload(Project.tasks.and_(Task.title != "t2")).joinedload(Task.notes.and_(Note.id < 2)))
    say(show(s.scalars(stmt).unique()))
step("values that change")
def of_tenant(tenant):
    return with_loader_criteria(HasTenant, lambda cls: cls.tenant == tenant, include_aliases=True)


for tenant in (1, 2, 3):
    with Session(e) as s:
        say(show(s.scalars(projects.options(selectinload(Project.tasks), of_tenant(tenant)))))
step("as an expression, propagated to lazy loads")
with Session(e) as s:
    found = s.scalars(projects.options(with_loader_criteria(Task, Task.tenant == 1))).all()
    step("lazy")
    say(show(found))
    step("refreshed")
    s.refresh(found[0])
    say(show(found))
    s.expire(found[0], ["tasks"])
    say(show(found))
step("only for this statement")
with Session(e) as s:
    found = s.scalars(projects.options(with_loader_criteria(Task, Task.tenant == 1, propagate_to_loaders=False))).all()
    say(show(found))
step("a tenant's session")
maker = sessionmaker(e, info={"tenant": 1})


@event.listens_for(maker, "do_orm_execute")
def add_tenant(state):
    if state.is_select and not state.is_column_load and not state.is_relationship_load:
        state.statement = state.statement.options(of_tenant(state.session.info["tenant"]))


with maker() as s:
    say(show(s.scalars(projects)))
    say(s.scalar(select(func.count(Task.id))), s.get(Task, 3), s.get(Task, 2).title)
    say([r for r in s.execute(select(Project.name, func.count(Task.id)).outerjoin(Project.tasks)
        .group_by(Project.name).order_by(Project.name))])
    ta = aliased(Task)
    say(s.scalars(select(ta.title).order_by(ta.id)).all())
    say([t.title for t in s.query(Task).order_by(Task.id)])
with maker(info={"tenant": 2}) as s:
    say(show(s.scalars(projects)), s.scalars(select(Task.title).where(Task.project.has(name="a"))).all())
step("joins, any and subqueries")
with Session(e) as s:
    only = with_loader_criteria(Task, Task.done == True)
    say(s.execute(select(Project.name, Task.title).join(Project.tasks).options(only).order_by(Task.id)).all())
    say(s.execute(select(Project.name, Task.title).outerjoin(Project.tasks).options(only).order_by(Project.id)).all())
    say(s.scalars(select(Project.name).where(Project.tasks.any()).options(only).order_by(Project.id)).all())
    sub = select(Task.project_id).subquery()
    say(s.scalars(select(Project.name).join(sub, sub.c.project_id == Project.id).options(only).order_by(Project.id)).all())
    say(s.scalars(select(Note.words).join(Note.task).options(only).order_by(Note.id)).all())
step("several for one entity")
with Session(e) as s:
    stmt = projects.options(selectinload(Project.tasks), with_loader_criteria(Task, Task.done == False),
                            with_loader_criteria(Task, Task.tenant == 1))
    say(show(s.scalars(stmt)))
step("contains_eager and many to one")
with Session(e) as s:
    stmt = select(Task).join(Task.project).options(contains_eager(Task.project), with_loader_criteria(
        Project, Project.name == "a")).order_by(Task.id)
    say([[t.title, t.project.name] for t in s.scalars(stmt)])
with Session(e) as s:
    stmt = select(Task).options(joinedload(Task.project), with_loader_criteria(Project, Project.name == "b")).order_by(Task.id)
    say([[t.title, t.project and t.project.name] for t in s.scalars(stmt)])
step("and_ in columns of one's own statement")
with Session(e) as s:
    say([[p.name, n] for p, n in s.execute(select(Project, func.count(Task.id)).outerjoin(
        Project.tasks.and_(Task.done == True)).group_by(Project.id).order_by(Project.id))])
step("end")
