# A fleet in one table: single table inheritance with relationships of subclasses, defaults, queries, moves, deletes.
from parity import *
from sqlalchemy import Column, Integer, String, ForeignKey, select, func, update, delete, or_
from sqlalchemy.orm import declarative_base, relationship, Session, selectinload, aliased, with_polymorphic

Base = declarative_base()


class Depot(Base):
    __tablename__ = "depot"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    vehicles = relationship("Vehicle", back_populates="depot", order_by="Vehicle.id", cascade="all, delete-orphan")
    trucks = relationship("Truck", viewonly=True, order_by="Truck.id")


class Vehicle(Base):
    __tablename__ = "vehicle"
    id = Column(Integer, primary_key=True)
    kind = Column(String(10), nullable=False)
    plate = Column(String(10))
    depot_id = Column(ForeignKey("depot.id"))
    depot = relationship("Depot", back_populates="vehicles")
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "vehicle"}


class Truck(Vehicle):
    load = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "truck"}
    trailers = relationship("Trailer", back_populates="truck", order_by="Trailer.id")


class Tanker(Truck):
    fluid = Column(String(10), default="milk")
    __mapper_args__ = {"polymorphic_identity": "tanker"}


class Bus(Vehicle):
    seats = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "bus"}


class Trailer(Base):
    __tablename__ = "trailer"
    id = Column(Integer, primary_key=True)
    truck_id = Column(ForeignKey("vehicle.id"))
    truck = relationship("Truck", back_populates="trailers")


eng = engine()
Base.metadata.create_all(eng)
say([c.name for c in Vehicle.__table__.columns])
say(Tanker.__mapper__.polymorphic_identity, sa.inspect(Tanker).inherits is sa.inspect(Truck), Bus.__table__ is
    Vehicle.__table__)
forget()
s = Session(eng)
step("store")
north = Depot(name="north")
north.vehicles = [Truck(plate="T1", load=5, trailers=[Trailer(), Trailer()]), Tanker(plate="K1", load=8),
                  Bus(plate="B1", seats=40), Vehicle(plate="V1")]
s.add(north)
s.commit()
step("load by each class")
for cls in (Vehicle, Truck, Tanker, Bus):
    say(cls, [(type(v).__name__, v.plate) for v in s.scalars(select(cls).order_by(cls.id))])
step("attributes of what came")
s.expunge_all()
found = s.scalars(select(Vehicle).order_by(Vehicle.id)).all()
say([v.kind for v in found], sorted(sa.inspect(found[0]).unloaded))
say(found[0].load, found[1].fluid, found[2].seats)
say(len(found[0].trailers), found[1].trailers)
step("queries over subclasses")
say(s.scalars(select(Vehicle.plate).where(or_(Truck.load > 6, Bus.seats > 30)).order_by(Vehicle.id)).all())
say(s.execute(select(Vehicle.kind, func.count()).group_by(Vehicle.kind).order_by(Vehicle.kind)).all())
say(s.scalars(select(Depot.name).join(Depot.vehicles.of_type(Tanker)).where(Tanker.fluid == "milk")).all())
say(s.scalars(select(Depot.name).where(Depot.vehicles.of_type(Bus).any(Bus.seats == 40))).all())
W = with_polymorphic(Vehicle, [Bus, Tanker])
say([(v.plate, v.kind) for v in s.scalars(select(W).where(or_(W.Bus.seats == 40, W.Tanker.fluid == "milk"))
                                          .order_by(W.id))])
A = aliased(Truck)
say(s.scalars(select(A.plate).join(A.trailers).distinct()).all())
step("get by the wrong class")
tanker, bus = found[1], found[2]
say(s.get(Truck, tanker.id) is tanker, s.get(Bus, tanker.id), s.get(Vehicle, bus.id) is bus)
s.expunge_all()
say(s.get(Bus, tanker.id))
step("a relationship to a subclass")
north = s.scalars(select(Depot).options(selectinload(Depot.trucks))).one()
say([t.plate for t in north.trucks], [v.plate for v in north.vehicles])
step("bulk statements")
r = s.execute(update(Truck).values(load=Truck.load + 1))
say(r.rowcount, [t.load for t in north.trucks])
say(s.execute(delete(Bus)).rowcount)
s.commit()
say([v.kind for v in north.vehicles])
step("orphans and deletes")
north.vehicles.pop()
s.flush()
say([len(t.trailers) for t in s.scalars(select(Truck).order_by(Truck.id))])
for t in s.scalars(select(Trailer)):
    s.delete(t)
s.delete(north)
s.commit()
say(s.scalar(select(func.count(Vehicle.id))))
step("wrong classes")
refused(lambda: Bus(load=4))
d = Depot(name="x", vehicles=[Truck(plate="z")])
say(d.vehicles[0].kind, Tanker(kind="bus").kind)
refused(lambda: Trailer(truck=Bus(plate="w")))
t = Truck(plate="t")
s.add(t)
refused(lambda: t.trailers.append(Bus(plate="w")))
d = Depot(name="y")
d.trucks.append(t)
s.add(d)
s.flush()
say(d.id is None, t.depot_id)
s.rollback()
step("end")
s.close()
