"""Polymorphic selects: with_polymorphic by class, alias, flat and innerjoin, columns of subclasses in conditions and order,
joins from and to subclasses, aliases of subclasses, single beside joined tables, and what is loaded."""
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *


class Base(DeclarativeBase):
    pass


class Port(Base):
    __tablename__ = "port"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String(20))
    ships = relationship("Ship", back_populates="port", order_by="Ship.id")
    ferries = relationship("Ferry", viewonly=True, order_by="Ferry.id")


class Ship(Base):
    __tablename__ = "ship"
    id = mapped_column(Integer, primary_key=True)
    kind = mapped_column(String(10))
    name = mapped_column(String(20))
    port_id = mapped_column(ForeignKey("port.id"))
    port = relationship(Port, back_populates="ships")
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "ship"}


class Ferry(Ship):
    __tablename__ = "ferry"
    id = mapped_column(ForeignKey("ship.id"), primary_key=True)
    cars = mapped_column(Integer)
    __mapper_args__ = {"polymorphic_identity": "ferry"}


class NightFerry(Ferry):
    cabins = mapped_column(Integer)
    __mapper_args__ = {"polymorphic_identity": "night"}


class Tug(Ship):
    __tablename__ = "tug"
    id = mapped_column(ForeignKey("ship.id"), primary_key=True)
    power = mapped_column(Integer)
    pulls_id = mapped_column(ForeignKey("ship.id"))
    pulls = relationship(Ship, foreign_keys=pulls_id, remote_side=Ship.id)
    __mapper_args__ = {"polymorphic_identity": "tug", "inherit_condition": id == Ship.id}


class Boat(Ship):
    oars = mapped_column(Integer)
    __mapper_args__ = {"polymorphic_identity": "boat"}


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    p1 = Port(id=1, name="Ost")
    p2 = Port(id=2, name="West")
    f = Ferry(id=1, name="f1", cars=50, port=p1)
    s.add_all([f, NightFerry(id=2, name="n1", cars=90, cabins=12, port=p2), Boat(id=4, name="b1", oars=2, port=p1),
               Ship(id=5, name="s1", port=p2)])
    s.flush()
    s.add(Tug(id=3, name="t1", power=7, pulls=f, port=p1))
    s.commit()
forget()


def show(title, stmt):
    step(title)
    with Session(e) as s:
        for x in s.scalars(stmt):
            say(x, x.name, sorted(inspect(x).unloaded))
        sql()
    forget()


def rows(title, *stmts):
    step(title)
    with Session(e) as s:
        for stmt in stmts:
            say(s.execute(stmt).all())
        sql()
    forget()


show("plain", select(Ship).order_by(Ship.id))
show("subclass", select(Ferry).order_by(Ferry.id))
show("single below joined", select(NightFerry))
show("single of base", select(Boat).where(Boat.oars == 2))
everything = with_polymorphic(Ship, "*")
show("all", select(everything).order_by(everything.id))
some = with_polymorphic(Ship, [Ferry, Boat])
show("some", select(some).where(or_(some.Ferry.cars > 60, some.Boat.oars == 2)).order_by(some.id))
flat = with_polymorphic(Ship, [Tug, Ferry], flat=True)
show("flat", select(flat).order_by(flat.Tug.power, flat.id))
named = with_polymorphic(Ship, [Tug], aliased=True, name="v")
show("aliased", select(named).where(named.Tug.power > 1))
inner = with_polymorphic(Ship, [Ferry], innerjoin=True)
show("inner", select(inner).order_by(inner.id))
night = with_polymorphic(Ship, [NightFerry])
show("grandchild", select(night).where(night.NightFerry.cabins > 1))
sp = selectin_polymorphic(Ship, [Ferry, Tug])
show("selectin", select(Ship).order_by(Ship.id).options(sp))
show("selectin with relationship", select(Ship).order_by(Ship.id).options(sp, selectinload(Tug.pulls), joinedload(Ship.port)))
fa = aliased(Ferry)
show("alias of subclass", select(fa).where(fa.cars > 60, fa.name == "n1"))
sa_ = aliased(Ship)
show("base alias", select(sa_).where(sa_.name.like("%1")).order_by(sa_.id.desc()).limit(2))
rows("columns", select(Ferry.name, Ferry.cars).order_by(Ferry.id), select(Ship.name, Tug.power).join(Tug, Tug.id == Ship.id),
     select(everything.name, everything.Ferry.cars, everything.Tug.power).order_by(everything.id),
     select(Boat.name, Boat.oars), select(NightFerry.name, NightFerry.cars, NightFerry.cabins),
     select(Ship.kind, func.count()).group_by(Ship.kind).order_by(Ship.kind),
     select(func.count(Ferry.id)), select(func.count()).select_from(Boat))
t2 = aliased(Tug)
rows("joins", select(Port.name, Ship.name).join(Port.ships).order_by(Ship.id),
     select(Port.name, Ferry.cars).join(Port.ships.of_type(Ferry)).order_by(Ferry.id),
     select(Port.name, Ferry.cars).join(Ferry, Ferry.port_id == Port.id).order_by(Ferry.id),
     select(Port.name, Ferry.name).join(Port.ferries).order_by(Ferry.id),
     select(Tug.name, sa_.name).join(Tug.pulls.of_type(sa_)),
     select(Tug.name, fa.cars).join(Tug.pulls.of_type(fa)),
     select(t2.name, sa_.name).join(t2.pulls.of_type(sa_)),
     select(Port.name, flat.name, flat.Tug.power).join(flat, flat.port_id == Port.id).order_by(flat.id),
     select(Boat.name, Port.name).join(Boat.port), select(Port.name).where(Port.ships.of_type(Tug).any(Tug.power > 5)),
     select(Port.name).where(Port.ships.of_type(Ferry).any(id=1)), select(Port.name).where(Port.ferries.any(Ferry.cars > 80)), select(Ship.name).where(Ship.port.has(name="Ost")).order_by(Ship.id))
rows("subqueries", select(Port.name, select(func.max(Ferry.cars)).where(Ferry.port_id == Port.id).scalar_subquery()).order_by(Port.id),
     select(Ship.name).where(Ship.id.in_(select(Ferry.id))).order_by(Ship.id),
     select(Port.name).where(exists().where(Tug.port_id == Port.id)),
     select(Port.name).where(select(Boat.id).where(Boat.port_id == Port.id).exists()))
step("entities")
with Session(e) as s:
    for p, x in s.execute(select(Port, everything).join(everything, everything.port_id == Port.id).order_by(everything.id)):
        say(p.name, x, x.name)
    sub = select(Ferry).where(Ferry.cars > 10).subquery()
    fs = aliased(Ferry, sub)
    say([(x.name, x.cars) for x in s.scalars(select(fs).order_by(fs.id))])
    say(s.get(Ship, 3), s.get(Ferry, 3), s.get(Tug, 3).power, s.get(Boat, 4).oars)
    sql()
    s.expunge_all()
    say(s.get(Ferry, 3), s.get(NightFerry, 2).cabins, s.get(NightFerry, 1))
    sql()
    s.expunge_all()
    say([x.name for x in s.scalars(select(Ship).where(Ship.kind.in_(["tug", "boat"])).order_by(Ship.id))])
    x = s.get(Ship, 2)
    say(x.cars, x.cabins)
    s.expire(x)
    say(x.cabins, x.name)
    sql()
step("wrong")
with Session(e) as s:
    error(lambda: with_polymorphic(Ferry, [Tug]))
    error(lambda: with_polymorphic(Ship, [Port]))
    error(lambda: s.execute(select(Port).join(Ferry.cars)).all())
    forget()
