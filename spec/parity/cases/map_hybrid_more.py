"""Hybrids that subclasses override, that cross relationships, stand in groups and orders, and compare their own way."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, and_, case, exists, func, inspect, literal, select, update
from sqlalchemy.ext.hybrid import Comparator, hybrid_method, hybrid_property
from sqlalchemy.orm import Session, aliased, declarative_base, relationship, with_polymorphic

Base = declarative_base()


def refused(fn):
    try:
        fn()
    except Exception:
        return say("refused")
    say("no error")


class Caseless(Comparator):
    def __init__(self, word):
        self.word = word if isinstance(word, str) else func.lower(word)

    def operate(self, op, other, **kw):
        other = other.word if isinstance(other, Caseless) else func.lower(other)
        return op(self.word, other, **kw)

    def __clause_element__(self):
        return self.word

    key = "word"


class Person(Base):
    __tablename__ = "person"
    id = Column(Integer, primary_key=True)
    kind = Column(String(10))
    first = Column(String(10))
    last = Column(String(10))
    boss_id = Column(ForeignKey("person.id"))
    boss = relationship("Person", remote_side=id, backref="staff")
    purse = relationship("Purse", back_populates="person", uselist=False, cascade="all, delete-orphan")
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "person"}

    @hybrid_property
    def name(self):
        return self.first + " " + self.last

    @name.inplace.setter
    def _set_name(self, value):
        self.first, self.last = value.split(" ", 1)

    @name.inplace.update_expression
    @classmethod
    def _update_name(cls, value):
        first, last = value.split(" ", 1)
        return [(cls.first, first), (cls.last, last)]

    @hybrid_property
    def money(self):
        return self.purse.amount if self.purse else 0

    @money.inplace.setter
    def _set_money(self, value):
        if not self.purse:
            self.purse = Purse()
        self.purse.amount = value

    @money.inplace.expression
    @classmethod
    def _money(cls):
        return func.coalesce(Purse.amount, 0)

    @hybrid_property
    def ci(self):
        return self.last.lower()

    @ci.inplace.comparator
    @classmethod
    def _ci(cls):
        return Caseless(cls.last)

    @hybrid_property
    def is_boss(self):
        return len(self.staff) > 0

    @is_boss.inplace.expression
    @classmethod
    def _is_boss(cls):
        other = aliased(Person)
        return exists().where(other.boss_id == cls.id)

    @hybrid_method
    def richer(self, limit, factor=1):
        return self.money * factor > limit

    @richer.inplace.expression
    @classmethod
    def _richer(cls, limit, factor=1):
        return Purse.amount * factor > limit


class Doctor(Person):
    __mapper_args__ = {"polymorphic_identity": "doctor"}

    @hybrid_property
    def name(self):
        return "Dr. " + self.last

    @name.inplace.expression
    @classmethod
    def _name(cls):
        return literal("Dr. ") + cls.last


class Purse(Base):
    __tablename__ = "purse"
    id = Column(Integer, primary_key=True)
    person_id = Column(ForeignKey("person.id"))
    amount = Column(Integer, default=0)
    person = relationship(Person, back_populates="purse")


e = engine()
Base.metadata.create_all(e)
forget()
s = Session(e)
step("objects")
ann = Person(name="Ann Lee")
say(ann.first, ann.last, ann.name, ann.money)
ann.money = 10
say(ann.purse.amount, ann.richer(5), ann.richer(5, factor=0))
bob = Doctor(first="Bob", last="lee", boss=ann)
cat = Person(name="Cat Van Dyck", boss=bob, money=3)
say(bob.name, cat.last, ann.is_boss, cat.is_boss)
refused(lambda: setattr(bob, "name", "x y"))
s.add_all([ann, bob, cat])
s.commit()
step("texts")
say(select(Person.name), select(Doctor.name))
say(select(Person.money).join(Person.purse))
say(select(Person).where(Person.ci == "LEE"))
say(select(Person.first).where(Person.is_boss))
A = aliased(Person)
say(select(A.name).where(A.is_boss, A.ci == "x"))
say(select(A.name, Person.name).join(A, Person.boss))
wp = with_polymorphic(Person, "*")
say(select(wp.name).order_by(wp.name))
say(select(func.count(), Person.name).group_by(Person.name).having(func.length(Person.name) > 3))
say(select(Person.name.label("n")).order_by("n"))
say(select(case((Person.name == "x", 1), else_=0)))
say(select(Person).join(Person.purse).where(Person.richer(2, factor=3)))
step("rows")
say(s.scalars(select(Person.name).order_by(Person.id)).all())
say(s.scalars(select(Doctor.name)).all())
say(s.scalars(select(Person.first).where(Person.ci == "LEE").order_by(Person.id)).all())
say(s.scalars(select(Person.first).where(Person.is_boss).order_by(Person.first)).all())
say(s.execute(select(Person.first, Person.money).outerjoin(Person.purse).order_by(Person.money.desc(), Person.id)).all())
say(s.scalars(select(Person.first).filter_by(name="Ann Lee")).all())
say([p.name for p in s.scalars(select(Person).order_by(Person.name))])
row = s.execute(select(Person.name, Person.id).where(Person.id == 1)).one()
say(row.name, row._fields)
step("update")
s.execute(update(Person).where(Person.id == 3).values({Person.name: "Cid Doe"}))
say(cat.first, cat.last, cat.name)
s.execute(update(Person).where(Person.ci == "doe").values(name="Cy Roe"), execution_options={"synchronize_session": "fetch"})
say(cat.name)
s.rollback()
step("inspection")
d = inspect(Person).all_orm_descriptors
say(sorted(k for k in d.keys() if d[k].extension_type.name != "NOT_EXTENSION" and k[0] != "_"))
say(Doctor.name.key)
refused(lambda: Person(nam="x"))
sql()
