# Mixins of inherited models: columns, relationships, validators and events that a whole family shares.
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *

Base = declarative_base()


class Stamped:
    @declared_attr
    def stamp(cls):
        return Column(String(20), default=lambda: cls.__name__.lower())

    @declared_attr
    def tagged(cls):
        return column_property(cls.stamp + "!")

    @validates("label")
    def _label(self, key, value):
        say("validates", type(self).__name__, key, value)
        return value.strip()


class Owned:
    @declared_attr
    def owner_id(cls):
        return Column(ForeignKey("owner.id"))

    @declared_attr
    def owner(cls):
        return relationship("Owner", foreign_keys=lambda: cls.owner_id, back_populates=cls.__tablename__ + "s")


class Owner(Base):
    __tablename__ = "owner"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    ships = relationship("Ship", back_populates="owner", order_by="Ship.id")
    trucks = relationship("Truck", back_populates="owner", order_by="Truck.id")


class Ship(Stamped, Owned, Base):
    __tablename__ = "ship"
    id = Column(Integer, primary_key=True)
    label = Column(String(20))
    kind = Column(String(10))
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "ship"}


class Ferry(Ship):
    __tablename__ = "ferry"
    id = Column(ForeignKey("ship.id"), primary_key=True)
    seats = Column(Integer, default=100)
    __mapper_args__ = {"polymorphic_identity": "ferry"}


class Tug(Ship):
    power = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "tug"}


class Truck(Stamped, Owned, Base):
    __tablename__ = "truck"
    id = Column(Integer, primary_key=True)
    label = Column(String(20))


for cls in (Ship, Truck):

    @event.listens_for(cls, "before_insert", propagate=True)
    def hook(mapper, connection, target):
        say("before_insert", mapper.class_, target.label)


@event.listens_for(Ship.label, "set", propagate=True, retval=True)
def on_set(target, value, old, initiator):
    say("set", type(target).__name__, value, initiator.key)
    return value.upper()


e = engine()
Base.metadata.create_all(e)
forget()
say([c.name for c in Ship.__table__.c], [c.name for c in Ferry.__table__.c], [c.name for c in Truck.__table__.c])
say(sorted(inspect(Ferry).attrs.keys()), inspect(Ferry).inherits.class_, inspect(Ferry).polymorphic_identity)
say([m.class_ for m in inspect(Ship).self_and_descendants], inspect(Ship).base_mapper.class_)
say([t.name for t in inspect(Ferry).tables], inspect(Tug).single, inspect(Ferry).isa(inspect(Ship)))
with Session(e) as s:
    ann = Owner(name="Ann")
    ann.ships = [Ship(label=" a "), Ferry(label="b ", seats=5), Tug(label="c", power=9)]
    ann.trucks.append(Truck(label=" d"))
    s.add(ann)
    s.commit()
    step("written")
    say([(x.label, x.stamp, x.tagged, type(x).__name__) for x in ann.ships], ann.trucks[0].tagged)
    step("subclass queries")
    say([(f.label, f.seats) for f in s.scalars(select(Ferry))])
    say([t.power for t in s.scalars(select(Tug).where(Tug.tagged == "ship!"))])
    say(s.scalars(select(Ship.label).where(Ship.kind.in_(["tug", "ferry"])).order_by(Ship.id)).all())
    say(s.scalars(select(Owner.name).where(Owner.ships.of_type(Ferry).any(Ferry.seats < 10))).all())
    step("with polymorphic")
    every = with_polymorphic(Ship, "*")
    rows = s.scalars(select(every).where(or_(every.Ferry.seats == 5, every.Tug.power == 9)).order_by(every.id)).all()
    say([x.label for x in rows])
    step("update and delete along the family")
    s.execute(update(Tug).values(power=Tug.power + 1))
    ferry = rows[0]
    ferry.seats = 6
    ferry.label = "bb"
    s.flush()
    s.delete(ferry)
    s.commit()
    say(s.execute(select(Ship.kind, func.count()).group_by(Ship.kind).order_by(Ship.kind)).all())
    step("get of another class")
    tug = s.scalars(select(Tug)).one()
    say(s.get(Ferry, tug.id), s.get(Ship, tug.id) is tug, tug.power)
    refused(lambda: setattr(ann, "ships", [Truck(label="x")]))
    refused(lambda: Ship(seats=1))
sql()
