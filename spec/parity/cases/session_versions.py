"""version_id_col and its generators, StaleDataError, row counts, server-side versions."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, delete, event, inspect, select, text, update
from sqlalchemy.orm import Session, declarative_base, relationship

Base = declarative_base()


class Page(Base):
    __tablename__ = "page"
    id = Column(Integer, primary_key=True)
    title = Column(String(50))
    version = Column(Integer, nullable=False)
    notes = relationship("Note", cascade="all, delete-orphan", order_by="Note.id")
    __mapper_args__ = {"version_id_col": version}


class Note(Base):
    __tablename__ = "note"
    id = Column(Integer, primary_key=True)
    body = Column(String(50))
    page_id = Column(ForeignKey("page.id"))


def letters(version):
    return "A" if version is None else chr(ord(version) + 1)


class Lettered(Base):
    __tablename__ = "lettered"
    id = Column(Integer, primary_key=True)
    body = Column(String(50))
    rev = Column("revision", String(5), nullable=False)
    __mapper_args__ = {"version_id_col": rev, "version_id_generator": letters}


class Manual(Base):
    __tablename__ = "manual"
    id = Column(Integer, primary_key=True)
    body = Column(String(50))
    stamp = Column(Integer, nullable=False)
    __mapper_args__ = {"version_id_col": stamp, "version_id_generator": False}


class Loose(Base):
    __tablename__ = "loose"
    id = Column(Integer, primary_key=True)
    body = Column(String(50))
    __mapper_args__ = {"confirm_deleted_rows": False}


e = engine()
Base.metadata.create_all(e)
forget()
session = Session(e)

step("counting up")
p, q = Page(title="p"), Page(title="q")
session.add_all([p, q])
session.flush()
say(p.version, q.version)
p.title = "P"
q.title = "Q"
session.flush()
say(p.version, inspect(p).attrs.version.history)
p.title = "P"
session.flush()
p.notes.append(Note(body="n"))
session.commit()
say(p.version)

step("stale update")
session.execute(text("update page set version = 9 where id = 1"))
p.title = "lost"
error(session.flush)
say(session.is_active)
error(lambda: session.get(Page, 1))
session.rollback()
say(p.title, p.version, session.is_active)

step("stale among several")
say(q.title)
session.execute(text("update page set version = 9 where id = 2"))
p.title, q.title = "p2", "q2"
error(session.flush)
session.rollback()

step("stale delete")
say(p.version, q.version)
session.execute(text("delete from page where id = 2"))
session.delete(q)
error(session.flush)
session.rollback()
say(inspect(q).persistent)

step("the row is gone")
say(p.title)
session.execute(text("delete from note"))
session.execute(text("delete from page where id = 1"))
p.title = "gone"
error(session.commit)
session.rollback()

step("locks check the version")
say(p.version)
session.execute(text("update page set version = 20 where id = 1"))
error(lambda: session.refresh(p, with_for_update=True))
say(p.version)
session.rollback()

step("update and delete statements do not count")
session.execute(update(Page).where(Page.id == 1).values(title="stmt"))
say(p.title, p.version)
session.execute(update(Page).where(Page.id == 1).values(title="stmt", version=Page.version + 1))
say(p.version)
p.title = "again"
session.commit()
say(p.version)
session.execute(delete(Page).where(Page.id == 2))
session.rollback()

step("a generator of one's own")
a = Lettered(body="a")
session.add(a)
session.commit()
say(a.rev)
a.body = "b"
session.commit()
say(a.rev)
session.delete(a)
session.commit()

step("versions by hand")
m = Manual(body="m", stamp=5)
session.add(m)
session.commit()
m.body = "m2"
session.commit()
say(m.stamp)
m.body, m.stamp = "m3", 50
session.commit()
say(m.stamp)
session.execute(text("update manual set stamp = 51"))
m.body = "m4"
error(session.flush)
session.rollback()

step("without versions: rows that vanished")
a, b = Loose(body="a"), Loose(body="b")
session.add_all([a, b])
session.commit()
say(a.body, b.body)
session.execute(text("delete from loose where id = 1"))
a.body = "x"
error(session.flush)
session.rollback()
say(a.body, b.body)
session.execute(text("delete from loose where id = 1"))
session.delete(a)
error(session.flush)
session.rollback()
sql()

step("expected version given")
p = session.get(Page, 1)
p.version = 99
p.title = "forged"
error(session.flush)
session.rollback()
session.close()
sql()
