"""Composites and synonyms: values of several columns, compared, changed, NULL; second names of attributes."""
from parity import *
from sqlalchemy import Column, Integer, String, inspect, select, update
from sqlalchemy.orm import Session, aliased, composite, declarative_base, synonym

Base = declarative_base()


class Point:
    def __init__(self, x, y):
        self.x, self.y = x, y

    def __composite_values__(self):
        return self.x, self.y

    def __eq__(self, other):
        return isinstance(other, Point) and (other.x, other.y) == (self.x, self.y)

    def __ne__(self, other):
        return not self == other

    def __str__(self):
        return "Point(%s, %s)" % (fmt(self.x), fmt(self.y))


class Vertex(Base):
    __tablename__ = "vertices"
    id = Column(Integer, primary_key=True)
    x1 = Column(Integer)
    y1 = Column(Integer)
    x2 = Column("x_two", Integer)
    y2 = Column("y_two", Integer)
    label = Column(String(10))
    start = composite(Point, x1, y1)
    stop = composite(Point, x2, y2)
    tag = synonym("label")
    begin = synonym("start")


e = engine()
Base.metadata.create_all(e)
forget()
say(sorted(inspect(Vertex).composites.keys()), sorted(inspect(Vertex).synonyms.keys()))
say(select(Vertex.start))
say(select(Vertex).where(Vertex.start == Point(1, 2)))
say(select(Vertex).where(Vertex.start != Point(1, 2)))
say(select(Vertex).where(Vertex.start == None))
say(select(Vertex).where(Vertex.begin == Point(1, 2)), select(Vertex).where(Vertex.tag == "a").order_by(Vertex.tag))
V = aliased(Vertex)
say(select(V.id).where(V.start == Point(0, 0), V.tag.like("x%")))
v = Vertex()
say(v.start, v.stop, v.x1)
v = Vertex(start=Point(1, 2), tag="a")
say(v.x1, v.y1, v.x2, v.label, v.start is v.begin)
v.x1 = 9
say(v.start)
with Session(e) as s:
    step("insert")
    v.stop = Point(3, 4)
    s.add(v)
    s.flush()
    say(v.start, v.stop, v.x2)
    s.commit()
    step("load")
    say(v.start, v.start is v.start, v.tag)
    step("replace")
    v.start = Point(5, 6)
    say(inspect(v).attrs.start.history.added, inspect(v).attrs.x1.history, inspect(v).attrs.y1.history)
    s.flush()
    step("a plain composite does not notice a change inside")
    v.start.x = 100
    say(s.is_modified(v))
    s.flush()
    step("none")
    v.stop = None
    say(v.x2, v.y2)
    s.flush()
    s.expire(v)
    say(v.stop)
    step("half null")
    v.x2 = 1
    s.flush()
    s.expire(v)
    say(v.stop)
    step("query")
    say(s.scalars(select(Vertex.id).where(Vertex.start == Point(5, 6))).all())
    row = s.execute(select(Vertex.id, Vertex.start)).one()
    say(row.start, row[1].x)
    say(s.scalars(select(Vertex).filter_by(tag="a")).one() is v)
    step("bulk update")
    s.execute(update(Vertex).values({Vertex.start: Point(7, 8)}))
    say(v.start, v.x1)
    s.execute(update(Vertex).values({Vertex.tag: "b"}))
    say(v.label)
    step("synonym")
    v.tag = "c"
    say(v.label, inspect(v).attrs.label.history)
    v.begin = Point(0, 1)
    say(v.x1, v.y1)
    s.flush()
    step("refresh and expire")
    s.expire(v, ["x1"])
    say(v.start)
    step("rollback")
    s.rollback()
    say(v.start, v.label)
    step("wrong")
    error(lambda: setattr(v, "start", 5))
    error(lambda: select(Vertex).where(Vertex.start == 5))
    sql()


def unknown_synonym():
    class Bad(Base):
        __tablename__ = "bad"
        id = Column(Integer, primary_key=True)
        other = synonym("nothing")
    Bad(id=1)


error(unknown_synonym)
