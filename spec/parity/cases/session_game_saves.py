# Savepoints: what each rollback gives back to the objects, nested twice, with keys, collections and deletions.
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *

Base = declarative_base()


class Hero(Base):
    __tablename__ = "hero"
    id = Column(Integer, primary_key=True)
    name = Column(String(20), unique=True)
    gold = Column(Integer, default=0)
    items = relationship("Item", back_populates="hero", order_by="Item.id", cascade="all, delete-orphan")


class Item(Base):
    __tablename__ = "item"
    id = Column(Integer, primary_key=True)
    kind = Column(String(20))
    hero_id = Column(ForeignKey("hero.id"))
    hero = relationship(Hero, back_populates="items")


e = engine()
Base.metadata.create_all(e)
forget()
s = Session(e)
ann = Hero(name="Ann", gold=10, items=[Item(kind="rope")])
s.add(ann)
s.commit()
step("rolled back change")
say(ann.gold)
sp = s.begin_nested()
say(sp.nested, s.in_nested_transaction(), sp.is_active, s.get_nested_transaction() is sp)
ann.gold = 20
s.flush()
sp.rollback()
say(sp.is_active, s.in_nested_transaction(), "gold" in inspect(ann).unloaded, ann.gold)
step("change before the savepoint")
ann.gold = 30
with s.begin_nested():
    ann.name = "Anna"
say(ann.gold, ann.name)
error(lambda: s.begin_nested().commit() or s.execute(text("nonsense")))
s.rollback()
say(ann.gold, ann.name)
step("objects made inside")
sp = s.begin_nested()
bob = Hero(name="Bob")
s.add(bob)
ann.items.append(Item(kind="lamp"))
s.flush()
say(bob.id is not None, len(ann.items), bob in s)
sp.rollback()
say(bob in s, inspect(bob).transient, [i.kind for i in ann.items])
step("deleted inside")
sp = s.begin_nested()
rope = ann.items[0]
s.delete(rope)
s.flush()
say(inspect(rope).deleted)
sp.rollback()
say(inspect(rope).persistent, rope in s, [i.kind for i in ann.items])
step("orphan inside")
sp = s.begin_nested()
ann.items.remove(rope)
s.flush()
say(inspect(rope).deleted, rope.hero)
sp.rollback()
say(inspect(rope).persistent, rope.hero is ann)
step("two levels")
one = s.begin_nested()
ann.gold = 1
two = s.begin_nested()
ann.gold = 2
say(two.parent is one, one.parent is s.get_transaction())
two.rollback()
say(ann.gold)
one.commit()
say(ann.gold)
s.commit()
say(ann.gold)
step("outer rollback takes inner commits")
s.begin_nested()
ann.gold = 99
s.add(Hero(name="Cy"))
s.commit()
say(s.in_transaction(), s.scalar(select(func.count(Hero.id))))
s.rollback()
say(ann.gold, s.scalar(select(func.count(Hero.id))))
s.rollback()
step("integrity error is contained")
for name in ("Dee", "Ann", "Eve"):
    try:
        with s.begin_nested():
            s.add(Hero(name=name))
    except sa.exc.IntegrityError:
        say("refused", name)
say(s.scalars(select(Hero.name).order_by(Hero.name)).all())
s.commit()
step("without the block")
sp = s.begin_nested()
s.add(Hero(name="Ann"))
error(s.flush)
say(sp.is_active, s.is_active)
error(lambda: s.scalar(select(Hero.id)))
sp.rollback()
say(s.is_active, s.scalar(select(func.count(Hero.id))))
s.rollback()
step("primary key restored")
sp = s.begin_nested()
ann.items = []
s.flush()
ann.id = 50
s.flush()
say(inspect(ann).identity)
sp.rollback()
say(inspect(ann).identity, ann.id, s.get(Hero, 1) is ann)
step("closed ones")
error(sp.commit)
error(sp.rollback)
s.close()
s.begin()
error(s.begin)
s.close()
sql()
