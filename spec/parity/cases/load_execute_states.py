"""What do_orm_execute sees of each kind of load: lazy, eager, refresh, deferred columns,."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, event, select
from sqlalchemy.orm import (Session, declarative_base, deferred, joinedload, lazyload, relationship, selectinload,
                            subqueryload, undefer, with_loader_criteria)

Base = declarative_base()


class Owner(Base):
    __tablename__ = "owners"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    note = deferred(Column(String(30)))
    cars = relationship("Car", back_populates="owner", order_by="Car.id")


class Car(Base):
    __tablename__ = "cars"
    id = Column(Integer, primary_key=True)
    plate = Column(String(30))
    owner_id = Column(ForeignKey("owners.id"))
    owner = relationship("Owner", back_populates="cars")
    wheels = relationship("Wheel", order_by="Wheel.id")


class Wheel(Base):
    __tablename__ = "wheels"
    id = Column(Integer, primary_key=True)
    car_id = Column(ForeignKey("cars.id"))


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    s.add_all([Owner(id=1, name="ann", note="n1", cars=[Car(id=1, plate="a", wheels=[Wheel(id=1), Wheel(id=2)]),
                                                      Car(id=2, plate="b")]), Owner(id=2, name="bob", note="n2")])
    s.commit()
forget()


def watch(session):
    @event.listens_for(session, "do_orm_execute")
    def seen(state):
        say("seen", "select" if state.is_select else "other", state.is_orm_statement, state.is_column_load,
            state.is_relationship_load, state.bind_mapper.class_ if state.bind_mapper else None,
            state.loader_strategy_path is not None, state.is_select and state.lazy_loaded_from is not None,
            [m.class_ for m in state.all_mappers])


for title, options in (("lazy", []), ("selectin", [selectinload(Owner.cars).selectinload(Car.wheels)]),
                       ("joined", [joinedload(Owner.cars)]), ("subquery", [subqueryload(Owner.cars)]),
                       ("undefer", [undefer(Owner.note)])):
    step(title)
    with Session(e) as s:
        watch(s)
        owners = s.scalars(select(Owner).options(*options).order_by(Owner.id)).unique().all()
        say([[c.plate for c in o.cars] for o in owners])
        step(title + " and further")
        say(owners[0].note, [w.id for w in owners[0].cars[0].wheels])
step("many to one")
with Session(e) as s:
    watch(s)
    car = s.get(Car, 1)
    say(car.owner.name)
    say(s.get(Car, 2).owner.name)
step("refresh and expire")
with Session(e) as s:
    watch(s)
    ann = s.get(Owner, 1)
    s.refresh(ann)
    step("an expired attribute")
    s.expire(ann, ["name"])
    say(ann.name)
    step("expired wholly")
    s.expire(ann)
    say(ann.name)
    step("refresh of a collection")
    s.refresh(ann, ["cars"])
    say([c.plate for c in ann.cars])
step("not of the ORM")
with Session(e) as s:
    watch(s)
    say(s.scalar(sa.text("SELECT 1")))
    say(s.scalar(select(Owner.__table__.c.name).where(Owner.__table__.c.id == 1)))
    say(s.scalar(select(Owner.name).where(Owner.id == 1)))
    say(s.query(Owner).count())
step("an option for every load")
with Session(e) as s:
    @event.listens_for(s, "do_orm_execute")
    def only_b(state):
        if state.is_select and not state.is_column_load and not state.is_relationship_load:
            state.statement = state.statement.options(with_loader_criteria(Car, Car.plate != "a"))

    ann = s.get(Owner, 1)
    say([c.plate for c in ann.cars])
    s.refresh(ann)
    say([c.plate for c in ann.cars])
step("execution options are seen, and go along with a lazy load or do not")
with Session(e) as s:
    @event.listens_for(s, "do_orm_execute")
    def options_seen(state):
        say("option", state.execution_options.get("mine"), state.local_execution_options.get("mine"),
            len(state.user_defined_options), state.is_relationship_load)

    ann = s.scalars(select(Owner).where(Owner.id == 1).options(lazyload(Owner.cars)).execution_options(mine=1)).one()
    say(len(ann.cars))
    s.scalars(select(Owner), execution_options={"mine": 2}).all()
step("loads that are counted and cached by the listener")
with Session(e) as s:
    kept = {}

    @event.listens_for(s, "do_orm_execute")
    def keep(state):
        key = state.execution_options.get("key")
        if key is None:
            return None
        if key not in kept:
            kept[key] = state.invoke_statement().freeze()
        return sa.orm.loading.merge_frozen_result(state.session, state.statement, kept[key], load=False)()

    for _ in (1, 2):
        say([o.name for o in s.scalars(select(Owner).order_by(Owner.id).execution_options(key="all"))])
        s.expunge_all()
    say(list(kept))
step("end")
