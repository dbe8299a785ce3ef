"""An accounting ledger: composite keys, entries that must balance and never change, running balances."""
import datetime
from decimal import Decimal

from parity import *
from sqlalchemy import (Column, Date, ForeignKey, ForeignKeyConstraint, Integer, Numeric, String, between, case,
                        event, extract, func, inspect, select, tuple_, union_all)
from sqlalchemy.orm import column_property, composite, declarative_base, relationship, selectinload, sessionmaker

Base = declarative_base()


class Money:
    def __init__(self, amount, currency):
        self.amount, self.currency = amount, currency

    def __composite_values__(self):
        return self.amount, self.currency

    def __eq__(self, other):
        return isinstance(other, Money) and (self.amount, self.currency) == (other.amount, other.currency)

    def __ne__(self, other):
        return not self == other


class Account(Base):
    __tablename__ = "account"
    book = Column(String(5), primary_key=True)
    number = Column(Integer, primary_key=True, autoincrement=False)
    name = Column(String(20), nullable=False)
    postings = relationship("Posting", back_populates="account", order_by="Posting.entry_id, Posting.line",
                            passive_deletes="all")


class Entry(Base):
    __tablename__ = "entry"
    id = Column(Integer, primary_key=True)
    day = Column(Date, nullable=False)
    note = Column(String(30))
    reverses_id = Column(ForeignKey("entry.id"))
    postings = relationship("Posting", back_populates="entry", order_by="Posting.line", cascade="all, delete-orphan")
    reverses = relationship("Entry", remote_side=id, back_populates="reversed_by")
    reversed_by = relationship("Entry", back_populates="reverses", uselist=False)

    def post(self, account, amount):
        self.postings.append(Posting(line=len(self.postings) + 1, account=account, money=Money(Decimal(amount), "EUR")))
        return self

    def reversal(self, day):
        twin = Entry(day=day, note="reversal", reverses=self)
        for posting in self.postings:
            twin.post(posting.account, -posting.amount)
        return twin


class Posting(Base):
    __tablename__ = "posting"
    __table_args__ = (ForeignKeyConstraint(["book", "number"], ["account.book", "account.number"]),)
    entry_id = Column(ForeignKey("entry.id"), primary_key=True)
    line = Column(Integer, primary_key=True)
    book = Column(String(5), nullable=False)
    number = Column(Integer, nullable=False)
    amount = Column(Numeric(12, 2), nullable=False)
    currency = Column(String(3), nullable=False)
    money = composite(Money, "amount", "currency")
    account = relationship(Account, back_populates="postings")
    entry = relationship(Entry, back_populates="postings")


Account.balance = column_property(
    select(func.coalesce(func.sum(Posting.amount), 0))
    .where(Posting.book == Account.book, Posting.number == Account.number)
    .correlate_except(Posting).scalar_subquery(), deferred=True)


class Unbalanced(Exception):
    pass


Maker = sessionmaker()


@event.listens_for(Maker, "before_flush")
def balanced(session, context, instances):
    for obj in session.new:
        if isinstance(obj, Entry):
            total = sum((x.amount for x in obj.postings), Decimal(0))
            say("check", obj.note, len(obj.postings), total)
            if total != 0:
                raise Unbalanced(obj.note)


@event.listens_for(Posting, "before_update")
def frozen(mapper, connection, target):
    state = inspect(target)
    say("update", [a.key for a in state.mapper.column_attrs if state.attrs[a.key].history.has_changes()])
    if state.session.is_modified(target, include_collections=False):
        raise Unbalanced("postings do not change")


e = engine()
Base.metadata.create_all(e)
forget()
s = Maker(bind=e, expire_on_commit=False)
step("accounts")
cash, bank, sales = (Account(book="main", number=n, name=name)
                     for n, name in ((1000, "cash"), (1200, "bank"), (4000, "sales")))
s.add_all([cash, bank, sales])
s.commit()
step("entries")
one = Entry(day=datetime.date(2026, 1, 15), note="sale").post(cash, "100.00").post(sales, "-100.00")
two = Entry(day=datetime.date(2026, 2, 1), note="deposit").post(bank, "60.50").post(cash, "-60.50")
s.add_all([one, two])
s.commit()
say(one.id, [(x.line, x.number, x.amount, x.money.currency) for x in one.postings])
step("unbalanced")
bad = Entry(day=datetime.date(2026, 2, 2), note="bad").post(cash, "1").post(bank, "1")
s.add(bad)
try:
    s.commit()
except Unbalanced as x:
    say("refused", str(x))
say(bad in s.new, s.is_active)
s.rollback()
say(inspect(bad).transient, [x.entry is bad for x in bad.postings], inspect(bad.postings[0]).transient)
step("unchangeable")
line = s.get(Posting, (1, 2))
line.money = Money(Decimal("-99.00"), "EUR")
say(line.amount, inspect(line).attrs.amount.history, inspect(line).attrs.money.history.has_changes())
try:
    s.flush()
except Unbalanced as x:
    say("refused", str(x))
s.rollback()
say(line.amount, line.money == Money(Decimal("-100.00"), "EUR"))
step("balance")
s.expire_all()
say([(a.name, a.balance) for a in s.scalars(select(Account).order_by(Account.number))])
say(s.execute(select(Account.name, Account.balance).where(Account.balance > 0).order_by(Account.balance)).all())
step("running balance")
running = func.sum(Posting.amount).over(partition_by=(Posting.book, Posting.number),
                                        order_by=(Entry.day, Posting.line), rows=(None, 0))
for row in s.execute(select(Account.name, Entry.day, Posting.amount, running.label("running"))
                     .join(Posting.account).join(Posting.entry).order_by(Account.name, Entry.day)):
    say(row)
step("trial balance")
debit = func.sum(case((Posting.amount > 0, Posting.amount), else_=0)).label("debit")
credit = func.sum(case((Posting.amount < 0, -Posting.amount), else_=0)).label("credit")
per = select(Account.name.label("name"), debit, credit).join(Account.postings).group_by(Account.name)
total = select(sa.literal("total"), debit, credit)
for row in s.execute(union_all(per, total).order_by("name")):
    say(row)
step("reversal")
back = one.reversal(datetime.date(2026, 2, 28))
s.add(back)
s.commit()
say(back.reverses is one, one.reversed_by is back, [x.amount for x in back.postings])
say(s.scalars(select(Entry.id).where(Entry.reversed_by.has()).order_by(Entry.id)).all(),
    s.scalars(select(Entry.id).where(~Entry.reversed_by.has(), Entry.reverses == None)).all())
step("periods")
month = extract("month", Entry.day).label("month")
for row in s.execute(select(month, func.count(Entry.id)).group_by(month).order_by(month)):
    say(int(row.month), row[1])
say(s.scalars(select(Entry.note).where(between(Entry.day, datetime.date(2026, 2, 1), datetime.date(2026, 2, 28)))
              .order_by(Entry.day)).all())
step("keys in pairs")
say(s.scalars(select(Account.name).where(tuple_(Account.book, Account.number).in_([("main", 1000), ("main", 4000)]))
              .order_by(Account.name)).all())
say(s.scalars(select(Posting.entry_id).where(Posting.money == Money(Decimal("60.50"), "EUR"))).all())
say(s.scalars(select(Posting.entry_id).where(Posting.account == bank)).all())
step("an account with postings stays")
s.delete(cash)
error(s.flush) if is_postgresql else s.expunge(cash)
s.rollback()
step("one line of two taken away")
two = s.get(Entry, 2, options=[selectinload(Entry.postings)])
two.postings.pop()
s.flush()
say(inspect(two).attrs.postings.history, s.scalar(select(func.count()).select_from(Posting)))
s.rollback()
say(len(two.postings))
s.close()
sql()
