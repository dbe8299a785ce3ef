"""Values that change in place: dicts, lists, sets, custom types; flush, rollback, expire, refresh, merge, history."""
from parity import *
from sqlalchemy import JSON, Column, ForeignKey, Integer, String, TypeDecorator, event, inspect, select, update
from sqlalchemy.ext.mutable import Mutable, MutableDict, MutableList, MutableSet
from sqlalchemy.orm import Session, attributes, declarative_base, deferred, relationship

Base = declarative_base()


class Csv(TypeDecorator):
    impl = String(50)
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return None if value is None else ",".join(sorted(value))

    def process_result_value(self, value, dialect):
        return None if value is None else {x for x in value.split(",") if x}


class Doc(Base):
    __tablename__ = "doc"
    id = Column(Integer, primary_key=True)
    name = Column(String(10))
    data = Column(MutableDict.as_mutable(JSON))
    items = Column(MutableList.as_mutable(JSON), default=lambda: ["first"])
    tags = Column(MutableSet.as_mutable(Csv))
    plain = Column(JSON)
    later = deferred(Column(MutableDict.as_mutable(JSON)))


class Note(Doc):
    __tablename__ = "note"
    id = Column(ForeignKey("doc.id"), primary_key=True)
    extra = Column(MutableDict.as_mutable(JSON))


e = engine()
Base.metadata.create_all(e)
forget()
s = Session(e)


def state(o):
    say(o in s.dirty, s.is_modified(o), inspect(o).modified)


step("new")
d = Doc(name="d", data={"a": 1, "b": {"c": 2}}, tags={"x", "y"}, plain={"p": 1}, later={"l": 1})
d.data["z"] = 26
say(d.data, d.items, sorted(d.tags), True)
s.add(d)
s.commit()
say(d.data, d.items, sorted(d.tags))
state(d)
step("dict")
d.data["a"] = 2
state(d)
say(inspect(d).attrs.data.history.has_changes())
s.flush()
state(d)
d.data.update({"b": 3, "c": 4})
say(d.data.pop("c"), d.data.pop("none", "dflt"), d.data.setdefault("zz", 5), d.data.setdefault("zz", 6), d.data.get("q"), len(d.data))
s.flush()
del d.data["zz"]
s.flush()
d.data.clear()
s.flush()
say(d.data, len(d.data))
sql()
step("list")
d.items.append("second")
d.items.extend(["x", "y"])
s.flush()
d.items.insert(0, "zero")
d.items[1] = "FIRST"
d.items.remove("x")
say(d.items.pop(), d.items.pop(0), d.items, len(d.items))
s.flush()
d.items.sort()
d.items.reverse()
s.flush()
say(d.items, "second" in d.items)
refused(lambda: d.items.remove("none"))
d.items.clear()
s.flush()
sql()
step("set")
d.tags.add("z")
d.tags.discard("x")
d.tags.update(["q"])
s.flush()
say(sorted(d.tags), len(d.tags), "q" in d.tags)
d.tags.remove("q")
refused(lambda: d.tags.remove("none"))
s.flush()
sql()
step("not watched")
d.plain["p"] = 2
state(d)
attributes.flag_modified(d, "plain")
state(d)
s.flush()
d.later["l"] = 2
state(d)
s.commit()
say(d.plain, d.later)
sql()
step("rollback and expiry")
held = d.data
d.data["r"] = 1
s.rollback()
say(d.data, held is d.data)
d.data["k"] = 1
s.expire(d, ["data"])
state(d)
say(d.data)
d.data["k"] = 2
s.refresh(d)
say(d.data)
state(d)
step("assignment")
d.data = {"new": 1}
d.data["old"] = 2
s.flush()
refused(lambda: setattr(d, "data", [1]))
refused(lambda: setattr(d, "items", {"a": 1}))
refused(lambda: setattr(d, "tags", 5))
d.data = {"same": 1}
s.flush()
d.data = {"same": 1}
state(d)
s.flush()
sql()
step("shared value")
v = MutableDict({"v": 1})
x, y = Doc(name="x", data=v), Doc(name="y", data=v)
s.add_all([x, y])
s.flush()
v["v"] = 2
say(x in s.dirty, y in s.dirty)
s.commit()
say(x.data, y.data)
sql()
step("subclass")
n = Note(name="n", data={"a": 1}, extra={"e": 1})
s.add(n)
s.commit()
n.extra["e"] = 2
n.data["a"] = 2
s.flush()
sql()
step("merge and bulk")
s.expunge(n)
n.data["a"] = 3
m = s.merge(n)
say(m.data, m in s.dirty, m is n)
m.data["a"] = 4
s.flush()
s.execute(update(Doc).where(Doc.name == "x").values(data={"bulk": 1}))
say(x.data)
x.data["bulk"] = 2
s.commit()
say([o.data for o in s.scalars(select(Doc).order_by(Doc.id))])
sql()
s.close()
