"""selectinload in chunks of 500, and of parents that share, lack or repeat their targets."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, event, func, insert, inspect, select
from sqlalchemy.orm import Session, declarative_base, relationship, selectinload, immediateload, subqueryload

Base = declarative_base()


class Parent(Base):
    __tablename__ = "parents"
    id = Column(Integer, primary_key=True)
    boss_id = Column(ForeignKey("bosses.id"))
    boss = relationship("Boss")
    kids = relationship("Kid", order_by="Kid.id", back_populates="parent")


class Boss(Base):
    __tablename__ = "bosses"
    id = Column(Integer, primary_key=True)
    name = Column(String(10))


class Kid(Base):
    __tablename__ = "kids"
    id = Column(Integer, primary_key=True)
    parent_id = Column(ForeignKey("parents.id"))
    parent = relationship("Parent", back_populates="kids")


e = engine()
Base.metadata.create_all(e)
with e.begin() as conn:
    conn.execute(insert(Boss.__table__), [{"id": 1, "name": "b1"}, {"id": 2, "name": "b2"}, {"id": 3, "name": "b3"}])
    conn.execute(insert(Parent.__table__).from_select(["id", "boss_id"], select(Boss.id, Boss.id)))
    for _ in range(9):
        conn.execute(insert(Parent.__table__).from_select(
            ["id", "boss_id"], select(Parent.id + func.coalesce(select(func.max(Parent.id)).scalar_subquery(), 0),
                Parent.boss_id)))
    conn.execute(insert(Kid.__table__).from_select(["id", "parent_id"], select(Parent.id, Parent.id)))
forget()
counted = []


@event.listens_for(e, "before_cursor_execute")
def count(*args):
    counted.append(1)


step("collections")
before = len(counted)
with Session(e) as s:
    parents = s.scalars(select(Parent).options(selectinload(Parent.kids)).order_by(Parent.id)).all()
    say(len(parents), len(counted) - before, len(parents[0].kids), len(parents[-1].kids))
forget()
step("many to one")
before = len(counted)
with Session(e) as s:
    parents = s.scalars(select(Parent).options(selectinload(Parent.boss)).order_by(Parent.id)).all()
    say(parents[0].boss.name, parents[-1].boss.name, len(counted) - before)
step("both ways")
with Session(e) as s:
    parents = s.scalars(select(Parent).where(Parent.id <= 4).options(selectinload(Parent.kids)
        .selectinload(Kid.parent).selectinload(Parent.boss)).order_by(Parent.id)).all()
    say([p.kids[0].parent is p for p in parents], [p.boss.name for p in parents])
step("some of them are there already")
with Session(e) as s:
    first = s.get(Parent, 1)
    say(len(first.kids))
    boss = s.get(Boss, 2)
    parents = s.scalars(select(Parent).where(Parent.id <= 3).options(selectinload(Parent.kids),
        selectinload(Parent.boss)).order_by(Parent.id)).all()
    say([len(p.kids) for p in parents], parents[1].boss is boss)
    forget()
step("nothing at all")
with Session(e) as s:
    say(s.scalars(select(Parent).where(Parent.id < 0).options(selectinload(Parent.kids))).all())
    say(s.scalars(select(Parent).where(Parent.id < 0).options(subqueryload(Parent.kids))).all())
    say(s.scalars(select(Parent).where(Parent.id < 0).options(immediateload(Parent.boss))).all())
step("null keys")
with Session(e) as s:
    s.add(Parent(id=100000))
    s.flush()
    s.expire_all()
    lone = s.scalars(select(Parent).where(Parent.id == 100000).options(selectinload(Parent.boss),
        selectinload(Parent.kids))).one()
    say(lone.boss, lone.kids)
    kid = Kid(id=200000)
    s.add(kid)
    s.flush()
    say(kid.parent)
    say(s.scalars(select(Kid).where(Kid.id == 200000).options(selectinload(Kid.parent))).one().parent)
    s.rollback()
step("yield_per loads them part by part")
with Session(e) as s:
    stmt = select(Parent).where(Parent.id <= 6).options(selectinload(Parent.kids)).order_by(Parent.id).execution_options(yield_per=4)
    for part in s.scalars(stmt).partitions():
        say([p.id for p in part], [len(p.kids) for p in part])
step("end")
