"""What else a class may declare: backref, column_property, synonym, composite, hybrids, proxies, declared_attr."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, Table, case, event, func, inspect, select
from sqlalchemy.ext.associationproxy import association_proxy
from sqlalchemy.ext.hybrid import hybrid_method, hybrid_property
from sqlalchemy.orm import (Session, backref, column_property, composite, declarative_base, declared_attr, deferred,
                            reconstructor, relationship, synonym, validates)

Base = declarative_base()


class Point:
    def __init__(self, x, y):
        self.x, self.y = x, y

    def __composite_values__(self):
        return self.x, self.y

    def __eq__(self, other):
        return isinstance(other, Point) and self.x == other.x and self.y == other.y

    def __ne__(self, other):
        return not self == other


class Owned:
    @declared_attr
    def owner_id(cls):
        return Column(ForeignKey("owners.id"))

    @declared_attr
    def owner(cls):
        return relationship("Owner", backref=backref(cls.__tablename__, order_by=cls.id))


class Owner(Base):
    __tablename__ = "owners"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))


class Tag(Base):
    __tablename__ = "tags"
    id = Column(Integer, primary_key=True)
    word = Column(String(20))

    def __init__(self, word=None):
        self.word = word


class Segment(Owned, Base):
    __tablename__ = "segments"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    title = synonym("name")
    x1, y1, x2, y2 = Column(Integer), Column(Integer), Column(Integer), Column(Integer)
    begin = composite(Point, x1, y1)
    end = composite(Point, x2, y2)
    width = column_property(x2 - x1)
    memo = deferred(Column(String(50)))
    tags = relationship(Tag, secondary=lambda: segment_tags, order_by=Tag.id)
    words = association_proxy("tags", "word")
    owner_name = association_proxy("owner", "name")

    @hybrid_property
    def length(self):
        return abs(self.x2 - self.x1)

    @length.inplace.expression
    @classmethod
    def _length_expression(cls):
        return func.abs(cls.x2 - cls.x1)

    @hybrid_property
    def left(self):
        return self.x1

    @left.inplace.setter
    def _left_setter(self, value):
        self.x1 = value

    @left.inplace.update_expression
    @classmethod
    def _left_update(cls, value):
        return [(cls.x1, value), (cls.x2, value + 10)]

    @hybrid_method
    def reaches(self, n, slack=0):
        return self.x2 + slack >= n

    @reconstructor
    def wake(self):
        self.woken = getattr(self, "woken", 0) + 1

    @validates("x1", "x2")
    def whole(self, key, value):
        if value is not None and value < 0:
            raise ValueError("negative")
        return value


segment_tags = Table("segment_tags", Base.metadata, Column("segment_id", ForeignKey("segments.id"), primary_key=True),
                     Column("tag_id", ForeignKey("tags.id"), primary_key=True))
e = engine()
Base.metadata.create_all(e)
forget()
say([c.name for c in Segment.__table__.c], inspect(Segment).attrs.keys(), inspect(Segment).synonyms.keys())
say(inspect(Segment).composites.keys(), sorted(k for k, d in inspect(Segment).all_orm_descriptors.items()
                                               if d.extension_type.name == "HYBRID_PROPERTY" and k[0] != "_"))
session = Session(e)
step("write")
s = Segment(name="a", begin=Point(1, 2), end=Point(4, 6), owner=Owner(name="ann"))
s.words.append("red")
s.words.extend(["blue", "green"])
say(s.title, s.x1, s.y2, s.length, s.left, s.reaches(5), s.reaches(5, slack=1), list(s.words), s.owner_name, s.width)
say(hasattr(s, "woken"))
session.add(s)
session.add(Segment(title="b", begin=Point(9, 9), end=Point(2, 2), owner=s.owner, memo="long"))
session.commit()
step("read")
session.expunge_all()
a, b = session.scalars(select(Segment).order_by(Segment.title)).all()
say(a.woken, a.begin.x, a.end == Point(4, 6), a.width, b.width, a.length, b.length, inspect(a).unloaded)
say(a.owner_name, [x.name for x in a.owner.segments], list(a.words), b.memo, a is inspect(a).obj())
step("expressions")
say(session.scalars(select(Segment.name).where(Segment.length > 5)).all())
say(session.scalars(select(Segment.title).where(Segment.begin == Point(1, 2))).all())
say(session.scalars(select(Segment.name).where(Segment.begin != Point(1, 2))).all())
say(session.scalars(select(Segment.name).where(Segment.reaches(5, slack=1))).all())
say(session.scalars(select(Segment.name).where(Segment.words == "red")).all())
say(session.scalars(select(Segment.name).where(Segment.words.contains("blue"))).all())
say(session.scalars(select(Segment.name).where(Segment.owner_name == "ann").order_by(Segment.id)).all())
say(session.scalars(select(Segment.name).where(~Segment.words.any())).all())
say(session.execute(select(Segment.begin, Segment.title, Segment.length).where(Segment.id == 1)).one()[1:])
say(select(Segment.left, Segment.width).order_by(Segment.length.desc()))
step("change")
a.end = Point(7, 7)
say(inspect(a).attrs.end.history.added[0].x, inspect(a).attrs.x2.history, a.width)
a.title = "aa"
a.left = 3
say(a.name, inspect(a).attrs.name.history, a.begin.x)
session.flush()
say(a.width, a.begin == Point(3, 2))
a.begin = None
say(a.x1, a.y1)
session.rollback()
refused(lambda: setattr(a, "x1", -1))
refused(lambda: setattr(a, "length", -1))
a.words = ["one", "two"]
say(sorted(list(a.words)), len(a.tags))
a.words.remove("one")
a.words[0] = "three"
session.commit()
say(list(a.words), session.scalar(select(func.count()).select_from(Tag)))
step("update statement")
session.execute(sa.update(Segment).values({Segment.left: 20}), execution_options={"synchronize_session": False})
session.expire_all()
say([(x.x1, x.x2) for x in session.scalars(select(Segment).order_by(Segment.id))], a.woken)
sql()
