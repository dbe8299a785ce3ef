# Failures at several depths: savepoints in savepoints, stale rows, listeners that raise there, objects afterwards.
from parity import *
from sqlalchemy import Column, Integer, String, ForeignKey, CheckConstraint, select, func, update
from sqlalchemy.orm import declarative_base, relationship, Session, sessionmaker

Base = declarative_base()


class Wallet(Base):
    __tablename__ = "wallet"
    id = Column(Integer, primary_key=True)
    owner = Column(String(20), unique=True)
    cents = Column(Integer, CheckConstraint("cents >= 0"), default=0)
    version = Column(Integer, nullable=False)
    notes = relationship("Note", back_populates="wallet", cascade="all, delete-orphan", order_by="Note.id")
    __mapper_args__ = {"version_id_col": version}


class Note(Base):
    __tablename__ = "note"
    id = Column(Integer, primary_key=True)
    text = Column(String(20), nullable=False)
    wallet_id = Column(ForeignKey("wallet.id"))
    wallet = relationship("Wallet", back_populates="notes")


def states(o):
    i = sa.inspect(o)
    return [n for n in ("transient", "pending", "persistent", "deleted", "detached") if getattr(i, n)]


eng = engine()
Base.metadata.create_all(eng)
s = Session(eng)
ann, bob = Wallet(owner="ann", cents=100), Wallet(owner="bob")
s.add_all([ann, bob])
s.commit()
forget()


def pay(source, target, amount):
    with s.begin_nested():
        target.cents += amount
        target.notes.append(Note(text="got %d" % amount))
        s.flush()
        with s.begin_nested():
            source.cents -= amount
            source.notes.append(Note(text="paid %d" % amount))


step("a payment that works")
pay(ann, bob, 30)
s.commit()
say(ann.cents, bob.cents, [n.text for n in ann.notes], [n.text for n in bob.notes], ann.version, bob.version)
step("a payment that fails below")
error(lambda: pay(ann, bob, 500))
say(s.is_active, s.in_nested_transaction(), len(s.new), len(s.dirty))
say(ann.cents, bob.cents, len(ann.notes), len(bob.notes), ann.version, bob.version)
s.commit()
step("the inner failure is caught, the outer goes on")
with s.begin_nested():
    ann.cents += 1
    lost = Note(text=None, wallet=bob)
    try:
        with s.begin_nested():
            s.add(lost)
    except sa.exc.IntegrityError as e:
        say("caught", type(e).__name__)
    say(ann.cents, states(lost), lost.wallet is bob, s.is_active)
    ann.notes.append(Note(text="after"))
s.commit()
say(ann.cents, [n.text for n in ann.notes], states(lost))
step("rolled back by hand")
n1 = s.begin_nested()
ann.cents = 1
n2 = s.begin_nested()
ann.cents = 2
bob.notes.append(Note(text="x"))
s.flush()
n2.rollback()
say(ann.cents, len(bob.notes), n2.is_active, n1.is_active)
n1.rollback()
say(ann.cents)
error(n1.commit)
error(n2.rollback)
s.commit()
step("wrong order")
outer = s.begin_nested()
inner = s.begin_nested()
outer.commit()
say(inner.is_active, s.in_nested_transaction())
error(inner.commit)
s.rollback()
step("a row that changed meanwhile")
s.refresh(ann)
s.execute(update(Wallet.__table__).where(Wallet.__table__.c.id == ann.id).values(version=77))
ann.cents = 5
error(s.flush)
say(s.is_active, states(ann))
s.rollback()
say(ann.cents, ann.version)
step("a row that went meanwhile")
gone = Wallet(owner="gone")
s.add(gone)
s.commit()
s.refresh(gone)
s.execute(Wallet.__table__.delete().where(Wallet.__table__.c.owner == "gone"))
s.delete(gone)
error(s.flush)
s.rollback()
say(states(gone), gone.owner)
step("a listener raises in a savepoint")


def refuse(session, context, instances):
    if any(isinstance(o, Note) and o.text == "bad" for o in session.new):
        raise ValueError("bad")


event.listen(s, "before_flush", refuse)
bad = Note(text="bad", wallet=bob)
s.add(bad)
error(lambda: s.begin_nested())
say(s.is_active, s.in_nested_transaction(), states(bad))
bad.wallet = None
say(states(bad))
with s.begin_nested():
    s.add(Note(text="good", wallet=bob))
s.commit()
say([n.text for n in bob.notes])
event.remove(s, "before_flush", refuse)
step("a factory's begin")
Factory = sessionmaker(eng)


def work():
    with Factory.begin() as t:
        t.add(Wallet(owner="temp"))
        t.flush()
        t.add(Wallet(owner="temp"))


s.rollback()
error(work)
with Factory() as t:
    say(t.scalar(select(func.count(Wallet.id))), t.scalars(select(Wallet.owner).order_by(Wallet.id)).all())
step("end")
s.close()
