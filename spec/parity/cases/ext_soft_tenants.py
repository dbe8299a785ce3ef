"""Soft deletion and tenants by loader criteria in all that a session does: joins, loaders, subqueries, DML, refreshes."""
from parity import *
from sqlalchemy import Boolean, Column, ForeignKey, Integer, String, delete, event, func, select, union_all, update
from sqlalchemy.orm import (Session, aliased, contains_eager, declarative_base, joinedload, lazyload, relationship, selectinload,
                            sessionmaker, subqueryload, with_loader_criteria)

Base = declarative_base()


class Owned:
    tenant = Column(Integer, nullable=False)


class Soft:
    gone = Column(Boolean, nullable=False, default=False)


class Project(Owned, Soft, Base):
    __tablename__ = "project"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    tasks = relationship("Task", back_populates="project", order_by="Task.id")
    tags = relationship("Tag", secondary="project_tag", order_by="Tag.id")


class Task(Soft, Base):
    __tablename__ = "task"
    id = Column(Integer, primary_key=True)
    kind = Column(String(5))
    title = Column(String(20))
    project_id = Column(ForeignKey("project.id"))
    parent_id = Column(ForeignKey("task.id"))
    project = relationship(Project, back_populates="tasks")
    children = relationship("Task", order_by="Task.id", backref=sa.orm.backref("parent", remote_side=id))
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "task"}


class Bug(Task):
    severity = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "bug"}


class Tag(Owned, Base):
    __tablename__ = "tag"
    id = Column(Integer, primary_key=True)
    word = Column(String(20))


sa.Table("project_tag", Base.metadata, Column("p", ForeignKey("project.id"), primary_key=True), Column("t", ForeignKey("tag.id"), primary_key=True))
e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    t1, t2 = Tag(word="hot", tenant=1), Tag(word="cold", tenant=2)
    s.add(Project(name="one", tenant=1, tags=[t1, t2], tasks=[Task(title="a", children=[Task(title="a1"), Task(title="a2", gone=True)]), Bug(title="b", severity=2), Bug(title="c", gone=True)]))
    s.flush()
    s.add(Project(name="two", tenant=2, tags=[t2], tasks=[Task(title="d")]))
    s.flush()
    s.add(Project(name="old", tenant=1, gone=True, tasks=[Task(title="e")]))
    s.commit()
forget()
Maker = sessionmaker(e)


@event.listens_for(Maker, "do_orm_execute")
def filters(st):
    if st.execution_options.get("unfiltered") or st.is_column_load or st.is_relationship_load:
        return
    tenant = st.session.info["tenant"]
    st.statement = st.statement.options(
        with_loader_criteria(Soft, lambda cls: cls.gone == sa.false(), include_aliases=True),
        with_loader_criteria(Owned, lambda cls: cls.tenant == tenant, include_aliases=True))


s = Maker(info={"tenant": 1})
step("plain")
say([p.name for p in s.scalars(select(Project).order_by(Project.id))], s.scalars(select(Task.title).order_by(Task.id)).all(), s.scalars(select(Bug.title)).all())
sql()
p = s.scalars(select(Project)).one()
say([t.title for t in p.tasks], [t.word for t in p.tags], [c.title for c in p.tasks[0].children])
sql()
step("joins")
say(s.execute(select(Project.name, Task.title).join(Project.tasks).order_by(Task.id)).all())
say(s.execute(select(Project.name, Tag.word).outerjoin(Project.tags).order_by(Tag.id)).all())
ta = aliased(Task)
say(s.execute(select(Task.title, ta.title).outerjoin(Task.children.of_type(ta)).order_by(Task.id, ta.id)).all())
sql()
step("exists and scalar subqueries")
say(s.scalars(select(Project.name).where(Project.tasks.any(Task.title == "c"))).all(), s.scalars(select(Task.title).where(Task.project.has(name="old"))).all())
n = select(func.count(Task.id)).where(Task.project_id == Project.id).scalar_subquery()
say(s.execute(select(Project.name, n)).all())
sub = select(Task).where(Task.title != "a").subquery()
at = aliased(Task, sub)
say([t.title for t in s.scalars(select(at).order_by(at.id))])
u = union_all(select(Task.id, Task.title), select(Tag.id, Tag.word)).subquery()
say(s.execute(select(u.c.title).order_by(u.c.title)).scalars().all())
cte = select(Project.id.label("i"), Project.name).cte("live")
say(s.execute(select(Task.title).join(cte, cte.c.i == Task.project_id).order_by(Task.id)).scalars().all())
sql()
step("loaders")
for opt in (joinedload, selectinload, subqueryload, lazyload):
    s.expunge_all()
    ps = s.scalars(select(Project).options(opt(Project.tasks).options(opt(Task.children)), opt(Project.tags))).unique().all()
    say([(p.name, [(t.title, [c.title for c in t.children]) for t in p.tasks], [t.word for t in p.tags]) for p in ps])
    sql()
s.expunge_all()
ps = s.scalars(select(Project).join(Project.tasks).options(contains_eager(Project.tasks)).order_by(Task.id)).unique().all()
say([(p.name, [t.title for t in p.tasks]) for p in ps])
sql()
step("get, refresh and expired")
say(s.get(Project, 3), s.get(Project, 2), s.get(Project, 1).name)
p = s.get(Project, 1)
s.expire(p)
say(p.name, len(p.tasks))
s.refresh(p, ["tasks"])
say([t.title for t in p.tasks])
sql()
s.info["tenant"] = 2
s.expunge_all()
say([(p.name, [t.word for t in p.tags]) for p in s.scalars(select(Project))])
say(len(s.scalars(select(Project), execution_options={"unfiltered": True}).all()))
sql()
step("writes")
say(s.execute(update(Project).values(name=Project.name + "!")).rowcount)
say(s.execute(delete(Task).where(Task.title.in_(["c", "d"])), execution_options={"synchronize_session": False}).rowcount)
say(s.execute(update(Bug).values(severity=9), execution_options={"synchronize_session": "fetch"}).rowcount)
sql()
s.rollback()
say(s.query(Project).count(), s.query(Task).filter(Task.title == "e").count(), [t.title for t in s.query(Bug)])
sql()
s.close()
step("options by hand")
s = Session(e)
crit = with_loader_criteria(Task, Task.title != "a1", propagate_to_loaders=False)
p = s.scalars(select(Project).options(crit).where(Project.id == 1)).one()
say([t.title for t in p.tasks], [t.title for t in p.tasks[0].children])
s.expunge_all()
crit = with_loader_criteria(Bug, lambda c: c.severity > 1)
say([t.title for t in s.scalars(select(Task).options(crit).order_by(Task.id))], [t.title for t in s.scalars(select(Bug).options(crit))])
sql()
for w in ("hot", "cold"):
    say([t.word for t in s.scalars(select(Tag).options(with_loader_criteria(Tag, lambda c: c.word == w)))])
sql()
error(lambda: with_loader_criteria(Task, "text") and s.scalars(select(Task).options(with_loader_criteria(Task, 5))).all())
