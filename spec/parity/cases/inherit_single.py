"""Single table inheritance: columns of subclasses, criteria of queries, shared columns, bulk changes."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, delete, func, inspect, insert, select, update
from sqlalchemy.orm import Session, aliased, declarative_base, joinedload, mapped_column, relationship

Base = declarative_base()


class Team(Base):
    __tablename__ = "team"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    managers = relationship("Manager", back_populates="team", order_by="Manager.id")


class Person(Base):
    __tablename__ = "person"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    kind = Column(String(20), nullable=False)
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "person"}


class Manager(Person):
    start = mapped_column(Integer, use_existing_column=True)
    team_id = Column(ForeignKey("team.id"))
    team = relationship("Team", back_populates="managers")
    __mapper_args__ = {"polymorphic_identity": "manager"}


class Engineer(Person):
    start = mapped_column(Integer, use_existing_column=True)
    skill = Column(String(20))
    __mapper_args__ = {"polymorphic_identity": "engineer"}


class Chief(Manager):
    car = Column(String(20))
    __mapper_args__ = {"polymorphic_identity": "chief"}


e = engine()
Base.metadata.create_all(e)
forget()
say(Person.__table__.c.keys(), Chief.__table__ is Person.__table__)
say([a.key for a in inspect(Chief).column_attrs], [a.key for a in inspect(Person).column_attrs])
session = Session(e)
t = Team(name="red")
session.add_all([Person(name="p"), Manager(name="m", start=1, team=t), Engineer(name="e", start=2, skill="sql"),
                 Chief(name="c", start=3, car="vw", team=t)])
session.commit()
step("base")
for x in session.scalars(select(Person).order_by(Person.id)):
    say(x, x.kind, sorted(inspect(x).unloaded))
step("subclass columns load later")
session.expunge_all()
x = session.scalars(select(Person).where(Person.kind == "engineer")).one()
say(x.skill, x.start)
step("criteria")
say([x.name for x in session.scalars(select(Manager).order_by(Manager.id))])
say(session.scalars(select(Chief.name)).all())
say(session.scalar(select(func.count(Engineer.id))))
m2 = aliased(Manager, name="m2")
say(session.execute(select(Person.name, m2.name).join(m2, m2.id > Person.id).order_by(Person.id, m2.id)).all())
say(session.execute(select(Person.name, m2.start).outerjoin(m2, m2.id == Person.id + 1).order_by(Person.id)).all())
step("relationship of a subclass")
t = session.scalars(select(Team).options(joinedload(Team.managers))).unique().one()
say(t.managers, [x.name for x in t.managers])
sql()
say(session.scalars(select(Team.name).join(Team.managers)).all())
say(session.scalars(select(Team.name).join(Team.managers.of_type(Chief)).where(Chief.car == "vw")).all())
say(session.scalars(select(Team.name).where(Team.managers.any(Manager.start > 2))).all())
say(session.scalars(select(Team.name).where(Team.managers.of_type(Chief).any(Chief.car == "bmw"))).all())
step("get")
session.expunge_all()
say(session.get(Engineer, 2), session.get(Manager, 4), session.get(Person, 3))
step("bulk")
r = session.execute(update(Manager).values(start=Manager.start + 10))
say(r.rowcount, session.scalars(select(Chief)).one().start)
r = session.execute(update(Chief).where(Chief.car == "vw").values(car="bmw"), execution_options={"synchronize_session": "fetch"})
say(r.rowcount, session.scalars(select(Chief)).one().car)
r = session.execute(delete(Engineer).where(Engineer.start == 2))
say(r.rowcount, session.get(Person, 3))
session.execute(insert(Manager), [{"name": "n1", "start": 5}, {"name": "n2", "start": 6}])
sql()
say(session.execute(select(Person.name, Person.kind).order_by(Person.id)).all())
step("subqueries and unions")
sub = select(Manager.id, Manager.name).where(Manager.start > 5).subquery()
say(session.execute(select(sub.c.name).order_by(sub.c.name)).all())
say(session.scalars(select(Person.name).where(Person.id.in_(select(Manager.id).where(Manager.team_id.is_(None)))).order_by(Person.name)).all())
say(session.query(Manager).filter_by(start=5).one().name, session.query(Chief).count())
session.commit()
step("refresh")
c = session.scalars(select(Chief)).one()
sql()
session.refresh(c)
sql()
c.name = None
session.flush()
say(c.kind, c.name)
step("errors")


def clash():
    class Other(Person):
        start = Column(String(10))
        __mapper_args__ = {"polymorphic_identity": "other"}


error(clash)


def table_args():
    class Third(Person):
        __table_args__ = {"comment": "x"}
        __mapper_args__ = {"polymorphic_identity": "third"}


error(table_args)
