"""Mapper arguments: another primary key, version ids, polymorphic_on of an expression, batch, listeners, several bases."""
from parity import *
from sqlalchemy import Column, Integer, String, Table, case, event, inspect, select, update
from sqlalchemy.orm import Session, declarative_base, synonym

Base = declarative_base()


class View(Base):
    __table__ = Table("view", Base.metadata, Column("a", Integer), Column("b", Integer), Column("note", String(10)))
    __mapper_args__ = {"primary_key": [__table__.c.a, __table__.c.b], "properties": {"remark": synonym("note")}}


class Doc(Base):
    __tablename__ = "docs"
    id = Column(Integer, primary_key=True)
    rev = Column("revision", Integer, nullable=False)
    text = Column(String(10))
    __mapper_args__ = {"version_id_col": rev}


class Stamped(Base):
    __tablename__ = "stamped"
    id = Column(Integer, primary_key=True)
    etag = Column(String(10), nullable=False)
    text = Column(String(10))
    __mapper_args__ = {"version_id_col": etag, "version_id_generator": lambda v: "v%d" % (int((v or "v0")[1:]) + 1)}


class Thing(Base):
    __tablename__ = "things"
    id = Column(Integer, primary_key=True)
    weight = Column(Integer)
    __mapper_args__ = {"polymorphic_on": case((weight > 10, "heavy"), else_="light"), "polymorphic_identity": "light",
        "batch": False}


class Heavy(Thing):
    __mapper_args__ = {"polymorphic_identity": "heavy"}


Other = declarative_base()


class OtherDoc(Other):
    __tablename__ = "docs"
    id = Column(Integer, primary_key=True)
    title = Column(String(10))
    __mapper_args__ = {"confirm_deleted_rows": False, "include_properties": ["id", "title"]}


e = engine()
Base.metadata.create_all(e)
forget()
say([c.name for c in inspect(View).primary_key], inspect(Doc).version_id_col, inspect(Thing).batch)
say(Base.metadata is Other.metadata, Doc.__table__ is OtherDoc.__table__, sorted(Other.metadata.tables))
say(select(Thing), select(Heavy))
event.listen(Thing, "before_insert", lambda m, c, t: say("before", t.weight))
event.listen(Thing, "after_insert", lambda m, c, t: say("after", t.weight))
s = Session(e)
step("another primary key")
s.add_all([View(a=1, b=1, note="x"), View(a=1, b=2, remark="y")])
s.flush()
say(s.get(View, (1, 2)).note, inspect(s.get(View, (1, 1))).identity)
step("versions")
d = Doc(text="one")
s.add(d)
s.commit()
say(d.rev)
d.text = "two"
s.flush()
say(d.rev)
step("version of an unchanged object")
s.commit()
d.text = "two"
s.flush()
say(d.rev)
step("stale")
s.execute(update(Doc.__table__).values(revision=9))
d.text = "three"
error(s.flush)
s.rollback()
step("stale delete")
s.execute(update(Doc.__table__).values(revision=9))
s.delete(d)
error(s.flush)
s.rollback()
step("a generator")
t = Stamped(text="a")
s.add(t)
s.flush()
t.text = "b"
s.flush()
say(t.etag)
step("polymorphic expression")
s.add_all([Thing(weight=1), Thing(weight=20), Thing(weight=3)])
s.commit()
s.expunge_all()
for t in s.scalars(select(Thing).order_by(Thing.id)):
    say(t, t.weight)
say(s.scalars(select(Heavy.weight)).all())
sql()
s.close()
