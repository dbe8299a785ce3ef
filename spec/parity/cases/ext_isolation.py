"""A session inside an outer transaction (join_transaction_mode), and tables per tenant by schema_translate_map."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, MetaData, String, event, func, select, text
from sqlalchemy.orm import Session, declarative_base, relationship

Base = declarative_base()


class Job(Base):
    __tablename__ = "job"
    id = Column(Integer, primary_key=True)
    name = Column(String(20), unique=True, nullable=False)


def real_transactions(e):
    """SQLAlchemy's recipe for pysqlite, which begins transactions late and loses savepoints."""
    if not is_postgresql:
        event.listen(e, "connect", lambda raw, record: setattr(raw, "isolation_level", None))
        event.listen(e, "begin", lambda conn: conn.connection.cursor().execute("BEGIN"))


e = engine()
real_transactions(e)
Base.metadata.create_all(e)
forget()


def count(conn):
    return conn.scalar(select(func.count()).select_from(Job.__table__))


for mode in ("create_savepoint", "control_fully", "rollback_only", "conditional_savepoint"):
    step(mode)
    with e.connect() as conn:
        outer = conn.begin()
        s = Session(conn, join_transaction_mode=mode)
        s.add(Job(name="one"))
        s.commit()
        say("after commit", outer.is_active, conn.in_transaction())
        s.add(Job(name="two"))
        s.flush()
        s.rollback()
        say("after rollback", outer.is_active, s.in_transaction())
        if outer.is_active:
            say(count(conn))
            s.add(Job(name="three"))
            with s.begin_nested():
                s.add(Job(name="four"))
            s.close()
            say("after close", outer.is_active, count(conn))
            outer.rollback()
    sql()
    with e.begin() as conn:
        say("left", count(conn))
        conn.execute(Job.__table__.delete())
    forget()
step("conditional inside a savepoint")
with e.connect() as conn:
    with conn.begin() as outer:
        with conn.begin_nested() as nested:
            s = Session(conn)
            s.add(Job(name="x"))
            s.rollback()
            say(nested.is_active, outer.is_active)
            s.add(Job(name="y"))
            s.commit()
            say(nested.is_active)
        say(count(conn))
        outer.rollback()
sql()
error(lambda: Session(e, join_transaction_mode="what"))
step("a test that fails on a constraint")
with e.connect() as conn:
    outer = conn.begin()
    s = Session(conn, join_transaction_mode="create_savepoint", expire_on_commit=False)
    s.add(Job(name="a"))
    s.commit()
    s.add(Job(name="a"))
    error(s.commit)
    error(lambda: s.execute(select(1)))
    s.rollback()
    say([j.name for j in s.scalars(select(Job))])
    say(s.get_transaction().nested, s.in_nested_transaction(), outer.is_active)
    s.close()
    outer.rollback()
    say(count(conn))
forget()
step("tenants")
Tenant = declarative_base(metadata=MetaData(schema="tenant"))


class Shop(Tenant):
    __tablename__ = "shop"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    goods = relationship("Good", order_by="Good.id")


class Good(Tenant):
    __tablename__ = "good"
    id = Column(Integer, primary_key=True)
    shop_id = Column(ForeignKey("tenant.shop.id"))
    label = Column(String(20))


names = ("alpha", "beta")
if is_postgresql:
    with e.begin() as conn:
        for n in names:
            conn.execute(text("CREATE SCHEMA " + n))
else:
    e = engine(poolclass=sa.StaticPool)
    with e.connect() as conn:
        for n in names:
            conn.exec_driver_sql("ATTACH ':memory:' AS " + n)
for n in names:
    with e.connect().execution_options(schema_translate_map={"tenant": n}) as conn:
        Tenant.metadata.create_all(conn)
        conn.commit()
forget()
for i, n in enumerate(names):
    te = e.execution_options(schema_translate_map={"tenant": n})
    with Session(te) as s:
        s.add(Shop(name="shop of " + n, goods=[Good(label="g%d" % k) for k in range(i + 1)]))
        s.commit()
        shop = s.scalars(select(Shop)).one()
        say(shop.name, [g.label for g in shop.goods])
        s.refresh(shop)
        shop.name = shop.name.upper()
        s.flush()
        s.delete(shop.goods[0])
        s.commit()
        say(s.execute(select(Shop.name, Good.label).outerjoin(Shop.goods)).all())
sql()
step("the map of one statement")
with e.connect() as conn:
    for n in names:
        say(conn.scalar(select(Shop.name), execution_options={"schema_translate_map": {"tenant": n}}))
with Session(e) as s:
    for n in names:
        s.connection(execution_options={"schema_translate_map": {"tenant": n}})
        say(s.scalars(select(Shop.name)).all())
        s.rollback()
    say([x.name for x in s.scalars(select(Shop), execution_options={"schema_translate_map": {"tenant": "beta"}})])
    error(lambda: s.scalars(select(Shop).where(Shop.id == 77)).all())
forget()
