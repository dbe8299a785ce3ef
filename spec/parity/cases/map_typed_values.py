"""Types in attributes: decorators, comparison of values, NULLs, enumerations, intervals, mutable decorated values."""
from parity import *
import datetime as dt
from decimal import Decimal
from sqlalchemy import JSON, Boolean, Column, Date, DateTime, Enum, Float, Integer, Interval, LargeBinary, Numeric, String, Time, TypeDecorator, Uuid, inspect, select, update, func, literal, type_coerce, cast
from sqlalchemy.ext.mutable import Mutable, MutableDict, MutableList
from sqlalchemy.orm import Session, declarative_base, validates

Base = declarative_base()


class Upper(TypeDecorator):
    impl = String(20)
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return value.upper() if value is not None else "NIL"

    def process_result_value(self, value, dialect):
        return None if value == "NIL" else value.lower()

    def compare_values(self, x, y):
        return x == y or (x is not None and y is not None and x.lower() == y.lower())


class Loud(TypeDecorator):
    impl = String(20)
    cache_ok = True

    def bind_expression(self, bind):
        return func.upper(bind, type_=String)

    def column_expression(self, col):
        return func.lower(col, type_=String)


class Cents(TypeDecorator):
    impl = Integer
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return None if value is None else int(value * 100)

    def process_result_value(self, value, dialect):
        return None if value is None else Decimal(value) / 100

    def coerce_compared_value(self, op, value):
        return self


class Words(TypeDecorator):
    impl = String(50)
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return None if value is None else " ".join(value)

    def process_result_value(self, value, dialect):
        return None if value is None else value.split(" ")


class Row(Base):
    __tablename__ = "typed"
    id = Column(Integer, primary_key=True)
    up = Column(Upper)
    loud = Column(Loud)
    price = Column(Cents, default=Decimal("1.50"))
    words = Column(MutableList.as_mutable(Words))
    colour = Column(Enum("red", "green", name="colour", validate_strings=True), default="red")
    day = Column(Date)
    at = Column(DateTime)
    clock = Column(Time)
    span = Column(Interval)
    amount = Column(Numeric(10, 2))
    ratio = Column(Float)
    raw = Column(LargeBinary)
    ok = Column(Boolean, default=False)
    key = Column(Uuid(as_uuid=False))
    doc = Column(JSON)
    strict = Column(JSON(none_as_null=True))


e = engine()
Base.metadata.create_all(e)
forget()
s = Session(e)


def show(r):
    say([r.up, r.loud, r.price, r.words, r.colour, r.day, r.at, r.clock, r.span, r.amount, r.ratio, r.raw, r.ok, r.key, r.strict])


step("full")
r = Row(up="abc", loud="xyz", price=Decimal("2.25"), words=["a", "b"], colour="green", day=dt.date(2024, 2, 29), at=dt.datetime(2024, 1, 2, 3, 4, 5), clock=dt.time(1, 2, 3), span=dt.timedelta(days=1, seconds=5), amount=Decimal("10.50"), ratio=0.25, raw=b"\x00\xff", ok=True, key="12345678-1234-5678-1234-567812345678", strict={"a": [1, 2]})
s.add(r)
s.flush()
show(r)
s.commit()
show(r)
n = Row()
s.add(n)
s.commit()
show(n)
say(s.scalar(select(func.count()).where(Row.strict == None)), s.scalar(select(func.count()).where(Row.up == None)))
s.refresh(r)
step("same values")
r.up = "ABC"
say(inspect(r).attrs.up.history, s.is_modified(r))
r.price = Decimal("2.250")
r.amount = Decimal("10.5")
r.words = ["a", "b"]
r.strict = {"a": [1, 2]}
r.at = dt.datetime(2024, 1, 2, 3, 4, 5)
r.raw = b"\x00\xff"
r.colour = "green"
r.span = dt.timedelta(seconds=86405)
s.flush()
say(s.is_modified(r), r in s.dirty)
sql()
step("other values")
r.up = "abd"
r.words.append("c")
r.price = None
r.strict = None
r.amount = Decimal("0.05")
r.span = dt.timedelta(hours=-1)
h = inspect(r).attrs
say(h.up.history, h.price.history, h.amount.history, h.span.history)
s.flush()
sql()
s.commit()
show(r)
sql()
step("queries")
for q in (Row.up == "abd", Row.loud == "xyz", Row.price == Decimal("1.5"), Row.price > 1, Row.words == ["a", "b", "c"], Row.colour == "green", Row.day > dt.date(2024, 1, 1), Row.at < dt.datetime(2025, 1, 1), Row.amount < 1, Row.ratio == 0.25, Row.raw == b"\x00\xff", Row.ok.is_(True), Row.key == "12345678-1234-5678-1234-567812345678"):
    say([x.id for x in s.scalars(select(Row).where(q).order_by(Row.id))])
sql()
say(s.execute(select(Row.up, Row.price, Row.words, Row.loud).order_by(Row.id)).all())
say(s.execute(select(func.max(Row.price), func.min(Row.day), func.sum(Row.amount))).one())
say(s.execute(select(type_coerce(literal("QQ"), Upper), cast("5", Integer))).one())
sql()
step("bulk")
s.execute(update(Row).where(Row.id == r.id).values(up="zz", price=Decimal("9.99"), words=["q"]))
say(r.up, r.price, r.words)
s.bulk_update_mappings(Row, [{"id": r.id, "price": Decimal("3")}])
s.refresh(r)
say(r.price)
sql()
error(lambda: (setattr(r, "colour", "blue"), s.flush()))
s.rollback()
x = s.merge(Row(id=r.id, up="Merged", words=["m"]))
say(x is r, r.up, r.words, s.is_modified(r))
s.flush()
sql()
s.close()
