"""The programs of the page about hybrid attributes: lengths of intervals, names with setters, inplace and update
expressions, correlated relationships, comparators, value objects, currency conversion."""
from sqlalchemy import *
from sqlalchemy.ext.hybrid import Comparator, hybrid_method, hybrid_property
from sqlalchemy.orm import *
from parity import *


class Base(DeclarativeBase):
    pass


class Interval(Base):
    __tablename__ = "interval"
    id = mapped_column(Integer, primary_key=True)
    start = mapped_column(Integer)
    end = mapped_column(Integer)

    @hybrid_property
    def length(self):
        return self.end - self.start

    @length.setter
    def length(self, value):
        self.end = self.start + value

    @hybrid_method
    def contains(self, point):
        return and_(self.start <= point, self.end >= point)

    @hybrid_method
    def intersects(self, other):
        return or_(self.contains(other.start), self.contains(other.end))

    @hybrid_property
    def radius(self):
        return abs(self.length) / 2

    @radius.expression
    def radius(cls):
        return func.abs(cls.length) / 2


class Person(Base):
    __tablename__ = "person"
    id = mapped_column(Integer, primary_key=True)
    first_name = mapped_column(String(20))
    last_name = mapped_column(String(20))

    @hybrid_property
    def name(self):
        return self.first_name + " " + self.last_name

    @name.update_expression
    def name(cls, value):
        f, l = value.split(" ", 1)
        return [(cls.first_name, f), (cls.last_name, l)]

    @name.setter
    def name(self, value):
        self.first_name, self.last_name = value.split(" ", 1)


class Account(Base):
    __tablename__ = "account"
    id = mapped_column(Integer, primary_key=True)
    user_id = mapped_column(ForeignKey("user_.id"))
    balance = mapped_column(Numeric(15, 5))
    owner = relationship("User", back_populates="accounts")


class User(Base):
    __tablename__ = "user_"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String(100), nullable=False)
    accounts = relationship(Account, back_populates="owner", lazy="selectin", order_by=Account.id)

    @hybrid_property
    def balance(self):
        return self.accounts[0].balance if self.accounts else None

    @balance.setter
    def balance(self, value):
        if not self.accounts:
            account = Account(owner=self)
        else:
            account = self.accounts[0]
        account.balance = value

    @balance.expression
    def balance(cls):
        return Account.balance

    @hybrid_property
    def total(self):
        return sum((acc.balance for acc in self.accounts), start=decimal.Decimal("0"))

    @total.expression
    def total(cls):
        return select(func.sum(Account.balance)).where(Account.user_id == cls.id).label("total_balance")


class CaseInsensitiveComparator(Comparator):
    def __eq__(self, other):
        return func.lower(self.__clause_element__()) == func.lower(other)


class SearchWord(Base):
    __tablename__ = "searchword"
    id = mapped_column(Integer, primary_key=True)
    word = mapped_column(String(255), nullable=False)

    @hybrid_property
    def word_insensitive(self):
        return self.word.lower()

    @word_insensitive.comparator
    def word_insensitive(cls):
        return CaseInsensitiveComparator(cls.word)


e = engine()
Base.metadata.create_all(e)
forget()
s = Session(e)
step("intervals")
i1 = Interval(id=1, start=5, end=10)
say(i1.length, i1.radius)
i1.length = 12
say(i1.end)
say(Interval.length, Interval.radius)
say(select(Interval).where(Interval.length > 10))
say(select(Interval.length, Interval.radius))
say(select(Interval).filter_by(length=5))
say(select(Interval).where(Interval.contains(15)))
ia = aliased(Interval)
say(select(Interval, ia).where(Interval.intersects(ia)))
say(select(ia.length).where(ia.radius > 3))
s.add_all([i1, Interval(id=2, start=1, end=3), Interval(id=3, start=16, end=30)])
s.flush()
say(s.scalars(select(Interval.id).where(Interval.length > 5).order_by(Interval.length.desc())).all())
say(s.execute(select(Interval.id, ia.id).where(Interval.intersects(ia), Interval.id != ia.id)).all())
say([(r.id, r.length) for r in s.execute(select(Interval.id, Interval.length).order_by(Interval.id))])
sql()
step("bulk update")
p = Person(id=1, first_name="fn1", last_name="ln1")
s.add(p)
s.flush()
forget()
s.execute(update(Person).values({Person.name: "Dr. No"}), execution_options={"synchronize_session": False})
sql()
s.refresh(p)
say(p.name)
s.execute(update(Person).where(Person.name == "Dr. No").values(name="James Bond"), execution_options={
    "synchronize_session": "fetch"})
say(p.first_name, p.last_name)
p.name = "Ernst Stavro Blofeld"
s.flush()
sql()
say(p.last_name, s.scalar(select(Person.name)))
sql()
step("relationships")
u1, u2 = User(id=1, name="ed"), User(id=2, name="jo")
u1.balance = decimal.Decimal("10")
s.add_all([u1, u2])
u1.accounts.append(Account(balance=decimal.Decimal("7.5")))
s.commit()
sql()
say(u1.balance, u1.total, u2.balance, u2.total)
say(select(User, User.balance).join(User.accounts).filter(User.balance > 5000))
say(select(User, User.balance).outerjoin(User.accounts).filter(or_(User.balance < 5000, User.balance == null())))
say(select(User).filter(User.total > 400))
sql()
say([u.name for u in s.scalars(select(User).filter(User.total > 15))])
say(s.execute(select(User.name, User.total).order_by(User.total.desc().nulls_last())).all())
sql()
step("comparators")
s.add_all([SearchWord(id=1, word="Trucks"), SearchWord(id=2, word="trucks"), SearchWord(id=3, word="cars")])
s.flush()
say(select(SearchWord).filter_by(word_insensitive="Trucks"))
say(s.scalars(select(SearchWord.id).where(SearchWord.word_insensitive == "TRUCKS").order_by(SearchWord.id)).all())
say(s.get(SearchWord, 1).word_insensitive)
sw1, sw2 = aliased(SearchWord), aliased(SearchWord)
say(select(sw1.id, sw2.id).where(sw1.word_insensitive == sw2.word_insensitive, sw1.id < sw2.id))
say(s.execute(select(sw1.id, sw2.id).where(sw1.word_insensitive == sw2.word_insensitive, sw1.id < sw2.id)).all())
sql()
step("errors")
refused(lambda: setattr(u1, "total", 5))
error(lambda: s.execute(update(Interval).values(radius=5)))
say([k for k in sorted(inspect(Interval).all_orm_descriptors.keys())])
