"""A music library: ordering_list, and large collections that are dynamic or write_only."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, func, inspect, select
from sqlalchemy.ext.orderinglist import ordering_list
from sqlalchemy.orm import Session, declarative_base, relationship

Base = declarative_base()


class Playlist(Base):
    __tablename__ = "playlists"
    id = Column(Integer, primary_key=True)
    name = Column(String(50))
    songs = relationship(
        "Song", order_by="Song.position", collection_class=ordering_list("position", count_from=1),
        cascade="all, delete-orphan", back_populates="playlist")
    plays = relationship("Play", lazy="dynamic", order_by="Play.id", backref="playlist")
    ratings = relationship("Rating", lazy="write_only", order_by="Rating.id", cascade="all, delete-orphan", passive_deletes=True)


class Song(Base):
    __tablename__ = "songs"
    id = Column(Integer, primary_key=True)
    playlist_id = Column(ForeignKey("playlists.id"))
    position = Column(Integer)
    title = Column(String(50))
    playlist = relationship("Playlist", back_populates="songs")


class Play(Base):
    __tablename__ = "plays"
    id = Column(Integer, primary_key=True)
    playlist_id = Column(ForeignKey("playlists.id"))
    seconds = Column(Integer)


class Rating(Base):
    __tablename__ = "ratings"
    id = Column(Integer, primary_key=True)
    playlist_id = Column(ForeignKey("playlists.id", ondelete="CASCADE"))
    stars = Column(Integer)


e = engine()
if not is_postgresql:
    event.listen(e, "connect", lambda dbapi, record: dbapi.execute("PRAGMA foreign_keys=ON"))
Base.metadata.create_all(e)
forget()
session = Session(e)
order = lambda: [(s.position, s.title) for s in mix.songs]
step("ordering list")
mix = Playlist(name="mix")
mix.songs.append(Song(title="a"))
mix.songs.append(Song(title="b"))
mix.songs.extend([Song(title="c"), Song(title="d")])
mix.songs.insert(1, Song(title="x"))
say(order())
session.add(mix)
session.commit()
say(order())
step("reorder")
mix.songs.remove(mix.songs[0])
last = mix.songs.pop()
say(order(), last.position, last.playlist)
mix.songs.insert(0, mix.songs.pop(1))
say(order())
mix.songs[2] = Song(title="y")
session.commit()
say(order())
mix.songs = [Song(title="n"), Song(title="m")]
session.flush()
say(order())
mix.songs.insert(0, mix.songs.pop())
mix.songs.reorder()
session.commit()
say(order())
step("dynamic")
mix.plays.append(Play(id=1, seconds=10))
mix.plays.extend([Play(id=2, seconds=200), Play(id=3, seconds=300)])
session.commit()
say(mix.plays.count(), [p.id for p in mix.plays], mix.plays.filter(Play.seconds > 100).first().id)
say([p.id for p in mix.plays.order_by(None).order_by(Play.seconds.desc()).limit(2)])
say(mix.plays.filter_by(seconds=300).one().playlist is mix)
mix.plays.remove(session.get(Play, 1))
say([p.id for p in mix.plays], session.get(Play, 1).playlist_id)
session.commit()
step("write only")
mix.ratings.add(Rating(id=1, stars=5))
mix.ratings.add_all([Rating(id=2, stars=1), Rating(id=3, stars=3)])
session.commit()
say(session.scalars(mix.ratings.select().where(Rating.stars > 2)).all()[0].id)
say(session.scalars(mix.ratings.select().with_only_columns(Rating.stars)).all())
session.execute(mix.ratings.insert(), [{"id": 4, "stars": 2}, {"id": 5, "stars": 4}])
session.execute(mix.ratings.update().values(stars=Rating.stars + 1).where(Rating.stars < 3))
session.execute(mix.ratings.delete().where(Rating.stars == 4))
mix.ratings.remove(session.get(Rating, 1))
session.commit()
say(session.execute(select(Rating.id, Rating.stars).order_by(Rating.id)).all())
refused(lambda: list(mix.ratings))
refused(lambda: len(mix.ratings))
step("delete")
session.delete(mix)
session.commit()
say([session.scalar(select(func.count()).select_from(c)) for c in (Song, Play, Rating)])
say(session.scalars(select(Play.playlist_id)).all())
sql()
