"""The events of a session in their order, through add, flush, commit, rollback, delete, expunge and close."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, event, inspect, select
from sqlalchemy.orm import Session, declarative_base, relationship

Base = declarative_base()


class Artist(Base):
    __tablename__ = "artist"
    id = Column(Integer, primary_key=True)
    name = Column(String(50), nullable=False)
    albums = relationship("Album", back_populates="artist", cascade="all, delete-orphan", order_by="Album.id")


class Album(Base):
    __tablename__ = "album"
    id = Column(Integer, primary_key=True)
    title = Column(String(50))
    artist_id = Column(ForeignKey("artist.id"))
    artist = relationship("Artist", back_populates="albums")


e = engine()
Base.metadata.create_all(e)
forget()
session = Session(e)


def label(o):
    return type(o).__name__ + ":" + str(o.__dict__.get("name") or o.__dict__.get("title") or "?")


for name in (
    "transient_to_pending", "pending_to_transient", "pending_to_persistent", "persistent_to_transient",
    "persistent_to_deleted", "deleted_to_persistent", "deleted_to_detached", "persistent_to_detached",
    "detached_to_persistent", "loaded_as_persistent",
):
    event.listen(session, name, lambda s, o, name=name: isinstance(o, Artist) and say("  *", name, label(o)))
event.listen(session, "before_attach", lambda s, o: say("  * before_attach", label(o)))
event.listen(session, "after_attach", lambda s, o: say("  * after_attach", label(o)))
event.listen(session, "after_begin", lambda s, t, c: say("  * after_begin", t.nested))
event.listen(session, "after_transaction_create", lambda s, t: say("  * after_transaction_create", t.nested))
event.listen(session, "after_transaction_end", lambda s, t: say("  * after_transaction_end", t.nested))
event.listen(session, "before_commit", lambda s: say("  * before_commit"))
event.listen(session, "after_commit", lambda s: say("  * after_commit"))
event.listen(session, "after_rollback", lambda s: say("  * after_rollback"))
event.listen(session, "after_soft_rollback", lambda s, t: say("  * after_soft_rollback", t.nested))
event.listen(session, "before_flush", lambda s, c, i: say("  * before_flush", len(s.new), len(s.dirty), len(s.deleted)))
event.listen(session, "after_flush", lambda s, c: say("  * after_flush", len(s.new), len(s.dirty), len(s.deleted)))
event.listen(session, "after_flush_postexec", lambda s, c: say("  * after_flush_postexec", len(s.new), len(s.dirty)))

step("add")
nina = Artist(name="nina", albums=[Album(title="one")])
session.add(nina)
step("flush")
session.flush()
step("expunge a pending object")
ray = Artist(name="ray")
session.add(ray)
session.expunge(ray)
say(inspect(ray).transient)
step("rollback of new objects")
session.rollback()
say(inspect(nina).transient, nina.id, nina.name)
step("commit")
session.add(nina)
session.commit()
say(nina.name, [a.title for a in nina.albums])
step("delete, flush, rollback")
session.delete(nina)
session.flush()
say(inspect(nina).deleted)
session.rollback()
say(inspect(nina).persistent)
step("savepoint rolled back")
nested = session.begin_nested()
nested.session.add(Artist(name="sp"))
nested.rollback()
step("savepoint kept")
with session.begin_nested():
    session.add(Artist(name="kept"))
step("delete and commit")
session.delete(nina)
session.commit()
say(inspect(nina).detached, inspect(nina).was_deleted)
step("expunge and add again")
kept = session.scalars(select(Artist)).one()
session.expunge(kept)
session.add(kept)
say(inspect(kept).persistent)
step("close")
session.close()
say(inspect(kept).detached, session.in_transaction())
sql()
