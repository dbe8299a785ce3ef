# Hybrids with expression, setter, update_expression and comparator, beside synonyms and column properties.
from sqlalchemy import *
from sqlalchemy.orm import *
from sqlalchemy.ext.hybrid import hybrid_property, hybrid_method, Comparator
from parity import *

Base = declarative_base()


class NoCase(Comparator):
    def __eq__(self, other):
        return func.lower(self.__clause_element__()) == func.lower(other)

    def in_(self, others):
        return func.lower(self.__clause_element__()).in_([o.lower() for o in others])


class Entry(Base):
    __tablename__ = "entry"
    id = Column(Integer, primary_key=True)
    account_id = Column(ForeignKey("account.id"))
    amount = Column(Integer, nullable=False)


class Account(Base):
    __tablename__ = "account"
    id = Column(Integer, primary_key=True)
    first = Column(String(20))
    last = Column(String(20))
    cents = Column(Integer, default=0)
    limit_ = Column("credit_limit", Integer, default=100)
    surname = synonym("last")
    entries = relationship(Entry, order_by=Entry.id)
    full = column_property(first + " " + last)
    total = column_property(
        select(func.coalesce(func.sum(Entry.amount),
            0)).where(Entry.account_id == id).correlate_except(Entry).scalar_subquery()
    )

    @hybrid_property
    def euros(self):
        return self.cents / 100

    @euros.inplace.setter
    def _euros_set(self, value):
        self.cents = value * 100

    @euros.inplace.update_expression
    def _euros_update(cls, value):
        return [(cls.cents, value * 100)]

    @hybrid_property
    def balance(self):
        return sum(x.amount for x in self.entries)

    @balance.inplace.expression
    @classmethod
    def _balance_expr(cls):
        return (
            select(func.coalesce(func.sum(Entry.amount), 0)).where(Entry.account_id == cls.id).label("balance")
        )

    @hybrid_property
    def name_nc(self):
        return self.last.lower()

    @name_nc.inplace.comparator
    @classmethod
    def _name_cmp(cls):
        return NoCase(cls.last)

    @hybrid_method
    def richer_than(self, cents):
        return self.cents > cents

    @hybrid_method
    def within(self, low, high):
        return low <= self.cents <= high

    @within.expression
    def within(cls, low, high):
        return cls.cents.between(low, high)


e = engine()
Base.metadata.create_all(e)
forget()
with Session(e) as s:
    ann = Account(first="Ann", last="Lee", cents=500, entries=[Entry(amount=5), Entry(amount=7)])
    bob = Account(first="Bob", surname="Ray", cents=50)
    s.add_all([ann, bob])
    say(ann.surname, bob.last, ann.full, ann.richer_than(499), ann.within(1, 2), ann.balance)
    s.commit()
    step("read")
    say(ann.full, ann.total, bob.total)
    sql()
    say(ann.balance, ann.name_nc, ann.euros == 5)
    step("setter")
    ann.euros = 8
    say(ann.cents)
    bob.surname = "Roy"
    say(inspect(bob).attrs.last.history)
    s.commit()
    step("queries")
    say(s.scalars(select(Account.first).where(Account.surname == "Roy")).all())
    say(s.scalars(select(Account.first).where(Account.name_nc == "LEE")).all())
    say(s.scalars(select(Account.first).where(Account.name_nc.in_(["ROY", "Lee"])).order_by(Account.full)).all())
    say(s.scalars(select(Account.first).where(Account.richer_than(100))).all())
    say(s.scalars(select(Account.first).where(Account.within(0, 60))).all())
    say(s.execute(select(Account.first, Account.balance).order_by(Account.balance.desc())).all())
    say(s.scalars(select(Account.first).where(Account.balance > 3)).all())
    say(s.execute(select(Account.full, Account.total).filter(Account.total == 0)).all())
    step("aliased")
    other = aliased(Account, name="other")
    say(select(other.full, other.within(1, 2), other.surname))
    say(s.scalars(select(other.first).where(other.name_nc == "roy")).all())
    step("bulk update")
    s.execute(update(Account).where(Account.first == "Bob").values({Account.euros: 3}))
    say(bob.cents)
    s.execute(update(Account).values({Account.surname: "Kay"}))
    say(s.scalars(select(Account.full).order_by(Account.id)).all())
    step("descriptors")
    say(sorted(k for k in inspect(Account).all_orm_descriptors.keys() if k[0] != "_"))
    say(inspect(Account).synonyms.keys(), inspect(Account).column_attrs.keys())
sql()
