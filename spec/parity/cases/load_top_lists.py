"""Joined loading with LIMIT, OFFSET, DISTINCT and orderings: what is wrapped, and the order of the collections."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, desc, func, select
from sqlalchemy.orm import Session, aliased, contains_eager, declarative_base, joinedload, relationship, selectinload

Base = declarative_base()


class Genre(Base):
    __tablename__ = "genre"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))


class Band(Base):
    __tablename__ = "band"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    rank = Column(Integer)
    genre_id = Column(ForeignKey("genre.id"), nullable=False)
    genre = relationship(Genre, innerjoin=True)
    albums = relationship("Album", order_by="Album.year.desc(), Album.id", back_populates="band")
    members = relationship("Member", order_by="Member.name")


class Album(Base):
    __tablename__ = "album"
    id = Column(Integer, primary_key=True)
    title = Column(String(20))
    year = Column(Integer)
    band_id = Column(ForeignKey("band.id"))
    band = relationship(Band, back_populates="albums")
    tracks = relationship("Track", order_by="Track.seconds")


class Track(Base):
    __tablename__ = "track"
    id = Column(Integer, primary_key=True)
    seconds = Column(Integer)
    album_id = Column(ForeignKey("album.id"))


class Member(Base):
    __tablename__ = "member"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    band_id = Column(ForeignKey("band.id"))


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    rock, jazz = Genre(id=1, name="rock"), Genre(id=2, name="jazz")
    s.add_all([
        Band(id=1, name="Owls", rank=3, genre=rock, members=[Member(id=1, name="Zoe"), Member(id=2, name="Abe")],
             albums=[Album(id=1, title="Dusk", year=2001, tracks=[Track(id=1, seconds=200), Track(id=2, seconds=90)]),
                     Album(id=2, title="Dawn", year=2005)]),
        Band(id=2, name="Foxes", rank=1, genre=jazz, albums=[Album(id=3, title="Den", year=2001)]),
        Band(id=3, name="Crows", rank=2, genre=rock, members=[Member(id=3, name="Kim")])])
    s.commit()
forget()


def show(title, stmt):
    step(title)
    with Session(e) as s:
        for b in s.scalars(stmt).unique():
            say(b.name, b.genre.name, [[a.title, [t.seconds for t in a.tracks]] for a in b.albums],
                [m.name for m in b.members])


both = (joinedload(Band.genre), joinedload(Band.albums), joinedload(Band.members))
show("no limit", select(Band).options(*both).order_by(Band.rank))
show("limit", select(Band).options(*both).order_by(Band.rank).limit(2))
show("limit and offset, computed order", select(Band).options(*both).order_by(desc(Band.rank + 1), func.lower(Band.name)).limit(2).offset(1))
show("only a many-to-one", select(Band).options(joinedload(Band.genre)).order_by(Band.name).limit(1))
show("nested below the limit", select(Band).options(joinedload(Band.albums).joinedload(Album.tracks)).order_by(Band.id).limit(1))
show("inner join below an outer one", select(Band).options(joinedload(Band.albums, innerjoin=True).joinedload(Album.tracks),
     joinedload(Band.genre, innerjoin=False)).order_by(Band.id).limit(5))
show("an order by of a joined table", select(Band).join(Band.genre).options(joinedload(Band.albums)).order_by(Genre.name, Band.rank.desc()).limit(2))
show("an order by of a label", select(Band).options(joinedload(Band.members)).order_by(Band.rank.label("place").desc()).limit(1))
show("distinct", select(Band).distinct().join(Band.albums).options(joinedload(Band.albums)).order_by(Band.id))
show("group by", select(Band).join(Band.albums).group_by(Band.id).having(func.count(Album.id) > 1).options(joinedload(Band.albums)))
show("a selectin instead", select(Band).options(selectinload(Band.albums).joinedload(Album.tracks)).order_by(Band.rank).limit(2))
show("contains_eager takes the limit by rows", select(Band).join(Band.albums).options(contains_eager(Band.albums)).order_by(Album.id).limit(2))

step("columns beside the entity")
with Session(e) as s:
    total = select(func.count(Album.id)).where(Album.band_id == Band.id).scalar_subquery().label("total")
    for b, n in s.execute(select(Band, total).options(joinedload(Band.albums)).order_by(total.desc(), Band.id).limit(2)).unique():
        say(b.name, n, [a.year for a in b.albums])
step("from a subquery with a limit")
with Session(e) as s:
    top = aliased(Band, select(Band).order_by(Band.rank).limit(2).subquery())
    for b in s.scalars(select(top).options(joinedload(top.albums), selectinload(top.members)).order_by(top.name)).unique():
        say(b.name, [a.title for a in b.albums], [m.name for m in b.members])
step("first and one")
with Session(e) as s:
    error(lambda: s.scalars(select(Band).options(joinedload(Band.albums)).order_by(Band.id)).first())
    b = s.scalars(select(Band).options(joinedload(Band.albums)).where(Band.id == 1)).unique().one()
    say(b.name, len(b.albums))
    q = s.query(Band).options(joinedload(Band.albums)).order_by(Band.rank)
    say(q.first().name, [x.name for x in q[1:3]], q.count(), q.limit(1).one().name)
sql()
