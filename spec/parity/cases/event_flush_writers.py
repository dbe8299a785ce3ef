"""Mapper events that write: through the connection, on other objects, after_flush additions, is_modified, refusals."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, event, func, insert, inspect, select, update
from sqlalchemy.orm import Session, declarative_base, object_session, relationship

Base = declarative_base()


class Account(Base):
    __tablename__ = "account"
    id = Column(Integer, primary_key=True)
    name = Column(String(20), nullable=False)
    slug = Column(String(20))
    total = Column(Integer, default=0)
    changes = Column(Integer, default=0)
    entries = relationship("Entry", back_populates="account", cascade="all, delete-orphan", order_by="Entry.id")


class Entry(Base):
    __tablename__ = "entry"
    id = Column(Integer, primary_key=True)
    account_id = Column(ForeignKey("account.id"), nullable=False)
    amount = Column(Integer, nullable=False)
    account = relationship(Account, back_populates="entries")


class Journal(Base):
    __tablename__ = "journal"
    id = Column(Integer, primary_key=True)
    line = Column(String(100))


db = engine()
Base.metadata.create_all(db)
forget()
accounts = Account.__table__


@event.listens_for(Account, "before_insert")
@event.listens_for(Account, "before_update")
def slug(mapper, connection, target):
    say("slug", mapper.class_, target.name, inspect(target).identity, object_session(target).is_modified(target))
    target.slug = target.name.lower().replace(" ", "-")
    target.changes = (target.changes or 0) + 1


@event.listens_for(Entry, "after_insert")
def book(mapper, connection, target):
    connection.execute(update(accounts).where(accounts.c.id == target.account_id).values(
        total=accounts.c.total + target.amount))


@event.listens_for(Entry, "after_update")
def rebook(mapper, connection, target):
    history = inspect(target).attrs.amount.history
    if history.deleted:
        connection.execute(update(accounts).where(accounts.c.id == target.account_id).values(
            total=accounts.c.total + target.amount - history.deleted[0]))


@event.listens_for(Entry, "after_delete")
def unbook(mapper, connection, target):
    connection.execute(update(accounts).where(accounts.c.id == target.account_id).values(
        total=accounts.c.total - target.amount))


@event.listens_for(Session, "after_flush")
def journal(session, context):
    lines = ["+" + type(o).__name__ for o in session.new] + ["-" + type(o).__name__ for o in session.deleted]
    lines += ["*" + type(o).__name__ for o in session.dirty if session.is_modified(o)]
    lines = sorted(x for x in lines if "Journal" not in x)
    if lines:
        session.connection().execute(insert(Journal.__table__), [{"line": " ".join(lines)}])


session = Session(db)
step("insert")
account = Account(name="Big Shop", entries=[Entry(amount=5), Entry(amount=7)])
session.add(account)
session.commit()
sql()
say(account.slug, account.total, account.changes)

step("update")
forget()
account.name = "Small Shop"
account.entries[0].amount = 6
session.flush()
sql()
say(account.slug, account.total, account.changes)
session.refresh(account)
say(account.total)
account.name = account.name
session.flush()
say(account.changes)

step("a collection change alone")
forget()
account.entries.append(Entry(amount=10))
say(session.is_modified(account), session.is_modified(account, include_collections=False))
session.flush()
sql()
session.commit()
say(account.total, account.changes)

step("delete")
forget()
account.entries.remove(account.entries[1])
session.commit()
sql()
say(account.total, session.scalars(select(Journal.line).order_by(Journal.id)).all())

step("after_flush_postexec adds until nothing is left")
left = [3]


@event.listens_for(session, "after_flush_postexec")
def more(session, context):
    if left[0] > 0:
        left[0] -= 1
        session.add(Journal(line="extra %d" % left[0]))


forget()
account.name = "Tiny Shop"
session.commit()
sql()
event.remove(session, "after_flush_postexec", more)
say(session.scalars(select(Journal.line).where(Journal.line.like("extra%")).order_by(Journal.id)).all())

step("a listener that would never end")
event.listen(session, "after_flush_postexec", lambda s, c: s.add(Journal(line="again")))
session.add(Journal(line="start"))
error(session.commit)
session.rollback()
number = account.id
session.close()
session = Session(db)

step("a listener changes another object")


@event.listens_for(session, "before_flush")
def count(session, context, instances):
    for entry in [o for o in session.new if isinstance(o, Entry)]:
        entry.account.name = "Shop of %d" % len(entry.account.entries)


account = session.get(Account, number)
forget()
account.entries.append(Entry(amount=1))
session.flush()
sql()
session.rollback()

step("a listener refuses")


@event.listens_for(Account, "before_delete")
def keep(mapper, connection, target):
    raise PermissionError("accounts stay")


session.delete(account)
error(session.flush)
say(session.is_active, inspect(account).persistent)
session.rollback()
say(account in session, session.scalar(select(func.count()).select_from(Entry)))
session.add(Account(name=None))
error(session.flush)
session.rollback()
say(len(session.new))
session.close()
