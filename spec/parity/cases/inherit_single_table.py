"""Single table inheritance: a vehicle park in one table."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, case, delete, func, insert, inspect, select, update
from sqlalchemy.orm import Session, aliased, declarative_base, joinedload, relationship, selectinload, with_polymorphic

Base = declarative_base()


class Depot(Base):
    __tablename__ = "depot"
    id = Column(Integer, primary_key=True)
    city = Column(String(30))
    vehicles = relationship("Vehicle", back_populates="depot", order_by="Vehicle.id")
    trucks = relationship("Truck", viewonly=True, order_by="Truck.load.desc()")


class Vehicle(Base):
    __tablename__ = "vehicle"
    id = Column(Integer, primary_key=True)
    kind = Column(String(10), nullable=False)
    plate = Column(String(10))
    depot_id = Column(ForeignKey("depot.id"))
    depot = relationship("Depot", back_populates="vehicles")
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_abstract": True}


class Car(Vehicle):
    seats = Column(Integer, default=4)
    __mapper_args__ = {"polymorphic_identity": "car", "polymorphic_load": "inline"}


class Truck(Vehicle):
    load = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "truck"}


class Tanker(Truck):
    fluid = Column(String(10))
    __mapper_args__ = {"polymorphic_identity": "tanker", "polymorphic_load": "selectin"}


e = engine()
Base.metadata.create_all(e)
forget()
step("columns")
say([c.name for c in Vehicle.__table__.columns], Car.__table__ is Vehicle.__table__)
say([c.key for c in inspect(Tanker).columns], inspect(Truck).polymorphic_identity)
step("insert")
session = Session(e)
oslo, rome = Depot(city="Oslo"), Depot(city="Rome")
session.add_all([oslo, rome])
oslo.vehicles.extend([Car(plate="C1"), Truck(plate="T1", load=10), Tanker(plate="K1", load=30, fluid="milk")])
rome.vehicles.append(Car(plate="C2", seats=2))
session.add(Truck(plate="T2", load=20, depot=rome))
session.commit()
step("base query")
for v in session.scalars(select(Vehicle).order_by(Vehicle.id)):
    say(type(v), v.plate, v.kind)
say([t.plate for t in session.scalars(select(Truck).order_by(Truck.plate))])
say(session.execute(select(Tanker.plate, Tanker.fluid)).all(), session.scalar(select(func.count(Truck.id))))
step("relationship to a subclass")
say([v.plate for v in oslo.vehicles], [t.plate for t in oslo.trucks])
stmt = select(Depot.city).join(Depot.vehicles.of_type(Truck)).where(Truck.load > 15).order_by(Depot.city)
say(session.scalars(stmt).all())
say(session.scalars(select(Depot.city).where(Depot.vehicles.of_type(Car).any(Car.seats == 2))).all())
session.expunge_all()
depots = session.scalars(select(Depot).options(joinedload(Depot.trucks), selectinload(Depot.vehicles)).order_by(Depot.id)).unique().all()
say([(d.city, [t.load for t in d.trucks], [v.plate for v in d.vehicles]) for d in depots])
step("deferred subclass columns")
session.expunge_all()
vs = session.scalars(select(Vehicle).order_by(Vehicle.id)).all()
say([sorted(inspect(v).unloaded - {"depot"}) for v in vs])
say(vs[1].load)
sql()
poly = with_polymorphic(Vehicle, [Truck, Tanker])
say([(v.plate, v.load) for v in session.scalars(select(poly).where(poly.Truck.load > 5).order_by(poly.Truck.load.desc()))])
step("aliases and get")
a, b = aliased(Truck), aliased(Truck)
say(session.execute(select(a.plate, b.plate).join(b, a.load < b.load).order_by(a.plate, b.plate)).all())
say(session.get(Truck, 1), type(session.get(Truck, 3)), session.get(Car, 2))
step("bulk by subclass")
r = session.execute(update(Truck).values(load=Truck.load + 1))
say(r.rowcount, [v.load for v in vs if isinstance(v, Truck)])
session.execute(insert(Car), [{"plate": "C3", "seats": 5}, {"plate": "C4", "seats": 7}])
session.execute(delete(Tanker).where(Tanker.fluid == "milk"))
say(session.execute(select(Vehicle.kind, func.count()).group_by(Vehicle.kind).order_by(Vehicle.kind)).all())
error(lambda: Vehicle(plate="X"))
session.rollback()
step("a foreign identity")
session.execute(Vehicle.__table__.insert().values(kind="boat", plate="B1"))
refused(lambda: session.scalars(select(Vehicle).where(Vehicle.plate == "B1")).all())
session.execute(update(Vehicle.__table__).where(Vehicle.__table__.c.plate == "T1").values(kind="car", seats=3))
session.expunge_all()
car = session.scalars(select(Car).where(Car.plate == "T1")).one()
say(type(car), car.seats, car.depot.city)
session.delete(car)
session.flush()
sql()
session.close()
