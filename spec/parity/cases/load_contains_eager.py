"""contains_eager: joins of one's own that fill relationships, aliased, chained, filtered, from subqueries and text."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, func, inspect, select, text
from sqlalchemy.orm import Session, aliased, contains_eager, declarative_base, relationship, selectinload, joinedload

Base = declarative_base()


class Artist(Base):
    __tablename__ = "artists"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    albums = relationship("Album", back_populates="artist", order_by="Album.id")


class Album(Base):
    __tablename__ = "albums"
    id = Column(Integer, primary_key=True)
    title = Column(String(30))
    year = Column(Integer)
    artist_id = Column(ForeignKey("artists.id"))
    artist = relationship("Artist", back_populates="albums")
    tracks = relationship("Track", back_populates="album", order_by="Track.id")


class Track(Base):
    __tablename__ = "tracks"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    length = Column(Integer)
    album_id = Column(ForeignKey("albums.id"))
    album = relationship("Album", back_populates="tracks")


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    s.add_all([
        Artist(id=1, name="ann", albums=[
            Album(id=1, title="first", year=1999, tracks=[Track(id=1, name="t1", length=100), Track(id=2, name="t2",
                length=200)]),
            Album(id=2, title="second", year=2005, tracks=[Track(id=3, name="t3", length=300)])]),
        Artist(id=2, name="bob", albums=[Album(id=3, title="third", year=2005)]),
        Artist(id=3, name="cid")])
    s.commit()
forget()


def tree(artists):
    return [[a.name, [[b.title, [t.name for t in b.tracks] if "tracks" not in inspect(b)
        .unloaded else "?"] for b in a.albums]] for a in artists]


step("a filtered collection")
with Session(e) as s:
    stmt = select(Artist).join(Artist.albums).where(Album.year == 2005).options(contains_eager(Artist.albums)).order_by(Artist.id, Album.id)
    artists = s.scalars(stmt).unique().all()
    say(tree(artists))
    say(artists[0].albums[0].artist is artists[0])
    step("it stays until it expires")
    again = s.scalars(select(Artist).options(selectinload(Artist.albums)).order_by(Artist.id)).all()
    say(tree(again))
    step("populate_existing")
    stmt = select(Artist).options(selectinload(Artist.albums)).order_by(Artist.id).execution_options(populate_existing=True)
    say(tree(s.scalars(stmt)))
    step("and filtered once more")
    stmt = select(Artist).join(Artist.albums).where(Album.year < 2000).options(contains_eager(Artist.albums)).execution_options(populate_existing=True)
    say(tree(s.scalars(stmt).unique()))
    step("expired")
    s.expire(artists[0], ["albums"])
    say(tree([artists[0]]))
step("outer join")
with Session(e) as s:
    stmt = select(Artist).outerjoin(Artist.albums).options(contains_eager(Artist.albums)).order_by(Artist.id,
        Album.id)
    say(tree(s.scalars(stmt).unique()))
step("chained")
with Session(e) as s:
    stmt = select(Artist).outerjoin(Artist.albums).outerjoin(Album.tracks).options(
        contains_eager(Artist.albums).contains_eager(Album.tracks)).order_by(Artist.id, Album.id, Track.id)
    say(tree(s.scalars(stmt).unique()))
with Session(e) as s:
    stmt = select(Artist).join(Artist.albums).options(
        contains_eager(Artist.albums).selectinload(Album.tracks)).order_by(Artist.id, Album.id)
    say(tree(s.scalars(stmt).unique()))
with Session(e) as s:
    stmt = select(Artist).join(Artist.albums).options(
        contains_eager(Artist.albums).joinedload(Album.tracks)).order_by(Artist.id, Album.id)
    say(tree(s.scalars(stmt).unique()))
with Session(e) as s:
    stmt = select(Artist).join(Artist.albums).options(
        contains_eager(Artist.albums).load_only(Album.title)).order_by(Artist.id, Album.id)
    say([[sorted(inspect(b).unloaded) for b in a.albums] for a in s.scalars(stmt).unique()])
step("many to one")
with Session(e) as s:
    stmt = select(Track).join(Track.album).join(Album.artist).options(
        contains_eager(Track.album).contains_eager(Album.artist)).where(Artist.name == "ann").order_by(Track.id)
    say([[t.name, t.album.title, t.album.artist.name] for t in s.scalars(stmt)])
with Session(e) as s:
    stmt = select(Track).join(Track.album).options(contains_eager(Track.album,
        Album.artist)).join(Album.artist).order_by(Track.id.desc())
    say([[t.name, t.album.artist.name] for t in s.scalars(stmt)])
step("aliased")
with Session(e) as s:
    al = aliased(Album, name="al")
    stmt = select(Artist).join(al, Artist.albums).where(al.title != "first").options(contains_eager(Artist.albums.of_type(al))).order_by(Artist.id, al.id)
    say(tree(s.scalars(stmt).unique()))
with Session(e) as s:
    al = aliased(Album, name="al")
    stmt = select(Artist).join(Artist.albums.of_type(al)).options(contains_eager(Artist.albums,
        alias=al)).order_by(Artist.id, al.id)
    say(tree(s.scalars(stmt).unique()))
step("a subquery")
with Session(e) as s:
    newest = select(Album).where(Album.year > 2000).order_by(Album.year.desc(), Album.id).limit(2).subquery("newest")
    al = aliased(Album, newest)
    stmt = select(Artist).join(al, Artist.id == al.artist_id).options(contains_eager(Artist.albums.of_type(al))).order_by(Artist.id, al.id)
    say(tree(s.scalars(stmt).unique()))
step("a cte")
with Session(e) as s:
    long = select(Track.album_id, func.sum(Track.length).label("total")).group_by(Track.album_id).cte("long")
    stmt = select(Album, long.c.total).join(long, long.c.album_id == Album.id).join(Album.artist).options(
        contains_eager(Album.artist)).order_by(Album.id)
    say([[b.title, total, b.artist.name] for b, total in s.execute(stmt)])
step("with limit")
with Session(e) as s:
    stmt = select(Album).join(Album.artist).options(contains_eager(Album.artist),
        joinedload(Album.tracks)).order_by(Album.id.desc()).limit(2)
    say([[b.title, b.artist.name, len(b.tracks)] for b in s.scalars(stmt).unique()])
step("from_statement")
with Session(e) as s:
    stmt = text("SELECT artists.id AS aid, artists.name AS aname, albums.id AS bid, albums.title AS btitle, albums.year AS byear, "
                "albums.artist_id AS bartist FROM artists JOIN albums ON artists.id = albums.artist_id ORDER BY artists.id, albums.id"
                ).columns(Artist.id, Artist.name, Album.id, Album.title, Album.year, Album.artist_id)
    say(tree(s.scalars(select(Artist).from_statement(stmt).options(contains_eager(Artist.albums))).unique()))
step("legacy")
with Session(e) as s:
    say(tree(s.query(Artist).join(Artist.albums).options(contains_eager(Artist.albums)).filter(Album.id == 3).all()))
    say([[a.name, b.title] for a, b in s.query(Artist,
        Album).join(Artist.albums).options(contains_eager(Artist.albums)).order_by(Album.id)])
step("wrong")
with Session(e) as s:
    error(lambda: contains_eager(Artist.name))
    error(lambda: s.scalars(select(Artist).join(Artist.albums).options(contains_eager(Artist.albums))).all())
    error(lambda: contains_eager(Artist.albums, Track.album))
step("end")
