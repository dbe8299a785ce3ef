"""Composites: comparators, deferral, subclasses, change in place, bulk changes, options, refresh and merge."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, and_, func, inspect, select, update
from sqlalchemy.ext.mutable import MutableComposite
from sqlalchemy.orm import CompositeProperty, Session, aliased, composite, declarative_base, relationship, selectinload

Base = declarative_base()


class Point(MutableComposite):
    def __init__(self, x, y):
        self.x, self.y = x, y

    def __setattr__(self, key, value):
        object.__setattr__(self, key, value)
        self.changed()

    def __composite_values__(self):
        return self.x, self.y

    def __eq__(self, other):
        return isinstance(other, Point) and (self.x, self.y) == (other.x, other.y)

    def __ne__(self, other):
        return not self == other

    def __hash__(self):
        return hash((self.x, self.y))


def show(point):
    return None if point is None else [point.x, point.y]


class Beyond(CompositeProperty.Comparator):
    def __gt__(self, other):
        return and_(*[a > b for a, b in zip(self.__clause_element__().clauses, other.__composite_values__())])


class Vertex(Base):
    __tablename__ = "vertex"
    id = Column(Integer, primary_key=True)
    kind = Column(String(10))
    x1 = Column(Integer)
    y1 = Column(Integer)
    x2 = Column(Integer)
    y2 = Column(Integer)
    start = composite(Point, x1, y1, comparator_factory=Beyond, info={"a": 1})
    end = composite(Point, x2, y2, deferred=True, group="far")
    shape_id = Column(ForeignKey("shape.id"))
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "vertex"}


class Edge(Vertex):
    __mapper_args__ = {"polymorphic_identity": "edge"}
    wx = Column(Integer)
    wy = Column(Integer)
    width = composite(Point, wx, wy)


class Shape(Base):
    __tablename__ = "shape"
    id = Column(Integer, primary_key=True)
    name = Column(String(10))
    vertices = relationship(Vertex, order_by=Vertex.id)


e = engine()
Base.metadata.create_all(e)
forget()
s = Session(e)
step("new")
v = Vertex(start=Point(1, 2))
say(show(v.start), show(v.end), v.x1, v.x2)
ed = Edge(start=Point(3, 1), end=Point(5, 6), width=Point(1, 1))
say(show(ed.width), ed.wx, len(inspect(ed).attrs.width.history.added))
s.add(Shape(name="s", vertices=[ed, v]))
s.commit()
step("load")
sh = s.scalars(select(Shape).options(selectinload(Shape.vertices))).one()
say([show(x.start) for x in sh.vertices])
ed, v = sh.vertices
say(sorted(inspect(v).unloaded), show(v.end), show(v.end) is None)
say(show(ed.end), show(ed.width))
step("change in place")
v.start.x = 10
say(v in s.dirty, v.x1, inspect(v).attrs.x1.history)
s.flush()
v.end = Point(7, 8)
v.end.y = 9
say(v.y2)
s.flush()
v.start = None
say(v.x1, v.y1)
s.flush()
say(show(v.start))
s.commit()
say(show(v.start), show(v.end))
step("queries")
say(select(Vertex.start).where(Vertex.start > Point(1, 1)))
say(select(Vertex).where(Vertex.start == None))
say(select(Vertex).where(Vertex.start != None).order_by(Vertex.start))
say(select(Edge).where(Edge.width == Point(1, 1), Edge.start != Point(1, 1)))
A = aliased(Vertex)
say(select(A.start, A.id).where(A.end == Point(1, 1)))
say(select(Vertex).join(A, A.start == Point(0, 0)))
say(s.scalars(select(Vertex.id).where(Vertex.start > Point(1, 0))).all())
row = s.execute(select(Vertex.start, Vertex.end).where(Vertex.start == Point(3, 1))).one()
say(show(row.start), show(row[1]), row._fields)
say([show(x) for x in s.scalars(select(Vertex.end).order_by(Vertex.id))])
say([o.id for o in s.scalars(select(Vertex).filter_by(start=Point(3, 1)))])
step("bulk")
s.execute(update(Vertex).where(Vertex.start == Point(3, 1)).values({Vertex.start: Point(4, 4)}))
say(show(ed.start), ed.x1)
s.execute(update(Edge).values(width=Point(2, 2)), execution_options={"synchronize_session": "fetch"})
say(show(ed.width), ed.wy)
s.rollback()
step("options")
from sqlalchemy.orm import defer, undefer, undefer_group, load_only
for o in s.scalars(select(Vertex).options(undefer_group("far")).order_by(Vertex.id)):
    say(o.id, "x2" in inspect(o).unloaded, show(o.end))
s.expunge_all()
for o in s.scalars(select(Vertex).options(undefer(Vertex.end), defer(Vertex.start)).order_by(Vertex.id)):
    say(o.id, "x2" in inspect(o).unloaded, "x1" in inspect(o).unloaded)
s.expunge_all()
for o in s.scalars(select(Vertex).options(load_only(Vertex.start)).order_by(Vertex.id)):
    say(o.id, sorted(inspect(o).unloaded))
step("refresh and expire")
o = s.get(Edge, 1) or s.get(Edge, 2)
o.start = Point(0, 0)
s.refresh(o)
say(show(o.start))
o.width.x = 50
s.expire(o, ["wx", "wy"])
say(show(o.width))
say(sorted(inspect(Edge).composites.keys()), inspect(Vertex).attrs.start.info, inspect(Vertex).attrs.end.columns[0].name)
m = s.merge(Edge(id=o.id, width=Point(8, 8)))
say(m is o, show(o.width), o.wx, show(o.start))
s.rollback()
sql()
