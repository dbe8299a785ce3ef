"""Hybrids: properties, methods, expressions, setters, comparators, update expressions, in queries and bulk updates."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, case, func, inspect, or_, select, update
from sqlalchemy.ext.hybrid import Comparator, hybrid_method, hybrid_property
from sqlalchemy.orm import Session, aliased, declarative_base, relationship

Base = declarative_base()


class NoCase(Comparator):
    def __eq__(self, other):
        return func.lower(self.__clause_element__()) == func.lower(other)


class Interval(Base):
    __tablename__ = "intervals"
    id = Column(Integer, primary_key=True)
    start = Column(Integer, nullable=False)
    stop = Column("finish", Integer, nullable=False)

    @hybrid_property
    def length(self):
        return self.stop - self.start

    @length.inplace.setter
    def _set_length(self, value):
        self.stop = self.start + value

    @length.inplace.update_expression
    def _upd_length(cls, value):
        return [(cls.stop, cls.start + value)]

    @hybrid_property
    def radius(self):
        return abs(self.length) / 2

    @radius.inplace.expression
    def _radius_expr(cls):
        return func.abs(cls.length) / 2

    @hybrid_method
    def contains(self, point):
        return (self.start <= point) & (self.stop >= point)

    @hybrid_method
    def touches(self, other):
        return self.start == other.stop

    @touches.inplace.expression
    def _touches_expr(cls, other):
        return or_(cls.start == other.stop, cls.stop == other.start)


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    first = Column(String(20))
    last = Column(String(20))
    accounts = relationship("Account", back_populates="owner", order_by="Account.id")

    @hybrid_property
    def name(self):
        return self.first + " " + self.last

    @hybrid_property
    def ci(self):
        return self.first.lower()

    @ci.inplace.comparator
    def _ci_comparator(cls):
        return NoCase(cls.first)

    @hybrid_property
    def balance(self):
        return sum(a.amount for a in self.accounts)

    @balance.inplace.expression
    def _balance_expr(cls):
        return select(func.coalesce(func.sum(Account.amount), 0)).where(Account.user_id == cls.id).label("balance")

    @hybrid_property
    def rank(self):
        return "high" if self.id > 1 else "low"

    @rank.inplace.expression
    def _rank_expr(cls):
        return case((cls.id > 1, "high"), else_="low")


class Account(Base):
    __tablename__ = "accounts"
    id = Column(Integer, primary_key=True)
    user_id = Column(ForeignKey("users.id"))
    amount = Column(Integer)
    owner = relationship(User, back_populates="accounts")


def refused(fn):
    try:
        fn()
    except Exception:
        return say("refused")
    say("no error")


e = engine()
Base.metadata.create_all(e)
forget()
i = Interval(start=5, stop=10)
say(i.length, i.contains(7), i.contains(11), i.radius)
i.length = 12
say(i.stop, i.touches(Interval(start=1, stop=5)))
say(Interval.length, Interval.radius)
say(select(Interval.length))
say(select(Interval).where(Interval.length > 5).order_by(Interval.length.desc()))
say(select(Interval).where(Interval.contains(7)))
A = aliased(Interval)
say(select(Interval.id, A.id).where(Interval.touches(A), A.contains(3)))
say(select(A.length, A.radius))
say(select(Interval.radius.label("r")).order_by("r"))
say(select(User.name), select(User).filter_by(name="Ann Lee"))
say(select(User).where(User.ci == "ANN"), select(User.rank))
say(select(User).where(User.balance > 5))
say(select(User.id, User.balance).order_by(User.balance))
say(User.name.key, select(User.name.label("full")))
say("name" in inspect(User).all_orm_descriptors.keys(), inspect(User).all_orm_descriptors["name"].extension_type.name)
say(inspect(Interval).all_orm_descriptors["contains"].extension_type.name, "name" in inspect(User).attrs.keys())
with Session(e) as s:
    s.add_all([Interval(start=0, stop=4), Interval(start=4, stop=10), Interval(start=20, stop=21)])
    s.add_all([User(first="Ann", last="Lee", accounts=[Account(amount=5), Account(amount=6)]), User(first="bob", last="Low")])
    s.flush()
    step("where")
    say(s.scalars(select(Interval.id).where(Interval.length > 3).order_by(Interval.id)).all())
    say(s.scalars(select(Interval.id).where(Interval.contains(4)).order_by(Interval.id)).all())
    say(s.execute(select(Interval.id, A.id).where(Interval.touches(A)).order_by(Interval.id)).all())
    step("row names")
    row = s.execute(select(User.name, User.rank, User.balance).order_by(User.id)).first()
    say(row._fields, row.name, row.rank, row.balance)
    say(s.scalars(select(User.first).where(User.ci == "ANN")).all(), s.scalars(select(User.first).where(User.name == "bob Low")).all())
    say([u.balance for u in s.scalars(select(User).order_by(User.id))])
    step("bulk update")
    s.execute(update(Interval).where(Interval.start == 4).values({Interval.length: 3}))
    say([(x.start, x.stop, x.length) for x in s.scalars(select(Interval).order_by(Interval.id))])
    step("evaluated in the session")
    first = s.get(Interval, 1)
    s.execute(update(Interval).where(Interval.length == 4).values({"start": 1}).execution_options(synchronize_session="evaluate"))
    say(first.start)
    step("legacy query")
    say(s.query(User.name).filter(User.name.like("A%")).order_by(User.name).all())
    say(s.query(Interval).filter(Interval.contains(20)).count())
    step("wrong")
    refused(lambda: setattr(s.get(User, 1), "name", "x"))
    error(lambda: select(User).filter_by(nam="x"))
    error(lambda: s.execute(update(User).values({User.name: "x"})))
    s.rollback()
sql()
