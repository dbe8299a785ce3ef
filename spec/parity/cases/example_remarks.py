"""Remarks on anything: by a discriminator on an association with a proxy, and by a foreign key that only code knows."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, and_, event, func, inspect, select
from sqlalchemy.ext.associationproxy import association_proxy
from sqlalchemy.orm import (Session, backref, declarative_base, declared_attr, foreign, joinedload, relationship,
    remote,
                            selectinload)

Base = declarative_base()


class Model(Base):
    __abstract__ = True
    id = Column(Integer, primary_key=True)

    @declared_attr
    def __tablename__(cls):
        return cls.__name__.lower() + "s"


class Thread(Model):
    discriminator = Column(String(20))
    __mapper_args__ = {"polymorphic_on": discriminator}


class Remark(Model):
    thread_id = Column(ForeignKey("threads.id"))
    text = Column(String(30))
    thread = relationship("Thread", backref=backref("remarks", order_by="Remark.id"))
    parent = association_proxy("thread", "parent")


class HasRemarks:
    @declared_attr
    def thread_id(cls):
        return Column(ForeignKey("threads.id"))

    @declared_attr
    def thread(cls):
        name = cls.__name__
        cls.thread_class = type(name + "Thread", (Thread,), dict(__tablename__=None, __mapper_args__={
            "polymorphic_identity": name.lower()}))
        cls.remarks = association_proxy("thread", "remarks",
                                        creator=lambda remarks: cls.thread_class(remarks=remarks))
        return relationship(cls.thread_class, backref=backref("parent", uselist=False))


class Photo(HasRemarks, Model):
    title = Column(String(20))


class Video(HasRemarks, Model):
    title = Column(String(20))


class Star(Model):
    owner_type = Column(String(20))
    owner_id = Column(Integer)
    points = Column(Integer)

    @property
    def owner(self):
        return getattr(self, "owner_" + self.owner_type)


class HasStars:
    pass


@event.listens_for(HasStars, "mapper_configured", propagate=True)
def add_stars(mapper, cls):
    kind = cls.__name__.lower()
    cls.stars = relationship(
        Star, primaryjoin=and_(cls.id == foreign(remote(Star.owner_id)), Star.owner_type == kind),
        backref=backref("owner_" + kind, primaryjoin=remote(cls.id) == foreign(Star.owner_id)), order_by=Star.id)

    @event.listens_for(cls.stars, "append")
    def append(target, value, initiator):
        value.owner_type = kind


class Song(HasStars, Model):
    name = Column(String(20))


class Band(HasStars, Model):
    name = Column(String(20))


e = engine()
Base.metadata.create_all(e)
forget()
sa.orm.configure_mappers()
say(sorted(Base.metadata.tables), [c.name for c in Photo.__table__.c], sorted(inspect(Thread).polymorphic_map))
say(sorted(inspect(Song).relationships.keys()), sorted(inspect(Star).relationships.keys()))
session = Session(e)
step("remarks")
p = Photo(title="sea", remarks=[Remark(text="wow"), Remark(text="blue")])
session.add(p)
session.flush()
sql()
v = Video(title="run", remarks=[Remark(text="fast")])
session.add(v)
session.commit()
say([r.text for r in p.remarks], [type(r.parent).__name__ for r in session.scalars(select(Remark).order_by(Remark.id))])
p.remarks.append(Remark(text="late"))
session.commit()
say([r.text for r in p.remarks], session.scalars(select(Remark).where(Remark.text == "fast")).one().parent is v)
say(session.scalars(select(Photo.title).where(Photo.thread.has(Thread.remarks.any(text="late")))).all())
say(session.execute(select(Photo.title, func.count(Remark.id)).join(Photo.thread).join(Photo.thread_class.remarks)
                    .group_by(Photo.title)).all())
session.expunge_all()
p = session.scalars(select(Photo).options(joinedload(Photo.thread).selectinload(Thread.remarks))).one()
sql()
say([r.text for r in p.remarks])
p.remarks.remove(p.remarks[0])
session.commit()
say(session.execute(select(Remark.text, Remark.thread_id).order_by(Remark.id)).all())
step("stars")
song, band = Song(name="la", stars=[Star(points=3), Star(points=5)]), Band(name="fab", stars=[Star(points=1)])
session.add(song)
session.flush()
session.add(band)
session.commit()
say([(s.points, s.owner_type, s.owner.name) for s in session.scalars(select(Star).order_by(Star.id))])
song.stars.append(Star(points=2))
say(song.stars[2].owner_type, song.stars[2].owner_song is song)
session.commit()
say(session.scalars(select(Song.name).where(Song.stars.any(Star.points > 4))).all())
say(session.execute(select(Band.name, func.sum(Star.points)).join(Band.stars).group_by(Band.name)).all())
say(session.scalars(select(Star.points).where(Star.owner_song.has(name="la")).order_by(Star.id)).all())
session.expunge_all()
for each in (Song, Band):
    found = session.scalars(select(each).options(selectinload(each.stars))).one()
    say([s.points for s in found.stars])
session.delete(session.get(Song, 1))
session.commit()
say(session.execute(select(Star.points, Star.owner_id, Star.owner_type).order_by(Star.id)).all())
sql()
