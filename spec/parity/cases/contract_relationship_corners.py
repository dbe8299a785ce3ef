"""Options of relationships, second half: passive deletes, single_parent, post_update, viewonly, overlaps."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, Table, event, func, inspect, select
from sqlalchemy.orm import Session, attribute_keyed_dict, backref, configure_mappers, declarative_base, relationship

Base = declarative_base()


class Album(Base):
    __tablename__ = "albums"
    code = Column(String(5), primary_key=True)
    cover_id = Column(ForeignKey("songs.id", use_alter=True, name="fk_cover"))
    parent_code = Column(ForeignKey("albums.code", onupdate="CASCADE"))
    songs = relationship("Song", foreign_keys="Song.album_code", back_populates="album", cascade="all, delete-orphan",
                         passive_deletes=True, passive_updates=False, order_by="Song.id", info={"ui": "list"})
    cover = relationship("Song", foreign_keys=cover_id, post_update=True)
    label = relationship("Label", uselist=False, cascade="save-update, merge", back_populates="album",
                         passive_deletes="all")
    discs = relationship("Album", join_depth=2, lazy="joined", order_by="Album.code")
    loud = relationship("Song", primaryjoin="and_(Album.code == Song.album_code, Song.volume > 5)", viewonly=True,
                        sync_backref=False, order_by="Song.id")
    by_title = relationship("Song", foreign_keys="Song.album_code", collection_class=attribute_keyed_dict("title"),
                            overlaps="songs,album", viewonly=True)


class Song(Base):
    __tablename__ = "songs"
    id = Column(Integer, primary_key=True)
    title = Column(String(20))
    volume = Column(Integer, default=1)
    album_code = Column(ForeignKey("albums.code", ondelete="CASCADE"), nullable=False)
    album = relationship(Album, foreign_keys=album_code, back_populates="songs", lazy="joined", innerjoin=True)
    genres = relationship("Genre", secondary=lambda: song_genres, collection_class=set, backref="songs",
                          passive_deletes=True)


class Label(Base):
    __tablename__ = "labels"
    id = Column(Integer, primary_key=True)
    text = Column(String(9))
    album_code = Column(ForeignKey("albums.code"))
    album = relationship(Album, back_populates="label", single_parent=True, cascade="save-update, merge")


class Genre(Base):
    __tablename__ = "genres"
    id = Column(Integer, primary_key=True)
    name = Column(String(9))


song_genres = Table("song_genres", Base.metadata,
                    Column("song_id", ForeignKey("songs.id", ondelete="CASCADE"), primary_key=True),
                    Column("genre_id", ForeignKey("genres.id"), primary_key=True))
e = engine()
if not is_postgresql:
    event.listen(e, "connect", lambda c, r: c.execute("pragma foreign_keys = on"))
Base.metadata.create_all(e)
forget()
configure_mappers()
for r in inspect(Album).relationships:
    say(r.key, r.passive_deletes, r.passive_updates, r.single_parent, r.viewonly, r.post_update, r.lazy, r.innerjoin,
        r.join_depth, r.info, r.direction.name, r.uselist)
session = Session(e)
step("post update")
a = Album(code="a1")
session.add(a)
session.flush()
a.label = Label(text="blue")
session.flush()
a.songs = [Song(title="x"), Song(title="y", volume=9), Song(title="z", volume=6)]
session.flush()
a.cover = a.songs[1]
session.flush()
a.discs = [Album(code="a2"), Album(code="a3")]
session.add(a)
session.flush()
sql()
a.cover = a.songs[2]
session.commit()
step("views")
say([s.title for s in a.loud], sorted(a.by_title), a.by_title["y"].volume, [d.code for d in a.discs])
a.loud.pop()
a.by_title["w"] = Song(title="w")
session.commit()
say(len(a.loud), "w" in a.by_title)
step("inner join")
session.expunge_all()
song = session.scalars(select(Song).where(Song.title == "x")).unique().one()
say(song.album.code, [d.code for d in song.album.discs])
step("sets")
rock, folk = Genre(name="rock"), Genre(name="folk")
song.genres = {rock}
session.flush()
song.genres.add(folk)
song.genres.add(rock)
say(len(song.genres), sorted(g.name for g in song.genres), rock in song.genres)
session.flush()
song.genres.discard(folk)
say(inspect(song).attrs.genres.history.deleted[0].name, folk.songs)
session.commit()
say([g.name for g in song.genres], [s.title for s in rock.songs])
step("a key changes")
a = song.album
a.cover = None
session.flush()
label = a.label
session.delete(label)
session.flush()
a.discs = []
session.flush()
forget()
if not is_postgresql:
    session.connection().exec_driver_sql("pragma defer_foreign_keys = on")
    a.code = "b1"
    session.flush()
    say(session.execute(select(Song.title, Song.album_code).order_by(Song.id)).all())
else:
    a.code = "b1"
    error(session.flush)
session.rollback()
step("deletes leave work to the database")
say(a.code, len(a.songs))
session.expire(a, ["songs"])
session.delete(session.get(Album, "a1"))
error(session.flush)
session.rollback()
session.delete(a.label)
a.cover = None
session.flush()
forget()
a.discs = []
session.flush()
session.expire_all()
session.delete(a)
session.commit()
say(session.scalar(select(func.count(Song.id))), session.scalar(select(func.count(Label.id))),
    session.execute(select(song_genres)).all())
step("one parent")
one, two = Album(code="p1"), Album(code="p2")
tag = Label(text="t")
one.label = tag
error(lambda: setattr(two, "label", tag))
say(one.label is tag, two.label, tag.album.code)
other = Label(text="u")
error(lambda: setattr(other, "album", two))
say(two.label, other.album)
error(lambda: setattr(Label(text="v"), "album", two))
step("warnings and errors")
error(lambda: relationship("Song", passive_deletes="all", cascade="all, delete", lazy="fast"))
def bad(**options):
    B = declarative_base()
    parent = type("P", (B,), dict(__tablename__="p", id=Column(Integer, primary_key=True),
        c_id=Column(ForeignKey("c.id")),
                                  child=relationship("C", **options)))
    type("C", (B,), dict(__tablename__="c", id=Column(Integer, primary_key=True)))
    try:
        configure_mappers()
        say(parent.child.property.direction.name)
    finally:
        B.registry.dispose()
error(lambda: bad(cascade="all, delete-orphan"))
error(lambda: bad(cascade="all, delete-orphan", single_parent=True))
error(lambda: bad(back_populates="nothing"))
error(lambda: bad(passive_deletes="all", cascade="all, delete"))
error(lambda: bad(remote_side="P.c_id"))
error(lambda: bad(foreign_keys="P.id"))
refused(lambda: bad(order_by="C.nope"))
error(lambda: bad(viewonly=True, cascade="save-update"))
sql()
