"""Values of every generic type there and back, in results, in WHERE, in expressions."""
import datetime as dt
from decimal import Decimal
from uuid import UUID

from parity import *
from sqlalchemy import (JSON, BigInteger, Boolean, Column, Date, DateTime, Double, Enum, Float, Integer, Interval, LargeBinary, MetaData,
                        Numeric, SmallInteger, String, Table, Text, Time, Unicode, Uuid, cast, func, insert, literal, null, select, type_coerce)
from sqlalchemy.types import TypeDecorator, UserDefinedType

e = engine()
md = MetaData()


class Tags(TypeDecorator):
    impl = String
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return None if value is None else ",".join(value) + ":" + dialect.name[0]

    def process_result_value(self, value, dialect):
        return None if value is None else value.split(":")[0].split(",")


class Cents(TypeDecorator):
    impl = Integer
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return None if value is None else int(value * 100)

    def process_result_value(self, value, dialect):
        return None if value is None else value / 100

    def coerce_compared_value(self, op, value):
        return self


class Shout(UserDefinedType):
    cache_ok = True

    def get_col_spec(self, **kw):
        return "VARCHAR(20)"

    def bind_processor(self, dialect):
        return lambda value: None if value is None else value.upper()

    def result_processor(self, dialect, coltype):
        return lambda value: None if value is None else value + "!"

    def bind_expression(self, bindvalue):
        return func.trim(bindvalue)

    def column_expression(self, col):
        return func.substr(col, 2)


cols = {
    "si": (SmallInteger, [1, -32768]), "bi": (BigInteger, [2**40 - 1, -5]), "b": (Boolean, [True, False]), "f": (Float, [1.5, -0.25]), "db": (Double, [2.5, 0.0]),
    "s": (String(30), ["héllo", ""]), "tx": (Text, ["a\nb'c", "%s :x ?"]), "un": (Unicode(10), ["ß", "日本"]),
    "bin": (LargeBinary, [b"\x00\x01\xff", b"\x00"]), "d": (Date, [dt.date(2024, 2, 29), dt.date(1, 1, 1)]),
    "t": (Time, [dt.time(1, 2, 3, 456789), dt.time(0, 0)]), "ts": (DateTime, [dt.datetime(2024, 2, 29, 13, 14, 15, 16), dt.datetime(1999, 12, 31)]),
    "iv": (Interval, [dt.timedelta(days=1, hours=2, microseconds=5), dt.timedelta(seconds=-90)]),
    "en": (Enum("red", "green", name="color"), ["red", "green"]), "js": (JSON, [{"a": [1, None, "x"]}, [1, 2]]),
    "u": (Uuid, [UUID("6F9619FF-8B86-D011-B42D-00CF4FC964FF"), UUID(int=1)]), "tags": (Tags(30), [["a", "b"], ["z"]]),
    "cents": (Cents, [1.25, 3]), "shout": (Shout, [" abc ", "xyz"]),
}
if is_postgresql:
    cols["n"] = (Numeric(10, 2), [Decimal("12.30"), Decimal("-0.01")])
cols["nf"] = (Numeric(10, 2, asdecimal=False), [1.5, 2.25])
t = Table("t", md, Column("id", Integer, primary_key=True), *[Column(k, v[0]) for k, v in cols.items()])
md.create_all(e)
conn = e.connect()
for i in range(2):
    conn.execute(insert(t).values(id=i + 1, **{k: v[1][i] for k, v in cols.items()}))
conn.execute(insert(t).values(id=3))
forget()
for name in cols:
    step(name)
    c = t.c[name]
    say(conn.execute(select(c).order_by(t.c.id)).scalars().all())
    if name != "js":
        say(conn.execute(select(t.c.id).where(c == cols[name][1][0])).all(), conn.execute(select(t.c.id).where(c.in_(cols[name][1])).order_by(t.c.id)).scalars().all())
        sql()
        say(conn.execute(select(func.max(c))).scalar()) if name not in ("b", "u", "bin", "en") else None
    say(conn.execute(select(t.c.id).where(c.is_(None))).all())
    forget()
step("expressions")
say(conn.scalar(select(t.c.d + dt.timedelta(days=1)).where(t.c.id == 1)) if is_postgresql else None)
say(conn.scalar(select(t.c.ts - t.c.iv).where(t.c.id == 1)) if is_postgresql else None)
say(conn.scalar(select(cast(t.c.si, String)).where(t.c.id == 2)), conn.scalar(select(cast("12", Integer))), conn.scalar(select(cast(literal("1.5"), Float))))
say(conn.scalar(select(type_coerce(t.c.s, Tags)).where(t.c.id == 1)), conn.scalar(select(type_coerce(["p", "q"], Tags))))
say(conn.execute(select(t.c.cents + 1, t.c.cents * 2).where(t.c.id == 1)).first())
say(conn.execute(select(t.c.id).where(t.c.shout == "abc")).all())
say(conn.execute(select(literal(dt.date(2020, 1, 2)), literal(dt.datetime(2020, 1, 2, 3)), literal(True), literal(1.5), literal("x"), literal(b"\x00\x01"))).first() if is_postgresql else None)
say(conn.execute(select(t.c.si / 2, t.c.f / 2, t.c.bi // 2, t.c.si % 2, -t.c.si).where(t.c.id == 1)).first())
sql()
step("json null")
conn.execute(t.update().values(js=JSON.NULL).where(t.c.id == 1))
conn.execute(t.update().values(js=null()).where(t.c.id == 2))
say(conn.execute(select(t.c.id, t.c.js.is_(null())).order_by(t.c.id)).all())
sql()
step("fields")
say(t.c.en.type.enums, t.c.en.type.name, t.c.en.type.length, t.c.s.type.length, t.c.nf.type.scale, t.c.nf.type.asdecimal)
say(str(t.c.s.type), str(t.c.ts.type), str(t.c.iv.type), "SmallInteger()", str(t.c.nf.type), str(t.c.tags.type), str(t.c.u.type))
forget()
