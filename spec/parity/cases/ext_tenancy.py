"""Tenants and soft delete by loader criteria that every statement gets, loaders and bulk ones too."""
from parity import *
from sqlalchemy import (Boolean, Column, ForeignKey, Integer, String, delete, event, false, func, inspect, select,
                        update)
from sqlalchemy.orm import (aliased, declarative_base, declared_attr, joinedload, lazyload, relationship,
                            selectinload, sessionmaker, subqueryload, with_loader_criteria)

Base = declarative_base()


class OfTenant:
    @declared_attr
    def tenant_id(cls):
        return Column(ForeignKey("tenant.id"), nullable=False, index=True)


class SoftDelete:
    deleted = Column(Boolean, nullable=False, default=False)


class Tenant(Base):
    __tablename__ = "tenant"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))


class Project(OfTenant, SoftDelete, Base):
    __tablename__ = "project"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    tasks = relationship("Task", back_populates="project", order_by="Task.id")


class Task(OfTenant, SoftDelete, Base):
    __tablename__ = "task"
    id = Column(Integer, primary_key=True)
    title = Column(String(20))
    kind = Column(String(10))
    project_id = Column(ForeignKey("project.id"))
    project = relationship(Project, back_populates="tasks")
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "task"}


class Bug(Task):
    severity = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "bug"}


Maker = sessionmaker()


@event.listens_for(Maker, "do_orm_execute")
def criteria(state):
    if state.is_column_load or state.is_relationship_load or state.execution_options.get("all"):
        return
    if not (state.is_select or state.is_update or state.is_delete):
        return
    tenant = state.session.info.get("tenant")
    options = [with_loader_criteria(SoftDelete, lambda cls: cls.deleted == false(), include_aliases=True)]
    if tenant is not None:
        options.append(with_loader_criteria(OfTenant, lambda cls: cls.tenant_id == tenant, include_aliases=True))
    state.statement = state.statement.options(*options)


@event.listens_for(Maker, "before_flush")
def guard(session, context, instances):
    tenant = session.info.get("tenant")
    for obj in session.new:
        if isinstance(obj, OfTenant) and obj.tenant_id is None:
            obj.tenant_id = tenant
    for obj in list(session.deleted):
        if isinstance(obj, SoftDelete):
            session.add(obj)
            obj.deleted = True
            say("kept", type(obj).__name__, inspect(obj).persistent, obj in session.deleted)


e = engine()
Base.metadata.create_all(e)
forget()
step("fill")
with Maker(bind=e) as s:
    s.add_all([Tenant(id=1, name="one"), Tenant(id=2, name="two")])
    s.commit()
    for tenant in (1, 2):
        s.info["tenant"] = tenant
        project = Project(name="p%s" % tenant, tasks=[Task(title="a%s" % tenant),
                                                            Bug(title="b%s" % tenant, severity=tenant)])
        s.add(project)
        s.commit()
        say(project.tenant_id, [t.tenant_id for t in project.tasks])
step("one tenant")
s = Maker(bind=e, info={"tenant": 1})
say([p.name for p in s.scalars(select(Project))], s.scalar(select(func.count(Task.id))),
    s.execute(select(Task.title, Project.name).join(Task.project).order_by(Task.id)).all())
say(s.get(Project, 2), s.get(Project, 1).name)
say(s.scalars(select(Bug.severity)).all())
step("loaders")
for option in (selectinload, joinedload, subqueryload, lazyload):
    s.expunge_all()
    p = s.scalars(select(Project).options(option(Project.tasks))).unique().one()
    say(p.name, [t.title for t in p.tasks])
step("soft delete")
bug = s.scalars(select(Bug)).one()
bug_id = bug.id
s.delete(bug)
s.commit()
say(s.scalars(select(Task.title)).all(), s.get(Bug, bug_id) is bug)
s.expire_all()
p = s.scalars(select(Project)).one()
say([t.title for t in p.tasks])
s.expunge_all()
say(s.get(Bug, bug_id))
say(s.scalars(select(Task.title).order_by(Task.id), execution_options={"all": True}).all())
step("aliases, subqueries, exists")
other = aliased(Task)
say(s.scalars(select(other.title).order_by(other.id)).all())
say(s.scalars(select(Project.name).where(Project.tasks.any(Task.title.like("b%")))).all())
sub = select(Task.project_id, func.count().label("n")).group_by(Task.project_id).subquery()
say(s.execute(select(Project.name, sub.c.n).outerjoin(sub, sub.c.project_id == Project.id)).all())
say(s.execute(select(Tenant.name, func.count(Project.id)).outerjoin(Project, Project.tenant_id == Tenant.id)
              .group_by(Tenant.name).order_by(Tenant.name)).all())
step("bulk")
r = s.execute(update(Task).values(title=Task.title + "!"))
say(r.rowcount)
r = s.execute(delete(Project).where(Project.id == 2))
say(r.rowcount)
s.commit()
say(s.execute(select(Task.title, Task.deleted).order_by(Task.id), execution_options={"all": True}).all())
step("the other tenant")
s.info["tenant"] = 2
say(s.scalars(select(Task.title).order_by(Task.id)).all(), s.query(Project).count(),
    [p.name for p in s.query(Project).filter(Project.tasks.any())])
s.info["tenant"] = None
say(s.scalars(select(Task.title).order_by(Task.id)).all())
step("restored")
bug = s.scalars(select(Bug).where(Bug.deleted), execution_options={"all": True}).one()
bug.deleted = False
s.commit()
say(s.scalars(select(Task.title).order_by(Task.id)).all())
step("criteria on top")
s.info["tenant"] = 1
say(s.scalars(select(Task.title).options(with_loader_criteria(Bug, Bug.severity > 5)).order_by(Task.id)).all(),
    s.scalars(select(Bug.title).options(with_loader_criteria(Bug, Bug.severity > 5))).all())
p = s.scalars(select(Project).options(selectinload(Project.tasks.and_(Task.title.like("a%"))))
              .execution_options(populate_existing=True)).one()
say([t.title for t in p.tasks])
task_id = p.tasks[0].id
s.expunge_all()
task = s.get(Task, task_id)
say(task.project.name, task.project.tasks[0].title)
s.close()
sql()
