"""Unit of work, optimistic locks: version counters, server-side and own generators, timestamps as versions, conflicts
of two sessions, deletes of stale rows, versions with joined inheritance, bulk statements and expired objects."""
from sqlalchemy import *
from sqlalchemy.orm import *
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.exc import StaleDataError
from parity import *


class Base(DeclarativeBase):
    pass


class Doc(Base):
    __tablename__ = "docs"
    id = mapped_column(Integer, primary_key=True)
    title = mapped_column(String(20))
    v = mapped_column(Integer, nullable=False)
    kind = mapped_column(String(10))
    pages = relationship("Page", back_populates="doc", cascade="all, delete-orphan", order_by="Page.id")
    __mapper_args__ = {"version_id_col": v, "polymorphic_on": kind, "polymorphic_identity": "doc"}


class Paper(Doc):
    __tablename__ = "papers"
    id = mapped_column(ForeignKey("docs.id"), primary_key=True)
    journal = mapped_column(String(20))
    __mapper_args__ = {"polymorphic_identity": "paper"}


class Page(Base):
    __tablename__ = "pages"
    id = mapped_column(Integer, primary_key=True)
    doc_id = mapped_column(ForeignKey("docs.id"))
    body = mapped_column(String(20))
    tag = mapped_column(String(10))
    doc = relationship(Doc, back_populates="pages")
    __mapper_args__ = {"version_id_col": tag, "version_id_generator": lambda v: chr(ord(v) + 1) if v else "a"}


class Manual(Base):
    __tablename__ = "manuals"
    id = mapped_column(Integer, primary_key=True)
    body = mapped_column(String(20))
    rev = mapped_column(Integer)
    __mapper_args__ = {"version_id_col": rev, "version_id_generator": False}


@event.listens_for(Manual, "before_update")
def bump(mapper, connection, target):
    if target.body != "same":
        target.rev = target.rev + 10


e = engine()
Base.metadata.create_all(e)
forget()
s = Session(e)
step("counter")
d = Doc(id=1, title="one", pages=[Page(id=1, body="p1")])
p = Paper(id=2, title="two", journal="j")
m = Manual(id=1, body="x", rev=1)
s.add_all([d, p, m])
s.commit()
sql()
say(d.v, p.v, d.pages[0].tag, m.rev)
d.title = "uno"
d.pages[0].body = "p1b"
p.journal = "jj"
m.body = "y"
s.commit()
sql()
say(d.v, p.v, d.pages[0].tag, m.rev)
p.title, p.journal = "dos", "k"
d.pages.append(Page(id=2, body="p2"))
m.body = "same"
s.commit()
sql()
say(d.v, p.v, [x.tag for x in d.pages], m.rev)
step("conflict")
s1, s2 = Session(e), Session(e)
d1, d2 = s1.get(Doc, 1), s2.get(Doc, 1)
s2.commit()
d1.title = "first"
s1.commit()
s2.expire_on_commit = False
d2.title = "second"
set_committed_value(d2, "v", 2)
err = error(s2.flush)
say(isinstance(err, StaleDataError), s2.is_active, str(err).split("(")[0])
s2.rollback()
say(d2.title, d2.v)
d2.title = "third"
s2.commit()
say(d2.v)
sql()
step("stale delete")
set_committed_value(d1, "v", 1)
s1.delete(d1)
with s1.no_autoflush:
    error(s1.flush)
s1.rollback()
say(inspect(d1).persistent, d1.v, s1.get(Page, 1).tag)
s1.close()
s2.close()
sql()
step("joined")
p.journal = "only sub"
s.flush()
say(p.v)
sql()
s.execute(update(Doc).where(Doc.id == 2).values(title="bulk"))
say(p.v, p.title)
s.execute(update(Doc).where(Doc.id == 2).values(title="bulk2", v=Doc.v + 1))
s.refresh(p)
say(p.v, p.title)
s.commit()
sql()
step("merge and version")
ok = s.merge(Doc(id=1, title="merged", v=s.get(Doc, 1).v))
s.flush()
say(ok.v)
error(lambda: s.merge(Doc(id=1, title="old", v=1)))
s.rollback()
sql()
step("bulk save")
s.bulk_update_mappings(Doc, [{"id": 1, "title": "mapped", "v": s.get(Doc, 1).v}])
error(lambda: s.bulk_update_mappings(Doc, [{"id": 1, "title": "mapped", "v": 1}]))
s.rollback()
sql()
step("no row")
page = s.get(Page, 2)
s.execute(text("UPDATE pages SET tag = 'z' WHERE id = 2"))
page.body = "lost"
error(s.flush)
s.rollback()
page = s.get(Page, 2)
page.body = "kept"
s.commit()
say(page.tag)
s.delete(s.get(Doc, 1))
s.commit()
sql()
