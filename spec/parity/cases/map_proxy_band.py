"""Association proxies: lists, sets, dicts, scalars, chains of two, custom creators, conditions on the class."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, event, inspect, select
from sqlalchemy.ext.associationproxy import association_proxy
from sqlalchemy.orm import Session, attribute_keyed_dict, backref, declarative_base, relationship, aliased

Base = declarative_base()


class Band(Base):
    __tablename__ = "band"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    seats = relationship("Seat", order_by="Seat.pos", back_populates="band", cascade="all, delete-orphan")
    players = association_proxy("seats", "player")
    player_names = association_proxy("seats", "player_name")
    roles = association_proxy("seats", "role", creator=lambda r: Seat(role=r, pos=0))
    genres_ = relationship("Genre", collection_class=set, secondary="band_genre")
    genres = association_proxy("genres_", "word", creator=lambda w: Genre(word=w))
    facts_ = relationship("Fact", collection_class=attribute_keyed_dict("key"), cascade="all, delete-orphan", order_by="Fact.id")
    facts = association_proxy("facts_", "value", creator=lambda k, v: Fact(key=k, value=v))
    home_id = Column(ForeignKey("town.id"))
    home = relationship("Town")
    town = association_proxy("home", "name", creator=lambda n: Town(name=n))
    quick = association_proxy("home", "name", create_on_none_assignment=True, creator=lambda n: Town(name=n))
    country = association_proxy("home", "country_name")


class Seat(Base):
    __tablename__ = "seat"
    band_id = Column(ForeignKey("band.id"), primary_key=True)
    player_id = Column(ForeignKey("player.id"), primary_key=True)
    role = Column(String(10))
    pos = Column(Integer, default=1)
    band = relationship("Band", back_populates="seats")
    player = relationship("Player", back_populates="seats")

    player_name = association_proxy("player", "name")
    band_name = association_proxy("band", "name")

    def __init__(self, player=None, **kw):
        super().__init__(player=player, **kw)


class Player(Base):
    __tablename__ = "player"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    seats = relationship("Seat", back_populates="player", order_by="Seat.band_id")
    bands = association_proxy("seats", "band", creator=lambda b: Seat(band=b))
    band_names = association_proxy("seats", "band_name")


class Genre(Base):
    __tablename__ = "genre"
    id = Column(Integer, primary_key=True)
    word = Column(String(20))


class BandGenre(Base):
    __tablename__ = "band_genre"
    band_id = Column(ForeignKey("band.id"), primary_key=True)
    genre_id = Column(ForeignKey("genre.id"), primary_key=True)


class Fact(Base):
    __tablename__ = "fact"
    id = Column(Integer, primary_key=True)
    band_id = Column(ForeignKey("band.id"))
    key = Column(String(10))
    value = Column(String(20))


class Town(Base):
    __tablename__ = "town"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    nation_id = Column(ForeignKey("nation.id"))
    nation = relationship("Nation")
    country_name = association_proxy("nation", "name", creator=lambda n: Nation(name=n))


class Nation(Base):
    __tablename__ = "nation"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))


e = engine()
Base.metadata.create_all(e)
forget()
s = Session(e, autoflush=False)
step("lists")
ann, bob, cid = [Player(name=n) for n in ("ann", "bob", "cid")]
b = Band(name="B")
b.players.append(ann)
b.players.extend([bob])
b.players.insert(1, cid)
say([p.name for p in b.players], [x.player.name for x in b.seats], list(b.player_names), len(b.players))
say(cid in b.players, list(ann.bands) == [b], list(ann.band_names))
b.players.remove(cid)
say(len(b.seats), list(cid.bands), b.players.count(ann), b.players.index(bob) - 0 >= 0)
b.players[1] = cid
say([p.name for p in b.players], [x.name for x in (ann, bob, cid) if len(x.bands)])
b.seats[0].role, b.seats[1].role = "lead", "bass"
say(list(b.roles))
b.roles[1] = "drums"
say(b.seats[1].role, b.roles.pop(), len(b.seats))
del b.seats[1:]
for i, x in enumerate(b.seats):
    x.pos = i
step("sets")
b.genres.add("rock")
b.genres |= {"pop", "rock"}
b.genres.update(["jazz"])
say(sorted(b.genres), "pop" in b.genres, len(b.genres_), "ska" in b.genres)
b.genres.discard("nothing")
b.genres.remove("pop")
refused(lambda: b.genres.remove("pop"))
b.genres.discard("rock")
b.genres = {"jazz"}
say(sorted(b.genres), sorted(g.word for g in b.genres_), sorted(b.genres.union({"x"})), sorted(b.genres & {"jazz", "folk"}), b.genres == {"jazz"})
step("dicts")
b.facts["born"] = "1999"
b.facts.update({"city": "Rome"})
say(b.facts, b.facts_["city"].value, sorted(b.facts.keys()), sorted(b.facts.values()), len(b.facts), "city" in b.facts)
city = b.facts_["city"]
b.facts["city"] = "Oslo"
say(city.value, city is b.facts_["city"], b.facts.get("no"), b.facts.setdefault("city", "x"), b.facts.pop("born"))
b.facts = {"city": "Bari", "fans": "12"}
say(b.facts, city is b.facts_["city"], city.value)
step("scalars")
say(b.town, b.country)
b.town = None
say(b.home)
b.quick = None
say(b.home is not None and b.home.name)
b.town = "Pisa"
say(b.home.name, b.country)
b.country = "Italy"
say(b.home.nation.name, b.country)
step("flush")
s.add(b)
s.flush()
sql()
step("load")
s.commit()
s.expunge_all()
forget()
b = s.scalars(select(Band)).one()
say([p.name for p in b.players], list(b.player_names), sorted(b.genres), b.facts, b.town, b.country)
b.facts["fans"] = "13"
del b.facts["city"]
b.genres.clear()
s.flush()
sql()
step("conditions")
def run(c):
    say([x.name for x in s.scalars(select(Band).where(c).order_by(Band.id))])
    sql()
run(Band.players.contains(s.get(Player, 1)))
run(Band.players.any(name="ann"))
error(lambda: Band.player_names == "ann")
run(Band.seats.any(Seat.player_name.like("a%")))
error(lambda: Band.genres.any(word="jazz"))
run(Band.genres == "jazz")
run(~Band.genres.contains("jazz"))
run(Band.facts == "13")
run(Band.facts_.any(Fact.key == "fans"))
run(Band.town == "Pisa")
run(Band.town != "Pisa")
run(Band.town == None)
run(Band.country == "Italy")
run(Band.home.has(Town.country_name == "Italy"))
error(lambda: Band.players == ann)
error(lambda: Band.players.has(name="x"))
error(lambda: Band.town.any(Town.name == "x"))
s.close()
