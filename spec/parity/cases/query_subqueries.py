"""Entities from subqueries and CTEs: aliased, correlated, recursive, lateral, unions, values."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, func, lateral, literal, select, true, tuple_, union, union_all, values, column, except_, intersect
from sqlalchemy.orm import Session, aliased, declarative_base, relationship, selectinload, joinedload

Base = declarative_base()


class Dept(Base):
    __tablename__ = "depts"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    parent_id = Column(ForeignKey("depts.id"))
    people = relationship("Worker", back_populates="dept", order_by="Worker.id")


class Worker(Base):
    __tablename__ = "workers"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    pay = Column(Integer)
    dept_id = Column(ForeignKey("depts.id"))
    dept = relationship("Dept", back_populates="people")


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    s.add_all([Dept(id=1, name="all"), Dept(id=2, name="dev", parent_id=1), Dept(id=3, name="ops", parent_id=1),
        Dept(id=4, name="db", parent_id=3)])
    s.flush()
    s.add_all([Worker(id=i, name=n, pay=p, dept_id=d) for i, n, p, d in
               [(1, "ann", 10, 2), (2, "bob", 20, 2), (3, "cid", 30, 3), (4, "dan", 40, 4), (5, "eve", 50, 4), (6,
                   "fay", 5, None)]])
    s.commit()
forget()
s = Session(e)

step("aliased subquery")
sub = select(Worker).where(Worker.pay > 15).order_by(Worker.pay.desc()).limit(3).subquery()
rich = aliased(Worker, sub, name="rich")
say([w.name for w in s.scalars(select(rich).order_by(rich.id))])
say(s.execute(select(rich.name, Dept.name).join(rich.dept).order_by(rich.id)).all())
say([[w.name, w.dept.name] for w in s.scalars(select(rich).options(joinedload(rich.dept)).order_by(rich.name))])
say([w is s.get(Worker, 4) for w in s.scalars(select(rich).where(rich.id == 4))])
step("columns of a subquery with labels")
stats = select(Worker.dept_id.label("dept"), func.count().label("n"),
    func.avg(Worker.pay).label("mean")).group_by(Worker.dept_id).subquery("stats")
say([[d.name, n] for d, n in s.execute(select(Dept, stats.c.n).outerjoin(stats,
    stats.c.dept == Dept.id).order_by(Dept.id))])
say(stats.c.keys(), sub.c.keys())
step("scalar subqueries")
top = select(func.max(Worker.pay)).where(Worker.dept_id == Dept.id).scalar_subquery()
say(s.execute(select(Dept.name, top.label("top")).order_by(Dept.id)).all())
say(s.execute(select(Dept.name).where(top > 25).order_by(Dept.id)).all())
peer = aliased(Worker)
mean = select(func.max(peer.pay)).where(peer.dept_id == Worker.dept_id).correlate(Worker).scalar_subquery()
say([w.name for w in s.scalars(select(Worker).where(Worker.pay == mean).order_by(Worker.id))])
say([w.name for w in s.scalars(select(Worker).where(Worker.pay == select(func.max(Worker.pay)).scalar_subquery()))])
say(str(select(Dept).where(select(Worker.id).where(Worker.dept_id == Dept.id).correlate(None).exists())))
say(str(select(Dept).where(select(Worker.id).where(Worker.dept_id == Dept.id).correlate_except(Worker).exists())))
step("row values")
say([w.name for w in s.scalars(select(Worker).where(tuple_(Worker.dept_id, Worker.pay).in_([(2, 10), (4,
    50)])).order_by(Worker.id))])
step("a cte")
paid = select(Worker.dept_id, func.sum(Worker.pay).label("total")).group_by(Worker.dept_id).cte("paid")
say(s.execute(select(Dept.name, paid.c.total).join(paid, paid.c.dept_id == Dept.id).order_by(Dept.id)).all())
p1, p2 = paid.alias("p1"), paid.alias("p2")
say(s.execute(select(p1.c.dept_id, p2.c.dept_id).where(p1.c.total < p2.c.total).order_by(p1.c.dept_id,
    p2.c.dept_id)).all())
step("a recursive cte")
tree = select(Dept.id, Dept.name, literal(0).label("depth")).where(Dept.parent_id.is_(None)).cte("tree",
    recursive=True)
child = aliased(Dept)
tree = tree.union_all(select(child.id, child.name, tree.c.depth + 1).join(tree, child.parent_id == tree.c.id))
say(s.execute(select(tree).order_by(tree.c.depth, tree.c.id)).all())
say([[d.name, depth] for d, depth in s.execute(select(Dept, tree.c.depth).join(tree,
    tree.c.id == Dept.id).order_by(tree.c.depth.desc(), Dept.id))])
step("a recursive cte as an entity")
start = select(Dept).where(Dept.name == "ops").cte("branch", recursive=True)
d2 = aliased(Dept, name="d2")
branch = start.union(select(d2).where(d2.parent_id == start.c.id))
found = aliased(Dept, branch)
say([[d.name, [w.name for w in d.people]] for d in s.scalars(select(found)
    .options(selectinload(found.people)).order_by(found.id))])
say(s.execute(select(found.name, func.count(Worker.id)).outerjoin(found.people).group_by(found.id,
    found.name).order_by(found.id)).all())
step("unions of entities")
u = union(select(Worker).where(Worker.pay < 15), select(Worker).where(Worker.dept_id == 4))
say([w.name for w in s.scalars(select(Worker).from_statement(u.order_by("id")))])
au = aliased(Worker, u.subquery())
say([w.name for w in s.scalars(select(au).where(au.pay > 5).order_by(au.id.desc()))])
ua = aliased(Worker, union_all(select(Worker), select(Worker).where(Worker.id == 1)).subquery("ua"))
say(len(s.scalars(select(ua)).all()), len(s.scalars(select(ua)).unique().all()))
say(s.execute(intersect(select(Worker.dept_id), select(Dept.id)).order_by("dept_id")).all())
say(s.execute(except_(select(Dept.id), select(Worker.dept_id).where(Worker.dept_id.is_not(None)))).all())
step("adapt_on_names")
named = select(Worker.id, Worker.name, literal(0).label("pay")).subquery("named")
an = aliased(Worker, named, adapt_on_names=True)
say(s.execute(select(an.name, an.pay).where(an.id < 3).order_by(an.id)).all())
step("values")
v = values(column("id", Integer), column("bonus", Integer), name="v").data([(1, 100), (3, 300)])
if is_postgresql:
    say(s.execute(select(Worker.name, v.c.bonus).join(v, v.c.id == Worker.id).order_by(Worker.id)).all())
say(str(select(Worker.name, v.c.bonus).join(v, v.c.id == Worker.id)))
step("lateral")
best = select(Worker.name.label("best"),
    Worker.pay).where(Worker.dept_id == Dept.id).order_by(Worker.pay.desc()).limit(1).lateral("best")
stmt = select(Dept.name, best.c.best).outerjoin(best, true()).order_by(Dept.id)
say(str(stmt))
if is_postgresql:
    say(s.execute(stmt).all())
    bw = aliased(Worker, select(Worker).where(Worker.dept_id == Dept.id).order_by(Worker.pay).limit(1).lateral())
    say([[d.name, w.name] for d, w in s.execute(select(Dept, bw).join(bw, true()).order_by(Dept.id))])
step("select from a subquery of an entity")
inner = select(Worker).where(Worker.pay >= 20).subquery()
say(s.execute(select(inner.c.name, inner.c.pay).order_by(inner.c.id)).all())
say(s.scalar(select(func.count()).select_from(inner)))
step("end")
