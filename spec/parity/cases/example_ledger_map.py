"""A dictionary over a dynamic relationship, and a write only one beside it: nothing is loaded but what is asked for."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, func, inspect, select
from sqlalchemy.orm import Session, declarative_base, relationship

Base = declarative_base()


class Lookup:
    def __init__(self, parent, name, item, key):
        self.parent, self.name, self.item, self.key = parent, name, item, key

    @property
    def source(self):
        return getattr(self.parent, self.name)

    def keys(self):
        column = getattr(self.item, self.key)
        return [row[0] for row in self.source.order_by(column).with_entities(column)]

    def find(self, key):
        return self.source.filter_by(**{self.key: key}).first()

    def put(self, key, value):
        old = self.find(key)
        if old is not None:
            self.source.remove(old)
        setattr(value, self.key, key)
        self.source.append(value)


class Account(Base):
    __tablename__ = "accounts"
    id = Column(Integer, primary_key=True)
    owner = Column(String(20))
    entries = relationship("Entry", lazy="dynamic", cascade="all, delete-orphan", back_populates="account")
    notes = relationship("Note", lazy="write_only", cascade="all, delete-orphan", passive_deletes=True,
                         order_by="Note.id")

    @property
    def book(self):
        return Lookup(self, "entries", Entry, "code")


class Entry(Base):
    __tablename__ = "entries"
    id = Column(Integer, primary_key=True)
    code = Column(String(9))
    amount = Column(Integer)
    account_id = Column(ForeignKey("accounts.id"))
    account = relationship(Account, back_populates="entries")


class Note(Base):
    __tablename__ = "notes"
    id = Column(Integer, primary_key=True)
    text = Column(String(20))
    account_id = Column(ForeignKey("accounts.id", ondelete="CASCADE"))


e = engine()
if not is_postgresql:
    event.listen(e, "connect", lambda c, r: c.execute("pragma foreign_keys = on"))
Base.metadata.create_all(e)
forget()
session = Session(e)
step("a dictionary")
acc = Account(owner="ann")
session.add(acc)
acc.book.put("rent", Entry(amount=700))
acc.book.put("food", Entry(amount=90))
say(acc.book.keys(), acc.book.find("food").amount, acc.book.find("none"))
step("replace")
acc.book.put("food", Entry(amount=95))
say([len(inspect(acc).attrs.entries.history.added), len(inspect(acc).attrs.entries.history.deleted)])
say(acc.book.keys(), acc.entries.count(), session.scalar(select(func.count(Entry.id))))
session.commit()
step("pages")
acc.entries.extend([Entry(code="c%d" % i, amount=i) for i in range(5)])
session.commit()
query = acc.entries.order_by(Entry.code)
say([x.code for x in query.limit(2)], [x.code for x in query[2:4]], query.filter(Entry.amount > 3).count())
say(query.with_entities(func.sum(Entry.amount)).order_by(None).scalar() if not is_postgresql else
    acc.entries.with_entities(func.sum(Entry.amount)).scalar())
say(acc.entries.filter_by(code="c1").one().account is acc, acc.entries.first() is None, inspect(acc).unloaded)
first = query.first()
acc.entries.remove(first)
say(first.account, first in session)
session.commit()
say(inspect(first).detached, query.count())
acc.entries = [Entry(code="only", amount=1)]
session.commit()
say([x.code for x in acc.entries])
step("an account that nobody has flushed")
loose = Account(owner="new")
loose.entries.append(Entry(code="z", amount=3))
say([x.code for x in loose.entries])
error(lambda: loose.entries.count())
step("write only")
acc.notes.add(Note(text="one"))
acc.notes.add_all([Note(text="two"), Note(text="three")])
session.commit()
say(session.scalars(acc.notes.select()).first().text,
    [n.text for n in session.scalars(acc.notes.select().where(Note.text.like("t%")))])
session.execute(acc.notes.insert(), [{"text": "four"}, {"text": "five"}])
say(session.execute(acc.notes.update().where(Note.text == "four").values(text="FOUR")).rowcount)
say(session.execute(acc.notes.delete().where(Note.text == "five")).rowcount)
say([n.text for n in session.scalars(acc.notes.select())])
one = session.scalars(acc.notes.select().limit(1)).one()
acc.notes.remove(one)
session.commit()
say(inspect(one).detached, [n.text for n in session.scalars(acc.notes.select())])
refused(lambda: len(acc.notes))
error(lambda: setattr(acc, "notes", []))
session.rollback()
step("the owner goes")
session.delete(acc)
session.commit()
say(session.scalar(select(func.count(Note.id))), session.scalar(select(func.count(Entry.id))))
sql()
