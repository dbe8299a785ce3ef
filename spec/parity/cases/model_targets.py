"""Relationships to an aliased class (a join, a window function); properties added to mapped classes."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, and_, func, inspect, join, select
from sqlalchemy.orm import (Session, aliased, column_property, configure_mappers, declarative_base, joinedload,
    relationship, selectinload, synonym)

Base = declarative_base()


class A(Base):
    __tablename__ = "a"
    id = Column(Integer, primary_key=True)
    b_id = Column(ForeignKey("b.id"))


class B(Base):
    __tablename__ = "b"
    id = Column(Integer, primary_key=True)
    name = Column(String(5))


class C(Base):
    __tablename__ = "c"
    id = Column(Integer, primary_key=True)
    a_id = Column(ForeignKey("a.id"))
    b_id = Column(ForeignKey("b.id"))
    rank = Column(Integer)


j = join(B, C, C.b_id == B.id)
B_via_c = aliased(B, j, flat=True)
A.bs = relationship(B_via_c, primaryjoin=A.id == j.c.c_a_id, viewonly=True, order_by=B_via_c.id)
part = select(C, func.row_number().over(order_by=C.rank.desc(), partition_by=C.a_id).label("index")).alias()
top = aliased(C, part)
A.top = relationship(top, primaryjoin=and_(top.a_id == A.id, part.c.index < 3), viewonly=True, order_by=part.c.index)
A.b = relationship(B)
B.loud = column_property(func.upper(B.name))
B.title = synonym("name")
inspect(C).add_property("a", relationship(A, backref="cs"))
configure_mappers()
say(sorted(inspect(A).attrs.keys()), sorted(inspect(B).attrs.keys()), sorted(inspect(C).attrs.keys()))
say(A.bs.property.direction.name, A.bs.property.mapper.class_, A.top.property.entity.is_aliased_class)
e = engine()
Base.metadata.create_all(e)
forget()
s = Session(e)
step("rows")
s.add_all([B(id=1, name="one"), B(id=2, name="two"), B(id=3, name="three")])
s.flush()
s.add_all([A(id=1, b_id=1), A(id=2)])
s.flush()
s.add_all([C(id=i, a_id=1 + i % 2, b_id=1 + i % 3, rank=(i * 7) % 11) for i in range(1, 7)])
s.commit()
step("lazy")
a = s.get(A, 2)
say([b.name for b in a.bs], [c.id for c in a.top], a.b)
step("selectin")
s.expunge_all()
for a in s.scalars(select(A).options(selectinload(A.top)).order_by(A.id)):
    say(a.id, [c.id for c in a.top], [b.loud for b in a.bs])
step("joined")
s.expunge_all()
for a in s.scalars(select(A).options(joinedload(A.top)).order_by(A.id)).unique():
    say(a.id, [c.rank for c in a.top])
step("join and exists")
say(s.execute(select(A.id, top.id).join(A.top.of_type(top)).order_by(A.id, top.id)).all())
say(s.scalars(select(A.id).where(A.bs.any(B_via_c.name == "three")).order_by(A.id)).all())
step("added properties")
say(s.scalars(select(B.title).where(B.loud == "TWO")).all())
say([c.id for c in sorted(s.get(A, 1).cs, key=lambda c: c.id)], s.get(C, 1).a.id)
step("set a synonym")
s.get(B, 1).title = "uno"
s.flush()
say(s.get(B, 1).name, s.get(B, 1).loud)
s.rollback()
sql()
s.close()
