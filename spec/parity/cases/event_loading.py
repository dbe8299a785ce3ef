"""Load, refresh, expire and flush-time refresh events over mapping shapes: names of attributes, changes made inside listeners, contexts, merge, populate_existing."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, event, func, inspect, select, text
from sqlalchemy.orm import (Session, column_property, declarative_base, deferred, joinedload, reconstructor, relationship, selectinload, synonym)

Base = declarative_base()


class Doc(Base):
    __tablename__ = "doc"
    id = Column(Integer, primary_key=True)
    name = Column("doc_name", String(10))
    body = deferred(Column(String(10)))
    size = Column(Integer, server_default=text("5"))
    rev = Column(Integer, nullable=False)
    twice = Column(Integer, server_default=text("7"), onupdate=func.abs(-8))
    x = Column(Integer)
    y = Column(Integer)
    title = synonym("name")
    pages = relationship("Page", back_populates="doc", order_by="Page.id")
    __mapper_args__ = {"version_id_col": rev, "eager_defaults": True}

    @reconstructor
    def again(self):
        say("      reconstructor", self.__dict__.get("name"))


class Page(Base):
    __tablename__ = "page"
    id = Column(Integer, primary_key=True)
    name = Column(String(10))
    doc_id = Column(ForeignKey("doc.id"))
    doc = relationship("Doc", back_populates="pages")


def n(o):
    return type(o).__name__ + ":" + str(o.__dict__.get("name"))


event.listen(Base, "load", lambda t, c: say("      load", n(t), c is None or c.session is s), propagate=True)
event.listen(Base, "refresh", lambda t, c, a: say("      refresh", n(t), a and sorted(a)), propagate=True)
event.listen(Base, "refresh_flush", lambda t, c, a: say("      refresh_flush", n(t), sorted(a), t in s.new), propagate=True)
event.listen(Base, "expire", lambda t, a: a and say("      expire", n(t), sorted(a)), propagate=True)
event.listen(Session, "loaded_as_persistent", lambda s, t: say("      loaded_as_persistent", n(t)))
e = engine()
Base.metadata.create_all(e)
forget()
s = Session(e)
step("insert")
d = Doc(name="d", body="text", pages=[Page(name="p"), Page(name="q")])
s.add(d)
s.flush()
say(d.size, d.rev, d.twice)
sql()
step("update")
d.name = "e"
s.flush()
say(d.twice, d.rev)
d.x = 3
s.flush()
d.size = Doc.size + 1
s.flush()
say(d.size, d.twice)
sql()
step("commit and read")
s.commit()
say(d.name)
say(d.body)
say([p.name for p in d.pages])
sql()
step("expire some")
for keys in (["name"], ["body"], ["pages"], ["x", "pages"], None):
    say(keys)
    error(lambda: s.expire(d, keys))
    say(sorted(inspect(d).expired_attributes), sorted(inspect(d).unloaded))
    say(d.name, d.body, len(d.pages))
    sql()
step("refresh some")
for keys in (["name"], ["body"], ["pages"], ["name", "pages"], None):
    say(keys)
    error(lambda: s.refresh(d, keys))
    say(sorted(inspect(d).unloaded))
    sql()
step("queries over loaded objects")
s.scalars(select(Doc)).all()
s.scalars(select(Doc).options(selectinload(Doc.pages)), execution_options={"populate_existing": True}).all()
s.expire(d, ["size"])
s.scalars(select(Doc)).all()
say("size" in d.__dict__)
sql()
step("fresh queries")
s.expunge_all()
d = s.scalars(select(Doc).options(joinedload(Doc.pages).joinedload(Page.doc))).unique().one()
s.expunge_all()
p = s.scalars(select(Page).order_by(Page.id)).first()
say(p.doc.name)
s.expunge_all()
s.execute(select(Doc.name, Page).join(Doc.pages).order_by(Page.id)).all()
sql()
step("merge")
s.expunge_all()
m = s.merge(Doc(id=1, name="merged", body="b"))
say(m.name, m.rev)
m2 = s.merge(Doc(id=2, name="other"))
say(inspect(m2).pending)
s.flush()
sql()
step("changes inside load")


def change(t, c):
    t.name = "changed"


event.listen(Doc, "load", change)
s.commit()
s.expunge_all()
for d in s.scalars(select(Doc).order_by(Doc.id)):
    say(d.name, inspect(d).modified, len(s.dirty))
event.remove(Doc, "load", change)
s.rollback()
say(d.name)


def query_inside(t, c):
    say("      inside", c.session.scalar(select(func.count(Page.id))))


event.listen(Doc, "load", query_inside)
s.expunge_all()
s.scalars(select(Doc).order_by(Doc.id)).all()
event.remove(Doc, "load", query_inside)
sql()
step("rollback")
d = s.get(Doc, 1)
d.name = "lost"
s.flush()
s.rollback()
say(d.name, d.rev)
with s.begin_nested() as nested:
    d.name = "inner"
    s.flush()
    nested.rollback()
say(d.name)
s.close()
sql()
