"""Loaders along of_type: selectin, joined, subquery, immediate and contains_eager to subclasses, aliases and
with_polymorphic, selectin_polymorphic below a relationship, and what stays unloaded."""
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *


class Base(DeclarativeBase):
    pass


class Depot(Base):
    __tablename__ = "depot"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String(20))
    vehicles = relationship("Vehicle", back_populates="depot", order_by="Vehicle.id")


class Vehicle(Base):
    __tablename__ = "vehicle"
    id = mapped_column(Integer, primary_key=True)
    type = mapped_column(String(20))
    name = mapped_column(String(20))
    depot_id = mapped_column(ForeignKey("depot.id"))
    depot = relationship(Depot, back_populates="vehicles")
    trips = relationship("Trip", order_by="Trip.id")
    __mapper_args__ = {"polymorphic_on": "type", "polymorphic_identity": "vehicle"}


class Bus(Vehicle):
    __tablename__ = "bus"
    id = mapped_column(ForeignKey("vehicle.id"), primary_key=True)
    seats = mapped_column(Integer)
    lines = relationship("Line", order_by="Line.id")
    __mapper_args__ = {"polymorphic_identity": "bus"}


class Truck(Vehicle):
    __tablename__ = "truck"
    id = mapped_column(ForeignKey("vehicle.id"), primary_key=True)
    load = mapped_column(Integer)
    crates = relationship("Crate", order_by="Crate.id")
    __mapper_args__ = {"polymorphic_identity": "truck"}


class Tanker(Truck):
    fluid = mapped_column(String(20))
    __mapper_args__ = {"polymorphic_identity": "tanker"}


class Line(Base):
    __tablename__ = "line"
    id = mapped_column(Integer, primary_key=True)
    bus_id = mapped_column(ForeignKey("bus.id"))


class Crate(Base):
    __tablename__ = "crate"
    id = mapped_column(Integer, primary_key=True)
    truck_id = mapped_column(ForeignKey("truck.id"))


class Trip(Base):
    __tablename__ = "trip"
    id = mapped_column(Integer, primary_key=True)
    vehicle_id = mapped_column(ForeignKey("vehicle.id"))
    km = mapped_column(Integer)


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    d1 = Depot(id=1, name="one")
    d2 = Depot(id=2, name="two")
    s.add_all([Bus(id=1, name="b1", seats=20, depot=d1, lines=[Line(id=1), Line(id=2)]),
               Truck(id=2, name="t1", load=5, depot=d1, crates=[Crate(id=1)]),
               Tanker(id=3, name="k1", load=9, fluid="milk", depot=d1, crates=[Crate(id=2), Crate(id=3)]),
               Vehicle(id=4, name="v1", depot=d2), Bus(id=5, name="b2", seats=40, depot=d2), Depot(id=3, name="none")])
    s.add_all([Trip(id=1, vehicle_id=1, km=10), Trip(id=2, vehicle_id=3, km=30)])
    s.commit()
forget()


def show(title, stmt, *options):
    step(title)
    with Session(e) as s:
        depots = s.scalars(stmt.options(*options)).unique().all()
        sql()
        for d in depots:
            say(d.name, sorted(inspect(d).unloaded))
            for v in d.vehicles:
                say("  ", v, v.name, sorted(inspect(v).unloaded))
        sql()
    forget()


base = select(Depot).order_by(Depot.id)
anything = with_polymorphic(Vehicle, "*")
flat = with_polymorphic(Vehicle, [Bus, Truck], flat=True, aliased=True)
show("lazy", base)
show("selectin of bus", base, selectinload(Depot.vehicles.of_type(Bus)))
show("selectin of bus lines", base, selectinload(Depot.vehicles.of_type(Bus)).selectinload(Bus.lines))
show("selectin of truck crates", base, selectinload(Depot.vehicles.of_type(Truck)).joinedload(Truck.crates))
show("selectin of all", base, selectinload(Depot.vehicles.of_type(anything)))
show("selectin of all and below", base, selectinload(Depot.vehicles.of_type(anything)).options(
    selectinload(anything.Bus.lines), joinedload(anything.Truck.crates), immediateload(anything.trips)))
error(lambda: show("joined of all", base, joinedload(Depot.vehicles.of_type(anything))))
forget()
show("joined of flat and below", base, joinedload(Depot.vehicles.of_type(flat)).options(
    joinedload(flat.Bus.lines), selectinload(flat.Truck.crates)))
show("subquery of all", base, subqueryload(Depot.vehicles.of_type(anything)).subqueryload(anything.Bus.lines))
show("immediate of all", base, immediateload(Depot.vehicles.of_type(anything)))
show("selectin then polymorphic", base, selectinload(Depot.vehicles).selectin_polymorphic([Bus, Truck]))
show("selectin then polymorphic and below", base, selectinload(Depot.vehicles).options(
    selectin_polymorphic(Vehicle, [Bus, Tanker]), selectinload(Bus.lines), selectinload(Vehicle.trips)))
show("contains eager of flat", base.outerjoin(Depot.vehicles.of_type(flat)).where(or_(flat.Bus.seats > 10, flat.Truck.load > 6))
     .order_by(flat.id), contains_eager(Depot.vehicles.of_type(flat)))
show("contains eager of bus", base.join(Depot.vehicles.of_type(Bus)).order_by(Bus.seats.desc()),
     contains_eager(Depot.vehicles.of_type(Bus)).selectinload(Bus.lines))
step("conditions")
with Session(e) as s:
    say(s.scalars(select(Depot.name).where(Depot.vehicles.of_type(Bus).any(Bus.seats > 30))).all())
    say(s.scalars(select(Depot.name).where(Depot.vehicles.of_type(Tanker).any(Tanker.fluid == "milk"))).all())
    say(s.scalars(select(Depot.name).where(~Depot.vehicles.of_type(Truck).any()).order_by(Depot.name)).all())
    say(s.execute(select(Depot.name, Tanker.fluid).join(Depot.vehicles.of_type(Tanker))).all())
    t = aliased(Truck)
    say(s.execute(select(Depot.name, t.name, t.load).join(Depot.vehicles.of_type(t)).order_by(t.load)).all())
    say(s.execute(select(Depot.name, func.count(Trip.id)).join(Depot.vehicles.of_type(flat)).join(flat.trips)
                  .group_by(Depot.name)).all())
    v = s.scalars(select(Vehicle).order_by(Vehicle.id).options(selectin_polymorphic(Vehicle, [Truck]),
                                                               selectinload(Truck.crates), selectinload(Bus.lines))).all()
    for x in v:
        say(x, sorted(inspect(x).unloaded))
    sql()
step("wrong")
with Session(e) as s:
    error(lambda: s.scalars(select(Depot).options(selectinload(Depot.vehicles.of_type(Bus)).selectinload(Truck.crates))).all())
    error(lambda: s.scalars(select(Depot).options(selectinload(Depot.vehicles).selectinload(Bus.lines))).all())
    error(lambda: s.scalars(select(Depot).options(selectin_polymorphic(Depot, [Bus]))).all())
    error(lambda: s.scalars(select(Depot).join(Vehicle.trips)).all())
    sql()
