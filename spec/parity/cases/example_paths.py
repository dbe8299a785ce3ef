"""Materialized paths and nested sets, told again: viewonly relationships on LIKE, and gaps made by a mapper event."""
from parity import *
from sqlalchemy import Column, Integer, String, case, event, func, inspect, literal, select
from sqlalchemy.orm import Session, aliased, declarative_base, foreign, joinedload, relationship, remote, selectinload

Base = declarative_base()


class Topic(Base):
    __tablename__ = "topics"
    id = Column(Integer, primary_key=True, autoincrement=False)
    path = Column(String(100), nullable=False, index=True)
    below = relationship("Topic", viewonly=True, order_by="Topic.path",
                         primaryjoin=lambda: remote(foreign(Topic.path)).like(Topic.path.concat(".%")))
    above = relationship("Topic", viewonly=True, order_by="Topic.path",
                         primaryjoin=lambda: Topic.path.like(remote(foreign(Topic.path)).concat(".%")))

    @property
    def depth(self):
        return len(self.path.split(".")) - 1

    def move(self, parent):
        path = parent.path + "." + str(self.id)
        for topic in self.below:
            topic.path = path + topic.path[len(self.path):]
        self.path = path


class Clerk(Base):
    __tablename__ = "clerks"
    __mapper_args__ = {"batch": False}
    parent = None
    name = Column(String(10), primary_key=True)
    low = Column(Integer, nullable=False)
    high = Column(Integer, nullable=False)


@event.listens_for(Clerk, "before_insert")
def make_room(mapper, connection, clerk):
    if not clerk.parent:
        clerk.low, clerk.high = 1, 2
        return
    table = mapper.persist_selectable
    at = connection.scalar(select(table.c.high).where(table.c.name == clerk.parent.name))
    connection.execute(table.update().where(table.c.high >= at).values(
        low=case((table.c.low > at, table.c.low + 2), else_=table.c.low),
        high=case((table.c.high >= at, table.c.high + 2), else_=table.c.high)))
    clerk.low, clerk.high = at, at + 1


e = engine()
Base.metadata.create_all(e)
forget()
session = Session(e)
step("paths")
session.add_all([Topic(id=1, path="1"), Topic(id=2, path="1.2"), Topic(id=3, path="1.2.3"), Topic(id=4, path="1.4"),
                 Topic(id=5, path="1.4.5"), Topic(id=6, path="1.4.5.6")])
session.commit()
root = session.get(Topic, 1)
say([t.path for t in root.below], root.depth, [t.path for t in session.get(Topic, 6).above])
say(Topic.below.property.viewonly, Topic.below.property.primaryjoin, Topic.below.property.uselist)
step("eagerly")
session.expunge_all()
found = session.scalars(select(Topic).options(joinedload(Topic.below)).where(Topic.id.in_([2, 4])).order_by(Topic.id)
                        ).unique().all()
sql()
say([[t.path for t in x.below] for x in found])
session.expunge_all()
found = session.scalars(select(Topic).options(selectinload(Topic.above)).order_by(Topic.id)).all()
sql()
say([[t.id for t in x.above] for x in found])
say(session.scalars(select(Topic.id).where(Topic.below.any(Topic.id == 6)).order_by(Topic.id)).all())
say(session.scalars(select(Topic.id).where(~Topic.below.any()).order_by(Topic.id)).all())
leaf = aliased(Topic)
say(session.execute(select(Topic.id, func.count(leaf.id)).join(Topic.below.of_type(leaf)).group_by(Topic.id)
                    .order_by(Topic.id)).all())
step("moved")
found[4].move(found[1])
session.flush()
session.expire_all()
say([(t.id, t.path) for t in session.scalars(select(Topic).order_by(Topic.path))], [t.id for t in found[1].below])
found[1].below.append(Topic(id=9, path="9"))
session.commit()
say(len(found[1].below))
step("nested sets")
session.add(Clerk(name="ann"))
session.commit()
ann = session.get(Clerk, "ann")
bob, cid = Clerk(name="bob"), Clerk(name="cid")
bob.parent = cid.parent = ann
session.add_all([bob, cid])
session.flush()
dan, eve = Clerk(name="dan"), Clerk(name="eve")
dan.parent, eve.parent = cid, bob
session.add_all([dan, eve])
session.commit()
say(session.execute(select(Clerk.name, Clerk.low, Clerk.high).order_by(Clerk.low)).all())
boss = aliased(Clerk)
depth = select(Clerk.name, func.count(boss.name).label("depth")).where(Clerk.low.between(boss.low, boss.high)).group_by(
    Clerk.name, Clerk.low).order_by(Clerk.low)
for name, level in session.execute(depth):
    say("  " * level + name)
say(session.scalars(select(boss.name).join(Clerk, Clerk.low.between(boss.low, boss.high)).where(Clerk.name == "dan")
                    .order_by(boss.low)).all())
say(session.scalars(select(Clerk.name).where(Clerk.high == Clerk.low + 1).order_by(Clerk.name)).all())
sql()
