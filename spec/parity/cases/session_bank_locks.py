"""Optimistic locking in a bank: versions by number and by text, savepoints, a stale row, merge, bulk changes."""
from decimal import Decimal
from sqlalchemy import *
from sqlalchemy.orm import *
from sqlalchemy.orm.exc import StaleDataError
from parity import *


class Base(DeclarativeBase):
    pass


class Customer(Base):
    __tablename__ = "customer"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String(10))
    accounts = relationship("Account", back_populates="owner", cascade="save-update, merge", passive_deletes="all",
                            order_by="Account.id")


class Account(Base):
    __tablename__ = "account"
    id = mapped_column(Integer, primary_key=True)
    kind = mapped_column(String(10))
    owner_id = mapped_column(ForeignKey("customer.id"))
    balance = mapped_column(Numeric(10, 2), CheckConstraint("balance >= -100", name="ck_balance"), default=Decimal("0"))
    version = mapped_column(Integer, nullable=False)
    owner = relationship(Customer, back_populates="accounts")
    entries = relationship("Entry", back_populates="account", order_by="Entry.id", cascade="all")
    __mapper_args__ = {"version_id_col": version, "polymorphic_on": kind, "polymorphic_identity": "plain"}

    def book(self, amount, text):
        self.balance += amount
        self.entries.append(Entry(amount=amount, text=text))
        return self


class Savings(Account):
    __tablename__ = "savings"
    id = mapped_column(ForeignKey("account.id"), primary_key=True)
    rate = mapped_column(Numeric(4, 3), default=Decimal("0.025"))
    __mapper_args__ = {"polymorphic_identity": "savings"}


class Entry(Base):
    __tablename__ = "entry"
    id = mapped_column(Integer, primary_key=True)
    account_id = mapped_column(ForeignKey("account.id"), nullable=False)
    amount = mapped_column(Numeric(10, 2), nullable=False)
    text = mapped_column(String(20))
    account = relationship(Account, back_populates="entries")
    stamp = mapped_column(String(36), nullable=False)
    __mapper_args__ = {"version_id_col": stamp, "version_id_generator": lambda v: "v%d" % (int(v[1:]) + 1 if v else 1)}


class Poor(Exception):
    pass


def transfer(session, a, b, amount):
    with session.begin_nested() as tx:
        a.book(-amount, "to %d" % b.id)
        b.book(amount, "from %d" % a.id)
        session.flush()
        if a.balance < 0:
            raise Poor()
        return tx.nested


e = engine()
Base.metadata.create_all(e)
forget()
make = sessionmaker(e)
s = make()
step("open")
ann = Customer(id=1, name="ann")
giro = Account(id=1, owner=ann, balance=Decimal("100"))
sav = Savings(id=2, balance=Decimal("50.50"))
ann.accounts.append(sav)
s.add(ann)
say(giro.version, s.new.__contains__(giro), [a.id for a in ann.accounts])
ann.accounts = [giro, sav]
s.commit()
say(giro.version, sav.version, giro.kind, sav.rate)
step("transfer")
say(transfer(s, giro, sav, Decimal("30.25")))
say(giro.balance, sav.balance, giro.version, [(x.amount, x.text, x.stamp) for x in giro.entries])
s.commit()
step("refused")
try:
    transfer(s, giro, sav, Decimal("500"))
except Poor:
    say("poor")
except Exception as x:
    say("other", type(x).__name__)
say(giro.balance, len(giro.entries), sav.version)
try:
    transfer(s, giro, sav, Decimal("100"))
except Poor:
    say("poor", s.in_nested_transaction(), s.in_transaction())
say(giro.balance, [x.text for x in giro.entries], s.new)
s.commit()
step("stale by another connection")
say(giro.balance, sav.rate)
with s.connection().begin_nested():
    t = Account.__table__
    s.connection().execute(update(t).where(t.c.id == 1).values(version=t.c.version + 1))
giro.balance = Decimal("1")
try:
    s.flush()
except StaleDataError as x:
    say("stale", type(x).__name__)
s.rollback()
say(giro.balance, giro.version)
step("child table only")
sav.rate = Decimal("0.030")
s.flush()
say(sav.version, inspect(sav).attrs.version.history)
step("entry versions")
entry = giro.entries[0]
entry.text = "changed"
s.flush()
say(entry.stamp)
entry.stamp = "v1"
entry.text = "back"
error(s.flush)
s.rollback()
say(giro.entries[0].stamp, giro.entries[0].text)
step("savepoints by hand")
sp1 = s.begin_nested()
giro.book(Decimal("1"), "one")
sp2 = s.begin_nested()
giro.book(Decimal("2"), "two")
say(s.get_nested_transaction() is sp2, sp2.parent is sp1, sp1.is_active, sp2.is_active)
sp2.rollback()
say(giro.balance, len(giro.entries), s.get_nested_transaction() is sp1)
sp1.commit()
error(sp1.commit)
say(giro.balance, giro.version)
s.rollback()
say(giro.balance, len(giro.entries))
step("check constraint in a savepoint")
try:
    with s.begin_nested():
        sav.balance = Decimal("-200")
except Exception as x:
    say(type(x).__name__)
say(sav.balance, s.is_active)
step("merge an old copy")
s.commit()
old = Savings(id=2, balance=Decimal("7"), version=1)
error(lambda: s.merge(old))
s.rollback()
fresh = Savings(id=2, balance=Decimal("7"), version=sav.version)
m = s.merge(fresh)
say(m is sav, m in s.dirty, m.rate)
s.commit()
say(sav.version)
step("bulk versions")
s.execute(update(Account).where(Account.balance > 10).values(balance=Account.balance * 2))
say(giro.balance, giro.version)
s.bulk_update_mappings(Account, [{"id": 1, "balance": Decimal("5"), "version": giro.version}])
s.commit()
say(giro.balance, giro.version)
step("get for update and refresh")
giro2 = s.get(Account, 1, with_for_update=True)
say(giro2 is giro)
s.refresh(giro, with_for_update={"nowait": True})
say(s.get(Savings, 1), s.get(Savings, 2).rate)
step("delete")
s.delete(ann)
error(s.commit)
s.rollback()
s.delete(giro)
s.connection().execute(update(Account.__table__).where(Account.__table__.c.id == 1).values(version=77))
error(s.flush)
s.rollback()
s.delete(sav)
s.delete(giro)
s.delete(ann)
s.commit()
say([inspect(x).detached for x in (ann, giro, sav)], s.scalar(select(func.count(Entry.id))))
s.close()
sql()
