"""Types of one's own: decorators on the way in and out, in comparisons, functions, defaults, RETURNING and literals."""
from parity import *
from datetime import date, datetime, timedelta
from sqlalchemy import (Boolean, Column, Date, DateTime, Enum, Float, Integer, JSON, LargeBinary, MetaData, String, Table,
                        TypeDecorator, bindparam, cast, func, literal, select, type_coerce, update)
from sqlalchemy.types import UserDefinedType

log = []


class Cents(TypeDecorator):
    impl = Integer
    cache_ok = True

    def process_bind_param(self, value, dialect):
        log.append("bind %s" % value)
        return None if value is None else round(value * 100)

    def process_result_value(self, value, dialect):
        log.append("result %s" % value)
        return None if value is None else value / 100

    def process_literal_param(self, value, dialect):
        return "%d" % round(value * 100)


class Upper(TypeDecorator):
    impl = String
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return value.upper() if value is not None else None

    def coerce_compared_value(self, op, value):
        return self.impl


class Csv(TypeDecorator):
    impl = String(50)
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return ",".join(value) if value is not None else None

    def process_result_value(self, value, dialect):
        return value.split(",") if value else []


class Lowered(TypeDecorator):
    impl = String
    cache_ok = True

    def bind_expression(self, bindvalue):
        return func.lower(bindvalue)

    def column_expression(self, col):
        return func.upper(col)


class Wide(TypeDecorator):
    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect):
        return dialect.type_descriptor(String(99 if dialect.name == "postgresql" else 77))


e = engine()
md = MetaData()
t = Table("t", md, Column("id", Integer, primary_key=True), Column("price", Cents, default=1.5), Column("code", Upper),
          Column("tags", Csv), Column("low", Lowered), Column("wide", Wide),
          Column("kind", Enum("new", "old", name="kind")), Column("variant", String(10).with_variant(String(20), "postgresql")),
          Column("flag", Boolean, default=False), Column("day", Date), Column("at", DateTime), Column("data", JSON), Column("raw", LargeBinary))
md.create_all(e)
forget()
conn = e.connect()


def seen(title):
    say(title, list(log))
    log.clear()


step("in and out")
r = conn.execute(t.insert().returning(t.c.id, t.c.price), {"code": "abc", "tags": ["x", "y"], "low": "MiXed", "wide": "w", "kind": "new",
                 "day": date(2020, 2, 29), "at": datetime(2020, 1, 2, 3, 4, 5), "data": {"a": [1, None]}, "raw": b"\x00\xff"})
say(r.all())
seen("insert")
conn.execute(t.insert(), [{"price": 2.25, "code": "q", "tags": [], "low": None}, {"price": None, "code": None, "tags": None, "low": "B"}])
seen("many")
say(conn.execute(select(t).order_by(t.c.id)).all())
seen("select")
step("comparisons")
say(conn.scalars(select(t.c.id).where(t.c.price > 2)).all())
seen("gt")
say(conn.scalars(select(t.c.id).where(t.c.price.in_([1.5, 2.25])).order_by(t.c.id)).all())
seen("in")
say(conn.scalars(select(t.c.id).where(t.c.price.between(1, 2))).all())
seen("between")
say(conn.scalars(select(t.c.id).where(t.c.code == "ABC")).all(), conn.scalars(select(t.c.id).where(t.c.code == "abc")).all())
say(conn.scalars(select(t.c.id).where(t.c.low == "MIXED")).all())
say(conn.scalars(select(t.c.id).where(t.c.tags == ["x", "y"])).all())
say(conn.scalars(select(t.c.id).where(t.c.price == bindparam("p")), {"p": 2.25}).all())
seen("param")
step("functions and expressions")
say(conn.execute(select(func.max(t.c.price), func.sum(t.c.price), func.coalesce(t.c.price, 0.5).label("c")).group_by(t.c.price, t.c.id).order_by(t.c.id)).all())
seen("functions")
say(conn.execute(select(t.c.price + 1, t.c.price * 2).where(t.c.id == 1)).all())
seen("arithmetic")
say(conn.scalar(select(type_coerce(t.c.price, Integer)).where(t.c.id == 1)), conn.scalar(select(cast(t.c.price, Integer)).where(t.c.id == 1)))
say(conn.scalar(select(type_coerce(literal(250), Cents))), conn.scalar(select(literal(2.5, Cents))))
seen("literal")
say(conn.execute(select(t.c.price.label("x"), t.c.tags.label("y")).union_all(select(t.c.price, t.c.tags)).order_by("x").limit(1)).all())
seen("union")
s = select(t.c.price, t.c.low).where(t.c.id == 1).subquery()
say(conn.execute(select(s.c.price, s.c.low)).all())
seen("subquery")
step("update")
r = conn.execute(t.update().where(t.c.id == 1).values(price=t.c.price + 1, tags=["z"]).returning(t.c.price, t.c.tags, t.c.low))
say(r.all())
seen("update")
conn.execute(update(t).where(t.c.id == 3).values(price=9.99, low="DOWN", kind="old"))
seen("update value")
say(conn.exec_driver_sql("select price, low, code, tags, kind from t order by id").all())
step("texts")
say(str(select(t.c.id).where(t.c.price == 2).compile(e, compile_kwargs={"literal_binds": True})))
say(str(t.c.price.type), str(t.c.wide.type.compile(e.dialect)), str(t.c.variant.type.compile(e.dialect)))
say(t.c.kind.type.enums, t.c.kind.type.name)
conn.rollback()
sql()
