# Queries that cannot be: wrong targets of joins, options, criteria and results; the classes of their errors.
from parity import *
from sqlalchemy import Column, Integer, String, ForeignKey, select, func, update, delete, insert
from sqlalchemy.orm import (declarative_base, relationship, Session, aliased, joinedload, contains_eager, load_only,
                            defer)

Base = declarative_base()


class Ship(Base):
    __tablename__ = "ship"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    crew = relationship("Sailor", back_populates="ship", order_by="Sailor.id")


class Sailor(Base):
    __tablename__ = "sailor"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    ship_id = Column(ForeignKey("ship.id"))
    ship = relationship("Ship", back_populates="crew")


class Island(Base):
    __tablename__ = "island"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))


eng = engine()
Base.metadata.create_all(eng)
s = Session(eng)
argo = Ship(name="argo", crew=[Sailor(name="a"), Sailor(name="b")])
s.add(argo)
s.commit()
forget()
step("joins")
error(lambda: s.execute(select(Ship).join(Island)))
error(lambda: s.execute(select(Ship).join(Sailor.ship)).all())
error(lambda: s.execute(select(Ship.id).join("crew")))
error(lambda: s.execute(select(Ship).join(Ship.name)))
error(lambda: s.execute(select(func.count()).join(Ship.crew)))
error(lambda: s.execute(select(Island).join(Ship.crew)))
step("options")
error(lambda: s.execute(select(Ship).options(joinedload(Sailor.ship))))
error(lambda: s.execute(select(Ship).options(joinedload(Ship.crew).joinedload(Ship.crew))))
error(lambda: s.execute(select(Ship).options(joinedload(Ship.name))))
error(lambda: s.execute(select(Ship).options(defer(Ship.crew))))
error(lambda: s.execute(select(Ship).options(load_only(Sailor.name))))
error(lambda: s.execute(select(Ship).options(contains_eager(Sailor.ship))))
error(lambda: s.execute(select(Ship.name).options(joinedload(Ship.crew))).all())
error(lambda: s.execute(select(Ship).options("crew")))
A = aliased(Ship)
error(lambda: s.execute(select(Ship).options(joinedload(A.crew))))
error(lambda: s.execute(select(A).options(joinedload(Ship.crew))))
step("criteria")
error(lambda: select(Ship).filter_by(crew_size=1))
error(lambda: select(Ship).where("name = 1"))
error(lambda: select(Ship).where(Ship.crew.name == "x"))
error(lambda: select(Ship).order_by(Ship.crew).compile() and s.execute(select(Ship).order_by("nothing")))
error(lambda: select(Sailor).where(Sailor.ship == "argo"))
refused(lambda: select(Sailor).where(Sailor.ship.in_([argo])))
error(lambda: select(Ship).where(Ship.crew.contains(argo)))
refused(lambda: select(Ship).where(Ship.crew > 1))
step("statements")
error(lambda: s.execute("SELECT 1"))
error(lambda: s.execute(select()))
error(lambda: s.execute(select(Ship).where(Ship.id == sa.bindparam("x"))))
error(lambda: s.execute(update(Ship).values(nothing=1)))
error(lambda: s.execute(insert(Ship).values(nothing=1)))
error(lambda: s.execute(update(Ship), [{"name": "x"}]))
error(lambda: s.execute(insert(Ship), [{"nothing": 1}]))
error(lambda: s.execute(delete(Ship).where(Ship.crew.any()).execution_options(synchronize_session="sometimes")))
error(lambda: s.execute(update(Ship).values(name=func.lower(Ship.name)).execution_options(
    synchronize_session="evaluate").where(func.length(Ship.name) > 2)))
s.rollback()
step("results")
refused(lambda: s.execute(select(Ship.name)).scalars("id").all())
refused(lambda: s.execute(select(Ship.name)).mappings().one()["id"])
error(lambda: s.execute(update(Ship).values(name="argo")).all())
error(lambda: s.execute(select(Sailor.name)).scalar_one())
error(lambda: s.get(Ship, None))
error(lambda: s.get(Ship, {"nr": 1}))
error(lambda: s.get_one(Ship, 99))
refused(lambda: s.scalars(select(Ship)).one().crew[0].ship.nothing)
error(lambda: s.scalars(select(Sailor)).unique().one())
s.rollback()
say(s.scalars(select(Ship.name)).all())
step("end")
s.close()
