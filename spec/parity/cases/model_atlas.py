# Composites, mutable JSON, association proxies, validators and a reconstructor in one model of places.
from sqlalchemy import *
from sqlalchemy.orm import *
from sqlalchemy.ext.mutable import MutableDict, MutableList
from sqlalchemy.ext.associationproxy import association_proxy
from parity import *

Base = declarative_base()


class Point:
    def __init__(self, x, y):
        self.x, self.y = x, y

    def __composite_values__(self):
        return self.x, self.y

    def __eq__(self, other):
        return isinstance(other, Point) and (self.x, self.y) == (other.x, other.y)

    def __ne__(self, other):
        return not self == other


class Tag(Base):
    __tablename__ = "tag"
    id = Column(Integer, primary_key=True)
    word = Column(String(20))

    def __init__(self, word):
        self.word = word


class PlaceTag(Base):
    __tablename__ = "place_tag"
    place_id = Column(ForeignKey("place.id"), primary_key=True)
    tag_id = Column(ForeignKey("tag.id"), primary_key=True)
    weight = Column(Integer, default=1)
    tag = relationship(Tag)
    word = association_proxy("tag", "word")

    def __init__(self, tag=None, weight=1):
        self.tag = tag
        self.weight = weight


class Place(Base):
    __tablename__ = "place"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    facts = Column(MutableDict.as_mutable(JSON))
    visits = Column(MutableList.as_mutable(JSON), default=list)
    x = Column(Integer)
    y = Column(Integer)
    spot = composite(Point, x, y)
    place_tags = relationship(PlaceTag, order_by=PlaceTag.tag_id, cascade="all, delete-orphan")
    tags = association_proxy("place_tags", "tag")
    words = association_proxy("place_tags", "word")
    made = 0

    @validates("name")
    def _name(self, key, value):
        if not value:
            raise ValueError("a place has a name")
        return value.title()

    @validates("place_tags", include_removes=True)
    def _tags(self, key, value, is_remove):
        say("validate", key, value.tag.word, is_remove)
        return value

    @reconstructor
    def _loaded(self):
        self.made = 1


e = engine()
Base.metadata.create_all(e)
forget()
with Session(e) as s:
    error(lambda: Place(name=""))
    p = Place(name="north end", spot=Point(1, 2), facts={"people": 3})
    say(p.name, p.x, p.y, p.made, p.visits)
    p.tags.append(Tag("cold"))
    p.tags.append(Tag("far"))
    say([t.word for t in p.tags], list(p.words), len(p.tags))
    s.add(p)
    s.commit()
    step("reload")
    s.expunge_all()
    p = s.scalars(select(Place)).one()
    say(p.made, p.spot.x, p.spot == Point(1, 2), p.facts, p.visits)
    step("mutation")
    p.facts["people"] = 4
    p.facts.setdefault("river", "Ouse")
    p.visits.append("Ann")
    p.visits.extend(["Bob", "Cy"])
    say(p in s.dirty)
    s.commit()
    say(p.facts, p.visits)
    p.facts.pop("river")
    p.visits.remove("Bob")
    p.facts.update({"zone": 1})
    s.commit()
    say(sorted(p.facts.keys()), p.visits)
    step("composite")
    p.spot = Point(5, 6)
    say(p.x, inspect(p).attrs.y.history)
    s.commit()
    say(s.scalars(select(Place.name).where(Place.spot == Point(5, 6))).all())
    say(s.scalars(select(Place.name).where(Place.spot != Point(5, 6))).all())
    say(s.execute(select(Place.spot)).first()[0] == Point(5, 6))
    p.spot = None
    say(p.x, p.y)
    s.commit()
    say(p.spot == Point(None, None))
    step("proxies")
    say(s.scalars(select(Place.name).where(Place.tags.any(word="cold"))).all())
    say(s.scalars(select(Place.name).where(Place.tags.any(Tag.word.like("f%")))).all())
    say(s.scalars(select(PlaceTag.weight).where(PlaceTag.word == "far")).all())
    say([t.word for t in p.tags])
    p.tags.remove(p.tags[0])
    s.commit()
    say(list(p.words), [pt.weight for pt in p.place_tags])
    p.place_tags[0].word = "near"
    s.commit()
    say(s.scalars(select(Tag.word).order_by(Tag.id)).all())
sql()
