"""Loading of inheritance hierarchies: selectin_polymorphic, with_polymorphic, of_type, single tables."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, inspect, or_, select
from sqlalchemy.orm import Session, aliased, declarative_base, joinedload, relationship, selectin_polymorphic, selectinload, with_polymorphic

Base = declarative_base()


class Firm(Base):
    __tablename__ = "firms"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    staff = relationship("Worker", back_populates="firm", order_by="Worker.id")


class Worker(Base):
    __tablename__ = "workers"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    kind = Column(String)
    firm_id = Column(ForeignKey("firms.id"))
    firm = relationship("Firm", back_populates="staff")
    __mapper_args__ = {"polymorphic_identity": "worker", "polymorphic_on": "kind"}


class Boss(Worker):
    __tablename__ = "bosses"
    id = Column(ForeignKey("workers.id"), primary_key=True)
    title = Column(String)
    papers = relationship("Paper", back_populates="boss", order_by="Paper.id")
    __mapper_args__ = {"polymorphic_identity": "boss"}


class Smith(Worker):
    __tablename__ = "smiths"
    id = Column(ForeignKey("workers.id"), primary_key=True)
    tool = Column(String)
    __mapper_args__ = {"polymorphic_identity": "smith"}


class Paper(Base):
    __tablename__ = "papers"
    id = Column(Integer, primary_key=True)
    boss_id = Column(ForeignKey("bosses.id"))
    text = Column(String)
    boss = relationship("Boss", back_populates="papers")


e = engine()
Base.metadata.create_all(e)
session = Session(e)
session.add(Firm(id=1, name="mill", staff=[
    Boss(id=1, name="ann", title="head", papers=[Paper(id=1, text="p"), Paper(id=2, text="q")]),
    Smith(id=2, name="bob", tool="saw"), Smith(id=3, name="cyd", tool="axe"), Worker(id=4, name="dan")]))
session.commit()
session.close()
forget()


def show(items):
    say([(type(w).__name__, w.name, getattr(w, "title", None) or getattr(w, "tool", None)) for w in items])


step("plain")
session.expunge_all()
show(session.scalars(select(Worker).order_by(Worker.id)).all())
step("selectin_polymorphic")
session.expunge_all()
option = selectin_polymorphic(Worker, [Boss, Smith])
show(session.scalars(select(Worker).options(option).order_by(Worker.id)).all())
session.expunge_all()
items = session.scalars(select(Worker).options(option, selectinload(Boss.papers)).order_by(Worker.id)).all()
show(items)
say([p.text for p in items[0].papers])
session.expunge_all()
firm = session.scalars(select(Firm).options(selectinload(Firm.staff).options(selectin_polymorphic(Worker, [Boss, Smith]), selectinload(Boss.papers)))).one()
show(firm.staff)
session.expunge_all()
show(session.scalars(select(Worker).options(selectin_polymorphic(Worker, [Smith])).order_by(Worker.id)).all())
step("with_polymorphic")
session.expunge_all()
poly = with_polymorphic(Worker, [Smith, Boss])
show(session.scalars(select(poly).order_by(poly.id)).all())
session.expunge_all()
show(session.scalars(select(poly).where(or_(poly.Boss.title == "head", poly.Smith.tool == "axe")).order_by(poly.id)).all())
every = with_polymorphic(Worker, "*", flat=True)
say(select(every).where(every.name == "x"))
flat = with_polymorphic(Worker, [Smith], flat=True, aliased=True)
m = aliased(Boss, flat=True)
say(select(flat.id, m.id).join(m, flat.firm_id == m.firm_id).where(flat.Smith.tool > m.title))
inner = with_polymorphic(Worker, [Boss], innerjoin=True)
say(select(inner))
step("of_type")
say(select(Firm.name).join(Firm.staff.of_type(Boss)).where(Boss.title == "head"))
say(session.execute(select(Firm.name, poly.name).join(Firm.staff.of_type(poly)).where(or_(poly.Boss.title != None, poly.Smith.tool == "saw")).order_by(poly.id)).all())
say(select(Firm.name).where(Firm.staff.of_type(Boss).any(Boss.title == "head")))
session.expunge_all()
firm = session.scalars(select(Firm).options(selectinload(Firm.staff.of_type(poly)))).one()
show(firm.staff)
session.expunge_all()
firm = session.scalars(select(Firm).options(joinedload(Firm.staff.of_type(with_polymorphic(Worker, [Smith, Boss], flat=True))))).unique().one()
show(firm.staff)
session.expunge_all()
show(session.scalars(select(Boss).options(joinedload(Boss.papers))).unique().all())
step("classes")
say(inspect(Worker).polymorphic_identity, sorted(m.class_.__name__ for m in inspect(Worker).self_and_descendants))
say(inspect(Boss).inherits.class_.__name__, inspect(Boss).base_mapper.class_.__name__, inspect(Boss).single)
say(select(Boss), select(Boss.title, Boss.name))
session.close()
sql()
Base.metadata.drop_all(e)
forget()

step("eager subclasses")
Base = declarative_base()


class Beast(Base):
    __tablename__ = "beasts"
    id = Column(Integer, primary_key=True)
    kind = Column(String)
    name = Column(String)
    __mapper_args__ = {"polymorphic_identity": "beast", "polymorphic_on": kind}


class Bird(Beast):
    __tablename__ = "birds"
    id = Column(ForeignKey("beasts.id"), primary_key=True)
    wings = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "bird", "polymorphic_load": "inline"}


class Fish(Beast):
    __tablename__ = "fishes"
    id = Column(ForeignKey("beasts.id"), primary_key=True)
    fins = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "fish", "polymorphic_load": "selectin"}


Base.metadata.create_all(e)
session.add_all([Bird(id=1, name="b", wings=2), Fish(id=2, name="f", fins=4), Beast(id=3, name="c")])
session.commit()
session.close()
forget()
say([(b.name, getattr(b, "wings", None), getattr(b, "fins", None)) for b in session.scalars(select(Beast).order_by(Beast.id))])
session.close()
sql()
Base.metadata.drop_all(e)
forget()

step("single table")
Base = declarative_base()


class Car(Base):
    __tablename__ = "cars"
    id = Column(Integer, primary_key=True)
    kind = Column(String)
    name = Column(String)
    __mapper_args__ = {"polymorphic_identity": "car", "polymorphic_on": "kind"}


class Van(Car):
    load = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "van"}


class Cab(Car):
    seats = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "cab"}


Base.metadata.create_all(e)
session.add_all([Van(id=1, name="v", load=3), Cab(id=2, name="c", seats=4), Car(id=3, name="x")])
session.commit()
session.close()
forget()
for c in session.scalars(select(Car).order_by(Car.id)).all():
    say(type(c).__name__, c.name, getattr(c, "load", None), getattr(c, "seats", None))
say([v.load for v in session.scalars(select(Van))])
session.expunge_all()
one = with_polymorphic(Car, [Van])
for c in session.scalars(select(one).order_by(one.id)).all():
    say(type(c).__name__, getattr(c, "load", None))
session.expunge_all()
for c in session.scalars(select(Car).options(selectin_polymorphic(Car, [Van, Cab])).order_by(Car.id)).all():
    say(type(c).__name__, getattr(c, "load", None), getattr(c, "seats", None))
say(select(Cab), select(Cab.name).where(Cab.seats > 1), inspect(Cab).single)
v = aliased(Van)
say(select(v), select(Car).join(v, v.id == Car.id))
sql()
