"""Collections that are never loaded whole: dynamic and write_only; names that resolve late, and their errors."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, Table, func, inspect, select
from sqlalchemy.orm import Session, backref, clear_mappers, configure_mappers, declarative_base, relationship

Base = declarative_base()
member = Table("member", Base.metadata, Column("account_id", ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("user_id", ForeignKey("users.id"), primary_key=True))


class Account(Base):
    __tablename__ = "accounts"
    id = Column(Integer, primary_key=True)
    name = Column(String(10))
    entries = relationship("Entry", lazy="write_only", cascade="all, delete-orphan", order_by="Entry.id", passive_deletes=True)
    logs = relationship("Log", lazy="dynamic", order_by="Log.id", backref="account", cascade="all, delete-orphan")
    users = relationship("User", secondary=member, lazy="write_only", order_by="User.name", passive_deletes=True)


class Entry(Base):
    __tablename__ = "entries"
    id = Column(Integer, primary_key=True)
    account_id = Column(ForeignKey("accounts.id", ondelete="CASCADE"))
    text = Column(String(10))
    amount = Column(Integer)


class Log(Base):
    __tablename__ = "logs"
    id = Column(Integer, primary_key=True)
    account_id = Column(ForeignKey("accounts.id"))
    text = Column(String(10))


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String(10))


def refused(fn):
    try:
        fn()
    except Exception:
        return say("refused")
    say("no error")


e = engine()
Base.metadata.create_all(e)
forget()
s = Session(e)
step("write_only")
acc = Account(name="acc")
acc.entries.add(Entry(text="one", amount=1))
acc.entries.add_all([Entry(text="two", amount=2), Entry(text="three", amount=3)])
s.add(acc)
s.commit()
step("select")
say(acc.entries.select())
say([x.text for x in s.scalars(acc.entries.select().where(Entry.amount > 1))])
two = s.scalars(acc.entries.select().where(Entry.text == "two")).one()
step("remove and add")
acc.entries.remove(two)
acc.entries.add(Entry(text="four", amount=4))
s.flush()
say(inspect(two).deleted or inspect(two).detached)
step("bulk")
s.execute(acc.entries.insert(), [{"text": "five", "amount": 5}, {"text": "six", "amount": 6}])
s.execute(acc.entries.update().values(amount=Entry.amount + 10).where(Entry.text == "five"))
s.execute(acc.entries.delete().where(Entry.text == "one"))
say(s.execute(select(Entry.text, Entry.amount, Entry.account_id).order_by(Entry.id)).all())
step("assign")
refused(lambda: list(acc.entries))
error(lambda: setattr(acc, "entries", [Entry(text="new")]))
fresh = Account(name="fresh", entries=[Entry(text="given")])
s.add(fresh)
s.commit()
step("many to many")
ann, bob = User(name="ann"), User(name="bob")
acc.users.add_all([ann, bob])
s.flush()
say([u.name for u in s.scalars(acc.users.select())])
acc.users.remove(ann)
s.flush()
say(acc.users.select())
step("dynamic")
acc.logs.append(Log(text="a"))
acc.logs.extend([Log(text="b"), Log(text="c")])
say([x.text for x in acc.logs])
say(acc.logs.count(), acc.logs.filter(Log.text > "a").first().text, acc.logs.filter_by(text="c").one().text)
say([x.text for x in acc.logs.order_by(None).order_by(Log.text.desc()).limit(2)], [x.text for x in acc.logs.offset(1).limit(1)])
step("dynamic remove")
acc.logs.remove(acc.logs.filter_by(text="b").one())
s.flush()
say([x.text for x in acc.logs.all()])
other = Log(text="d", account=acc)
say(inspect(acc).attrs.logs.history.added)
s.flush()
say(acc.logs.count())
step("dynamic assign")
acc.logs = [other]
s.flush()
say([x.text for x in acc.logs])
transient = Account(name="t", logs=[Log(text="t1")])
say([x.text for x in transient.logs])
step("delete")
s.commit()
s.delete(acc)
s.commit()
say(s.scalar(select(func.count()).select_from(Log)))
sql()
s.close()
step("late names")


def attempt(title, python=False, **options):
    late = declarative_base()

    class Kid(late):
        __tablename__ = "kids"
        id = Column(Integer, primary_key=True)
        top_id = Column(ForeignKey("tops.id"))
        other_id = Column(ForeignKey("tops.id")) if options.pop("two", False) else Column(Integer)

    class Top(late):
        __tablename__ = "tops"
        id = Column(Integer, primary_key=True)
        kids = relationship(**options)

    def use():
        configure_mappers()
        say(Top.kids.property.primaryjoin)

    say(title)
    (refused if python else error)(use)
    error(lambda: Top())
    clear_mappers()


attempt("good", argument="Kid", primaryjoin="Top.id == Kid.top_id", order_by="Kid.id.desc()")
attempt("no class", argument="Nobody")
attempt("no attribute", python=True, argument="Kid", primaryjoin="Top.id == Kid.nothing")
attempt("no table", argument="Kid", secondary="nothing")
attempt("ambiguous", argument="Kid", two=True)
attempt("chosen", argument="Kid", two=True, foreign_keys="Kid.other_id")
attempt("no foreign key", argument="Kid", primaryjoin="Top.id == Kid.other_id")
attempt("foreign by name", argument="Kid", primaryjoin="Top.id == foreign(Kid.other_id)")
attempt("no back side", argument="Kid", back_populates="nothing")
attempt("wrong text", python=True, argument="Kid", order_by="Kid.id +")
attempt("wrong backref", argument="Kid", backref="id")
