"""A directed graph as a network of stops: edges that are objects with a weight, neighbours through them, reachability."""
from parity import *
from sqlalchemy import CheckConstraint, Column, ForeignKey, Integer, String, and_, func, inspect, literal, or_, select
from sqlalchemy.ext.associationproxy import association_proxy
from sqlalchemy.orm import Session, aliased, declarative_base, relationship, selectinload

Base = declarative_base()


class Stop(Base):
    __tablename__ = "stops"
    id = Column(Integer, primary_key=True)
    name = Column(String(10), unique=True)
    targets = association_proxy("leaving", "end", creator=lambda stop: Leg(end=stop))

    def to(self, *others, minutes=1):
        for other in others:
            self.leaving.append(Leg(end=other, minutes=minutes))
        return self

    def onward(self):
        return [leg.end for leg in self.leaving]

    def back(self):
        return [leg.start for leg in self.coming]


class Leg(Base):
    __tablename__ = "legs"
    __table_args__ = (CheckConstraint("minutes > 0", name="positive"),)
    start_id = Column(ForeignKey("stops.id"), primary_key=True)
    end_id = Column(ForeignKey("stops.id"), primary_key=True)
    minutes = Column(Integer, default=1, nullable=False)
    start = relationship(Stop, primaryjoin=start_id == Stop.id, backref=sa.orm.backref(
        "leaving", order_by="Leg.end_id", cascade="all, delete-orphan"))
    end = relationship(Stop, primaryjoin=end_id == Stop.id, backref=sa.orm.backref(
        "coming", order_by="Leg.start_id", cascade="all, delete-orphan"))


e = engine()
Base.metadata.create_all(e)
forget()
session = Session(e)
step("stops")
a, b, c, d = (Stop(name=n) for n in "abcd")
session.add_all([a, b, c, d])
session.flush()
a.to(b, c)
b.to(c, minutes=4)
c.to(d, a, minutes=2)
say([s.name for s in a.onward()], [s.name for s in c.back()], [s.name for s in d.back()], len(session.new))
session.flush()
session.commit()
say([s.name for s in c.onward()], [s.name for s in c.back()], [leg.minutes for leg in c.leaving])
step("queries")
start, end = aliased(Stop), aliased(Stop)
rows = session.execute(select(start.name, end.name,
    Leg.minutes).join(Leg.start.of_type(start)).join(Leg.end.of_type(end))
                       .order_by(start.name, end.name)).all()
say(rows)
say(session.scalars(select(Stop.name).where(Stop.leaving.any(Leg.end.has(name="c"))).order_by(Stop.name)).all())
say(session.scalars(select(Stop.name).where(~Stop.leaving.any())).all())
say(session.scalars(select(Stop.name).join(Stop.coming).group_by(Stop.name).having(func.count() > 1).order_by(Stop.name)).all())
say(session.execute(select(Stop.name, func.coalesce(func.sum(Leg.minutes),
    0)).outerjoin(Stop.leaving).group_by(Stop.name)
                    .order_by(Stop.name)).all())
reach = select(Leg.end_id.label("id"), Leg.minutes.label("cost")).where(Leg.start_id == a.id).cte("reach",
    recursive=True)
reach = reach.union(select(Leg.end_id, reach.c.cost + Leg.minutes).join(reach, Leg.start_id == reach.c.id)
                    .where(reach.c.cost < 6))
say(session.execute(select(Stop.name, func.min(reach.c.cost)).join(reach, reach.c.id == Stop.id).group_by(Stop.name)
                    .order_by(Stop.name)).all())
session.expunge_all()
stops = session.scalars(select(Stop).options(selectinload(Stop.leaving).joinedload(Leg.end)).order_by(Stop.id)).all()
sql()
say([[leg.end.name for leg in s.leaving] for s in stops])
a, b, c, d = stops
step("a proxy to the far end")
d.targets.append(b)
say([s.name for s in d.targets], b in d.targets, inspect(d.leaving[0]).pending)
session.commit()
say([s.name for s in b.back()],
    session.scalars(select(Stop.name).where(Stop.targets.contains(b)).order_by(Stop.name)).all())
step("changes")
leg = session.get(Leg, (a.id, b.id))
leg.minutes = 9
session.commit()
a.leaving.remove(leg)
session.flush()
say(inspect(leg).deleted, leg in b.coming, [s.name for s in a.onward()])
session.commit()
say(len(b.coming))
error(lambda: a.to(c) and session.flush())
session.rollback()
error(lambda: a.to(d, minutes=0) and session.flush())
session.rollback()
step("a stop goes")
session.delete(c)
session.commit()
say(session.execute(select(Leg.start_id, Leg.end_id).order_by(Leg.start_id)).all(), [s.name for s in a.onward()])
sql()
