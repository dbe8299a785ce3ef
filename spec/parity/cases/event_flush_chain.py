# Listeners that work on each other: a journal written in before_flush, totals in mapper events, queries in a flush.
from parity import *
from sqlalchemy import Column, Integer, String, ForeignKey, select, func, update, inspect
from sqlalchemy.orm import declarative_base, relationship, Session, object_session

Base = declarative_base()


class Account(Base):
    __tablename__ = "account"
    id = Column(Integer, primary_key=True)
    owner = Column(String(20))
    balance = Column(Integer, default=0)
    moves = relationship("Move", back_populates="account", order_by="Move.id", cascade="all, delete-orphan")


class Move(Base):
    __tablename__ = "move"
    id = Column(Integer, primary_key=True)
    amount = Column(Integer)
    account_id = Column(ForeignKey("account.id"))
    account = relationship("Account", back_populates="moves")


class Journal(Base):
    __tablename__ = "journal"
    id = Column(Integer, primary_key=True)
    entry = Column(String(80))


@event.listens_for(Session, "before_flush")
def journal(session, context, instances):
    for o in sorted((o for o in session.dirty if session.is_modified(o)), key=lambda o: (type(o).__name__, o.id)):
        for attr in inspect(o).attrs:
            h = attr.history
            if h.has_changes() and attr.key in ("owner", "balance", "amount"):
                session.add(Journal(entry="%s %s %s->%s" % (type(o).__name__, attr.key, h.deleted, h.added)))
    for o in sorted(session.deleted, key=lambda o: o.id):
        session.add(Journal(entry="deleted %s %d" % (type(o).__name__, o.id)))


@event.listens_for(Move, "after_insert")
def add_up(mapper, connection, move):
    table = Account.__table__
    connection.execute(update(table).where(table.c.id == move.account_id).values(
        balance=table.c.balance + move.amount))
    if inspect(move.account).persistent:
        inspect(move).session.expire(move.account, ["balance"])


@event.listens_for(Move, "before_insert")
def limit(mapper, connection, move):
    n = connection.execute(select(func.count()).select_from(Move.__table__).where(
        Move.__table__.c.account_id == move.account_id)).scalar()
    say("  before_insert sees", n)


@event.listens_for(Session, "after_flush")
def look(session, context):
    say("  after_flush", sorted(type(o).__name__ for o in session.new), len(session.dirty),
        [inspect(o).attrs.id.history.added for o in session.new if isinstance(o, Account)])


@event.listens_for(Session, "after_flush_postexec")
def once_more(session, context):
    for o in session.info.pop("later", []):
        session.add(o)


eng = engine()
Base.metadata.create_all(eng)
forget()
s = Session(eng)
step("insert")
a = Account(owner="ann", moves=[Move(amount=5), Move(amount=7)])
s.add(a)
s.flush()
say(a.balance)
step("change")
a.owner = "bob"
a.moves[0].amount = 6
a.moves.append(Move(amount=-2))
s.commit()
say(a.balance, s.scalars(select(Journal.entry).order_by(Journal.id)).all())
step("no net change")
a.owner = "bob"
s.flush()
a.owner = "cid"
a.owner = "bob"
s.flush()
step("more after the flush")
s.info["later"] = [Journal(entry="late")]
a.owner = "dee"
s.flush()
say(len(s.new))
s.commit()
say(s.scalar(select(func.count(Journal.id))))
step("a delete")
gone = a.moves.pop()
s.flush()
say(inspect(gone).deleted, s.scalars(select(Journal.entry).order_by(Journal.id.desc()).limit(1)).one())
step("a query that flushes in a listener")


def ask(mapper, connection, target):
    with object_session(target).no_autoflush:
        say("  names", object_session(target).scalars(select(Account.owner).order_by(Account.id)).all())


event.listen(Account, "before_update", ask)
a.owner = "eve"
say(s.scalar(select(func.count(Account.id)).where(Account.owner == "eve")))
event.remove(Account, "before_update", ask)
step("only some objects")
b, c = Account(owner="b"), Account(owner="c")
s.add_all([b, c])
s.flush([b])
say(inspect(b).persistent, inspect(c).pending)
s.rollback()
say(a.owner, inspect(b).transient, s.scalars(select(Account.owner)).all())
for name, fn in (("before_flush", journal), ("after_flush", look), ("after_flush_postexec", once_more)):
    event.remove(Session, name, fn)
step("end")
s.close()
