"""Events of attributes, a purse: set, append, remove, bulk_replace, init_scalar, init_collection, dispose_collection
and modified with retval, raw, active_history and propagate; initiators of back references; validators in the same
chain; dicts and sets."""
from sqlalchemy import *
from sqlalchemy.orm import *
from sqlalchemy.orm.attributes import NO_VALUE, set_attribute, set_committed_value
from sqlalchemy.orm.attributes import get_history, flag_modified, del_attribute
from parity import *


class Base(DeclarativeBase):
    pass


class Purse(Base):
    __tablename__ = "purses"
    id = mapped_column(Integer, primary_key=True)
    owner = mapped_column(String(20))
    limit = mapped_column(Integer, default=10)
    pin = mapped_column(Integer, active_history=True)
    coins = relationship("Coin", back_populates="purse", order_by="Coin.id")
    cards = relationship("Card", collection_class=attribute_keyed_dict("code"))
    notes = relationship("Note", collection_class=set)

    @validates("owner")
    def check(self, key, value):
        say("  validate", key, value)
        return value and value.title()


class Coin(Base):
    __tablename__ = "coins"
    id = mapped_column(Integer, primary_key=True)
    value = mapped_column(Integer)
    purse_id = mapped_column(ForeignKey("purses.id"))
    purse = relationship(Purse, back_populates="coins")


class Card(Base):
    __tablename__ = "cards"
    id = mapped_column(Integer, primary_key=True)
    code = mapped_column(String(5))
    purse_id = mapped_column(ForeignKey("purses.id"))


class Note(Base):
    __tablename__ = "notes"
    id = mapped_column(Integer, primary_key=True)
    purse_id = mapped_column(ForeignKey("purses.id"))


def who(v):
    return "NO_VALUE" if v is NO_VALUE else "%s#%s" % (type(v).__name__, v.id) if isinstance(v, Base) else v


for attr in (Purse.owner, Purse.limit, Purse.pin, Coin.purse, Coin.value):
    event.listen(attr, "set", lambda t, v, o, i, k=attr.key: say("  set", who(t), k, who(v), who(o), i.key))
for attr in (Purse.coins, Purse.cards, Purse.notes):
    event.listen(attr, "append", lambda t, v, i, k=attr.key: say("  append", who(t), k, who(v), i.key))
    event.listen(attr, "remove", lambda t, v, i, k=attr.key: say("  remove", who(t), k, who(v), i.key))
    event.listen(attr, "bulk_replace", lambda t, vs, i, k=attr.key: say("  bulk", who(t), k,
        sorted(who(v) for v in vs)))
    event.listen(attr, "init_collection", lambda t, c, a, k=attr.key: say("  init", k))
    event.listen(attr, "dispose_collection", lambda t, c, a, k=attr.key: say("  dispose", k))
event.listen(Purse.owner, "modified", lambda t, i: say("  modified", who(t), i.key))

e = engine()
Base.metadata.create_all(e)
forget()
s = Session(e)
step("scalars")
p = Purse(id=1)
p.owner = "ann"
p.owner = "bob"
p.limit = 5
p.limit = None
p.pin = 1
step("collections")
c1, c2, c3 = Coin(id=1), Coin(id=2), Coin(id=3)
p.coins.append(c1)
c2.purse = p
p.coins.insert(0, c3)
p.coins.remove(c1)
p.coins = [c1, c2]
p.coins.pop(0)
p.coins.insert(0, c3)
c2.purse = None
p.coins.extend([c1, c2])
p.coins.pop()
say([c.id for c in p.coins], c2.purse)
step("dict")
a, b = Card(id=1, code="a"), Card(id=2, code="b")
p.cards["a"] = a
p.cards["a"] = Card(id=3, code="a")
p.cards = {"b": b}
p.cards.set(a)
del p.cards["b"]
p.cards.clear()
step("set")
n = Note(id=1)
p.notes.add(n)
p.notes.add(n)
p.notes.discard(n)
p.notes = {n}
p.notes.clear()
step("move")
q = Purse(id=2, coins=[c2])
p.coins.append(c2)
say([c.id for c in q.coins], c2.purse is p)
q.coins = p.coins
say([c.id for c in p.coins], [c.id for c in q.coins])
step("persistent")
s.add_all([p, q])
s.commit()
forget()
p.limit = 7
p.pin = 2
say(get_history(p, "limit"), get_history(p, "pin"))
sql()
q.coins.append(Coin(id=9))
sql()
Coin(id=10, purse=q)
say(len(q.coins))
s.rollback()
c = s.get(Coin, 1)
say(c.purse.id)
c.purse = None
c.purse = p
sql()
step("retval")


def double(target, value, old, initiator):
    return value * 2


def wrap(target, value, initiator):
    value.value = 100
    return value


event.listen(Coin.value, "set", double, retval=True)
event.listen(Purse.coins, "append", wrap, retval=True)
k = Coin(id=20, value=4)
say(k.value)
q.coins.append(k)
say(k.value)
event.remove(Coin.value, "set", double)
k.value = 3
say(k.value)
step("init_scalar")


@event.listens_for(Purse.limit, "init_scalar", retval=True, propagate=True)
def default_limit(target, value, dict_):
    dict_["limit"] = 42
    return 42


r = Purse(id=5)
say(r.limit, inspect(r).attrs.limit.history)
step("helpers")
set_attribute(p, "owner", "zoe")
say(p.owner, inspect(p).attrs.owner.history, inspect(p).modified)
set_committed_value(p, "owner", "Kim")
say(p.owner, inspect(p).attrs.owner.history)
flag_modified(p, "limit")
say(p in s.dirty, inspect(p).attrs.limit.history)
del_attribute(p, "owner")
say(p.owner, inspect(p).attrs.owner.history)
error(lambda: flag_modified(Purse(id=6), "owner"))
refused(lambda: set_attribute(p, "nothing", 1))
step("throw")


def refuse(target, value, initiator):
    if value.id == 13:
        raise ValueError("unlucky")


event.listen(Purse.coins, "append", refuse)
bad = Coin(id=13)
error(lambda: q.coins.append(bad))
say(bad.purse, 13 in [x.id for x in q.coins])
error(lambda: setattr(bad, "purse", q))
say(bad.purse, 13 in [x.id for x in q.coins])
error(lambda: Purse(id=7, coins=[bad]))
error(lambda: event.listen(Purse.owner, "nothing", refuse))
s.close()
