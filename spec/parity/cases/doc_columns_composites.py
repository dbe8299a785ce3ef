"""Columns that are loaded late or not at all, composites, proxies to attributes of others, and ordered lists."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, String, Text, func, inspect, select
from sqlalchemy.ext.associationproxy import association_proxy
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.ext.mutable import MutableDict, MutableList
from sqlalchemy.ext.orderinglist import ordering_list
from sqlalchemy.ext.indexable import index_property
from sqlalchemy.orm import (
    Bundle, Session, attribute_keyed_dict, composite, declarative_base, defer, deferred, joinedload, load_only, query_expression, raiseload,
    relationship, selectinload, undefer, undefer_group, with_expression,
)
from sqlalchemy.types import JSON

Base = declarative_base()


class Point:
    def __init__(self, x, y):
        self.x, self.y = x, y

    def __composite_values__(self):
        return self.x, self.y

    def __eq__(self, other):
        return isinstance(other, Point) and (self.x, self.y) == (other.x, other.y)


class Film(Base):
    __tablename__ = "films"
    id = Column(Integer, primary_key=True)
    title = Column(String)
    plot = deferred(Column(Text))
    poster = deferred(Column(Text), group="art")
    still = deferred(Column(Text), group="art")
    secret = deferred(Column(Text), raiseload=True)
    score = query_expression()
    scenes = relationship("Scene", order_by="Scene.position", collection_class=ordering_list("position", count_from=1))
    marks = relationship("Mark", back_populates="film", cascade="all, delete-orphan", order_by="Mark.id")
    words = association_proxy("marks", "word", creator=lambda w: Mark(word=w))
    by_key = relationship("Fact", collection_class=attribute_keyed_dict("key"), cascade="all, delete-orphan")
    facts = association_proxy("by_key", "value", creator=lambda k, v: Fact(key=k, value=v))
    prefs = Column(MutableDict.as_mutable(JSON))
    tags = Column(MutableList.as_mutable(JSON))
    lang = index_property("prefs", "lang", default=None)


class Scene(Base):
    __tablename__ = "scenes"
    id = Column(Integer, primary_key=True)
    film_id = Column(ForeignKey("films.id"))
    position = Column(Integer)
    name = Column(String)


class Mark(Base):
    __tablename__ = "marks"
    id = Column(Integer, primary_key=True)
    film_id = Column(ForeignKey("films.id"))
    word = Column(String)
    film = relationship("Film", back_populates="marks")
    film_title = association_proxy("film", "title")


class Fact(Base):
    __tablename__ = "facts"
    id = Column(Integer, primary_key=True)
    film_id = Column(ForeignKey("films.id"))
    key = Column(String)
    value = Column(String)


class Line(Base):
    __tablename__ = "lines"
    id = Column(Integer, primary_key=True)
    x1, y1, x2, y2 = Column(Integer), Column(Integer), Column(Integer), Column(Integer)
    start = composite(Point, x1, y1)
    stop = composite(Point, x2, y2)


e = engine()
Base.metadata.create_all(e)
forget()
session = Session(e)
session.add(Film(id=1, title="t", plot="p", poster="a", still="b", secret="s", prefs={"lang": "en"}, tags=["x"]))
session.commit()
forget()
step("load_only, defer, undefer")


def load(*options):
    session.expunge_all()
    return session.scalars(select(Film).options(*options)).one()


f = load(load_only(Film.title))
say(sorted(inspect(f).unloaded))
say(f.title, f.tags, f.prefs)
f = load(defer(Film.title), undefer(Film.plot))
say(f.plot, f.title)
f = load(undefer_group("art"))
say(f.poster, f.still)
f = load()
say(f.poster, "still" in inspect(f).unloaded)
error(lambda: f.secret)
f = load(undefer("*"))
say(f.secret)
f = load(load_only(Film.title, raiseload=True))
error(lambda: f.prefs)
f = load(defer(Film.title, raiseload=True))
error(lambda: f.title)
f = load(with_expression(Film.score, func.length(Film.title) + 1))
say(f.score)
say(load().score)
b = Bundle("b", Film.id, Film.title)
for row in session.execute(select(b, Film.id).where(b.c.title == "t")):
    say(row.b.title, row.b.id, row.id)

step("composites")
line = Line(id=1, start=Point(1, 2), stop=Point(3, 4))
say(line.x1, line.y2)
session.add(line)
session.commit()
say(line.start.x, line.stop == Point(3, 4))
line.stop = Point(5, 6)
session.commit()
say(line.x2, line.stop.y)
say(select(Line.id).where(Line.start == Point(1, 2)), select(Line.start).where(Line.stop != Point(0, 0)))
say([r[0].y for r in session.execute(select(Line.start))], session.scalars(select(Line.id).filter_by(start=Point(1, 2))).all())
session.execute(sa.update(Line).values({Line.start: Point(8, 9)}))
say(line.start.x)
line.start = None
session.commit()
say(line.x1, line.start.x)

step("proxies")
f = session.get(Film, 1)
f.words.append("good")
f.words.extend(["long", "loud"])
say(list(f.words), [m.word for m in f.marks], len(f.words), "long" in f.words)
session.commit()
f.words.remove("long")
f.words[0] = "great"
session.commit()
say(list(f.words), session.scalars(select(Mark.word).order_by(Mark.id)).all())
f.words = ["new", "loud"]
session.commit()
say(sorted(f.words), f.marks[0].film_title)
say(select(Film.id).where(Film.words.contains("new")), select(Mark.id).where(Mark.film_title == "t"))
say(select(Film.id).where(Film.words == "new"), select(Mark.id).where(Mark.film_title.like("t%")))
f.facts["year"] = "1999"
f.facts.update({"place": "sea"})
session.commit()
say(dict(f.facts), f.by_key["year"].value, f.facts.get("none"))
f.facts["year"] = "2000"
del f.facts["place"]
session.commit()
say(dict(f.facts), session.scalars(select(Fact.value)).all())
orphan = Mark()
say(orphan.film_title)

step("ordered lists")
f.scenes.append(Scene(name="a"))
f.scenes.append(Scene(name="b"))
f.scenes.insert(1, Scene(name="c"))
say([(s.name, s.position) for s in f.scenes])
session.commit()
s = f.scenes.pop(0)
say(s.position, [(s.name, s.position) for s in f.scenes])
f.scenes.append(s)
session.commit()
say([(s.name, s.position) for s in f.scenes])
f.scenes.remove(f.scenes[1])
f.scenes.reorder()
say([(s.name, s.position) for s in f.scenes])
session.rollback()

step("mutable and indexed values")
f.prefs["size"] = 3
say(f in session.dirty, f.lang)
session.commit()
say(f.prefs["size"])
f.prefs.pop("size")
f.prefs.setdefault("new", 1)
f.prefs.update({"z": 2})
session.commit()
say(dict(f.prefs))
f.lang = "de"
session.commit()
say(f.prefs["lang"])
f.tags.append("y")
f.tags.insert(0, "w")
session.commit()
f.tags[0] = "v"
f.tags.remove("x")
session.commit()
say(list(f.tags))
session.close()
sql()
