"""Options that stay with an object: for lazy loads, refreshes, expired and deferred columns, and those that do not."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, inspect, select
from sqlalchemy.orm import (Load, Session, declarative_base, defaultload, defer, deferred, immediateload, joinedload,
                            lazyload, load_only, noload, relationship, selectinload, subqueryload, undefer, undefer_group)

Base = declarative_base()


class Artist(Base):
    __tablename__ = "artists"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    bio = deferred(Column(String(30)), group="long")
    story = deferred(Column(String(30)), group="long")
    albums = relationship("Album", back_populates="artist", order_by="Album.id")


class Album(Base):
    __tablename__ = "albums"
    id = Column(Integer, primary_key=True)
    title = Column(String(30))
    cover = Column(String(30))
    artist_id = Column(ForeignKey("artists.id"))
    artist = relationship(Artist, back_populates="albums")
    songs = relationship("Song", back_populates="album", order_by="Song.id")


class Song(Base):
    __tablename__ = "songs"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    album_id = Column(ForeignKey("albums.id"))
    album = relationship(Album, back_populates="songs")


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    s.add(Artist(id=1, name="ann", bio="b", story="s", albums=[
        Album(id=1, title="a1", cover="c1", songs=[Song(id=1, name="s1"), Song(id=2, name="s2")]),
        Album(id=2, title="a2", cover="c2", songs=[Song(id=3, name="s3")])]))
    s.add(Artist(id=2, name="bob"))
    s.commit()
forget()


def artist(s, *options):
    return s.scalars(select(Artist).where(Artist.id == 1).options(*options)).unique().one()


def touch(ann):
    for album in ann.albums:
        say(album.title, [song.name for song in album.songs])


for title, option in (
    ("lazy then joined", lazyload(Artist.albums).joinedload(Album.songs)),
    ("lazy then selectin", lazyload(Artist.albums).selectinload(Album.songs)),
    ("lazy then subquery", lazyload(Artist.albums).subqueryload(Album.songs)),
    ("default then immediate", defaultload(Artist.albums).immediateload(Album.songs)),
    ("selectin then lazy with columns", selectinload(Artist.albums).lazyload(Album.songs).load_only(Song.id)),
    ("default with deferred columns", defaultload(Artist.albums).defer(Album.cover)),
    ("joined then nothing", joinedload(Artist.albums).noload(Album.songs)),
):
    step(title)
    with Session(e) as s:
        ann = artist(s, option)
        step("touched")
        touch(ann)
        step("expired")
        s.expire(ann)
        touch(ann)
        step("refreshed")
        s.refresh(ann)
        touch(ann)
step("undeferred columns and expire")
with Session(e) as s:
    ann = artist(s, undefer(Artist.bio))
    say(sorted(inspect(ann).unloaded))
    s.expire(ann)
    say(ann.name, sorted(inspect(ann).unloaded))
    s.refresh(ann)
    say(sorted(inspect(ann).unloaded))
    say(ann.story)
step("a group")
with Session(e) as s:
    ann = artist(s)
    say(ann.bio, sorted(inspect(ann).unloaded))
with Session(e) as s:
    ann = artist(s, undefer_group("long"))
    say(ann.bio, ann.story)
step("load_only and expire")
with Session(e) as s:
    ann = artist(s, load_only(Artist.id))
    say(sorted(inspect(ann).unloaded), ann.name)
    s.expire(ann)
    say(ann.id, sorted(inspect(ann).unloaded))
step("the second query has other options")
with Session(e) as s:
    ann = artist(s, lazyload(Artist.albums).joinedload(Album.songs))
    artist(s, lazyload(Artist.albums).defer(Album.cover))
    touch(ann)
    say(sorted(inspect(ann.albums[0]).unloaded))
step("eager options on an object that is there")
with Session(e) as s:
    ann = artist(s)
    artist(s, selectinload(Artist.albums))
    step("loaded by the second")
    say("albums" in inspect(ann).unloaded)
    touch(ann)
    artist(s, selectinload(Artist.albums).selectinload(Album.songs))
step("commit")
with Session(e) as s:
    ann = artist(s, joinedload(Artist.albums).joinedload(Album.songs))
    s.commit()
    step("after it")
    touch(ann)
with Session(e, expire_on_commit=False) as s:
    ann = artist(s, joinedload(Artist.albums).joinedload(Album.songs))
    s.commit()
    touch(ann)
step("get with options, then lazy")
with Session(e) as s:
    ann = s.get(Artist, 1, options=[lazyload(Artist.albums).joinedload(Album.songs)])
    touch(ann)
    say(s.get(Artist, 1, options=[selectinload(Artist.albums)]) is ann)
step("options() of many at one level")
with Session(e) as s:
    ann = artist(s, defaultload(Artist.albums).options(load_only(Album.title), joinedload(Album.songs)), undefer("*"))
    say(sorted(inspect(ann).unloaded))
    touch(ann)
    say(sorted(inspect(ann.albums[0]).unloaded))
step("detached objects keep theirs")
with Session(e) as s:
    ann = artist(s, lazyload(Artist.albums).joinedload(Album.songs))
with Session(e) as s:
    s.add(ann)
    touch(ann)
step("end")
