# Sets, keyed collections, a dynamic and a write-only one, and a pair of rows that point to each other.
from sqlalchemy import *
from sqlalchemy.orm import *
from sqlalchemy.orm.collections import attribute_keyed_dict, keyfunc_mapping
from parity import *

Base = declarative_base()


class Song(Base):
    __tablename__ = "song"
    id = Column(Integer, primary_key=True)
    title = Column(String(20))
    album_id = Column(ForeignKey("album.id"))
    album = relationship("Album", foreign_keys=album_id, back_populates="songs")


class Album(Base):
    __tablename__ = "album"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    hit_id = Column(ForeignKey("song.id", name="fk_hit", use_alter=True))
    hit = relationship(Song, foreign_keys=hit_id, post_update=True)
    songs = relationship(
        Song, foreign_keys=Song.album_id, collection_class=attribute_keyed_dict("title"), back_populates="album"
    )
    marks = relationship("Mark", collection_class=set, cascade="all, delete-orphan")
    notes = relationship("Note", collection_class=keyfunc_mapping(lambda n: n.lang), cascade="all, delete-orphan")
    plays = relationship("Play", lazy="dynamic", order_by="Play.day")
    sales = relationship("Sale", lazy="write_only", order_by="Sale.id", passive_deletes=True,
        cascade="all, delete-orphan")


class Mark(Base):
    __tablename__ = "mark"
    id = Column(Integer, primary_key=True)
    stars = Column(Integer)
    album_id = Column(ForeignKey("album.id"))


class Note(Base):
    __tablename__ = "note"
    id = Column(Integer, primary_key=True)
    lang = Column(String(2))
    body = Column(String(20))
    album_id = Column(ForeignKey("album.id"))


class Play(Base):
    __tablename__ = "play"
    id = Column(Integer, primary_key=True)
    day = Column(Integer)
    album_id = Column(ForeignKey("album.id"))


class Sale(Base):
    __tablename__ = "sale"
    id = Column(Integer, primary_key=True)
    price = Column(Integer)
    album_id = Column(ForeignKey("album.id", ondelete="CASCADE"))


e = engine()
Base.metadata.create_all(e)
forget()
with Session(e) as s:
    a = Album(name="Dawn")
    a.songs["One"] = Song(title="One")
    Song(title="Two", album=a)
    say(sorted(a.songs.keys()), a.songs["Two"].album is a)
    a.hit = a.songs["One"]
    five, three = Mark(stars=5), Mark(stars=3)
    a.marks.add(five)
    a.marks.add(five)
    s.add(a)
    s.flush()
    a.marks.add(three)
    say(len(a.marks), five in a.marks)
    a.notes["en"] = Note(lang="en", body="hello")
    error(lambda: a.notes.__setitem__("fr", Note(lang="de")))
    s.add(a)
    s.commit()
    step("keyed")
    say(sorted(a.songs.keys()), a.hit.title)
    a.songs["One"] = Song(title="One")
    say(len(a.songs.keys()))
    s.flush()
    say(s.execute(select(Song.id, Song.album_id).order_by(Song.id)).all())
    gone = a.songs.pop("Two")
    say(gone.album, "Two" in a.songs, a.songs.get("Three"))
    s.commit()
    step("set")
    a.marks.discard(three)
    a.marks.discard(three)
    refused(lambda: a.marks.remove(three))
    s.flush()
    say(sorted(m.stars for m in a.marks), inspect(three).deleted)
    a.marks = {Mark(stars=2)}
    s.commit()
    say(s.scalars(select(Mark.stars).order_by(Mark.stars)).all())
    step("keyfunc")
    a.notes["en"] = Note(lang="en", body="hi")
    s.commit()
    say({k: v.body for k, v in a.notes.items()}, s.scalar(select(func.count(Note.id))))
    step("dynamic")
    a.plays.append(Play(day=3))
    a.plays.extend([Play(day=1), Play(day=2)])
    say([p.day for p in a.plays], a.plays.count())
    say([p.day for p in a.plays.filter(Play.day > 1)], a.plays.first().day)
    a.plays.remove(a.plays.filter_by(day=2).one())
    s.commit()
    say([p.day for p in a.plays.order_by(None).order_by(Play.day.desc())], a.plays[1].day)
    step("write only")
    a.sales.add(Sale(price=10))
    a.sales.add_all([Sale(price=20), Sale(price=30)])
    refused(lambda: list(a.sales))
    s.flush()
    say([x.price for x in s.scalars(a.sales.select().where(Sale.price > 10))])
    s.execute(a.sales.insert(), [{"price": 40}])
    s.execute(a.sales.update().where(Sale.price == 10).values(price=11))
    s.execute(a.sales.delete().where(Sale.price == 20))
    a.sales.remove(s.scalars(a.sales.select().where(Sale.price == 30)).one())
    s.commit()
    say([x.price for x in s.scalars(a.sales.select())])
    step("post update on delete")
    for x in list(a.songs.values()):
        s.delete(x)
    s.delete(a)
    s.commit()
    say(s.scalar(select(func.count(Song.id))), s.scalar(select(func.count(Album.id))))
sql()
