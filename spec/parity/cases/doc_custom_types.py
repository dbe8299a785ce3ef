"""The programs of the page about custom types, and the example of versioned rows: TypeDecorator for JSON, marshalled
values, coerced encodings and backends, comparators of types, bind and column expressions, rows that become new
rows."""
import json
from sqlalchemy import *
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.ext.mutable import MutableDict
from sqlalchemy.orm import *
from sqlalchemy.types import TypeDecorator, UserDefinedType, VARCHAR
from parity import *


class JSONEncodedDict(TypeDecorator):
    impl = VARCHAR
    cache_ok = True
    coerce_to_is_types = (str, int)

    def process_bind_param(self, value, dialect):
        if value is not None:
            value = json.dumps(value, sort_keys=True)
        return value

    def process_result_value(self, value, dialect):
        if value is not None:
            value = json.loads(value)
        return value


class Shouting(TypeDecorator):
    impl = String
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return value and value.lower()

    def process_literal_param(self, value, dialect):
        return value and value.lower()

    def process_result_value(self, value, dialect):
        return value and value.upper()

    def bind_expression(self, bindvalue):
        return func.lower(bindvalue, type_=self)

    def column_expression(self, col):
        return func.trim(col, type_=self)


class Either(TypeDecorator):
    impl = JSON
    cache_ok = True

    def load_dialect_impl(self, dialect):
        return dialect.type_descriptor(JSONB() if dialect.name == "postgresql" else String(50))

    def process_bind_param(self, value, dialect):
        return value if dialect.name == "postgresql" else json.dumps(value, sort_keys=True)

    def process_result_value(self, value, dialect):
        return value if dialect.name == "postgresql" else json.loads(value)


class Point(UserDefinedType):
    cache_ok = True

    def __init__(self, digits=2):
        self.digits = digits

    def get_col_spec(self, **kw):
        return "VARCHAR(%d)" % (self.digits * 2 + 3)

    def bind_processor(self, dialect):
        return lambda value: value and "%d,%d" % tuple(value)

    def result_processor(self, dialect, coltype):
        return lambda value: value and [int(v) for v in value.split(",")]


@compiles(Shouting, "postgresql")
def compile_shouting(element, compiler, **kw):
    return "VARCHAR(30)"


class Base(DeclarativeBase):
    pass


class Thing(Base):
    __tablename__ = "thing"
    id = mapped_column(Integer, primary_key=True)
    data = mapped_column(MutableDict.as_mutable(JSONEncodedDict(100)))
    word = mapped_column(Shouting(30))
    either = mapped_column(Either)
    place = mapped_column(Point(4))


class Versioned:
    pass


class Example(Versioned, Base):
    __tablename__ = "example"
    id = mapped_column(Integer, primary_key=True)
    data = mapped_column(String(20))


e = engine()
Base.metadata.create_all(e)
sql()
s = Session(e)
step("types")
t = Thing(id=1, data={"a": [1, 2]}, word="Hello", either={"k": 1}, place=[3, 4])
s.add(t)
s.commit()
say(t.data, t.word, t.either, t.place)
t.data["b"] = 5
t.place = [7, 8]
s.commit()
sql()
say(t.data, t.place)
say(s.scalars(select(Thing.word).where(Thing.word == "HELLO")).all(),
    s.scalars(select(Thing.id).where(Thing.place == [7, 8])).all())
say(s.scalars(select(Thing.id).where(Thing.data == {"a": [1, 2], "b": 5})).all())
say(s.scalar(select(func.max(Thing.word))), s.scalar(select(type_coerce(Thing.data, String))))
sql()
step("comparators")
say(select(Thing.word).where(Thing.word == literal("X", Shouting())).compile(compile_kwargs={"literal_binds": True}))
say(cast(Thing.word, Shouting(7)), Thing.__table__.c.place.type)
step("versioned rows")


@event.listens_for(s, "before_flush")
def before_flush(session, context, instances):
    for instance in session.dirty:
        if not isinstance(instance, Versioned) or not session.is_modified(instance):
            continue
        if not inspect(instance).has_identity:
            continue
        make_transient(instance)
        instance.id = None
        session.add(instance)


e1 = Example(data="e1")
s.add(e1)
s.commit()
e1.data = "e2"
s.commit()
sql()
say(s.query(Example.id, Example.data).order_by(Example.id).all(), e1.id)
e1.data = "e2"
s.commit()
e1.data = "e3"
s.flush()
s.rollback()
say(s.query(Example.id, Example.data).order_by(Example.id).all(), inspect(e1).transient, inspect(e1).persistent)
sql()
