"""Querying, a music library: joins along relationships, chains and aliases, any, has, contains, of_type and
with_parent, from_statement, unions of entities, aliased unions, exists against collections, order_by of relations,
filter_by."""
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *


class Base(DeclarativeBase):
    pass


genres = Table("album_genres", Base.metadata, Column("album_id", ForeignKey("albums.id"), primary_key=True),
               Column("genre_id", ForeignKey("genres.id"), primary_key=True))


class Artist(Base):
    __tablename__ = "artists"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String(20))
    mentor_id = mapped_column(ForeignKey("artists.id"))
    mentor = relationship("Artist", remote_side=[id], back_populates="pupils")
    pupils = relationship("Artist", back_populates="mentor")
    albums = relationship("Album", back_populates="artist", order_by="Album.id")


class Album(Base):
    __tablename__ = "albums"
    id = mapped_column(Integer, primary_key=True)
    title = mapped_column(String(20))
    year = mapped_column(Integer)
    artist_id = mapped_column(ForeignKey("artists.id"))
    artist = relationship(Artist, back_populates="albums")
    tracks = relationship("Track", back_populates="album", order_by="Track.id")
    genres = relationship("Genre", secondary=genres, back_populates="albums", order_by="Genre.id")


class Track(Base):
    __tablename__ = "tracks"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String(20))
    length = mapped_column(Integer)
    album_id = mapped_column(ForeignKey("albums.id"))
    album = relationship(Album, back_populates="tracks")


class Genre(Base):
    __tablename__ = "genres"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String(20))
    albums = relationship(Album, secondary=genres, back_populates="genres", order_by=Album.id)


e = engine()
Base.metadata.create_all(e)
s = Session(e)
jazz, rock = Genre(id=1, name="jazz"), Genre(id=2, name="rock")
mil = Artist(id=1, name="Mil", albums=[Album(id=1, title="Blue", year=1959, genres=[jazz], tracks=[Track(
    id=1, name="So", length=9), Track(id=2, name="All", length=11)])])
bil = Artist(id=2, name="Bil", mentor=mil, albums=[Album(id=2, title="Waltz", year=1961, tracks=[Track(
    id=3, name="Deb", length=6)]), Album(id=3, title="Moon", year=1962)])
s.add_all([mil, bil, Artist(id=3, name="Zap", mentor=mil)])
s.flush()
s.get(Album, 2).genres.append(jazz)
s.flush()
s.get(Album, 3).genres.append(rock)
s.commit()
forget()


def run(title, stmt, shape=lambda x: x):
    step(title)
    say([shape(x) for x in s.scalars(stmt).unique()])
    sql()


name = lambda x: getattr(x, "name", None) or x.title
run("join attribute", select(Artist).join(Artist.albums).where(Album.year > 1960).order_by(Artist.id), name)
run("join target", select(Track).join(Album).join(Artist).where(Artist.name == "Mil").order_by(Track.id), name)
run("join target and attribute", select(Artist.name).join(Album, Artist.albums).where(Album.title == "Moon"))
run("outer join", select(Artist).outerjoin(Artist.albums).where(Album.id == None).order_by(Artist.id), name)
run("full chain", select(Genre.name).join(Genre.albums).join(Album.tracks).where(Track.length > 8).distinct()
    .order_by(Genre.name))
m = aliased(Artist)
run("self join", select(Artist).join(m, Artist.mentor).where(m.name == "Mil").order_by(Artist.id), name)
run("self of_type", select(m.name).join(Artist.mentor.of_type(m)).where(Artist.name == "Bil"))
run("on clause and_", select(Artist.name).outerjoin(Artist.albums.and_(Album.year > 1961)).group_by(Artist.id,
    Artist.name).order_by(
    func.count(Album.id).desc(), Artist.id))
run("any", select(Artist).where(Artist.albums.any(Album.year < 1960)), name)
run("any keyword", select(Album).where(Album.tracks.any(name="Deb")), name)
run("not any", select(Artist).where(~Artist.albums.any()).order_by(Artist.id), name)
run("has", select(Track).where(Track.album.has(Album.artist.has(name="Mil"))).order_by(Track.id), name)
run("any in any", select(Artist).where(Artist.albums.any(Album.genres.any(Genre.name == "rock"))), name)
say(jazz.id)
run("contains", select(Album).where(Album.genres.contains(jazz)).order_by(Album.id), name)
run("not contains", select(Album).where(~Album.genres.contains(jazz)).order_by(Album.id), name)
run("one to many contains", select(Artist).where(Artist.albums.contains(s.get(Album, 3))), name)
run("equals object", select(Album).where(Album.artist == bil).order_by(Album.id), name)
run("not equals object", select(Album).where(Album.artist != bil).order_by(Album.id), name)
run("is none", select(Artist).where(Artist.mentor == None).order_by(Artist.id), name)
run("is not none", select(Artist).where(Artist.mentor != None).order_by(Artist.id), name)
run("self any", select(Artist).where(Artist.pupils.any(Artist.name == "Zap")), name)
run("with_parent", select(Album).where(with_parent(bil, Artist.albums)).order_by(Album.id), name)
run("with_parent m2m", select(Album).where(with_parent(jazz, Genre.albums)).order_by(Album.id), name)
al = aliased(Album)
run("with_parent alias", select(al.title).where(with_parent(bil, Artist.albums.of_type(al))).order_by(al.id))
run("filter_by", select(Artist).join(Album).filter_by(title="Blue"), name)
run("filter_by entity", select(Artist).filter_by(name="Zap").join(Artist.mentor.of_type(m)).where(m.id == 1), name)
run("from_statement", select(Artist)
    .from_statement(text("SELECT id, name, mentor_id FROM artists WHERE id > :i ORDER BY id").bindparams(
    i=1)), name)
run("from columns", select(Track).from_statement(text("SELECT tracks.id, 'x' AS name FROM tracks WHERE id = 3").columns(
    Track.id, Track.name)), lambda t: (t.id, t.name, sorted(inspect(t).unloaded)))
u = select(Album).where(Album.year < 1960).union_all(select(Album).where(Album.year > 1961))
run("union statement", select(Album).from_statement(u.order_by(Album.year.desc())), name)
ua = aliased(Album, u.subquery("u"))
run("union alias", select(ua).order_by(ua.id).options(selectinload(ua.tracks)), lambda a: (a.title, len(a.tracks)))
run("union join", select(Artist.name).join(ua, ua.artist_id == Artist.id).order_by(Artist.name))
run("except", select(Artist.name).except_(select(Artist.name).join(Artist.albums)).order_by("name"))
run("intersect", intersect(select(Album.artist_id), select(Artist.id).where(Artist.mentor_id == 1)))
run("select_from", select(func.count(Track.id)).select_from(Artist).join(Artist.albums).join(Album.tracks)
    .where(Artist.id == 1))
run("join subquery", select(Artist.name).join(select(Album).where(Album.year == 1961).subquery(), Artist.id == 2))
run("order by related", select(Track).join(Track.album).order_by(Album.year.desc(), Track.length), name)
run("lateral count", select(Album.title).where(select(func.count()).where(Track.album_id == Album.id)
    .scalar_subquery() > 1))
step("query")
q = s.query(Artist)
say([a.name for a in q.join(Artist.albums).filter(Album.year == 1959)], q.filter(Artist.albums.any()).count())
say(q.with_entities(Artist.id, Artist.name).order_by(Artist.id).all(), q.order_by(Artist.name.desc()).first().name)
say([a.title for a in s.query(Album).with_parent(bil).order_by(Album.id)], s.query(Album.year).distinct().count())
say([a.name for a in q.filter(Artist.id == 1).union(q.filter(Artist.id == 3)).order_by(Artist.id)])
say([(a.name, b.title) for a, b in s.query(Artist, Album).filter(Artist.id == Album.artist_id).order_by(Album.id)])
say(s.query(func.count(Track.id), Album.title).join(Track.album).group_by(Album.title).order_by(Album.title).all())
sql()
step("wrong")
error(lambda: s.scalars(select(Artist).join(Track)).all())
error(lambda: s.scalars(select(Artist).join(Album.tracks)).all())
error(lambda: select(Artist).where(Artist.albums.has()))
error(lambda: select(Album).where(Album.artist.any()))
error(lambda: select(Album).filter_by(colour="x"))
error(lambda: Artist.albums.contains(jazz) is not None and s.scalars(select(Artist)
    .where(Artist.albums.contains(jazz))).all())
error(lambda: select(Album).where(Album.artist.contains(mil)))
