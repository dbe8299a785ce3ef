"""People of a company in joined tables: loading of several classes, aliases, joins to them, and rows of single columns."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, func, inspect, or_, select
from sqlalchemy.orm import (Session, aliased, contains_eager, declarative_base, joinedload, relationship,
                            selectin_polymorphic, selectinload, with_polymorphic)

Base = declarative_base()


class Firm(Base):
    __tablename__ = "firms"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    people = relationship("Person", back_populates="firm", cascade="all, delete-orphan", order_by="Person.id")


class Person(Base):
    __tablename__ = "people"
    id = Column(Integer, primary_key=True)
    firm_id = Column(ForeignKey("firms.id"))
    name = Column(String(20))
    kind = Column(String(10))
    firm = relationship(Firm, back_populates="people")
    __mapper_args__ = {"polymorphic_identity": "person", "polymorphic_on": "kind"}

    def line(self):
        return "%s %s" % (self.kind, self.name)


class Coder(Person):
    __tablename__ = "coders"
    id = Column(ForeignKey("people.id"), primary_key=True)
    rank = Column(String(10))
    tongue = Column(String(10))
    __mapper_args__ = {"polymorphic_identity": "coder"}

    def line(self):
        return super().line() + " in " + self.tongue


class Boss(Person):
    __tablename__ = "bosses"
    id = Column(ForeignKey("people.id"), primary_key=True)
    rank = Column(String(10))
    bonus = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "boss"}

    def line(self):
        return super().line() + " with " + str(self.bonus)


e = engine()
Base.metadata.create_all(e)
forget()
session = Session(e)
step("write")
firm = Firm(name="acme", people=[Boss(name="bea", rank="top", bonus=5), Coder(name="col", rank="high", tongue="lua")])
session.add(firm)
session.flush()
sql()
firm.people.append(Person(name="pam"))
firm.people.append(Coder(name="cid", rank="low", tongue="c"))
session.commit()
step("one by one")
lines = [p.line() for p in firm.people]
forget()
say(lines)
step("change")
col = session.scalars(select(Coder).where(Coder.name == "col")).one()
col.name, col.tongue = "kol", "zig"
session.flush()
sql()
col.rank = "mid"
session.commit()
say(session.get(Person, col.id) is col, session.get(Boss, col.id), col.line())
step("with all subclasses")
session.expunge_all()
everyone = with_polymorphic(Person, "*")
say([p.line() for p in session.scalars(select(everyone).order_by(everyone.id))])
say(session.scalars(select(everyone.name).where(or_(everyone.Coder.rank == "mid", everyone.Boss.rank == "top"))
                    .order_by(everyone.id)).all())
step("some subclasses, aliased")
some = with_polymorphic(Person, [Coder], aliased=True)
say(session.scalars(select(some.name).where(some.Coder.tongue == "c")).all())
flat = with_polymorphic(Person, [Coder, Boss], flat=True, aliased=True)
rows = session.execute(select(Firm.name, flat.name,
    flat.Boss.bonus).join(Firm.people.of_type(flat)).order_by(flat.id)).all()
say(rows)
step("joins to a subclass")
say(session.scalars(select(Firm.name).join(Firm.people.of_type(Coder)).where(Coder.tongue == "c")).all())
say(session.scalars(select(Firm.name).where(Firm.people.of_type(Boss).any(Boss.bonus > 9))).all())
coder = aliased(Coder)
say(session.execute(select(Person.name, coder.name).join(coder, Person.id < coder.id).order_by(Person.id,
    coder.id)).all())
say(select(Coder).where(Person.name == "x"))
say(select(func.count(Boss.id)))
step("eager")
session.expunge_all()
firm = session.scalars(select(Firm).options(selectinload(Firm.people).selectin_polymorphic([Boss, Coder]))).one()
sql()
say([p.line() for p in firm.people])
session.expunge_all()
error(lambda: session.scalars(select(Firm).options(joinedload(Firm.people.of_type(everyone)))).unique().one())
firm = session.scalars(select(Firm).options(joinedload(Firm.people.of_type(flat)))).unique().one()
sql()
say([p.line() for p in firm.people])
session.expunge_all()
firm = session.scalars(select(Firm).join(Firm.people.of_type(flat)).options(contains_eager(Firm.people.of_type(flat)))
                       .order_by(flat.name)).unique().one()
sql()
say([p.line() for p in firm.people])
session.expunge_all()
people = session.scalars(select(Person).options(selectin_polymorphic(Person, [Coder, Boss])).order_by(Person.id)).all()
sql()
say([p.line() for p in people], inspect(people[2]).mapper.class_)
step("statements")
say(session.execute(sa.update(Person).where(Person.name == "pam").values(name="pim")).rowcount, people[2].name)
say(session.execute(sa.update(Coder).where(Coder.rank == "low").values(tongue="d")).rowcount, people[3].tongue)
error(lambda: session.execute(sa.insert(Coder).values(name="x")))
session.rollback()
session.execute(sa.insert(Coder), [{"name": "new", "rank": "r", "tongue": "t"}])
say([c.name for c in session.scalars(select(Coder).order_by(Coder.id))])
session.rollback()
step("delete")
session.delete(people[0])
session.flush()
sql()
session.delete(people[2].firm)
session.commit()
say([session.scalar(select(func.count()).select_from(c)) for c in (Person, Coder, Boss, Firm)])
sql()
