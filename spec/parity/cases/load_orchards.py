"""Loaders nested in loaders: selectin, joined and subquery mixed, wildcards and raiseload below them."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, Table, inspect, select
from sqlalchemy.orm import (Load, Session, declarative_base, defaultload, immediateload, joinedload, lazyload, noload,
                            raiseload, relationship, selectinload, subqueryload)

Base = declarative_base()
pairs = Table("tree_sort", Base.metadata, Column("tree_id", ForeignKey("tree.id"), primary_key=True),
              Column("sort_id", ForeignKey("sort.id"), primary_key=True))


class Orchard(Base):
    __tablename__ = "orchard"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    rows = relationship("Row", back_populates="orchard", order_by="Row.id")
    gates = relationship("Gate", order_by="Gate.id")


class Row(Base):
    __tablename__ = "row_"
    id = Column(Integer, primary_key=True)
    orchard_id = Column(ForeignKey("orchard.id"))
    orchard = relationship(Orchard, back_populates="rows")
    trees = relationship("Tree", back_populates="row", order_by="Tree.id.desc()")


class Tree(Base):
    __tablename__ = "tree"
    id = Column(Integer, primary_key=True)
    height = Column(Integer)
    row_id = Column(ForeignKey("row_.id"))
    row = relationship(Row, back_populates="trees")
    sorts = relationship("Sort", secondary=pairs, order_by="Sort.name")


class Sort(Base):
    __tablename__ = "sort"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))


class Gate(Base):
    __tablename__ = "gate"
    id = Column(Integer, primary_key=True)
    orchard_id = Column(ForeignKey("orchard.id"))


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    gala, boskoop = Sort(id=1, name="gala"), Sort(id=2, name="boskoop")
    s.add_all([
        Orchard(id=1, name="north", gates=[Gate(id=1), Gate(id=2)], rows=[
            Row(id=1, trees=[Tree(id=1, height=3, sorts=[gala, boskoop]), Tree(id=2, height=5)]), Row(id=2)]),
        Orchard(id=2, name="south", rows=[Row(id=3, trees=[Tree(id=3, height=4, sorts=[boskoop])])]),
        Orchard(id=3, name="fallow")])
    s.commit()
forget()
stmt = select(Orchard).order_by(Orchard.id)


def shape(o):
    return [o.name, [[r.id, [[t.id, [x.name for x in t.sorts]] for t in r.trees]] for r in o.rows]]


def show(title, *options):
    step(title)
    with Session(e) as s:
        for o in s.scalars(stmt.options(*options)).unique():
            say(shape(o))


show("selectin, joined, subquery", selectinload(Orchard.rows).joinedload(Row.trees).subqueryload(Tree.sorts))
show("joined, selectin, joined", joinedload(Orchard.rows).selectinload(Row.trees).joinedload(Tree.sorts))
show("subquery, subquery, selectin", subqueryload(Orchard.rows).subqueryload(Row.trees).selectinload(Tree.sorts))
show("joined throughout", joinedload(Orchard.rows).joinedload(Row.trees).joinedload(Tree.sorts))
show("immediate, then joined", immediateload(Orchard.rows).joinedload(Row.trees), defaultload(Orchard.rows)
     .defaultload(Row.trees).selectinload(Tree.sorts))

step("a wildcard below a path")
with Session(e) as s:
    for o in s.scalars(stmt.options(selectinload(Orchard.rows).selectinload(Row.trees), selectinload(Orchard.rows).raiseload("*"))):
        say(o.name, len(o.gates), [[t.id for t in r.trees] for r in o.rows])
        for r in o.rows:
            error(lambda: r.orchard)
    tree = s.get(Tree, 1)
    say(tree.row.id, [x.name for x in tree.sorts])
step("a wildcard over everything, named ones excepted")
with Session(e) as s:
    o = s.scalars(stmt.options(raiseload("*"), joinedload(Orchard.rows)).limit(1)).unique().one()
    say([r.id for r in o.rows])
    error(lambda: o.gates)
    error(lambda: o.rows[0].trees)
    say(sorted(inspect(o).unloaded), sorted(inspect(o.rows[0]).unloaded))
step("a wildcard of one entity")
with Session(e) as s:
    for o, t in s.execute(select(Orchard, Tree).join(Orchard.rows).join(Row.trees).order_by(Tree.id)
                          .options(Load(Orchard).raiseload("*"), Load(Tree).selectinload("*"))):
        error(lambda: o.rows)
        say(t.row.id, [x.name for x in t.sorts])
step("selectin for all, noload and lazy for some")
with Session(e) as s:
    for o in s.scalars(stmt.options(selectinload("*"), noload(Orchard.gates), lazyload(Orchard.rows))):
        say(o.name, o.gates, "rows" in o.__dict__, len(o.rows))
step("raise on sql only")
with Session(e) as s:
    t = s.scalars(select(Tree).where(Tree.id == 2).options(raiseload(Tree.row, sql_only=True), raiseload(Tree.sorts))).one()
    error(lambda: t.row)
    row = s.get(Row, 1)
    say(t.row is row)
    error(lambda: t.sorts)
    s.refresh(t, ["sorts"])
    say(t.sorts)
sql()
