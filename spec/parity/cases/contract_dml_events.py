"""ORM-enabled statements, versions and events: returning, synchronize_session, upserts, listeners and arguments."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, bindparam, delete, event, func, insert, inspect, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, declarative_base, relationship, sessionmaker

Base = declarative_base()


class Item(Base):
    __tablename__ = "items"
    id = Column(Integer, primary_key=True)
    code = Column(String(9), unique=True)
    stock = Column(Integer, default=1)
    version = Column(Integer, nullable=False)
    parts = relationship("Part", back_populates="item", cascade="all, delete-orphan", order_by="Part.id")
    __mapper_args__ = {"version_id_col": version}


class Stamp(Base):
    __tablename__ = "stamps"
    id = Column(Integer, primary_key=True)
    word = Column(String(9))
    mark = Column(String(9))
    __mapper_args__ = {"version_id_col": mark, "version_id_generator": lambda v: "v%d" % (int((v or "v0")[1:]) + 1)}


class Part(Base):
    __tablename__ = "parts"
    id = Column(Integer, primary_key=True)
    name = Column(String(9))
    item_id = Column(ForeignKey("items.id"))
    item = relationship(Item, back_populates="parts")


e = engine()
Base.metadata.create_all(e)
forget()
upsert = postgresql.insert if is_postgresql else sqlite.insert
s = Session(e)
step("insert")
got = s.scalars(insert(Part).returning(Part), [{"name": "p1"}, {"name": "p2"}])
parts = got.all()
say([(p.id, p.name) for p in parts], parts[0] in s, inspect(parts[0]).persistent)
say(s.execute(insert(Part).values(name="p3").returning(Part.id, Part.name)).all())
s.execute(insert(Part), [{"name": "p4"}, {"id": 9, "name": "p9"}])
say(s.scalars(select(Part.id).order_by(Part.id)).all())
s.execute(insert(Item).values([{"code": "i1", "version": 1}, {"code": "i2", "version": 1}]))
step("update")
held = s.scalars(select(Part).order_by(Part.id)).all()
s.execute(update(Part).where(Part.id == 1).values(name="one"))
say(held[0].name)
say(s.execute(update(Part).where(Part.id < 3).values(name=Part.name + "!").returning(Part.id, Part.name)).all()[0][0],
    held[1].name)
s.execute(update(Part), [{"id": 1, "name": "by key"}, {"id": 2, "name": "too"}])
say([p.name for p in held[:2]])
for mode in ("evaluate", "fetch", "auto", False):
    r = s.execute(update(Part).where(func.length(Part.name) == 2 if mode == "fetch" else Part.name == "p3").values(item_id=1), execution_options={"synchronize_session": mode})
    say(mode, r.rowcount, inspect(held[2]).unloaded, held[2].item_id)
error(lambda: s.execute(update(Part).where(func.length(Part.name) == 2).values(name="x"),
    execution_options={"synchronize_session": "evaluate"}))
error(lambda: s.execute(update(Part).values(name="x"), execution_options={"synchronize_session": "sometimes"}))
r = s.connection().execute(update(Part.__table__).where(Part.__table__.c.id == bindparam("k")).values(name=bindparam("n")), [{"k": 4, "n": "four"}])
say(r.rowcount, held[3].name)
step("delete")
say(s.execute(delete(Part).where(Part.id == 9)).rowcount, held[-1] in s,
    inspect(held[-1]).deleted or inspect(held[-1]).detached)
say(s.execute(delete(Part).where(Part.id == 4).returning(Part.name)).scalars().all(), held[3] in s)
s.commit()
step("upsert")
stmt = upsert(Item).values(code="i1", stock=9, version=1)
stmt = stmt.on_conflict_do_update(index_elements=[Item.code], set_={"stock": stmt.excluded.stock}).returning(Item)
it = s.scalars(stmt, execution_options={"populate_existing": True}).one()
say(it.id, it.stock, it in s)
s.execute(upsert(Item).values(code="i1", version=1).on_conflict_do_nothing())
say(s.scalar(select(func.count(Item.id))))
s.commit()
step("versions")
it.stock = 10
s.commit()
say(it.version)
s2 = Session(e)
same = s2.get(Item, it.id)
s.connection().execute(update(Item.__table__).values(version=50))
it.stock = 11
error(s.flush)
s.rollback()
say(it.version)
s2.close()
stamp = Stamp(word="a")
s.add(stamp)
s.flush()
stamp.word = "b"
s.flush()
say(stamp.mark)
s.execute(update(Stamp).values(word="c"))
say(stamp.mark, stamp.word)
s.connection().execute(Stamp.__table__.delete())
s.delete(stamp)
error(s.flush)
s.rollback()
step("mapper and attribute events")
log = []
def named(name):
    def fn(mapper, connection, target):
        log.append((name, mapper.class_.__name__, target.name, connection.in_transaction()))
    return fn
for name in ("before_insert", "after_insert", "before_update", "after_update", "before_delete", "after_delete"):
    event.listen(Part, name, named(name))
event.listen(Part.name, "set", lambda t, v, old, i: v.upper(), retval=True)
event.listen(Part, "init", lambda t, args, kwargs: log.append(("init", sorted(kwargs))))
event.listen(Part, "load", lambda t, context: log.append(("load", t.id)))
event.listen(Part, "refresh", lambda t, context, attrs: log.append(("refresh", sorted(attrs or []))))
event.listen(Part, "expire", lambda t, attrs: log.append(("expire", attrs)))
p = Part(name="new")
s.add(p)
s.flush()
p.name = "newer"
s.commit()
say(p.name)
s.delete(p)
s.commit()
for entry in log:
    say("  ", entry)
log.clear()
step("session events")
Maker = sessionmaker(e)
for name in ("before_flush", "after_flush", "after_flush_postexec", "before_commit", "after_commit", "after_rollback",
    "after_begin",
             "after_transaction_create", "after_transaction_end", "after_soft_rollback", "before_attach", "after_attach",
             "pending_to_persistent", "persistent_to_deleted", "transient_to_pending", "persistent_to_detached", "deleted_to_detached"):
    event.listen(Maker, name, lambda *args, name=name: log.append((name, len(args),
        [type(a).__name__ for a in args if isinstance(a, Base)])))
event.listen(Maker, "do_orm_execute", lambda state: log.append((state.is_select, state.is_orm_statement,
    state.bind_mapper.class_.__name__)))
event.listen(Maker, "after_bulk_update", lambda ctx: log.append((ctx.values, ctx.result.rowcount)))
event.listen(Maker, "after_bulk_delete", lambda ctx: log.append(("bulk delete", ctx.result.rowcount)))
with Maker() as t:
    p = Part(name="ev")
    t.add(p)
    t.commit()
    say(t.scalars(select(Part.name).where(Part.id == p.id)).one())
    t.execute(update(Part).where(Part.id == p.id).values(name="bulk"))
    t.execute(delete(Part).where(Part.id == -1))
    t.rollback()
    t.delete(p)
    t.flush()
    t.rollback()
    t.delete(p)
    t.commit()
for entry in log:
    say("  ", entry)
sql()
