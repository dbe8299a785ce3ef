"""Listeners that change what is flushed: before_flush, mapper events, audit rows, values set in the middle."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, event, func, inspect, select
from sqlalchemy.orm import Session, attributes, declarative_base, object_session, relationship

Base = declarative_base()


class Doc(Base):
    __tablename__ = "doc"
    id = Column(Integer, primary_key=True)
    title = Column(String(20))
    slug = Column(String(20))
    edits = Column(Integer, default=0)
    hidden = Column(Integer, default=0)
    parts = relationship("Part", back_populates="doc", cascade="all, delete-orphan", order_by="Part.id")


class Part(Base):
    __tablename__ = "part"
    id = Column(Integer, primary_key=True)
    body = Column(String(20))
    doc_id = Column(ForeignKey("doc.id"))
    doc = relationship("Doc", back_populates="parts")


class Audit(Base):
    __tablename__ = "audit"
    id = Column(Integer, primary_key=True)
    line = Column(String(80))


e = engine()
Base.metadata.create_all(e)
forget()
session = Session(e)


def before_flush(s, context, instances):
    for o in sorted(s.dirty, key=lambda o: o.id):
        if isinstance(o, Doc) and s.is_modified(o, include_collections=False):
            h = inspect(o).attrs.title.history
            s.add(Audit(line="%s -> %s" % (h.deleted[0] if h.deleted else "-", o.title)))
            o.edits += 1
    for o in list(s.deleted):
        if isinstance(o, Doc) and o.hidden == 0:
            s.add(o)
            o.hidden = 1
    say("  * before_flush", len(s.new), len(s.dirty), len(s.deleted))


event.listen(session, "before_flush", before_flush)
for name in ("before_insert", "after_insert", "before_update", "after_update", "before_delete", "after_delete"):
    event.listen(Base, name, lambda m, c, o, name=name: say("  *", name, m.class_.__name__, o.id), propagate=True)


@event.listens_for(Doc, "before_insert")
def slug(mapper, connection, target):
    target.slug = target.title.lower()


@event.listens_for(Doc, "after_insert")
def log(mapper, connection, target):
    connection.execute(Audit.__table__.insert(), {"line": "made %d" % target.id})


step("insert")
doc = Doc(title="One", parts=[Part(body="p")])
session.add(doc)
session.flush()
say(doc.slug, doc.edits)
step("update")
doc.title = "Two"
session.flush()
say(doc.edits, session.scalars(select(Audit.line).order_by(Audit.id)).all())
step("only a collection changed")
doc.parts.append(Part(body="q"))
say(session.is_modified(doc), session.is_modified(doc, include_collections=False))
session.flush()
step("nothing changed after all")
doc.title = "Two"
say(session.is_modified(doc), doc in session.dirty)
session.flush()
step("a delete taken back")
session.delete(doc)
session.flush()
say(inspect(doc).persistent, doc.hidden)
step("a delete that stays")
session.delete(doc)
session.flush()
say(inspect(doc).deleted)
session.rollback()
sql()

step("after_flush and after_flush_postexec")
seen = []


def after_flush(s, context):
    seen.append(("flush", len(s.new), len(s.dirty), [inspect(o).attrs.title.history.added for o in s.new if isinstance(o, Doc)]))


def postexec(s, context):
    seen.append(("postexec", len(s.new), len(s.dirty)))
    if len(seen) < 4:
        s.add(Audit(line="late"))


event.listen(session, "after_flush", after_flush)
event.listen(session, "after_flush_postexec", postexec)
doc = Doc(title="Three")
session.add(doc)
session.flush()
say(seen, len(session.new))
session.commit()
say(seen, len(session.new), session.scalar(select(func.count(Audit.id))))
event.remove(session, "after_flush", after_flush)
event.remove(session, "after_flush_postexec", postexec)

step("a value set in before_update, a lazy load in after_update")


def touch(mapper, connection, target):
    target.slug = "touched"


def look(mapper, connection, target):
    say("  *", object_session(target) is session, target.slug, [p.body for p in target.parts])


event.listen(Doc, "before_update", touch)
event.listen(Doc, "after_update", look)
doc.title = "Four"
session.commit()
say(doc.slug)
event.remove(Doc, "before_update", touch)
event.remove(Doc, "after_update", look)

step("before_commit, nested flushes and transactions")
event.listen(session, "before_commit", lambda s: s.add(Audit(line="before commit")), once=True)
doc.title = "Five"
with session.begin_nested():
    doc.parts.append(Part(body="n"))
session.commit()
say(session.scalars(select(Audit.line).order_by(Audit.id.desc()).limit(2)).all())
event.listen(session, "after_commit", lambda s: say("  * after_commit", s.is_active), once=True)
event.listen(session, "after_soft_rollback", lambda s, t: say("  * after_soft_rollback", s.is_active), once=True)
session.commit()
doc.title = "Six"
session.flush()
session.rollback()
say(doc.title, doc.edits)
sql()
session.close()
