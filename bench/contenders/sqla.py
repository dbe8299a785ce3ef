#!/usr/bin/python3
"""SQLAlchemy, as its manual teaches it. `--gc-off` first: with Python's collector disabled.

COMMAND {sqlite|pg} TARGET WORKLOAD; see bench/README.md. The file is not called sqlalchemy.py
because Python would then import it instead of the library.
"""
import gc
import os
import sys
import types

from common import (KEYS, ROWS, SIZE, check, clock, customer_description, customer_name, emit, main, pg_url,
                    rss_kb, rss_peak_kb)

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Integer, String, create_engine, event, select
from sqlalchemy.orm import Session, declarative_base, joinedload, relationship, selectinload
from sqlalchemy.pool import StaticPool

Base = declarative_base()


class Customer(Base):
    __tablename__ = "customer"
    id = Column(Integer, primary_key=True)
    name = Column(String(255))
    description = Column(String(255))


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String(255))
    posts = relationship("Post", back_populates="user")


class Post(Base):
    __tablename__ = "posts"
    id = Column(Integer, primary_key=True)
    user_id = Column(Integer, ForeignKey("users.id"))
    title = Column(String(255))
    user = relationship("User", back_populates="posts")


customer = Customer.__table__


def open_engine(db, target, **options):
    if db == "pg":
        return create_engine(pg_url(target, "postgresql+psycopg2"), future=True, **options)
    engine = create_engine("sqlite:///" + target, future=True, **options)

    @event.listens_for(engine, "connect")
    def durability(connection, _record):
        connection.execute("PRAGMA synchronous=OFF")

    return engine


def warm(engine):
    """Connect, configure the mappers; nothing of the workload itself."""
    with Session(engine) as session:
        session.execute(select(sa.literal(1))).all()
    sa.orm.configure_mappers()


def begin(db, target):
    engine = open_engine(db, target)
    warm(engine)
    gc.collect()
    return engine


def orm_insert_100k(db, target):
    engine = begin(db, target)
    t0 = clock()
    objects = [Customer(name=customer_name(i), description=customer_description(i))
               for i in range(1, ROWS + 1)]
    t1 = clock()
    with Session(engine, expire_on_commit=False) as session:
        session.add_all(objects)
        session.commit()
        t2 = clock()
        check(objects[-1].id is not None, "no id")
    emit("orm_insert_100k", t2 - t0)
    emit("orm_insert_100k.build", t1 - t0)


def core_bulk_insert_100k(db, target):
    engine = begin(db, target)
    rows = [{"name": customer_name(i), "description": customer_description(i)}
            for i in range(1, ROWS + 1)]
    t0 = clock()
    with engine.begin() as conn:
        conn.execute(customer.insert(), rows)
    emit("core_bulk_insert_100k", clock() - t0)


def orm_load_100k(db, target):
    engine = begin(db, target)
    with Session(engine) as session:
        session.scalars(select(Customer).limit(1)).all()
        session.rollback()
        session.expunge_all()
        before = rss_kb()
        t0 = clock()
        objects = session.scalars(select(Customer)).all()
        t1 = clock()
        touch(objects)
        t2 = clock()
        emit("orm_load_100k", t1 - t0)
        emit("orm_load_100k.touched", t2 - t0)
        emit("orm_load_100k.rss_peak_kb", rss_peak_kb())
        gc.collect()
        emit("orm_load_100k.bytes_per_row", (rss_kb() - before) * 1024 / len(objects))


def touch(rows):
    count = 0
    for row in rows:
        if row.id and row.name and row.description:
            count += 1
    check(count == ROWS, "rows")


def core_rows_100k(db, target):
    engine = begin(db, target)
    with engine.connect() as conn:
        conn.execute(select(customer).limit(1)).all()
        before = rss_kb()
        t0 = clock()
        rows = conn.execute(select(customer)).all()
        t1 = clock()
        touch(rows)
        t2 = clock()
        emit("core_rows_100k", t1 - t0)
        emit("core_rows_100k.touched", t2 - t0)
        emit("core_rows_100k.rss_peak_kb", rss_peak_kb())
        gc.collect()
        emit("core_rows_100k.bytes_per_row", (rss_kb() - before) * 1024 / len(rows))


def get_by_pk_10k(db, target):
    engine = begin(db, target)
    with Session(engine) as session:
        session.get(Customer, 1)
        session.expunge_all()
        t0 = clock()
        for key in KEYS:
            if session.get(Customer, key).id != key:
                check(False, "key")
        emit("get_by_pk_10k", clock() - t0)


def eager(name, option, db, target):
    engine = begin(db, target)
    with Session(engine) as session:
        session.scalars(select(User).options(option).where(User.id < 0)).unique().all()
        t0 = clock()
        users = session.scalars(select(User).options(option)).unique().all()
        emit(name, clock() - t0)
        check(len(users) == SIZE["users"] and len(users[-1].posts) == SIZE["posts_per_user"], "posts")


def selectin_load(db, target):
    eager("selectin_load", selectinload(User.posts), db, target)


def joined_load(db, target):
    eager("joined_load", joinedload(User.posts), db, target)


def update_10k(db, target):
    engine = begin(db, target)
    with Session(engine) as session:
        t0 = clock()
        objects = session.scalars(select(Customer).where(Customer.id <= SIZE["updates"])).all()
        t1 = clock()
        for i, item in enumerate(objects):
            item.description = "changed %d" % i
        t2 = clock()
        session.commit()
        t3 = clock()
        check(len(objects) == SIZE["updates"], "rows")
    emit("update_10k", t3 - t0)
    emit("update_10k.load", t1 - t0)
    emit("update_10k.modify", t2 - t1)
    emit("update_10k.commit", t3 - t2)


def identity_hit_1M(db, target):
    engine = begin(db, target)
    held = min(1000, ROWS)
    with Session(engine) as session:
        objects = session.scalars(select(Customer).where(Customer.id <= held)).all()
        check(len(objects) == held, "rows")
        hits = SIZE["hits"]
        t0 = clock()
        for i in range(hits):
            session.get(Customer, i % held + 1)
        emit("identity_hit_1M", (clock() - t0) * 1e6 / hits)


def attr(db, target):
    engine = begin(db, target)
    with Session(engine) as session:
        objects = session.scalars(select(Customer)).all()
        t0 = clock()
        for item in objects:
            item.description = "first"
        emit("attr.first_write", (clock() - t0) * 1e6 / len(objects))
        few = objects[:SIZE["attr_objects"]]
        rounds = SIZE["hits"] // len(few)
        t0 = clock()
        for _ in range(rounds):
            for item in few:
                item.name
        emit("attr.read", (clock() - t0) * 1e6 / (rounds * len(few)))
        t0 = clock()
        for r in range(rounds):
            text = "even" if r % 2 == 0 else "odd"
            for item in few:
                item.description = text
        emit("attr.write", (clock() - t0) * 1e6 / (rounds * len(few)))


class NullCursor:
    description = None
    rowcount = -1
    lastrowid = None
    arraysize = 1

    def execute(self, sql, parameters=()):
        if sql.startswith("SELECT customer"):
            self.description = [(name, None, None, None, None, None, None)
                                for name in ("id", "name", "description")]

    def fetchall(self):
        return []

    def fetchone(self):
        return None

    def close(self):
        pass


class NullConnection:
    def cursor(self):
        return NullCursor()

    def commit(self):
        pass

    rollback = close = commit

    def create_function(self, *args, **kwargs):
        pass


def null_engine():
    """An engine whose DBAPI does nothing."""
    module = types.SimpleNamespace(
        paramstyle="qmark", sqlite_version_info=(3, 40, 0), sqlite_version="3.40.0",
        version_info=(2, 6, 0), version="2.6.0", Error=Exception, Binary=bytes,
        PARSE_DECLTYPES=0, PARSE_COLNAMES=0,
        connect=lambda *args, **kwargs: NullConnection())
    return create_engine("sqlite://", module=module, poolclass=StaticPool, future=True)


def compile_cached(db, target):
    engine = begin(db, target)
    count = SIZE["gets"]

    def measure(name, step):
        for i in range(20):
            step(i)
        gc.collect()  # what the figure before has left
        t0 = clock()
        for i in range(count):
            step(i)
        emit("compile_cached." + name, (clock() - t0) * 1e4 / count)

    def construct(i):
        return select(customer).where(customer.c.id == i)

    cache = {}
    dialect = engine.dialect

    def lookup(i):
        statement = select(customer).where(customer.c.id == i)
        compiled, parameters, _hit = statement._compile_w_cache(
            dialect, compiled_cache=cache, column_keys=[], for_executemany=False)
        return compiled.construct_params(extracted_parameters=parameters)

    measure("construct", construct)
    measure("construct+key+lookup+params", lookup)
    check(len(cache) == 1, "the cache was not used")
    with null_engine().connect() as conn:
        measure("execute_null_driver",
                lambda i: conn.execute(select(customer).where(customer.c.id == i)).all())
    with engine.connect() as conn:
        measure("execute", lambda i: conn.execute(select(customer).where(customer.c.id == i)).all())


def held_session(db, target):
    """Growth only: a get and an autoflush check in a session that holds BENCH_HELD objects."""
    engine = begin(db, target)
    with Session(engine) as session:
        objects = session.scalars(select(Customer).where(Customer.id <= SIZE["held"])).all()
        first = session.get(Customer, 1)
        gc.collect()
        repeat = 10000
        t0 = clock()
        for _ in range(repeat):
            session.get(Customer, 1)
        emit("held_session.get", (clock() - t0) / repeat)
        t0 = clock()
        for _ in range(repeat):
            session._autoflush()
        emit("held_session.autoflush", (clock() - t0) / repeat)
        check(first is not None and len(objects) == SIZE["held"], "objects")


if __name__ == "__main__":
    if "--gc-off" in sys.argv:
        sys.argv.remove("--gc-off")
        gc.disable()
        gc.collect = lambda *args: 0
    os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")
    main(globals())
