"""Objects outside their session: what is still there, what raises, how merge and add bring them back."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, inspect, select
from sqlalchemy.orm import (Session, declarative_base, deferred, joinedload, make_transient,
    make_transient_to_detached, object_session, relationship,
                            selectinload)

Base = declarative_base()


class Album(Base):
    __tablename__ = "albums"
    id = Column(Integer, primary_key=True)
    title = Column(String(30))
    cover = deferred(Column(String(30)))
    songs = relationship("Song", back_populates="album", order_by="Song.id", cascade="all, delete-orphan")


class Song(Base):
    __tablename__ = "songs"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    album_id = Column(ForeignKey("albums.id"))
    album = relationship("Album", back_populates="songs")


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    s.add_all([Album(id=1, title="one", cover="c1", songs=[Song(id=1, name="s1"), Song(id=2, name="s2")]),
        Album(id=2, title="two", cover="c2")])
    s.commit()
forget()


def states(o):
    i = inspect(o)
    return [i.transient, i.pending, i.persistent, i.deleted, i.detached]


step("closed")
o = Session(e)
album = o.scalars(select(Album).options(selectinload(Album.songs)).where(Album.id == 1)).one()
bare = o.get(Album, 2)
o.close()
say(states(album), object_session(album), album.title, [x.name for x in album.songs])
error(lambda: album.songs[0].album)
error(lambda: album.cover)
error(lambda: bare.songs)
say(bare.title, sorted(inspect(bare).unloaded))
step("expired and detached")
o = Session(e)
gone = o.get(Album, 1)
o.commit()
o.expunge(gone)
error(lambda: gone.title)
say(inspect(gone).identity)
o.close()
step("changed while detached and added again")
album.title = "changed"
album.songs.append(Song(id=3, name="s3"))
album.songs[0].name = "s1!"
with Session(e) as s:
    s.add(album)
    say(states(album), len(s.new), len(s.dirty))
    s.flush()
    say([x.id for x in album.songs])
    s.rollback()
    say(album.title, [x.id for x in album.songs])
step("merge")
o = Session(e)
loaded = o.scalars(select(Album).options(joinedload(Album.songs)).where(Album.id == 1)).unique().one()
o.close()
loaded.title = "merged"
loaded.songs[1].name = "s2!"
with Session(e) as s:
    copy = s.merge(loaded)
    say(copy is loaded, states(copy), states(loaded), copy.title, [x.name for x in copy.songs], len(s.dirty))
    s.flush()
    s.rollback()
step("merge with options")
with Session(e) as s:
    copy = s.merge(Album(id=1, title="via options"), options=[selectinload(Album.songs)])
    say(sorted(inspect(copy).unloaded), copy.title, inspect(copy).attrs.title.history)
    s.rollback()
step("merge without loading")
o = Session(e)
clean = o.get(Album, 1)
say(len(clean.songs))
o.close()
with Session(e) as s:
    copy = s.merge(clean, load=False)
    say(copy is clean, [x.name for x in copy.songs], inspect(copy).modified, len(s.identity_map.keys()))
    dirty = Album(id=1, title="x")
    error(lambda: s.merge(dirty, load=False))
step("merge of a new one and of one that is gone")
with Session(e) as s:
    made = s.merge(Album(id=50, title="fresh", songs=[Song(id=50, name="f")]))
    say(states(made), states(made.songs[0]))
    s.flush()
    say(s.merge(made) is made)
    s.rollback()
    say(states(made))
step("two sessions")
a, b = Session(e), Session(e)
mine = a.get(Album, 1)
error(lambda: b.add(mine))
error(lambda: b.delete(Album(id=1)))
theirs = b.merge(mine)
say(theirs is mine, object_session(theirs) is b)
a.close()
b.close()
step("make_transient")
with Session(e) as s:
    loose = s.get(Album, 2)
    make_transient(loose)
    say(states(loose), inspect(loose).identity, loose.title)
    loose.id = 60
    s.add(loose)
    s.flush()
    say(states(loose))
    s.rollback()
ghost = Album(id=1)
make_transient_to_detached(ghost)
say(states(ghost))
with Session(e) as s:
    s.add(ghost)
    say(ghost.title)
    say([x.name for x in ghost.songs])
step("end")
