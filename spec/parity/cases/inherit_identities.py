# Discriminators: computed ones, abstract levels, unknown identities, changed identities, mappers that are asked.
from parity import *
from sqlalchemy import Column, Integer, String, select, case, insert, Enum
from sqlalchemy.orm import declarative_base, Session, declared_attr

Base = declarative_base()


class Shape(Base):
    __tablename__ = "shape"
    id = Column(Integer, primary_key=True)
    sides = Column(Integer)
    label = Column(String(20))
    __mapper_args__ = {
        "polymorphic_on": case((sides == 3, "tri"), (sides == 4, "quad"), else_="shape"),
        "polymorphic_identity": "shape",
    }


class Triangle(Shape):
    __mapper_args__ = {"polymorphic_identity": "tri"}


class Quad(Shape):
    __mapper_args__ = {"polymorphic_identity": "quad"}


class Event(Base):
    __tablename__ = "event"
    id = Column(Integer, primary_key=True)
    kind = Column(Enum("talk", "lunch", "party", name="event_kind"), nullable=False)
    title = Column(String(20))
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_abstract": True}


class Social(Event):
    __mapper_args__ = {"polymorphic_abstract": True}


class Talk(Event):
    speaker = Column(String(20))
    __mapper_args__ = {"polymorphic_identity": "talk"}


class Lunch(Social):
    place = Column(String(20))
    __mapper_args__ = {"polymorphic_identity": "lunch"}


class Party(Social):
    @declared_attr
    def place(cls):
        return Event.__table__.c.get("place", Column(String(20)))

    __mapper_args__ = {"polymorphic_identity": "party"}


eng = engine()
Base.metadata.create_all(eng)
forget()
s = Session(eng)
step("a computed discriminator")
s.add_all([Triangle(sides=3, label="t"), Quad(sides=4, label="q"), Shape(sides=7, label="s")])
s.commit()
s.expunge_all()
say([(type(x).__name__, x.label) for x in s.scalars(select(Shape).order_by(Shape.id))])
say([x.label for x in s.scalars(select(Triangle))])
say(s.scalars(select(Quad.label)).all())
step("a row that becomes another class")
shape = s.scalars(select(Quad)).one()
shape.sides = 3
s.commit()
say(type(shape).__name__)
error(lambda: shape.sides)
s.expunge_all()
say([(type(x).__name__, x.label) for x in s.scalars(select(Shape).order_by(Shape.id))])
step("abstract levels")
error(lambda: Event(title="x") and s.add(Event(title="x")) or s.flush())
s.rollback()
s.add_all([Talk(title="orm", speaker="kay"), Lunch(title="noon", place="hall"), Party(title="late", place="roof")])
s.commit()
s.expunge_all()
say([(type(x).__name__, x.kind) for x in s.scalars(select(Event).order_by(Event.id))])
say([(type(x).__name__, x.place) for x in s.scalars(select(Social).order_by(Social.id))])
say([x.title for x in s.scalars(select(Party))])
step("a new object knows its kind")
say(Talk().kind, Lunch(title="z").kind, Triangle().sides)
t = Talk(title="wrong", kind="lunch")
s.add(t)
s.commit()
error(lambda: t.kind)
s.expunge_all()
step("what the mappers say")
m = sa.inspect(Event)
say(sorted(m.polymorphic_map), [x.class_ for x in m.self_and_descendants], m.polymorphic_on.name)
say(sa.inspect(Lunch).inherits.class_, sa.inspect(Lunch).base_mapper.class_, sa.inspect(Lunch).isa(sa.inspect(Social)))
say([x.class_ for x in sa.inspect(Lunch).iterate_to_root()], sa.inspect(Social).single, sa.inspect(Event).single)
say(sa.inspect(Talk).polymorphic_identity, sa.inspect(Social).polymorphic_identity)
step("an identity that nobody has")
Base2 = declarative_base()


class Thing(Base2):
    __tablename__ = "thing"
    id = Column(Integer, primary_key=True)
    type = Column(String(10))
    __mapper_args__ = {"polymorphic_on": type, "polymorphic_identity": "thing"}


class Stone(Thing):
    __mapper_args__ = {"polymorphic_identity": "stone"}


Base2.metadata.create_all(eng)
forget()
s.execute(insert(Thing.__table__), [{"id": 1, "type": "stone"}, {"id": 2, "type": "ghost"}, {"id": 3, "type": None}])
say(type(s.get(Thing, 1)).__name__)
refused(lambda: s.get(Thing, 2))
refused(lambda: s.scalars(select(Thing).order_by(Thing.id)).all())
error(lambda: s.get(Thing, 3))
say(s.scalars(select(Thing.id).where(Thing.type != "stone")).all())
error(lambda: s.get(Stone, 2))
step("end")
s.close()
