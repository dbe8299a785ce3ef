"""Discriminators that are expressions, single tables with relationships of their own, and what wrong mappings and uses say."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, case, delete, func, inspect, select, update
from sqlalchemy.orm import Session, aliased, column_property, configure_mappers, declarative_base, joinedload, relationship, selectinload, with_polymorphic, validates

Base = declarative_base()


class Account(Base):
    __tablename__ = "account"
    id = Column(Integer, primary_key=True)
    amount = Column(Integer, nullable=False)
    owner_id = Column(ForeignKey("owner.id"))
    owner = relationship("Owner", back_populates="accounts", foreign_keys=owner_id)
    entries = relationship("Entry", back_populates="account", order_by="Entry.id", cascade="all, delete-orphan")
    __mapper_args__ = {"polymorphic_on": case((amount < 0, "debt"), (amount > 100, "rich"), else_="plain"), "polymorphic_identity": "plain"}

    @validates("amount")
    def check(self, key, value):
        say("  check", type(self).__name__, key, value)
        return value


class Debt(Account):
    limit = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "debt"}


class Rich(Account):
    perk = Column(String(10))
    advisor_id = Column(ForeignKey("owner.id"))
    advisor = relationship("Owner", foreign_keys=advisor_id, back_populates="advises")
    __mapper_args__ = {"polymorphic_identity": "rich"}


class Owner(Base):
    __tablename__ = "owner"
    id = Column(Integer, primary_key=True)
    name = Column(String(10))
    accounts = relationship(Account, back_populates="owner", foreign_keys=Account.owner_id, order_by=Account.id)
    advises = relationship(Rich, back_populates="advisor", foreign_keys=Rich.advisor_id, order_by=Rich.id)


class Entry(Base):
    __tablename__ = "entry"
    id = Column(Integer, primary_key=True)
    text = Column(String(10))
    account_id = Column(ForeignKey("account.id"))
    account = relationship(Account, back_populates="entries")


e = engine()
Base.metadata.create_all(e)
forget()
s = Session(e)
step("make")
ann, bob = Owner(id=1, name="ann"), Owner(id=2, name="bob")
s.add_all([ann, bob])
s.add_all([
    Account(id=1, amount=50, owner=ann, entries=[Entry(id=1, text="a")]),
    Debt(id=2, amount=-5, limit=9, owner=ann),
    Rich(id=3, amount=500, perk="car", owner=bob, advisor=ann, entries=[Entry(id=2, text="b"), Entry(id=3, text="c")]),
])
s.commit()
sql()
say([(type(a).__name__, a.amount) for a in ann.accounts], [a.perk for a in ann.advises])
sql()
step("queries by class")
s.expunge_all()
say([(type(a).__name__, a.id) for a in s.scalars(select(Account).order_by(Account.id))])
say(s.scalars(select(Debt.limit)).all(), s.scalars(select(Rich.perk).where(Rich.amount > 1)).all())
say(s.scalars(select(Owner.name).where(Owner.accounts.of_type(Debt).any())).all())
say(s.scalars(select(Owner.name).where(Owner.accounts.of_type(Rich).any(Rich.perk == "car"))).all())
say(s.scalars(select(Owner.name).where(Owner.advises.any(perk="car"))).all())
say(s.scalars(select(Entry.text).where(Entry.account.of_type(Rich).has(Rich.perk.like("c%"))).order_by(Entry.id)).all())
ra = aliased(Rich)
say(s.execute(select(Owner.name, ra.perk).join(ra, Owner.advises)).all())
say(s.execute(select(Owner.name, Account.amount).join(Owner.accounts.of_type(Debt)).order_by(Account.id)).all())
wp = with_polymorphic(Account, [Debt, Rich])
say([a.id for a in s.scalars(select(wp).where((wp.Debt.limit == 9) | (wp.Rich.perk == "car")).order_by(wp.id))])
sql()
step("loads along")
s.expunge_all()
for o in s.scalars(select(Owner).options(selectinload(Owner.accounts.of_type(Rich)).joinedload(Rich.advisor), joinedload(Owner.advises)).order_by(Owner.id)).unique():
    say(o.name, [(type(a).__name__, sorted(inspect(a).unloaded)) for a in o.accounts], len(o.advises))
sql()
step("changes of the value that tells")
a = s.get(Account, 1)
a.amount = 900
s.commit()
say(type(a).__name__, a.amount)
s.expunge_all()
say(type(s.get(Account, 1)).__name__, s.get(Debt, 1), type(s.get(Rich, 1)).__name__)
s.expunge_all()
say(s.execute(update(Rich).values(perk="boat")).rowcount, s.execute(delete(Debt)).rowcount, s.scalar(select(func.count(Account.id))))
sql()
s.rollback()
step("wrong")
error(lambda: s.get(Debt, 3).limit)
error(lambda: s.execute(select(Owner).join(Owner.accounts.of_type(Owner))))
error(lambda: s.execute(select(Owner).options(joinedload(Owner.accounts.of_type(Entry)))))
error(lambda: s.scalars(select(Owner).options(joinedload(Account.entries))).all())
error(lambda: with_polymorphic(Account, [Owner]))
error(lambda: s.execute(update(Account).values(perk="x")))
error(lambda: s.execute(update(Account).values(nothing="x")))
s.expunge_all()
s.add(Rich(id=20, amount=1, advisor=s.get(Owner, 1)))
s.flush()
say(s.scalars(select(Rich.amount).order_by(Rich.id)).all())
s.rollback()
s.add(Account(id=9))
error(s.flush)
s.rollback()


def config(**kw):
    B = declarative_base()
    args = {"P": {"polymorphic_on": "type", "polymorphic_identity": "p"}, "C": {"polymorphic_identity": "c"}, **kw}
    P = type("P", (B,), {"__tablename__": "p", "id": Column(Integer, primary_key=True), "type": Column(String(5)), "__mapper_args__": args["P"]})
    C = type("C", (P,), {"extra": Column(Integer), **args.get("more", {}), "__mapper_args__": args["C"]})
    configure_mappers()
    return C(extra=1).type


error(lambda: say(config()))
error(lambda: say(config(P={"polymorphic_on": "kind"})))
error(lambda: say(config(C={"polymorphic_identity": "p"})))
error(lambda: say(config(C={"polymorphic_on": "extra"})))
error(lambda: say(config(C={"version_id_col": "extra"})))
error(lambda: say(config(C={"inherits": Owner})))
error(lambda: say(config(more={"__tablename__": "c"})))
error(lambda: say(config(more={"__tablename__": "c", "id": Column(Integer, primary_key=True)})))
error(lambda: say(config(more={"type": Column(String(9))})))
error(lambda: say(config(more={"id": Column(Integer)})))
