# An organisation chart: recursive queries into entities, statements from text, unions and intersections of entities.
from parity import *
from sqlalchemy import Column, Integer, String, ForeignKey, select, func, text, literal, union_all, union, except_
from sqlalchemy.orm import declarative_base, relationship, Session, aliased, selectinload

Base = declarative_base()


class Person(Base):
    __tablename__ = "person"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    grade = Column(Integer)
    boss_id = Column(ForeignKey("person.id"))
    boss = relationship("Person", remote_side=[id], back_populates="reports")
    reports = relationship("Person", back_populates="boss", order_by="Person.name")


eng = engine()
Base.metadata.create_all(eng)
forget()
with Session(eng) as s:
    root = Person(name="root", grade=9)
    left = Person(name="left", grade=7, boss=root)
    right = Person(name="right", grade=6, boss=root)
    for i in range(3):
        left.reports.append(Person(name="l%d" % i, grade=3 + i))
    right.reports = [Person(name="r0", grade=2)]
    right.reports[0].reports.append(Person(name="deep", grade=1))
    s.add(root)
    s.commit()
step("walk down")
with Session(eng) as s:
    tree = select(Person.id, Person.name, literal(0).label("level")).where(Person.boss_id.is_(None)).cte(
        "tree", recursive=True)
    child = aliased(Person, name="child")
    tree = tree.union_all(select(child.id, child.name, tree.c.level + 1).where(child.boss_id == tree.c.id))
    for row in s.execute(select(tree.c.name, tree.c.level).order_by(tree.c.level, tree.c.name)):
        say("-" * row.level + row.name)
    step("entities by the walk")
    q = select(Person, tree.c.level).join(tree, tree.c.id == Person.id).where(tree.c.level == 2).order_by(Person.name)
    for person, level in s.execute(q):
        say(person.name, level, person.boss.name)
    step("walk up")
    start = s.scalars(select(Person).where(Person.name == "deep")).one()
    up = select(Person).where(Person.id == start.id).cte("up", recursive=True)
    parent = aliased(Person)
    up = up.union_all(select(parent).join(up, up.c.boss_id == parent.id))
    Up = aliased(Person, up)
    say([p.name for p in s.scalars(select(Up).order_by(Up.grade))])
    step("text into entities")
    q = text("SELECT id, name, grade, boss_id FROM person WHERE grade > :g ORDER BY grade DESC")
    say([p.name for p in s.scalars(select(Person).from_statement(q), {"g": 5})])
    columns = q.columns(Person.id, Person.name, Person.grade, Person.boss_id)
    say([p.name for p in s.scalars(select(Person).from_statement(columns).options(selectinload(Person.reports)),
                                   {"g": 6})])
    sub = columns.subquery("t")
    T = aliased(Person, sub)
    say(s.execute(select(T.name).where(T.boss_id.is_not(None)).order_by(T.name), {"g": 3}).scalars().all())
    step("a union as entities")
    low = select(Person).where(Person.grade < 3)
    high = select(Person).where(Person.grade > 6)
    u = union_all(low, high).order_by("grade")
    say([p.name for p in s.scalars(select(Person).from_statement(u))])
    U = aliased(Person, union(low, high).subquery("u"))
    say([p.name for p in s.scalars(select(U).where(U.boss_id.is_not(None)).order_by(U.name))])
    say(s.execute(select(U.name, func.length(U.name)).order_by(U.id).limit(1)).one())
    step("without those that lead")
    leaders = select(Person.boss_id).where(Person.boss_id.is_not(None))
    q = except_(select(Person.id), leaders).subquery()
    say(s.scalars(select(Person.name).join(q, q.c.id == Person.id).order_by(Person.name)).all())
    say(s.scalars(select(Person.name).where(Person.id.not_in(leaders)).order_by(Person.name.desc())).all())
    step("joins to self")
    Boss = aliased(Person, name="boss")
    q = select(Person.name, Boss.name).join(Person.boss.of_type(Boss)).where(Boss.grade > 6).order_by(Person.id)
    say(s.execute(q).all())
    say(s.execute(select(Boss.name, func.count(Person.id)).join(Boss.reports.of_type(Person)).group_by(Boss.name)
                  .order_by(Boss.name)).all())
    say(s.scalars(select(Person.name).outerjoin(Boss, Person.boss).where(Boss.id.is_(None))).all())
    say(s.scalars(select(Person.name).where(Person.reports.any(Person.grade < 2))).all())
    say(s.scalars(select(Person.name).where(Person.boss.has(name="right"))).all())
    say(s.scalars(select(Person.name).where(~Person.reports.any()).order_by(Person.name)).all())
step("end")
