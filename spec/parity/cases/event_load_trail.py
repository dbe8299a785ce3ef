"""What a listener is told of refreshes and deferred columns of objects that came by a relationship."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, event, select
from sqlalchemy.orm import Session, declarative_base, defer, deferred, joinedload, lazyload, relationship, selectinload, subqueryload, undefer

Base = declarative_base()


class Part(Base):
    __tablename__ = "part"
    id = Column(Integer, primary_key=True)
    name = Column(String(10))
    note = deferred(Column(String(10)))
    parent_id = Column(ForeignKey("part.id"))
    parts = relationship("Part", order_by="Part.id", back_populates="whole")
    whole = relationship("Part", remote_side=id, back_populates="parts")


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    s.add(Part(id=1, name="car", note="n", parts=[Part(id=2, name="door", note="n", parts=[Part(id=3, name="knob", note="n")])]))
    s.commit()


def told(state):
    if state.is_select:
        say("  told", state.is_column_load, state.is_relationship_load, state.loader_strategy_path is not None and len(list(state.loader_strategy_path)))


def walk(title, *options, populate=None):
    step(title)
    with Session(e) as s:
        event.listen(s, "do_orm_execute", told)
        car = s.scalars(select(Part).where(Part.id == 1).options(*options)).unique().one()
        knob = car.parts[0].parts[0]
        door = car.parts[0]
        say(car.note, door.note, knob.note)
        s.expire_all()
        say(knob.name)
        say(door.name)
        say(car.name)
        s.refresh(knob)
        s.refresh(door, ["name"])
        say(door.whole is car)
        s.expire(door, ["parts"])
        say(len(door.parts))
        s.expire(door)
        s.scalars(select(Part).where(Part.id == 2)).one()
        say(door.note)
        s.scalars(select(Part).where(Part.id == 2).options(undefer(Part.note)), execution_options={"populate_existing": True}).one()
        s.expire(door)
        say(door.note)


walk("none")
walk("joined", joinedload(Part.parts))
walk("selectin", selectinload(Part.parts))
walk("selectin twice", selectinload(Part.parts).selectinload(Part.parts))
walk("subquery", subqueryload(Part.parts))
walk("lazy", lazyload("*"))
walk("of the parent's column", defer(Part.name))
walk("of the child's column", joinedload(Part.parts).defer(Part.name))
