"""version_id_col: hierarchies, generators, merge, bulk, savepoints, deletes, own versions; StaleDataError and after it."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, delete, select, text, update
from sqlalchemy.orm import Session, declarative_base, relationship

Base = declarative_base()


class Page(Base):
    __tablename__ = "page"
    id = Column(Integer, primary_key=True)
    title = Column(String(20))
    kind = Column(String(10))
    rev = Column("revision", Integer, nullable=False)
    lines = relationship("Line", cascade="all, delete-orphan", order_by="Line.id")
    __mapper_args__ = {"version_id_col": rev, "polymorphic_on": kind, "polymorphic_identity": "page"}


class Wiki(Page):
    __tablename__ = "wiki"
    id = Column(ForeignKey("page.id"), primary_key=True)
    markup = Column(String(20))
    __mapper_args__ = {"polymorphic_identity": "wiki"}


class Line(Base):
    __tablename__ = "line"
    id = Column(Integer, primary_key=True)
    page_id = Column(ForeignKey("page.id"))
    words = Column(String(20))


class Doc(Base):
    __tablename__ = "doc"
    id = Column(Integer, primary_key=True)
    body = Column(String(20))
    tag = Column(String(20), nullable=False)
    __mapper_args__ = {"version_id_col": tag, "version_id_generator": lambda v: "v1" if v is None else "v%d" % (int(v[1:]) + 1)}


class Hand(Base):
    __tablename__ = "hand"
    id = Column(Integer, primary_key=True)
    body = Column(String(20))
    rev = Column(Integer, nullable=False)
    __mapper_args__ = {"version_id_col": rev, "version_id_generator": False}


db = engine()
Base.metadata.create_all(db)
forget()
session = Session(db)

step("counting")
page, wiki = Page(title="p", lines=[Line(words="a")]), Wiki(title="w", markup="*")
session.add_all([page, wiki])
session.commit()
say(page.rev, wiki.rev)
forget()
page.title = "p2"
wiki.markup = "_"
session.flush()
sql()
say(page.rev, wiki.rev)
wiki.title, wiki.markup = "w2", "#"
page.lines[0].words = "b"
session.flush()
sql()
say(page.rev, wiki.rev)
page.lines.append(Line(words="c"))
session.flush()
sql()
say(page.rev)
wiki.title = "w2"
session.commit()
sql()
say(wiki.rev)

step("somebody else was first")
for change in (lambda o: setattr(o, "title", "mine"), session.delete):
    for obj in (page, wiki):
        session.rollback()
        say(obj.title)
        session.execute(text("update page set revision = revision + 1 where id = :id"), {"id": obj.id})
        change(obj)
        e = error(session.flush)
        say(session.is_active, type(e).__name__)
session.rollback()
say(page.title, page.rev, wiki.rev)

step("the stale object is refreshed")
session.execute(text("update page set revision = 50, title = 'other' where id = :id"), {"id": page.id})
session.refresh(page)
page.title = "now"
forget()
session.flush()
sql()
say(page.rev)
session.rollback()

step("merge")
session.expunge_all()
page = session.get(Page, 1)
rev = page.rev
say(session.merge(Page(id=1, rev=rev, title="merged")) is page, page.title)
session.flush()
say(page.rev == rev + 1)
error(lambda: session.merge(Page(id=1, rev=rev, title="old")))
session.merge(Page(id=1, title="no version"))
session.flush()
say(page.title, page.rev == rev + 2)
session.rollback()

step("savepoints")
page = session.get(Page, 1)
with session.begin_nested() as nested:
    page.title = "in"
    session.flush()
    say(page.rev)
    nested.rollback()
say(page.rev, page.title)
page.title = "out"
session.flush()
say(page.rev)
session.rollback()

step("own generator")
doc = Doc(body="one")
session.add(doc)
session.flush()
say(doc.tag)
doc.body = "two"
session.flush()
say(doc.tag)
forget()
doc.tag = "v9"
session.flush()
sql()
doc.body = "three"
session.flush()
sql()
say(doc.tag)
session.delete(doc)
session.flush()
sql()

step("by hand")
hand = Hand(body="x", rev=1)
session.add(hand)
session.commit()
forget()
hand.body = "y"
session.flush()
hand.body, hand.rev = "z", 7
session.flush()
sql()
session.execute(text("update hand set rev = 8"))
hand.body = "late"
error(session.flush)
session.rollback()
say(hand.body, hand.rev)
session.add(Hand(body="none"))
error(session.flush)
session.rollback()

step("statements")
session.execute(update(Page).where(Page.id == 1).values(title="by statement"))
sql()
page = session.get(Page, 1)
say(page.rev, page.title)
session.bulk_update_mappings(Page, [{"id": 1, "rev": page.rev, "title": "bulk"}])
sql()
error(lambda: session.bulk_update_mappings(Page, [{"id": 1, "rev": 1, "title": "bulk"}]))
session.rollback()
session.execute(update(Page), [{"id": 1, "rev": session.get(Page, 1).rev, "title": "again"}])
session.bulk_save_objects([Doc(body="bulk")])
say(session.scalars(select(Doc.tag)).all())
session.rollback()
