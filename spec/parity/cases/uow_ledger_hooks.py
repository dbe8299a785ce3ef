# A flush seen through its events, with objects added, changed and deleted by the listeners on the way.
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *

Base = declarative_base()


class Account(Base):
    __tablename__ = "account"
    id = Column(Integer, primary_key=True)
    owner = Column(String(20))
    balance = Column(Integer, default=0)
    moves = relationship("Move", back_populates="account", cascade="all, delete-orphan", order_by="Move.id")


class Move(Base):
    __tablename__ = "move"
    id = Column(Integer, primary_key=True)
    amount = Column(Integer)
    account_id = Column(ForeignKey("account.id"))
    account = relationship(Account, back_populates="moves")


class Trail(Base):
    __tablename__ = "trail"
    id = Column(Integer, primary_key=True)
    what = Column(String(60))


def label(obj):
    return obj.owner if isinstance(obj, Account) else "move %s" % obj.amount if isinstance(obj, Move) else "trail"


for cls in (Account, Move):
    for name in ("before_insert", "after_insert", "before_update", "after_update", "before_delete", "after_delete"):

        @event.listens_for(cls, name)
        def hook(mapper, connection, target, name=name):
            say(" ", name, mapper.class_, label(target))


@event.listens_for(Move, "after_insert")
def book(mapper, connection, target):
    connection.execute(
        update(Account.__table__).where(Account.__table__.c.id == target.account_id).values(balance=Account.__table__.c.balance + target.amount)
    )


@event.listens_for(Account, "before_insert")
def shout(mapper, connection, target):
    target.owner = target.owner.upper()


@event.listens_for(Session, "before_flush")
def before_flush(session, context, instances):
    say(" before_flush", len(session.new), len(session.dirty), len(session.deleted), instances)
    for obj in sorted((o for o in session.deleted if not isinstance(o, Trail)), key=label):
        session.add(Trail(what="gone " + label(obj)))
    for obj in list(session.dirty):
        if isinstance(obj, Account) and session.is_modified(obj):
            change = inspect(obj).attrs.owner.history
            if change.has_changes():
                session.add(Trail(what="%s -> %s" % ((change.deleted or ["?"])[0], change.added[0])))


@event.listens_for(Session, "after_flush")
def after_flush(session, context):
    say(" after_flush", len(session.new), len(session.dirty), len(session.deleted))


@event.listens_for(Session, "after_flush_postexec")
def after_flush_postexec(session, context):
    say(" after_flush_postexec", len(session.new), len(session.dirty), len(session.deleted))


for name in ("before_commit", "after_commit", "after_rollback", "after_begin", "after_soft_rollback"):
    event.listen(Session, name, lambda session, *a, name=name: say("", name))

e = engine()
Base.metadata.create_all(e)
forget()
with Session(e) as s:
    step("insert")
    ann = Account(owner="ann", moves=[Move(amount=5), Move(amount=7)])
    s.add(ann)
    s.commit()
    step("result")
    say(ann.owner, ann.balance)
    step("update")
    ann.owner = "Anna"
    ann.moves[0].amount = 6
    s.commit()
    step("nothing to write")
    ann.owner = "Anna"
    s.flush()
    s.commit()
    step("collection only")
    ann.moves.append(Move(amount=1))
    s.flush()
    say(ann.balance)
    s.refresh(ann, ["balance"])
    say(ann.balance)
    s.commit()
    step("orphan and delete")
    ann.moves.pop()
    s.flush()
    s.delete(ann)
    s.commit()
    step("trail")
    say(s.scalars(select(Trail.what).order_by(Trail.id)).all())
    step("a listener that fails")

    @event.listens_for(Account, "before_insert")
    def refuse(mapper, connection, target):
        if target.owner == "EVE":
            raise ValueError("no Eve")

    s.add(Account(owner="eve"))
    error(s.flush)
    say(s.is_active, len(s.new))
    s.rollback()
    event.remove(Account, "before_insert", refuse)
    s.add(Account(owner="eve"))
    s.commit()
    step("end")
    say(s.scalars(select(Account.owner)).all())
sql()
