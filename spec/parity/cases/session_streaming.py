"""Streams: yield_per, partitions, stream_results, unique, frozen results, results left in the middle."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, func, inspect, select
from sqlalchemy.orm import Session, declarative_base, joinedload, relationship, selectinload, subqueryload

Base = declarative_base()


class Song(Base):
    __tablename__ = "song"
    id = Column(Integer, primary_key=True)
    title = Column(String(20))
    plays = Column(Integer)
    tags = relationship("Tag", order_by="Tag.id")


class Tag(Base):
    __tablename__ = "tag"
    id = Column(Integer, primary_key=True)
    word = Column(String(20))
    song_id = Column(ForeignKey("song.id"))


e = engine()
Base.metadata.create_all(e)
session = Session(e)
session.add_all([Song(id=i, title="s%d" % i, plays=i * 10, tags=[Tag(word="t%d" % i)]) for i in range(1, 8)])
session.commit()
forget()
stmt = select(Song).order_by(Song.id)

step("yield_per")
say([s.id for s in session.scalars(stmt.execution_options(yield_per=3))])
say([[s.id for s in part] for part in session.scalars(stmt, execution_options={"yield_per": 3}).partitions()])
say([[r.id for r in part] for part in session.execute(select(Song.id).order_by(Song.id)).partitions(4)])
say([[r[0].title for r in part] for part in session.execute(stmt).yield_per(5).partitions()])

step("yield_per and eager loading")
session.expunge_all()
for part in session.scalars(stmt.options(selectinload(Song.tags)), execution_options={"yield_per": 4}).partitions():
    say([(s.id, [t.word for t in s.tags]) for s in part])
sql()
error(lambda: session.scalars(stmt.options(joinedload(Song.tags)), execution_options={"yield_per": 4}).all())
error(lambda: session.scalars(stmt.options(subqueryload(Song.tags)), execution_options={"yield_per": 4}).all())
forget()

step("joined collections need unique()")
error(lambda: session.scalars(stmt.options(joinedload(Song.tags))).all())
say([s.id for s in session.scalars(stmt.options(joinedload(Song.tags)).limit(2)).unique()])
forget()

step("one row at a time")
r = session.execute(select(Song.id, Song.title).order_by(Song.id), execution_options={"stream_results": True})
say(r.fetchone(), r.first())
error(r.fetchone)
r = session.execute(select(Song.id, Song.title.label("name")).order_by(Song.id).limit(3))
say(list(r.keys()), r.mappings().all())
r = session.execute(select(Song.id, Song.title).order_by(Song.id).limit(3))
say(r.columns("title").all(), r.all())
r = session.execute(select(Song.plays % 3, Song.id).order_by(Song.id))
say(r.unique(lambda row: row[0]).all())
say(session.scalars(select(Song.plays % 3).order_by(Song.id)).unique().all())
say([t for t in session.execute(select(Song.id, Song.title).order_by(Song.id).limit(2)).tuples()])

step("left in the middle")
r = session.scalars(stmt, execution_options={"yield_per": 2})
say(next(r).id, next(r).id)
r.close()
say(r.closed)
error(r.all)
r = session.scalars(stmt, execution_options={"yield_per": 2})
first = next(r)
session.expunge_all()
say(inspect(first).detached)
r.close()
r = session.execute(stmt)
say(r.scalars().first().id)
r.close()
error(r.all)

step("frozen")
frozen = session.execute(select(Song.id, Song.title).order_by(Song.id).limit(2)).freeze()
say(frozen().all(), frozen().scalars("title").all(), frozen().first())
sql()

step("exactly one")
error(lambda: session.execute(stmt).one())
error(lambda: session.scalars(select(Song).where(Song.id == 99)).one())
say(session.scalars(select(Song).where(Song.id == 99)).one_or_none(), session.scalars(select(Song).where(Song.id == 99)).first())
error(lambda: session.execute(select(Song.id).where(Song.id == 99)).scalar_one())
say(session.execute(select(Song.id).where(Song.id == 99)).scalar_one_or_none(), session.scalar(select(func.max(Song.plays))))
say(session.execute(select(Song.id, Song.title).where(Song.id == 2)).one()._asdict())
error(lambda: session.execute(select(Song.id).order_by(Song.id)).scalar_one_or_none())
forget()
session.close()
