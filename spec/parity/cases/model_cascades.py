"""Cascades: save-update, merge, expunge, refresh-expire, delete, delete-orphan; passive_deletes; single_parent."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, event, inspect, select
from sqlalchemy.orm import Session, backref, configure_mappers, declarative_base, relationship

Base = declarative_base()


class Parent(Base):
    __tablename__ = "parents"
    id = Column(Integer, primary_key=True)
    name = Column(String(10))
    full = relationship("Full", back_populates="parent", cascade="all, delete-orphan", order_by="Full.id")
    plain = relationship("Plain", back_populates="parent", order_by="Plain.id")
    none = relationship("Lone", cascade="", order_by="Lone.id")
    merged = relationship("Merged", cascade="save-update, merge, refresh-expire, expunge", order_by="Merged.id")
    passive = relationship("Passive", cascade="all, delete", passive_deletes=True, order_by="Passive.id")
    never = relationship("Never", passive_deletes="all", order_by="Never.id")


class Full(Base):
    __tablename__ = "fulls"
    id = Column(Integer, primary_key=True)
    parent_id = Column(ForeignKey("parents.id"), nullable=False)
    parent = relationship(Parent, back_populates="full")
    subs = relationship("Sub", cascade="all", order_by="Sub.id")


class Sub(Base):
    __tablename__ = "subs"
    id = Column(Integer, primary_key=True)
    full_id = Column(ForeignKey("fulls.id"))


def child(name, **fk):
    attrs = {"__tablename__": name.lower() + "s", "id": Column(Integer, primary_key=True),
        "parent_id": Column(ForeignKey("parents.id", **fk))}
    return type(name, (Base,), attrs)


class Plain(Base):
    __tablename__ = "plains"
    id = Column(Integer, primary_key=True)
    parent_id = Column(ForeignKey("parents.id"))
    parent = relationship(Parent, back_populates="plain")


Lone, Merged = child("Lone"), child("Merged")
Passive, Never = child("Passive", ondelete="CASCADE"), child("Never", ondelete="SET NULL")


class Pet(Base):
    __tablename__ = "pets"
    id = Column(Integer, primary_key=True)
    toy_id = Column(ForeignKey("toys.id"))
    toy = relationship("Toy", cascade="all, delete-orphan", single_parent=True)


class Toy(Base):
    __tablename__ = "toys"
    id = Column(Integer, primary_key=True)


configure_mappers()
for key in ("full", "plain", "none", "merged", "passive", "never"):
    r = inspect(Parent).relationships[key]
    say(key, sorted(r.cascade), r.passive_deletes)
e = engine()
if not is_postgresql:
    event.listen(e, "connect", lambda c, r: c.execute("PRAGMA foreign_keys=ON") and None)
Base.metadata.create_all(e)
forget()


def state(*objects):
    for o in objects:
        i = inspect(o)
        say(o, [n for n in ("transient", "pending", "persistent", "deleted", "detached") if getattr(i, n)][0])


s = Session(e)
step("save-update")
p = Parent(name="p", full=[Full(subs=[Sub()])], plain=[Plain()], none=[Lone()], merged=[Merged()], passive=[Passive()])
s.add(p)
state(p, p.full[0], p.full[0].subs[0], p.plain[0], p.none[0], p.merged[0], p.passive[0])
s.add(p.none[0])
s.flush()
step("backref does not cascade in 2.0")
x = Plain()
x.parent = p
state(x)
say(x in s, x in p.plain)
s.flush()
step("a list append does")
y = Plain()
p.plain.append(y)
state(y)
s.flush()
step("orphan")
f = Full()
p.full.append(f)
s.flush()
f.parent = None
state(f)
s.flush()
state(f)
step("orphan that was never saved")
f = Full()
p.full.append(f)
state(f)
p.full.remove(f)
state(f)
s.flush()
step("an orphan of no parent")
s.commit()
s.add(Full())
error(s.flush)
s.rollback()
step("orphan moved to another parent")
q = Parent(name="q")
s.add(q)
f = p.full[0]
say(len(q.full))
p.full.remove(f)
q.full.append(f)
s.flush()
state(f)
say(f.parent.name)
s.commit()
step("expunge")
say(len(p.plain), len(p.merged), len(q.full), len(p.passive))
plain, merged = p.plain[0], p.merged[0]
s.expunge(p)
state(p, plain, merged)
s.add(p)
state(p, plain, merged)
step("expire and refresh")
s.refresh(p)
say(sorted(inspect(p).unloaded), sorted(inspect(merged).unloaded), sorted(inspect(plain).unloaded))
s.expire(p)
say(sorted(inspect(merged).unloaded))
step("merge")
s.commit()
s.close()
t = s.merge(Parent(id=1, name="new", plain=[Plain(id=1), Plain()]))
say(t.name, [o.id for o in t.plain], s.new)
s.flush()
step("delete")
s.commit()
q = s.get(Parent, 2)
s.delete(q)
state(q, q.full[0])
say(s.deleted)
s.flush()
state(q)
s.commit()
step("delete nulls, cascades and leaves to the database")
t = s.get(Parent, 1)
s.delete(t)
error(s.flush)
s.rollback()
forget()
s.execute(Lone.__table__.delete())
t.never.append(Never())
s.commit()
forget()
s.delete(t)
s.commit()
say(s.execute(select(Plain.id, Plain.parent_id).order_by(Plain.id)).all())
say(s.execute(select(Passive.id)).all(), s.execute(select(Never.id, Never.parent_id)).all())
step("passive_deletes with a loaded list")
t = Parent(passive=[Passive(), Passive()])
s.add(t)
s.commit()
say(len(t.passive))
s.delete(t)
s.commit()
step("single parent")
toy = Toy()
pet = Pet(toy=toy)
s.add(pet)
s.flush()
error(lambda: Pet(toy=toy))
pet.toy = Toy()
s.flush()
state(toy)
s.delete(pet)
s.flush()
sql()
s.rollback()


def wrong():
    class Bad(Base):
        __tablename__ = "bad"
        id = Column(Integer, primary_key=True)
        toy_id = Column(ForeignKey("toys.id"))
        toy = relationship("Toy", cascade="all, delete-orphan")
    configure_mappers()


error(lambda: relationship("Toy", cascade="all, nonsense"))
error(lambda: relationship("Toy", cascade="delete", viewonly=True))
error(wrong)
s.close()
