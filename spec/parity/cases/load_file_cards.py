"""Columns that wait: load_only, defer, undefer and groups, their wildcards, raiseload and paths."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, Text, func, inspect, select
from sqlalchemy.orm import (Load, Session, aliased, column_property, declarative_base, defaultload, defer, deferred,
                            joinedload, load_only, relationship, selectinload, undefer, undefer_group)

Base = declarative_base()


class Card(Base):
    __tablename__ = "card"
    id = Column(Integer, primary_key=True)
    title = Column(String(20))
    notes = deferred(Column(Text))
    front = deferred(Column(String(20)), group="scans")
    back = deferred(Column(String(20)), group="scans")
    price = deferred(Column(Integer), raiseload=True)
    size = column_property(func.length(title))
    marks = relationship("Mark", back_populates="card", order_by="Mark.id")


class Mark(Base):
    __tablename__ = "mark"
    id = Column(Integer, primary_key=True)
    word = Column(String(20))
    remark = Column(Text)
    card_id = Column(ForeignKey("card.id"))
    card = relationship(Card, back_populates="marks")


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    s.add_all([Card(id=i, title="t" * i, notes="n%d" % i, front="f%d" % i, back="b%d" % i, price=i * 10,
                    marks=[Mark(id=i, word="w%d" % i, remark="r%d" % i)]) for i in (1, 2)])
    s.commit()
forget()


def loaded(o):
    return sorted(k for k in o.__dict__ if k != "_sa_instance_state")


def show(title, *options):
    step(title)
    with Session(e) as s:
        o = s.scalars(select(Card).where(Card.id == 2).options(*options)).unique().one()
        say(loaded(o))
        return o


step("as mapped")
with Session(e) as s:
    c = s.get(Card, 1)
    say(loaded(c))
    say(c.front, loaded(c))
    say(c.notes, loaded(c))
    error(lambda: c.price)
    s.refresh(c, ["price"])
    say(c.price)
    c.front = "new"
    say(inspect(c).attrs.front.history, c in s.dirty)
    s.rollback()
show("undefer", undefer(Card.notes))
show("undefer a group", undefer_group("scans"))
show("undefer all", undefer("*"))
show("defer one", defer(Card.title))
show("load_only", load_only(Card.title))
show("load_only with deferred ones", load_only(Card.front, Card.price))
show("load_only and undefer", load_only(Card.title), undefer(Card.back))
error(lambda: show("defer and undefer of the same", defer(Card.title), undefer(Card.title)))
show("defer all", defer("*"))
step("raiseload of the others")
with Session(e) as s:
    c = s.scalars(select(Card).options(load_only(Card.title, raiseload=True)).order_by(Card.id)).first()
    error(lambda: c.notes)
    error(lambda: c.size)
    say(c.id, c.title)
    s.expire(c)
    say(c.size, loaded(c))
step("on paths")
with Session(e) as s:
    c = s.scalars(select(Card).where(Card.id == 1).options(
        load_only(Card.title), joinedload(Card.marks).load_only(Mark.word))).unique().one()
    say(loaded(c), loaded(c.marks[0]))
    say(c.marks[0].remark, loaded(c.marks[0]))
with Session(e) as s:
    c = s.scalars(select(Card).where(Card.id == 2).options(
        selectinload(Card.marks).options(defer(Mark.remark, raiseload=True), joinedload(Mark.card)))).one()
    say(loaded(c), loaded(c.marks[0]))
    error(lambda: c.marks[0].remark)
with Session(e) as s:
    m = s.scalars(select(Mark).join(Mark.card).options(defaultload(Mark.card).undefer_group("scans"), defer(Mark.word)).order_by(Mark.id)).first()
    say(loaded(m), loaded(m.card))
step("two entities, an alias")
with Session(e) as s:
    other = aliased(Card, name="other")
    for a, b in s.execute(select(Card, other).join(other, Card.id < other.id).options(
            Load(Card).load_only(Card.title), Load(other).undefer(other.notes), defer(other.title))):
        say(loaded(a), loaded(b))
step("columns and expressions of deferred attributes")
with Session(e) as s:
    say(s.execute(select(Card.notes, Card.price, Card.size).order_by(Card.id)).all())
    say([c.id for c in s.scalars(select(Card).where(Card.notes == "n2").order_by(Card.front))])
    c = s.get(Card, 1, options=[undefer(Card.notes), undefer_group("scans")])
    say(loaded(c))
    c.notes = "changed"
    s.flush()
    s.expire(c, ["notes", "title"])
    say(loaded(c), c.title, loaded(c), c.notes)
sql()
error(lambda: load_only(Card.marks))
with Session(e) as s:
    error(lambda: s.scalars(select(Card).options(load_only(Mark.word))).all())
    error(lambda: s.scalars(select(Card).options(joinedload(Card.marks).load_only(Card.title))).all())
