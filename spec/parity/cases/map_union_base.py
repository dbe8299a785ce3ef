"""A base that is always selected from a union: its attributes are those of the union only where the base is in the
statement."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, Table, exists, func, literal, select
from sqlalchemy.orm import (Bundle, Session, aliased, column_property, contains_eager, declarative_base, joinedload,
                            join, polymorphic_union, relationship, selectinload, subqueryload, with_loader_criteria,
                            with_polymorphic)
from sqlalchemy.ext.hybrid import hybrid_property

Base = declarative_base()
people = Table("people", Base.metadata, Column("id", Integer, primary_key=True), Column("kind", String(9)),
               Column("name", String(9)), Column("firm_id", ForeignKey("firm.id")))
engineers = Table("engineers", Base.metadata, Column("id", ForeignKey("people.id"), primary_key=True),
                  Column("tool", String(9)))
bosses = Table("bosses", Base.metadata, Column("id", ForeignKey("people.id"), primary_key=True),
               Column("car", String(9)))
pj = polymorphic_union({"engineer": people.join(engineers), "boss": people.join(bosses)}, None, "pj")


class Firm(Base):
    __tablename__ = "firm"
    id = Column(Integer, primary_key=True)
    name = Column(String(9))


class Person(Base):
    __table__ = people
    __mapper_args__ = {"polymorphic_on": pj.c.kind, "with_polymorphic": ("*", pj), "polymorphic_identity": "person"}

    @hybrid_property
    def loud(self):
        return self.name + "!"


class Engineer(Person):
    __table__ = engineers
    __mapper_args__ = {"polymorphic_identity": "engineer"}


class Boss(Person):
    __table__ = bosses
    __mapper_args__ = {"polymorphic_identity": "boss"}


class Paper(Base):
    __tablename__ = "paper"
    id = Column(Integer, primary_key=True)
    text = Column(String(9))
    person_id = Column(ForeignKey("people.id"))


Firm.people = relationship(Person, order_by=Person.id, back_populates="firm")
Person.firm = relationship(Firm, back_populates="people")
Person.papers = relationship(Paper, order_by=Paper.id, back_populates="person")
Paper.person = relationship(Person, back_populates="papers")
Firm.size = column_property(
    select(func.count(people.c.id)).where(people.c.firm_id == Firm.id).correlate_except(people).scalar_subquery())

db = engine()
Base.metadata.create_all(db)
with Session(db) as s:
    for one in (Firm(id=1, name="one"), Firm(id=2, name="two"), Engineer(id=1, name="ann", tool="saw", firm_id=1),
                Boss(id=2, name="bob", car="red", firm_id=1), Engineer(id=3, name="cid", tool="axe", firm_id=2),
                Paper(id=1, text="a", person_id=1), Paper(id=2, text="b", person_id=1),
                Paper(id=3, text="c", person_id=2)):
        s.add(one)
        s.flush()
    s.commit()
forget()


def rows(title, statement):
    step(title)
    with Session(db) as s:
        for row in s.execute(statement).unique().all():
            say(*[v if isinstance(v, (int, str, type(None))) else type(v).__name__ + str(v.id) for v in row])
        sql()


rows("subclass by base attribute", select(Engineer).order_by(Person.id))
rows("subclass where base attribute", select(Engineer).where(Person.name == "ann"))
rows("subclass column", select(Engineer.tool).where(Person.name != "ann").order_by(Person.id))
rows("base", select(Person).where(Person.name != "bob").order_by(Person.id))
rows("base columns", select(Person.id, Person.name).order_by(Person.name.desc()))
rows("base with a subclass column", select(Person).where(Engineer.tool == "saw"))
rows("only in criteria", select(literal(1)).where(Person.id == 1))
rows("only in criteria of another", select(Firm.id).where(Firm.id == Person.firm_id).order_by(Firm.id, Person.id))
rows("exists", select(Firm.name).where(exists().where(Person.firm_id == Firm.id).where(Person.name == "cid")))
rows("exists of a select", select(Firm.name).where(select(Person.id).where(Person.firm_id == Firm.id).exists())
     .order_by(Firm.id))
rows("scalar subquery", select(Firm.name, select(func.count(Person.id)).where(Person.firm_id == Firm.id)
                               .scalar_subquery()).order_by(Firm.id))
rows("in", select(Paper.id).where(Paper.person_id.in_(select(Person.id).where(Person.name == "ann")))
     .order_by(Paper.id))
rows("function", select(func.count(Person.id), func.max(Person.name)))
rows("group", select(Person.kind, func.count(Person.id)).group_by(Person.kind).having(func.count(Person.id) > 1))
rows("hybrid", select(Person.loud).where(Person.loud != "ann!").order_by(Person.loud))
rows("bundle", select(Bundle("b", Person.id, Person.name)).where(Person.id == 1).with_only_columns(Person.id))
rows("label", select((Person.id + 1).label("x")).order_by(Person.id))
rows("join to", select(Firm.name, Person.name).join(Firm.people).order_by(Person.id))
rows("join to, entity", select(Person).join_from(Firm, Firm.people).where(Firm.id == 1).order_by(Person.name))
rows("join to by condition", select(Firm.name, Person.name).join(Person, Person.firm_id == Firm.id)
     .order_by(Person.id))
rows("join from", select(Person.name, Firm.name).join(Person.firm).order_by(Person.id))
rows("join from, subclass", select(Engineer.tool, Firm.name).join(Engineer.firm).order_by(Person.id))
rows("join from, base attribute", select(Engineer.tool, Paper.text).join(Person.papers).order_by(Paper.id))
rows("outer join", select(Person.name, Paper.text).outerjoin(Person.papers).order_by(Person.id, Paper.id))
rows("join to a subclass", select(Firm.name, Engineer.name).join(Engineer, Engineer.firm_id == Firm.id)
     .order_by(Engineer.id))
rows("join to of_type", select(Firm.name, Engineer.tool).join(Firm.people.of_type(Engineer)).order_by(Engineer.id))
rows("join function", select(Firm.name, Person.name).select_from(join(Firm, Person, Firm.people)).order_by(Person.id))
rows("two joins", select(Firm.name, Paper.text).join(Firm.people).join(Person.papers).order_by(Paper.id))
other = aliased(Person)
rows("alias", select(other).where(other.name != "ann").order_by(other.id))
rows("alias and base", select(Person.name, other.name).where(Person.id < other.id).order_by(Person.id, other.id))
rows("alias of a subclass and base", select(Engineer.name, other.name).where(Engineer.id == other.id)
     .order_by(Engineer.id))
rows("any", select(Firm.name).where(Firm.people.any(Person.name == "bob")))
rows("any of base", select(Person.name).where(Person.papers.any(Paper.text == "c")))
rows("any of a subclass", select(Engineer.name).where(Person.papers.any(Paper.text == "a")))
rows("has", select(Paper.text).where(Paper.person.has(Person.name == "ann")).order_by(Paper.id))
rows("has of base", select(Person.name).where(Person.firm.has(Firm.name == "two")))
sub = select(Person.id, Person.name).where(Person.id > 1).subquery()
rows("subquery", select(sub.c.name).order_by(sub.c.id))
rows("subquery joined", select(Paper.text, sub.c.name).join(sub, sub.c.id == Paper.person_id))
cte = select(Person).where(Person.name != "bob").cte("c")
rows("cte", select(cte.c.name).order_by(cte.c.id))
whole = select(Person).where(Person.id > 1).subquery()
again = aliased(Person, whole)
rows("aliased subquery", select(again).order_by(again.id))
rows("select_from", select(func.count()).select_from(Person))
rows("select_from subclass", select(func.count(Person.id)).select_from(Engineer))
rows("criteria", select(Person).options(with_loader_criteria(Person, Person.name == "ann")))
rows("criteria of a target", select(Firm.name, Person.name).join(Firm.people)
     .options(with_loader_criteria(Person, Person.name == "bob")))
rows("contains_eager", select(Firm).join(Firm.people).options(contains_eager(Firm.people)).order_by(Person.id))
rows("union", select(Person.id).where(Person.name == "ann").union(select(Person.id).where(Person.name == "bob"))
     .order_by("id"))
rows("distinct", select(Person.kind).distinct().order_by(Person.kind))
rows("expression of a property", select(Firm.name, Firm.size).order_by(Firm.id))

rows("subclass joined by a base relationship", select(Engineer).join(Person.papers).order_by(Paper.id))
rows("correlated with base columns", select(Person.name).where(select(Firm.name)
     .where(Firm.id == Person.firm_id).correlate(Person).scalar_subquery() == "two"))
rows("correlated with the base", select(Person).where(select(Firm.name)
     .where(Firm.id == Person.firm_id).correlate(Person).scalar_subquery() == "two"))
rows("correlated with a subclass", select(Engineer.name).where(select(Firm.name)
     .where(Firm.id == Engineer.firm_id).correlate(Engineer).scalar_subquery() == "two"))
rows("correlated by a base attribute", select(Engineer.name).where(select(Firm.name)
     .where(Firm.id == Person.firm_id).correlate(Engineer).scalar_subquery() == "two"))
rows("correlated by itself", select(Person.name).where(select(Firm.name).where(Firm.id == Person.firm_id)
     .scalar_subquery() == "two"))
rows("correlated except", select(Person.name).where(select(Firm.name).where(Firm.id == Person.firm_id)
     .correlate_except(Firm).scalar_subquery() == "two"))
rows("join over the base", select(Paper.text).join(Paper.person).join(Person.firm).where(Firm.id == 1)
     .order_by(Paper.id))
rows("subclass joined to the base's target", select(Engineer).join(Person.firm).where(Firm.id == 1))
rows("join over of_type", select(Firm).join(Firm.people.of_type(Engineer)).join(Person.papers).where(Paper.id == 1))
rows("base within IN of a subclass", select(Engineer).where(Engineer.id.in_(select(Person.id)
     .where(Person.name != "x"))).order_by(Person.id))
rows("base column within IN", select(Engineer.tool).where(Engineer.name.in_(select(Person.name)
     .where(Person.id == 1))))
rows("subclass within IN of the base", select(Person).where(Person.id.in_(select(Engineer.id)
     .where(Engineer.name != "x"))).order_by(Person.id))
sq = select(Person.id, Person.name).subquery()
rows("subclass and subquery of the base", select(Engineer.tool, sq.c.name)
     .join(sq, sq.c.id == Engineer.id).order_by(Person.id))
rows("base counted for a subclass", select(Engineer.tool).where(select(func.count(Person.id))
     .scalar_subquery() > 1).order_by(Engineer.id))
tables = with_polymorphic(Person, [Engineer], selectable=None)
rows("the tables after all", select(tables).where(tables.Engineer.tool != "axe").order_by(tables.id))

for name, option in (("joined", joinedload), ("selectin", selectinload), ("subquery", subqueryload)):
    step("loader " + name)
    with Session(db) as s:
        if name != "selectin":  # there SQLAlchemy selects from the base's table as well, without a condition
            for firm in s.scalars(select(Firm).options(option(Firm.people)).order_by(Firm.id)).unique().all():
                say(firm.name, *[type(x).__name__ + x.name for x in firm.people])
            for e in s.scalars(select(Paper).options(option(Paper.person)).order_by(Paper.id)).unique().all():
                say(e.text, e.person.name)
        for e in s.scalars(select(Engineer).options(option(Engineer.papers)).order_by(Person.id)).unique().all():
            say(e.name, *[x.text for x in e.papers])
        for e in s.scalars(select(Person).options(option(Person.papers)).order_by(Person.id)).unique().all():
            say(e.name, *[x.text for x in e.papers])
        sql()

step("lazy")
with Session(db) as s:
    firm = s.get(Firm, 1)
    say(*[type(x).__name__ + x.name for x in firm.people])
    ann = s.get(Person, 1)
    say(ann.tool)
    s.expire(ann)
    say(ann.name)
    say(len(s.query(Engineer).order_by(Person.id).all()))
    say(s.query(Person).filter(Person.name == "bob").count())
    say(s.query(Person.name).filter_by(firm_id=1).order_by(Person.id).all())
    say(s.query(Engineer).filter(Person.firm == firm).count())
    say(s.query(Person).filter(Person.firm == firm).count())
    say([x.name for x in s.query(Person).union(s.query(Person).filter(Person.id == 1)).order_by(Person.id).all()])
    sql()
