"""Unions and statements of entities: union, intersect, except of classes, aliases on them, ordering and limits inside and
outside, from_statement with text, unions, CTEs and INSERT/UPDATE/DELETE RETURNING, options on them."""
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *


class Base(DeclarativeBase):
    pass


class Farm(Base):
    __tablename__ = "farm"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column("farm_name", String(20))
    animals = relationship("Animal", back_populates="farm", order_by="Animal.id")


class Animal(Base):
    __tablename__ = "animal"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String(20))
    weight = mapped_column(Integer)
    type = mapped_column(String(10))
    farm_id = mapped_column(ForeignKey("farm.id"))
    farm = relationship(Farm, back_populates="animals")
    heavy = column_property(weight > 50)
    __mapper_args__ = {"polymorphic_on": type, "polymorphic_identity": "animal"}


class Cow(Animal):
    milk = mapped_column(Integer)
    __mapper_args__ = {"polymorphic_identity": "cow"}


class Hen(Animal):
    __tablename__ = "hen"
    id = mapped_column(ForeignKey("animal.id"), primary_key=True)
    eggs = mapped_column(Integer)
    __mapper_args__ = {"polymorphic_identity": "hen"}


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    f1 = Farm(id=1, name="hill")
    f2 = Farm(id=2, name="vale")
    s.add_all([Cow(id=1, name="ada", weight=90, milk=9, farm=f1), Cow(id=2, name="bea", weight=70, milk=7, farm=f2),
               Hen(id=3, name="coco", weight=2, eggs=3, farm=f1), Hen(id=4, name="dot", weight=3, eggs=5, farm=f2),
               Animal(id=5, name="eli", weight=40, farm=f1)])
    s.commit()
forget()


def lines(animals):
    for a in animals:
        say(a, a.id, a.name, a.heavy, sorted(inspect(a).unloaded))


def show(title, stmt):
    step(title)
    with Session(e) as s:
        lines(s.scalars(stmt).unique().all())
        sql()
    forget()


light = select(Animal).where(Animal.weight < 50)
hill = select(Animal).where(Animal.farm_id == 1)
show("from union", select(Animal).from_statement(union(light, hill).order_by(Animal.id)))
show("from union all", select(Animal).from_statement(union_all(light, hill).order_by("id")))
show("from intersect", select(Animal).from_statement(intersect(light, hill).order_by("name")))
show("from except", select(Animal).from_statement(light.except_(hill)))
show("with options", select(Animal).from_statement(union(light, hill).order_by(Animal.id)).options(
    selectinload(Animal.farm), load_only(Animal.id, Animal.name, Animal.type)))
a = aliased(Animal, light.union(hill).subquery())
show("aliased", select(a).order_by(a.name.desc()))
show("aliased joined", select(a).join(a.farm).where(Farm.name == "hill").order_by(a.id).options(contains_eager(a.farm)))
show("aliased loads", select(a).order_by(a.id).limit(2).options(joinedload(a.farm).selectinload(Farm.animals)))
c = aliased(Cow, union_all(select(Cow).where(Cow.milk > 8), select(Cow).where(Cow.weight < 80)).subquery("cows"))
show("aliased subclass", select(c).order_by(c.id))
h = aliased(Hen, select(Hen).where(Hen.eggs > 1).cte("layers"))
show("aliased joined subclass", select(h).order_by(h.eggs.desc()))
limited = select(Animal).order_by(Animal.weight.desc()).limit(2)
b = aliased(Animal, union(limited.subquery().select(), select(Animal).where(Animal.id == 4)).subquery())
show("limits inside", select(b).order_by(b.id))
step("rows of unions")
with Session(e) as s:
    u = union_all(select(Animal.name, literal("a").label("kind")).where(Animal.weight > 60),
                  select(Farm.name, literal("f")).where(Farm.id == 1))
    say(sorted([tuple(r) for r in s.execute(u)]))
    say(s.execute(u.order_by("kind", "name").limit(2)).all())
    sub = u.subquery()
    say(s.execute(select(sub.c.kind, func.count()).group_by(sub.c.kind).order_by(sub.c.kind)).all())
    say(s.execute(select(Farm, a.name).join(a, a.farm_id == Farm.id).order_by(a.id)).mappings().all()[0]["name"])
    say(s.scalars(select(Animal.name).where(Animal.id.in_(union(select(Cow.id), select(Hen.id)))).order_by(Animal.id)).all())
    say(s.scalar(select(exists(light.union(hill)))))
    error(lambda: s.execute(union(select(Animal.id, Animal.name), select(Animal.id))).all())
    s.rollback()
    sql()
step("text")
with Session(e) as s:
    lines(s.scalars(select(Animal).from_statement(text("select * from animal where weight > :w order by id")), {"w": 60}))
    sql()
    s.expunge_all()
    t = text("select id, farm_name as n from farm order by id").columns(Farm.id, Farm.name)
    say([f.name for f in s.scalars(select(Farm).from_statement(t).options(selectinload(Farm.animals)))])
    s.expunge_all()
    t = text("select id, name from animal").columns(Animal.id, Animal.name)
    error(lambda: s.scalars(select(Animal).from_statement(t)).all())
    t = text("select a.id, a.name, a.type, f.id, f.farm_name from animal a join farm f on f.id = a.farm_id order by a.id").columns(
        Animal.id, Animal.name, Animal.type, Farm.id, Farm.name)
    for x, f in s.execute(select(Animal, Farm).from_statement(t)):
        say(x.name, f.name, sorted(inspect(x).unloaded))
    s.expunge_all()
    for x in s.scalars(select(Animal).from_statement(t).options(contains_eager(Animal.farm))):
        say(x.name, sorted(inspect(x).unloaded))
    say(s.execute(select(Animal.name, Farm.name).from_statement(t)).all())
    sql()
step("returning")
with Session(e) as s:
    for x in s.scalars(select(Animal).from_statement(insert(Animal).values(
            [{"id": 10, "name": "x", "weight": 5, "type": "animal"}, {"id": 11, "name": "y", "weight": 60, "type": "cow"}]).returning(Animal))):
        say(x, x.id, x.name, x.weight)
    sql()
    got = s.scalars(update(Animal).where(Animal.id >= 10).values(weight=Animal.weight + 1).returning(Animal)).all()
    say(sorted([(g.id, g.weight) for g in got]))
    got = s.scalars(select(Animal).from_statement(update(Animal).where(Animal.id >= 10).values(weight=7).returning(Animal))
                    .execution_options(populate_existing=True)).all()
    say(sorted([(g.id, g.weight, g.heavy) for g in got]))
    sql()
    gone = s.scalars(delete(Animal).where(Animal.id >= 10).returning(Animal)).all()
    say(sorted([(g.id, g.name) for g in gone]), [inspect(g).persistent for g in gone])
    s.commit()
    say([inspect(g).detached for g in gone])
    sql()
step("wrong")
with Session(e) as s:
    error(lambda: s.scalars(select(Animal).from_statement(text("select 1 as one"))).all())
    refused(lambda: s.scalars(select(Animal).from_statement(light).where(Animal.id == 1)).all())
    error(lambda: s.scalars(select(Animal).from_statement(light).options(selectinload(Farm.animals))).all())
    s.rollback()
    forget()
