"""Aliases of entities in longer queries: of subqueries, with hybrids and properties, join_from, full joins."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, and_, case, func, inspect, join, literal, or_, select, true
from sqlalchemy.ext.hybrid import hybrid_method, hybrid_property
from sqlalchemy.orm import (Session, aliased, column_property, composite, contains_eager, declarative_base, joinedload,
                            relationship, selectinload, synonym)

Base = declarative_base()


class Dept(Base):
    __tablename__ = "depts"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    staff = relationship("Worker", back_populates="dept", order_by="Worker.id", foreign_keys="Worker.dept_id")


class Worker(Base):
    __tablename__ = "workers"
    id = Column(Integer, primary_key=True)
    first = Column(String(30))
    last = Column("last_name", String(30))
    pay = Column(Integer)
    dept_id = Column(ForeignKey("depts.id"))
    second_dept_id = Column(ForeignKey("depts.id"))
    boss_id = Column(ForeignKey("workers.id"))
    dept = relationship(Dept, back_populates="staff", foreign_keys=dept_id)
    second = relationship(Dept, foreign_keys=second_dept_id)
    boss = relationship("Worker", remote_side=id)
    family = synonym("last")
    yearly = column_property(pay * 12)

    @hybrid_property
    def full(self):
        return self.first + " " + self.last

    @hybrid_method
    def earns(self, amount):
        return self.pay > amount


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    s.add_all([Dept(id=1, name="dev"), Dept(id=2, name="ops"), Dept(id=3, name="law")])
    s.flush()
    s.add(Worker(id=1, first="ann", last="lee", pay=50, dept_id=1))
    s.flush()
    s.add_all([Worker(id=2, first="bob", last="ray", pay=30, dept_id=1, second_dept_id=2, boss_id=1),
               Worker(id=3, first="cid", last="lee", pay=40, dept_id=2, boss_id=1),
               Worker(id=4, first="dan", last="fox", pay=45, boss_id=3)])
    s.commit()
forget()
s = Session(e)
boss, d2 = aliased(Worker, name="boss"), aliased(Dept, name="d2")

step("properties of an alias")
say(s.execute(select(boss.full, boss.yearly, boss.family).where(boss.earns(35)).order_by(boss.full)).all())
say(s.execute(select(Worker.full, boss.full).join(Worker.boss.of_type(boss)).where(Worker.family == boss.family)).all())
say(str(select(boss.full, boss.yearly)))
say([r._mapping[boss.yearly] for r in s.execute(select(boss.yearly, Worker.yearly).where(boss.id == Worker.id)
    .order_by(boss.id))])
step("who earns more than the boss")
say(s.execute(select(Worker.first, Worker.pay - boss.pay).join(boss, Worker.boss).where(Worker.pay > boss.pay)).all())
step("two relationships to one table")
stmt = (select(Worker.first, Dept.name, d2.name.label("also")).outerjoin(Worker.dept).outerjoin(Worker.second.of_type(d2))
        .order_by(Worker.id))
say(s.execute(stmt).all(), list(s.execute(stmt).keys()))
step("join_from and outerjoin_from")
say(s.execute(select(Dept.name, Worker.first).join_from(Dept, Worker, Dept.staff).order_by(Worker.id)).all())
say(s.execute(select(Dept.name, func.count(Worker.id)).outerjoin_from(Dept, Worker, Worker.dept_id == Dept.id)
              .group_by(Dept.id, Dept.name).order_by(Dept.id)).all())
error(lambda: s.execute(select(Dept.name, Worker.first).join(Worker)).all())
say(str(select(Dept.name, Worker.first).join(Worker, Worker.dept_id == Dept.id, full=True)))
step("select_from a join, and an alias of a join's side")
j = join(Worker, boss, Worker.boss_id == boss.id, isouter=True)
say(s.execute(select(Worker.first, boss.first).select_from(j).order_by(Worker.id)).all())
say(s.execute(select(func.count()).select_from(j.join(Dept, Dept.id == Worker.dept_id))).scalar())
step("an alias of a subquery")
rich = select(Worker).where(Worker.pay > 35).subquery("rich")
r = aliased(Worker, rich, name="r")
say([[w.first, w.yearly, w.full] for w in s.scalars(select(r).order_by(r.pay))])
say(s.execute(select(r.first, r.full, boss.first).join(boss, r.boss).order_by(r.id)).all())
say([[w.first, w.boss and w.boss.first] for w in s.scalars(select(r).options(joinedload(r.boss)).order_by(r.id))])
say([[d.name, len(d.staff)] for d in s.scalars(select(Dept).join(Dept.staff.of_type(r)).options(
    contains_eager(Dept.staff.of_type(r))).order_by(Dept.id)).unique()])
s.expunge_all()
step("a subquery of columns that is not an entity")
per = select(Worker.dept_id, func.sum(Worker.pay).label("total"), func.avg(Worker.pay).label("mean")).group_by(
    Worker.dept_id).subquery()
say(s.execute(select(Dept.name, per.c.total).join(per, per.c.dept_id == Dept.id).order_by(Dept.id)).all())
say([[w.first, t] for w, t in s.execute(select(Worker, per.c.total).join(per, per.c.dept_id == Worker.dept_id)
    .where(Worker.pay >= per.c.mean).order_by(Worker.id))])
step("of_type with and_")
say(s.execute(select(Dept.name, boss.first).outerjoin(Dept.staff.of_type(boss).and_(boss.pay > 35))
              .order_by(Dept.id, boss.id)).all())
say(s.execute(select(Dept.name, Worker.first).join(Dept.staff.and_(Worker.pay < 50)).order_by(Dept.id)).all())
step("three deep")
b2 = aliased(Worker)
stmt = select(Worker.first, boss.first, b2.first).join(Worker.boss.of_type(boss)).join(boss.boss.of_type(b2))
say(s.execute(stmt).all(), str(stmt))
step("cartesian by choice, laterals by exists")
say(s.execute(select(func.count()).select_from(Dept).join(d2, true())).scalar())
say(s.scalars(select(Dept.name).where(~Dept.staff.any(Worker.boss.has())).order_by(Dept.id)).all())
say(s.scalars(select(Worker.first).where(Worker.boss.of_type(boss).has(boss.dept.has(Dept.name == "ops")))).all())
step("inspection of an alias")
insp = inspect(boss)
say(insp.is_aliased_class, insp.mapper.class_, insp.name, insp.selectable.name, insp.class_ is Worker)
say(inspect(r).selectable is rich, inspect(Worker).is_aliased_class)
step("entities in rows")
row = s.execute(select(Worker, boss, r).join(Worker.boss.of_type(boss)).join(r, r.id == Worker.id).where(Worker.id == 3)).one()
say(list(row._mapping.keys()), row.Worker is row.r, row.boss.first, row._mapping[boss].first)
step("filter_by goes to the last entity")
say(s.scalars(select(Worker.first).join(Worker.dept).filter_by(name="dev").order_by(Worker.id)).all())
say(s.scalars(select(boss.first).filter_by(family="lee").order_by(boss.id)).all())
error(lambda: select(Worker).join(Worker.dept).filter_by(first="ann"))
step("end")
