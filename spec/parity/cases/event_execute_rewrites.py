"""do_orm_execute: results that are replaced or run again, statements that are changed, loads that follow; merges and refreshes seen."""
from parity import *
from sqlalchemy import Column, bindparam, ForeignKey, Integer, String, event, func, insert, select, text, update, delete
from sqlalchemy.orm import Session, aliased, declarative_base, deferred, relationship, selectinload, sessionmaker, with_loader_criteria, lazyload

Base = declarative_base()


class Animal(Base):
    __tablename__ = "animal"
    id = Column(Integer, primary_key=True)
    kind = Column(String(5))
    name = Column(String(10))
    gone = Column(Integer, default=0)
    note = deferred(Column(String(10)))
    mother_id = Column(ForeignKey("animal.id"))
    young = relationship("Animal", order_by="Animal.id", back_populates="mother")
    mother = relationship("Animal", remote_side=id, back_populates="young")
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "any"}


class Cat(Animal):
    __tablename__ = "cat"
    id = Column(ForeignKey("animal.id"), primary_key=True)
    lives = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "cat"}


e = engine()
Base.metadata.create_all(e)
forget()
A = aliased(Animal)
Maker = sessionmaker(e)
with Maker.begin() as s:
    s.add(Cat(id=1, name="mog", lives=9, note="x", young=[Cat(id=2, name="kit", lives=9), Cat(id=3, name="tom", lives=7, gone=1)]))
    s.add(Animal(id=4, name="dog", gone=1))
forget()


def seen(state):
    kind = [w for w in ("is_select", "is_insert", "is_update", "is_delete", "is_from_statement", "is_orm_statement", "is_executemany", "is_column_load", "is_relationship_load") if getattr(state, w)]
    say("  seen", kind, state.bind_mapper.class_.__name__ if state.bind_mapper else None, [m.class_.__name__ for m in state.all_mappers], state.execution_options.get("tag"), None if state.is_column_load or state.is_relationship_load else state.parameters)


event.listen(Maker, "do_orm_execute", seen)
s = Maker()
step("kinds")
mog = s.get(Animal, 1)
say(mog.lives, len(mog.young), mog.note, mog.mother)
s.refresh(mog)
s.refresh(mog, ["note"])
s.expire(mog, ["name"])
say(mog.name)
s.scalars(select(Cat.name, A.id).join(A, A.id == Cat.mother_id), execution_options={"tag": "ab"}).all()
s.execute(select(Animal.__table__.c.id)).all()
s.execute(text("select 1")).all()
s.scalars(select(Animal).from_statement(text("select * from animal where id = :i")), {"i": 4}).all()
s.execute(insert(Animal), [{"id": 10, "name": "a", "kind": "any"}, {"id": 11, "name": "b", "kind": "any"}])
s.execute(update(Animal).where(Animal.id > 9).values(name="c"))
s.execute(update(Animal), [{"id": 10, "name": "d"}])
s.execute(delete(Animal).where(Animal.id > 9))
s.query(Animal).filter_by(name="dog").first()
s.query(Cat).count()
s.merge(Cat(id=1, name="mog", lives=8))
say(s.merge(Animal(id=4, name="hund")).name)
s.rollback()
s.connection().execute(select(Animal)).all()
s.rollback()
forget()
step("criteria for all, not for refreshes")


def hide(state):
    if state.is_select and not state.is_column_load and not state.is_relationship_load and not state.execution_options.get("all"):
        state.statement = state.statement.options(with_loader_criteria(Animal, lambda cls: cls.gone == 0, include_aliases=True))


event.listen(Maker, "do_orm_execute", hide)
event.remove(Maker, "do_orm_execute", seen)
s.expunge_all()
say([a.name for a in s.scalars(select(Animal).order_by(Animal.id))], [c.name for c in s.scalars(select(Cat).order_by(Cat.id))])
say([c.name for c in s.get(Cat, 1).young], s.get(Animal, 4))
say(s.execute(select(Animal.name, A.name).join(A, Animal.young).order_by(A.id)).all())
say(s.scalar(select(func.count(Cat.id))), s.scalar(select(func.count(Cat.id)), execution_options={"all": True}))
say([c.name for c in s.scalars(select(Cat).options(selectinload(Cat.young)).where(Cat.id == 1)).one().young])
sql()
event.remove(Maker, "do_orm_execute", hide)
step("results of one's own")
s.close()
cache = {}


def cached(state):
    key = state.execution_options.get("key")
    if key:
        if key not in cache:
            cache[key] = state.invoke_statement().freeze()
        return cache[key]()


event.listen(s, "do_orm_execute", cached)
for i in range(2):
    say(s.execute(select(Animal.name).order_by(Animal.id), execution_options={"key": "names"}).scalars().all())
sql()
event.remove(s, "do_orm_execute", cached)


def twice(state):
    if state.is_select and state.parameters and "n" in state.parameters:
        return state.invoke_statement(params={"n": state.parameters["n"] + 1}, execution_options={"again": True})


event.listen(s, "do_orm_execute", twice)
say(s.scalars(select(Animal.name).where(Animal.id == bindparam("n")), {"n": 1}).all())
event.remove(s, "do_orm_execute", twice)
order = []
event.listen(s, "do_orm_execute", lambda state: order.append("first"))
event.listen(s, "do_orm_execute", lambda state: order.append("before"), insert=True)
event.listen(s, "do_orm_execute", lambda state: order.append("once"), once=True)
s.scalars(select(Animal.id)).all()
s.scalars(select(Animal.id)).all()
say(order)


def change(state):
    if state.is_update:
        state.statement = state.statement.where(Animal.gone == 0)
    if state.is_select and state.is_orm_statement:
        state.update_execution_options(populate_existing=True)


event.listen(s, "do_orm_execute", change)
tom = s.get(Animal, 3)
tom.name = "TOM"
say(s.execute(update(Animal).values(name="upd")).rowcount)
say([a.name for a in s.scalars(select(Animal).order_by(Animal.id))])
sql()


def stop(state):
    raise ValueError("no")


event.listen(s, "do_orm_execute", stop)
refused(lambda: s.scalars(select(Animal)).all())
refused(lambda: tom.lives)
s.rollback()
refused(lambda: tom.name)
event.remove(s, "do_orm_execute", stop)
say(tom.name)
