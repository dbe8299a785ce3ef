"""lazy, immediate, noload as mapped and as options, against expire, refresh, merge and expunge."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, inspect, select, text
from sqlalchemy.orm import (Session, declarative_base, immediateload, joinedload, lazyload, noload, relationship,
                            selectinload)

Base = declarative_base()


class House(Base):
    __tablename__ = "house"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    lodgers = relationship("Lodger", back_populates="house", order_by="Lodger.id")
    meters = relationship("Meter", lazy="immediate", order_by="Meter.id")
    silent = relationship("Meter", lazy="noload", viewonly=True)


class Lodger(Base):
    __tablename__ = "lodger"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    house_id = Column(ForeignKey("house.id"))
    house = relationship(House, back_populates="lodgers", lazy="immediate")
    quiet = relationship(House, lazy="noload", viewonly=True)


class Meter(Base):
    __tablename__ = "meter"
    id = Column(Integer, primary_key=True)
    count = Column(Integer)
    house_id = Column(ForeignKey("house.id"))


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    s.add_all([House(id=1, name="elm", lodgers=[Lodger(id=1, name="Ann"), Lodger(id=2, name="Bob")], meters=[Meter(id=1, count=7)]),
               House(id=2, name="oak", lodgers=[Lodger(id=3, name="Cy")])])
    s.add(Lodger(id=4, name="Dan"))
    s.commit()
forget()


def loaded(o):
    return sorted(k for k in o.__dict__ if k != "_sa_instance_state")


step("as mapped")
with Session(e) as s:
    lodgers = s.scalars(select(Lodger).order_by(Lodger.id)).all()
    sql()
    say([loaded(x) for x in lodgers])
    say([x.house and x.house.name for x in lodgers], [x.quiet for x in lodgers])
    elm = s.get(House, 1)
    say(loaded(elm), elm.silent)
    say([x.name for x in elm.lodgers], loaded(elm))
step("options")
with Session(e) as s:
    lodgers = s.scalars(select(Lodger).order_by(Lodger.id).options(lazyload(Lodger.house), immediateload(Lodger.quiet))).all()
    sql()
    say([loaded(x) for x in lodgers], lodgers[0].quiet.name, lodgers[0].house is lodgers[1].quiet)
with Session(e) as s:
    houses = s.scalars(select(House).order_by(House.id).options(
        immediateload(House.lodgers), noload(House.meters), joinedload(House.silent))).unique().all()
    say([loaded(h) for h in houses], houses[0].meters, [m.count for m in houses[0].silent])
step("refresh")
with Session(e) as s:
    elm = s.get(House, 1)
    say([x.name for x in elm.lodgers])
    s.execute(text("update house set name = 'elm tree' where id = 1"))
    s.execute(text("update lodger set name = 'Anna' where id = 1"))
    s.execute(text("update meter set count = 8"))
    sql()
    s.refresh(elm)
    sql()
    say(elm.name, loaded(elm), [m.count for m in elm.meters], [x.name for x in elm.lodgers])
    s.refresh(elm, ["lodgers"])
    sql()
    say([x.name for x in elm.lodgers])
    s.refresh(elm, ["name", "meters"])
    s.refresh(elm.lodgers[0])
    say([x.name for x in elm.lodgers])
    s.rollback()
step("expire")
with Session(e) as s:
    elm = s.get(House, 1)
    ann = elm.lodgers[0]
    s.expire(elm)
    say(loaded(elm), sorted(inspect(elm).expired_attributes))
    say(elm.name, loaded(elm))
    s.expire(elm, ["meters", "lodgers"])
    say(loaded(elm), [m.count for m in elm.meters], loaded(elm))
    s.expire(ann, ["house", "name"])
    say(loaded(ann), ann.house is elm, loaded(ann))
    say(ann.name)
    s.expire(ann, ["house_id"])
    say(ann.house.name, loaded(ann))
    s.expire_all()
    say(loaded(ann), loaded(elm))
    say(ann.house.meters[0].count)
step("a pending change")
with Session(e) as s:
    ann, oak = s.get(Lodger, 1), s.get(House, 2)
    say(len(oak.lodgers))
    ann.house = oak
    say(len(oak.lodgers), ann.house_id, inspect(ann).attrs.house.history)
    s.rollback()
step("detached and merged")
with Session(e) as s:
    cy = s.get(Lodger, 3)
    s.expunge(cy)
    say(cy.house.name, cy.quiet)
    dan = s.get(Lodger, 4)
    s.expire(dan)
    s.expunge(dan)
    error(lambda: dan.name)
    error(lambda: dan.house)
    error(lambda: s.refresh(dan))
    error(lambda: s.expire(dan))
with Session(e) as s:
    cy.name = "Cyrus"
    again = s.merge(cy)
    say(again is cy, again.name, again.house.name, inspect(again).modified, loaded(again))
    s.flush()
    s.rollback()
step("a row that went away")
with Session(e) as s:
    dan = s.get(Lodger, 4)
    s.execute(text("delete from lodger where id = 4"))
    s.expire(dan, ["name"])
    error(lambda: dan.name)
    error(lambda: s.refresh(dan))
    s.rollback()
    say(dan.name)
sql()
