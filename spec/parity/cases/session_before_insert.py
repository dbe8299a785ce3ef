"""What a session knows of objects before their INSERT, of references never looked at, and in which order it goes on."""
from parity import engine, fmt, forget, say, sql, step
from sqlalchemy import Column, ForeignKey, Integer, String, event, inspect, select
from sqlalchemy.orm import Session, configure_mappers, declarative_base, relationship
from sqlalchemy.orm.attributes import NO_VALUE, PASSIVE_NO_RESULT, get_history

Base = declarative_base()


class Band(Base):
    __tablename__ = "band"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    rank = Column(Integer, default=7)
    plays = Column(Integer, server_default="5", onupdate=99)
    label_id = Column(ForeignKey("label.id"))
    rival_id = Column(ForeignKey("band.id"))
    label = relationship("Label", back_populates="bands", post_update=True)
    rival = relationship("Band", remote_side=[id], active_history=True)


class Label(Base):
    __tablename__ = "label"
    id = Column(Integer, primary_key=True)
    kind = Column(String(20))
    name = Column(String(20))
    bands = relationship(Band, back_populates="label", order_by=Band.id)
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "label"}


class Major(Label):
    owned_by_id = Column(ForeignKey("label.id"))
    owned_by = relationship(Label, remote_side=Label.id)
    scouts = relationship("Scout", cascade="all, delete-orphan")
    __mapper_args__ = {"polymorphic_identity": "major"}


class Scout(Base):
    __tablename__ = "scout"
    id = Column(Integer, primary_key=True)
    label_id = Column(ForeignKey("label.id"))


configure_mappers()
e = engine()
Base.metadata.create_all(e)
forget()
s = Session(e)


def old_of(value):
    if value is NO_VALUE:
        return "NO_VALUE"
    return "PASSIVE_NO_RESULT" if value is PASSIVE_NO_RESULT else fmt(value)


for attribute in (Band.rank, Band.label, Band.label_id, Band.rival, Band.rival_id):
    event.listen(attribute, "set", lambda o, value, old, i, key=attribute.key: say("  set", key, value, old_of(old)))
event.listen(s, "after_begin", lambda session, t, c: say("  after_begin"))
event.listen(Band, "refresh", lambda o, c, names: say("  refresh", sorted(names or [])))

step("None before the INSERT, where a default waits")
band = Band(name="Arc")
say(inspect(band).modified, get_history(band, "rank"))
band.rank = None
say(inspect(band).modified, "rank" in inspect(band).unloaded, get_history(band, "rank"))
band.rank = 3
band.rank = None
s.add(band)
s.flush()
say(band.rank, get_history(band, "rank"))
s.commit()

step("a reference whose key was never set, and one that was expired")
other = Band(name="Bow")
s.add(other)
s.flush()
other.label = None
s.commit()
other.label = None
s.flush()

step("a reference with active history, set to None before the INSERT")
third = Band(name="Cob", rival=None)
say(get_history(third, "rival"))
s.add(third)
s.flush()
say("rival_id" in inspect(third).unloaded)
s.commit()

step("a post-update leaves to onupdate what the database made")
label = Major(name="Big", bands=[Band(name="Dot")])
s.add(label)
s.flush()
say(label.bands[0].plays)
s.commit()

step("a query refreshes what was expired, but for what was set since")
band.name = "Ark"
for found in s.scalars(select(Band).where(Band.id == 1).execution_options(autoflush=False)):
    say(found.name)
s.rollback()

step("a subclass's own relationships are deleted along first")
s.delete(label)
s.commit()
sql()
