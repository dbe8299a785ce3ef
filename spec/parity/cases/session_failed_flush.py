# After a failure: flushes that fail, what the session refuses then, cycles, re-adding deleted objects, closing.
from parity import *
from sqlalchemy import Column, Integer, String, ForeignKey, CheckConstraint, select, func, text
from sqlalchemy.orm import declarative_base, relationship, Session

Base = declarative_base()


class Node(Base):
    __tablename__ = "node"
    id = Column(Integer, primary_key=True)
    name = Column(String(20), unique=True)
    parent_id = Column(ForeignKey("node.id"))
    weight = Column(Integer, CheckConstraint("weight < 100"), default=1)
    parent = relationship("Node", remote_side=[id], back_populates="children")
    children = relationship("Node", back_populates="parent", cascade="all", order_by="Node.id")


class Egg(Base):
    __tablename__ = "egg"
    id = Column(Integer, primary_key=True)
    hen_id = Column(ForeignKey("hen.id", name="fk_hen", use_alter=True))
    hen = relationship("Hen", foreign_keys=[hen_id])


class Hen(Base):
    __tablename__ = "hen"
    id = Column(Integer, primary_key=True)
    egg_id = Column(ForeignKey("egg.id"))
    egg = relationship("Egg", foreign_keys=[egg_id])


def states(o):
    i = sa.inspect(o)
    return [n for n in ("transient", "pending", "persistent", "deleted", "detached") if getattr(i, n)]


eng = engine()
Base.metadata.create_all(eng)
s = Session(eng)
root = Node(name="root", children=[Node(name="a"), Node(name="b")])
s.add(root)
s.commit()
forget()
step("a flush that fails")
bad = Node(name="a", parent=root)
ok = Node(name="c", parent=root)
root.weight = 5
s.add_all([bad, ok])
error(s.flush)
say(s.is_active, s.in_transaction(), states(bad), states(ok))
error(lambda: s.scalars(select(Node)).all())
error(s.flush)
error(s.commit)
error(lambda: s.get(Node, 1))
error(lambda: s.begin_nested())
say(bad.name, ok.name)
s.rollback()
say(states(bad), states(ok), root.weight, [n.name for n in root.children], s.is_active)
step("the same again, mended")
bad.name = "d"
root.children.append(bad)
s.add(ok)
s.commit()
say([n.name for n in root.children], ok.parent)
step("inside a savepoint")
try:
    with s.begin_nested():
        s.add(Node(name="e", weight=500))
except sa.exc.IntegrityError as e:
    say("caught", type(e).__name__)
say(s.is_active, s.scalar(select(func.count(Node.id))))
s.add(Node(name="e", weight=50))
s.commit()
step("an error in a statement, not in a flush")
error(lambda: s.execute(text("SELECT nothing FROM nowhere")))
say(s.is_active)
s.rollback()
say(s.scalar(select(func.max(Node.weight))))
s.rollback()
step("cycles of rows")
egg, hen = Egg(), Hen()
egg.hen, hen.egg = hen, egg
s.add(egg)
error(s.flush)
s.rollback()
say(states(egg), states(hen))
hen.egg = None
s.add(egg)
s.commit()
hen.egg = egg
s.commit()
say(hen.egg is egg, egg.hen is hen)
step("a cycle in a tree")
a, b = root.children[0], root.children[1]
a.parent, b.parent = b, a
error(s.flush)
s.rollback()
say(a.parent.name, b.parent.name)
x = Node(name="x")
y = Node(name="y", parent=x)
x.parent = y
s.add(x)
error(s.flush)
s.rollback()
say(states(x), states(y))
self_ = Node(name="self")
self_.parent = self_
s.add(self_)
error(s.flush)
s.rollback()
step("delete and add again")
s.delete(a)
s.add(a)
say(a in s.deleted, states(a))
s.flush()
s.delete(a)
s.flush()
say(states(a))
error(lambda: s.add(a))
s.commit()
say(states(a))
error(lambda: s.add(a))
sa.orm.make_transient(a)
a.id = None
s.add(a)
s.commit()
say(states(a), s.scalars(select(Node.name).order_by(Node.name)).all())
step("deleted elsewhere")
with Session(eng) as t:
    t.execute(sa.delete(Node).where(Node.name == "c"))
    t.commit()
error(lambda: ok.name)
ok.name = "gone"
error(s.flush)
s.rollback()
s.expunge(ok)
step("a closed session")
s.close()
say(states(root), s.is_active)
s.add(root)
say(root.name, states(root))
s.close()
closed = Session(eng, close_resets_only=False)
closed.close()
error(lambda: closed.scalars(select(Node)))
with Session() as nowhere:
    error(lambda: nowhere.scalars(select(Node)))
step("end")
