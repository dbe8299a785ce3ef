"""Rows as applications shape them: bundles of aliases, rows as tuples, mappings and tables."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, case, func, literal, select, tuple_, type_coerce, exists, and_
from sqlalchemy.orm import Bundle, Session, aliased, declarative_base, relationship, selectinload, composite

Base = declarative_base()


class Point:
    def __init__(self, x, y):
        self.x, self.y = x, y

    def __composite_values__(self):
        return self.x, self.y

    def __eq__(self, other):
        return isinstance(other, Point) and (self.x, self.y) == (other.x, other.y)


class Place(Base):
    __tablename__ = "places"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    x = Column(Integer)
    y = Column(Integer)
    at = composite(Point, x, y)
    visits = relationship("Visit", back_populates="place", order_by="Visit.id")


class Visit(Base):
    __tablename__ = "visits"
    id = Column(Integer, primary_key=True)
    who = Column(String(30))
    cost = Column(Integer)
    place_id = Column(ForeignKey("places.id"))
    place = relationship(Place, back_populates="visits")


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    s.add_all([Place(id=1, name="sea", x=1, y=2, visits=[Visit(id=1, who="ann", cost=5), Visit(id=2, who="bob", cost=7)]),
               Place(id=2, name="hill", x=3, y=4, visits=[Visit(id=3, who="ann", cost=None)]), Place(id=3, name="moor")])
    s.commit()
forget()
s = Session(e)


step("bundles of aliases and expressions")
v2 = aliased(Visit, name="v2")
b = Bundle("first", Visit.who, (Visit.cost * 2).label("twice"))
b2 = Bundle("second", v2.who, v2.cost)
stmt = select(b, b2).join(v2, and_(v2.place_id == Visit.place_id, v2.id > Visit.id))
row = s.execute(stmt).one()
say(row.first.who, row.first.twice, row.second.who, row.second.cost, list(row._mapping.keys()))
say(s.execute(select(b).where(b.c.twice > 10)).one().first.who)
say(s.execute(select(b.c.who, func.sum(b.c.twice)).group_by(b.c.who).order_by(b.c.who)).all())
step("a composite in a row")
for row in s.execute(select(Place.name, Place.at).order_by(Place.id)):
    say(row.name, row.at and [row.at.x, row.at.y])
say(s.scalars(select(Place.name).where(Place.at == Point(3, 4))).all())
say(s.execute(select(Bundle("p", Place.id, Place.at)).where(Place.id == 2)).one().p.at.y)
say([list(r) for r in s.execute(select(Place.x, Place.y).where(Place.at != Point(3, 4)).order_by(Place.id))])
step("nothing found by an outer join")
for row in s.execute(select(Place, Visit).outerjoin(Place.visits).order_by(Place.id, Visit.id)):
    say(row.Place.name, row.Visit and row.Visit.who, row[1] is None)
for row in s.execute(select(Bundle("v", Visit.id, Visit.who), Place.name).select_from(Place).outerjoin(Place.visits)
                     .where(Place.id == 3)):
    say(row.v.id, row.v.who, row.name)
step("names that collide")
row = s.execute(select(Place.id, Visit.id, Place.name.label("id2"), Visit.id.label("vid")).join(Place.visits)
                .order_by(Visit.id)).first()
say(list(row), list(row._mapping.keys()), row._mapping[Place.id], row._mapping[Visit.id], row.vid)
row = s.execute(select(Place.name.label("count"), literal(2).label("index"), literal(3).label("keys"))).first()
say(row._mapping["count"], row._mapping["index"], row._mapping["keys"], list(row))
step("mappings into constructors")
for m in s.execute(select(Place.id, Place.name).order_by(Place.id)).mappings():
    say(dict(m))
step("tuples")
say(s.execute(select(Place.id, Place.name).where(tuple_(Place.id, Place.name).in_([(1, "sea"), (2, "x")]))).all())
say([r._asdict() for r in s.execute(select(Visit.who, func.count(Visit.id).label("n"),
    func.coalesce(func.sum(Visit.cost), 0).label("sum")).group_by(Visit.who).order_by(Visit.who))])
step("grouped in the program")
out = {}
for place, visit in s.execute(select(Place, Visit).join(Place.visits).order_by(Visit.id)):
    out.setdefault(place.name, []).append(visit.who)
for name in ("hill", "sea"):
    say(name, out[name])
step("existence and choices as columns")
has = exists().where(Visit.place_id == Place.id)
say(s.execute(select(Place.name, has.label("visited")).order_by(Place.id)).all())
say(s.execute(select(Place.name, Place.visits.any(Visit.cost > 6).label("dear")).order_by(Place.id)).all())
kind = case((Place.x.is_(None), "nowhere"), (Place.x > 2, "far"), else_="near").label("kind")
say(s.execute(select(kind, func.count()).group_by(kind).order_by(kind)).all())
step("end")
