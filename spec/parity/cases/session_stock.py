"""Session, statements over a stock: ORM insert, update and delete with RETURNING and synchronize_session, bulk by
key, upsert into objects, bulk_* methods, legacy Query, streaming and partitions, several engines."""
from sqlalchemy import *
from sqlalchemy.orm import *
import sqlalchemy.dialects.postgresql
import sqlalchemy.dialects.sqlite
from parity import *


class Base(DeclarativeBase):
    pass


class Part(Base):
    __tablename__ = "parts"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String(10), unique=True)
    qty = mapped_column(Integer, default=1)
    price = mapped_column("unit_price", Integer)

    def __repr__(self):
        return "%s:%s" % (self.name, self.qty)


class Audit(Base):
    __tablename__ = "audits"
    id = mapped_column(Integer, primary_key=True)
    what = mapped_column(String(20))


e, e2 = engine(), engine("sqlite://")
Part.__table__.create(e)
Audit.__table__.create(e2)
forget()
s = Session(binds={Part: e, Audit: e2})
step("insert")
s.execute(insert(Part), [{"id": 1, "name": "nut", "price": 2}, {"id": 2, "name": "bolt", "price": 3, "qty": 9}])
got = s.scalars(insert(Part).returning(Part, sort_by_parameter_order=True), [
    {"id": 3, "name": "gear", "price": 50}, {"id": 4, "name": "axle", "price": 70}]).all()
say([repr(p) for p in got], got[0] in s, inspect(got[0]).persistent)
say(s.execute(insert(Part).values(id=5, name="cog").returning(Part.id, Part.qty)).all())
s.execute(insert(Part).values([{"id": 6, "name": "rod"}, {"id": 7, "name": "cap"}]))
say(s.scalars(insert(Part).from_select(["id", "name"], select(Part.id + 100,
    Part.name + "2").where(Part.id == 1)).returning(
    Part.id)).all())
sql()
step("update")
nut, bolt, gear = s.get(Part, 1), s.get(Part, 2), s.get(Part, 3)
for mode in ("evaluate", "fetch", "auto", False):
    r = s.execute(update(Part).where(Part.qty < 5, Part.price < 10).values(qty=Part.qty + 1),
                  execution_options={"synchronize_session": mode})
    say(mode, r.rowcount, nut.qty, bolt.qty, gear.qty)
    sql()
say(s.execute(update(Part).where(Part.id.in_([3, 4])).values(price=1).returning(Part.id, Part.price)).all().__len__(),
    gear.price)
r = s.execute(update(Part), [{"id": 1, "qty": 40}, {"id": 2, "qty": 50, "name": "screw"}])
say(nut.qty, bolt.name)
s.expire_all()
say(nut.qty, bolt.name)
sql()
error(lambda: s.execute(update(Part).where(func.lower(Part.name) == "x").values(qty=1),
                        execution_options={"synchronize_session": "evaluate"}))
error(lambda: s.execute(update(Part).values(colour="red")))
error(lambda: s.execute(update(Part), [{"qty": 1}]))
error(lambda: s.execute(update(Part).values(qty=1), execution_options={"synchronize_session": "maybe"}))
forget()
step("delete")
cap = s.get(Part, 7)
r = s.execute(delete(Part).where(Part.name.like("c%")))
say(r.rowcount, inspect(cap).detached, cap in s, inspect(cap).was_deleted)
say(sorted(s.scalars(delete(Part).where(Part.id > 50).returning(Part.name)).all()))
sql()
step("upsert")
dialect = getattr(sqlalchemy.dialects, s.get_bind(Part).dialect.name)
up = dialect.insert(Part).values([{"id": 1, "name": "nut", "qty": 5}, {"id": 8, "name": "pin", "qty": 6}])
up = up.on_conflict_do_update(index_elements=[Part.id], set_=dict(qty=up.excluded.qty + Part.qty))
objects = s.scalars(up.returning(Part), execution_options={"populate_existing": True}).all()
say(sorted(repr(p) for p in objects), nut in objects, nut.qty)
s.execute(dialect.insert(Part).values(id=1, name="zzz").on_conflict_do_nothing())
s.commit()
sql()
step("bulk methods")
s.bulk_save_objects([Part(id=20, name="b20"), Part(id=21, name="b21", price=5), nut])
s.bulk_insert_mappings(Part, [{"id": 22, "name": "b22"}, {"id": 23, "name": "b23", "qty": 3}])
s.bulk_update_mappings(Part, [{"id": 22, "qty": 8}, {"id": 23, "qty": 9}])
s.commit()
sql()
step("query")
q = s.query(Part).filter(Part.id > 2).order_by(Part.id)
say([p.name for p in q], q.count(), q.first().name, q.limit(2).offset(1).all(), q[1].name, [p.id for p in q[1:3]])
say(s.query(Part.name, func.sum(Part.qty)).group_by(Part.name).having(func.sum(Part.qty) > 7).order_by(Part.name).all())
say(s.query(Part).filter_by(name="pin").one().qty, s.query(Part.qty).filter_by(id=1).scalar(),
    q.filter(Part.id > 999).first())
say(s.query(q.filter_by(name="pin").exists()).scalar(), s.query(Part).get(3) is gear)
error(lambda: q.one())
error(lambda: q.filter(Part.id > 999).one())
error(lambda: q.delete())
q = q.order_by(None)
say(q.filter(Part.id == 20).update({"qty": 77}), q.filter(Part.id == 21).delete(), s.get(Part, 20).qty)
sql()
step("streaming")
result = s.execute(select(Part).order_by(Part.id).execution_options(yield_per=2))
say([[p.name for p in part] for part in result.scalars().partitions()])
say([[r.name for r in part] for part in s.execute(select(Part.name).order_by(Part.id)).partitions(3)])
it = s.scalars(select(Part.id).order_by(Part.id))
say(it.fetchmany(2), it.first(), s.scalars(select(Part.qty).where(Part.id < 0)).one_or_none())
error(lambda: it.all())
error(lambda: s.scalars(select(Part.id)).one())
error(lambda: s.execute(select(Part.id)).scalar_one())
sql()
step("two engines")
s.add_all([Audit(id=1, what="checked"), Part(id=30, name="new")])
s.commit()
sql()
say(s.scalars(select(Audit.what)).all(), s.scalars(select(Part.name).where(Part.id == 30)).all())
say(s.get_bind(Audit) is e2, s.get_bind(mapper=inspect(Part)) is e, s.get_bind(clause=select(Audit)) is e2)
error(lambda: s.execute(text("select 1")))
error(lambda: s.get_bind())
say(s.execute(text("select 1"), bind_arguments={"mapper": Part}).scalar(),
    s.connection(bind_arguments={"mapper": Audit}).engine is e2)
s.rollback()
sql()
