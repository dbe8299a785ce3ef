"""Execution options and do_orm_execute: where they come from, who sees them, what a listener can change."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, bindparam, delete, event, func, insert, select, text, update
from sqlalchemy.orm import Session, declarative_base, deferred, relationship, selectinload, sessionmaker

Base = declarative_base()


class Item(Base):
    __tablename__ = "items"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    note = deferred(Column(String(30)))
    parts = relationship("Part", order_by="Part.id", back_populates="item")


class Part(Base):
    __tablename__ = "parts"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    item_id = Column(ForeignKey("items.id"))
    item = relationship("Item", back_populates="parts")


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    s.add_all([Item(id=1, name="i1", note="n", parts=[Part(id=1, name="p1"), Part(id=2, name="p2")]), Item(id=2,
        name="i2")])
    s.commit()
forget()
Maker = sessionmaker(e)


@event.listens_for(Maker, "do_orm_execute")
def watch(state):
    say("  orm", state.is_select, state.is_insert, state.is_update, state.is_delete, state.is_column_load,
        state.is_relationship_load,
        state.is_orm_statement, state.is_from_statement, state.is_executemany, state.execution_options.get("tag"),
        state.is_select and state.is_relationship_load and state.lazy_loaded_from is not None)
    if state.execution_options.get("swap"):
        return state.invoke_statement(select(Item).where(Item.id == 2))
    if state.execution_options.get("more"):
        state.update_execution_options(populate_existing=True)
        return state.invoke_statement(params={"n": "i2"})


step("who comes by")
with Maker() as s:
    item = s.scalars(select(Item).order_by(Item.id)).first()
    say(item.note)
    say([p.name for p in item.parts])
    say(s.get(Item, 2).name, s.get(Item, 1) is item)
    say(s.execute(text("SELECT count(*) FROM items")).scalar())
    say(s.execute(select(func.count()).select_from(Item.__table__)).scalar())
    s.refresh(item)
    s.expire(item)
    say(item.name)
step("loaders")
with Maker() as s:
    items = s.scalars(select(Item).options(selectinload(Item.parts)).order_by(Item.id),
        execution_options={"tag": "t"}).all()
    say([len(i.parts) for i in items])
step("writes")
with Maker() as s:
    s.execute(insert(Item), [{"id": 3, "name": "i3"}, {"id": 4, "name": "i4"}])
    s.execute(update(Item).where(Item.id == 3).values(name="i3!"))
    s.execute(delete(Item).where(Item.id == bindparam("which")), {"which": 4})
    s.add(Item(id=5, name="i5"))
    s.flush()
    say(s.scalars(select(Item.name).order_by(Item.id)).all())
    s.rollback()
step("another statement")
with Maker() as s:
    say([i.name for i in s.scalars(select(Item).where(Item.id == 1), execution_options={"swap": True})])
    say([i.name for i in s.scalars(select(Item).where(Item.name == bindparam("n")), {"n": "i1"},
        execution_options={"more": True})])
step("options of a statement")
stmt = select(Item).execution_options(tag="s", other=1)
say(stmt.get_execution_options())
say(stmt.execution_options(other=2).get_execution_options(), stmt.get_execution_options())
with Maker() as s:
    say(len(s.scalars(stmt).all()))
    say(len(s.scalars(stmt, execution_options={"tag": "call"}).all()))
    say(s.query(Item).execution_options(tag="q").count())
step("a listener of one session")
with Session(e) as s:
    seen = []
    event.listen(s, "do_orm_execute", lambda state: seen.append(state.is_select))
    say(len(s.scalars(select(Item)).all()), seen)
    say(s.execute(select(Item.id).order_by(Item.id)).all(), seen)
step("autoflush")
with Session(e) as s:
    s.add(Item(id=7, name="i7"))
    say(s.scalars(select(func.count(Item.id)), execution_options={"autoflush": False}).one())
    say(s.scalars(select(func.count(Item.id))).one())
    s.rollback()
    with s.no_autoflush:
        s.add(Item(id=8, name="i8"))
        say(s.scalars(select(func.count(Item.id))).one())
    s.rollback()
step("parameters")
with Session(e) as s:
    by_name = select(Item.name).where(Item.name == bindparam("n"))
    say(s.scalars(by_name, {"n": "i1"}).all(), s.scalar(by_name.params(n="i2")))
    error(lambda: s.scalars(by_name).all())
    many = select(Item.name).where(Item.id.in_(bindparam("ids", expanding=True))).order_by(Item.id)
    say(s.scalars(many, {"ids": [1, 2]}).all(), s.scalars(many, {"ids": []}).all())
step("plain")
with Session(e) as s:
    say(s.scalars(select(Item.name).order_by(Item.id)).all())
step("end")
