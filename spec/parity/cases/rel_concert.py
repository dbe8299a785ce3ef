# Many to many with and without an association object: both sides in memory, ordering, rows written and removed.
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *

Base = declarative_base()

band_genre = Table(
    "band_genre",
    Base.metadata,
    Column("band_id", ForeignKey("band.id"), primary_key=True),
    Column("genre_id", ForeignKey("genre.id"), primary_key=True),
)


class Band(Base):
    __tablename__ = "band"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    genres = relationship("Genre", secondary=band_genre, back_populates="bands", order_by="Genre.name")
    gigs = relationship("Gig", back_populates="band", cascade="all, delete-orphan", order_by="Gig.fee.desc()")


class Genre(Base):
    __tablename__ = "genre"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    bands = relationship(Band, secondary=band_genre, back_populates="genres", order_by=Band.id)


class Gig(Base):
    __tablename__ = "gig"
    band_id = Column(ForeignKey("band.id"), primary_key=True)
    hall_id = Column(ForeignKey("hall.id"), primary_key=True)
    fee = Column(Integer)
    band = relationship(Band, back_populates="gigs")
    hall = relationship("Hall", back_populates="gigs")


class Hall(Base):
    __tablename__ = "hall"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    gigs = relationship(Gig, back_populates="hall")
    bands = relationship(Band, secondary="gig", viewonly=True, order_by=Band.name)


def names(items):
    return [x.name for x in items]


e = engine()
Base.metadata.create_all(e)
forget()
with Session(e) as s:
    rock, folk, jazz = Genre(name="rock"), Genre(name="folk"), Genre(name="jazz")
    owls, bees = Band(name="Owls"), Band(name="Bees")
    owls.genres = [rock, folk]
    s.add(owls)
    s.flush()
    jazz.bands.append(bees)
    rock.bands.append(bees)
    say(names(rock.bands), names(bees.genres), names(folk.bands))
    say(bees in s, jazz in s, len(s.new))
    s.add(bees)
    rock.bands.remove(bees)
    s.flush()
    rock.bands.append(bees)
    s.commit()
    step("reloaded in order")
    say(names(owls.genres), names(rock.bands))
    step("replace")
    owls.genres = [jazz, folk]
    say(names(rock.bands), names(jazz.bands))
    h = inspect(owls).attrs.genres.history
    say(names(h.added), names(h.unchanged), names(h.deleted))
    s.flush()
    step("remove through the other side")
    folk.bands.remove(owls)
    say(names(owls.genres))
    s.commit()
    step("operators")
    say(s.scalars(select(Band.name).where(Band.genres.any(Genre.name == "jazz")).order_by(Band.id)).all())
    say(s.scalars(select(Band.name).where(Band.genres.contains(rock))).all())
    say(s.scalars(select(Band.name).where(~Band.genres.any()).order_by(Band.id)).all())
    say(s.scalars(select(Genre.name).join(Genre.bands).where(Band.name == "Bees").order_by(Genre.id)).all())
    say(s.scalars(select(Genre.name).where(with_parent(bees, Band.genres)).order_by(Genre.id)).all())
    step("association objects")
    barn, dome = Hall(name="Barn"), Hall(name="Dome")
    owls.gigs.append(Gig(hall=barn, fee=100))
    owls.gigs.append(Gig(hall=dome, fee=300))
    bees.gigs.append(Gig(hall=dome, fee=200))
    say(len(dome.gigs), names(dome.bands))
    s.commit()
    step("gigs")
    say([(g.fee, g.hall.name) for g in owls.gigs])
    say(names(dome.bands))
    step("orphan")
    gone = owls.gigs.pop(0)
    say(gone in s, gone in s.deleted)
    s.flush()
    say(inspect(gone).deleted, gone in s, [g.fee for g in dome.gigs])
    step("delete a band")
    s.delete(bees)
    s.commit()
    say(s.scalar(select(func.count()).select_from(band_genre)), s.scalar(select(func.count(Gig.fee))))
    say(names(rock.bands), names(jazz.bands))
    step("delete a hall with gigs")
    s.delete(barn)
    refused(s.flush)
    s.rollback()
    say(names(s.scalars(select(Hall).order_by(Hall.id))))
sql()
