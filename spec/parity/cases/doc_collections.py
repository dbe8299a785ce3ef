"""Collections of relationships: set, keyed maps, one's own classes, and large ones that are never loaded."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, Table, event, inspect, select, update
from sqlalchemy.orm import (
    Session, attribute_keyed_dict, column_keyed_dict, declarative_base, keyfunc_mapping, relationship,
)
from sqlalchemy.orm.collections import collection

Base = declarative_base()


class Tag(Base):
    __tablename__ = "tags"
    id = Column(Integer, primary_key=True)
    box_id = Column(ForeignKey("boxes.id"))
    word = Column(String)
    note = Column(String)
    box = relationship("Box", back_populates="by_pair")

    @property
    def pair(self):
        return fmt(self.word) + "/" + fmt(self.note)[:3]


class Box(Base):
    __tablename__ = "boxes"
    id = Column(Integer, primary_key=True)
    by_pair = relationship("Tag", collection_class=attribute_keyed_dict("pair"), back_populates="box", cascade="all, delete-orphan")
    by_word = relationship("Tag", collection_class=column_keyed_dict(Tag.__table__.c.word), viewonly=True)
    by_start = relationship("Tag", collection_class=keyfunc_mapping(lambda t: t.note[0:2]), viewonly=True)
    as_set = relationship("Tag", collection_class=set, viewonly=True)


e = engine()
Base.metadata.create_all(e)
forget()
session = Session(e)
step("keyed")
box = Box()
t1 = Tag(word="a", note="alpha")
t1.box = box
say(list(box.by_pair.keys()), box.by_pair["a/alp"] is t1)
box.by_pair["b/bet"] = Tag(word="b", note="beta")
error(lambda: box.by_pair.__setitem__("zz", Tag(word="c", note="c")))
session.add(box)
session.commit()
say(sorted(box.by_pair.keys()), sorted(box.by_word.keys()), sorted(box.by_start.keys()), len(box.as_set))
step("replace")
box.by_pair = {"c/gam": Tag(word="c", note="gamma"), "a/alp": t1}
session.flush()
say(sorted(box.by_pair))
step("del")
del box.by_pair["c/gam"]
say(box.by_pair.pop("none", None), list(box.by_pair))
session.flush()
error(lambda: setattr(box, "by_pair", {"wrong": Tag(word="d", note="d")}))
session.rollback()
step("key changes late")
box2 = Box()
t = Tag(box=box2)
say(list(box2.by_pair.keys()))
t.word = "late"
say(list(box2.by_pair.keys()))
error(lambda: box2.by_pair.__setitem__("x/x", t) or box2.by_pair.pop("None/Non") or session.flush())
session.rollback()


@event.listens_for(Tag.word, "set")
def moved(tag, value, old, initiator):
    if tag.box is not None:
        tag.box.by_pair.pop(tag.pair, None)
        say("moved", value, isinstance(old, str) or "none")


tag = session.scalars(select(Tag).where(Tag.word == "a")).one()
tag.word = "z"
say(tag.box, inspect(tag).attrs.box.history)
session.rollback()
event.remove(Tag.word, "set", moved)

step("own classes")


class Stack:
    def __init__(self):
        self.data = []

    @collection.appender
    def push(self, item):
        self.data.append(item)

    @collection.remover
    def drop(self, item):
        self.data.remove(item)

    @collection.iterator
    def each(self):
        return iter(self.data)

    def __iter__(self):
        return iter(self.data)

    def top(self):
        return self.data[-1].name


class Deck(Base):
    __tablename__ = "decks"
    id = Column(Integer, primary_key=True)
    cards = relationship("Card", collection_class=Stack, order_by="Card.id", back_populates="deck")


class Card(Base):
    __tablename__ = "cards"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    deck_id = Column(ForeignKey("decks.id"))
    deck = relationship("Deck", back_populates="cards")


Base.metadata.create_all(e)
forget()
deck = Deck()
deck.cards.push(Card(name="ace"))
king = Card(name="king", deck=deck)
say(deck.cards.top(), [c.name for c in deck.cards], king.deck is deck)
session.add(deck)
session.commit()
say(deck.cards.top(), [c.deck is deck for c in deck.cards])
deck.cards.drop(king)
say(king.deck, inspect(deck).attrs.cards.history)
session.commit()
say([c.name for c in deck.cards])
other = Stack()
other.push(king)
deck.cards = other
session.flush()
say([c.name for c in deck.cards])
session.close()

step("write only")
audit = Table(
    "audit", Base.metadata,
    Column("check_id", ForeignKey("checks.id", ondelete="CASCADE"), primary_key=True),
    Column("move_id", ForeignKey("moves.id", ondelete="CASCADE"), primary_key=True),
)


class Purse(Base):
    __tablename__ = "purses"
    id = Column(Integer, primary_key=True)
    label = Column(String)
    moves = relationship("Move", lazy="write_only", cascade="all, delete-orphan", passive_deletes=True, order_by="Move.id")


class Move(Base):
    __tablename__ = "moves"
    id = Column(Integer, primary_key=True)
    purse_id = Column(ForeignKey("purses.id", ondelete="cascade"))
    text = Column(String)
    amount = Column(Integer)


class Check(Base):
    __tablename__ = "checks"
    id = Column(Integer, primary_key=True)
    moves = relationship("Move", secondary=audit, lazy="write_only", passive_deletes=True)


Base.metadata.create_all(e)
forget()
purse = Purse(label="one", moves=[Move(text="start", amount=500), Move(text="rent", amount=-29)])
with Session(e) as s:
    s.add(purse)
    s.commit()
    er = error(lambda: setattr(purse, "moves", [Move(text="other", amount=1)]))
    say(str(er).split(";")[0])
s = Session(e, expire_on_commit=False)
step("add_all")
purse = s.scalar(select(Purse).filter_by(label="one"))
purse.moves.add_all([Move(text="pay", amount=2000), Move(text="food", amount=-800)])
s.commit()
say(purse.moves.select())
low = s.scalars(purse.moves.select().where(Move.amount < 0).limit(10)).all()
say([(m.text, m.amount) for m in low])
step("remove")
purse.moves.remove(low[0])
s.commit()
step("bulk")
s.execute(purse.moves.insert(), [{"text": "b1", "amount": 7}, {"text": "b2", "amount": 8}])
check = Check()
s.add(check)
check.moves.add_all(s.scalars(purse.moves.select().where(Move.amount > 7)).all())
s.commit()
say([m.text for m in s.scalars(purse.moves.select())])
say(check.moves.select().order_by(Move.id))
s.execute(purse.moves.update().values(amount=Move.amount + 1).where(Move.text == "b1"))
say(s.scalar(select(Move.amount).where(Move.text == "b1")))
sub = check.moves.select().with_only_columns(Move.id)
s.execute(update(Move).values(text=Move.text + " ok").where(Move.id.in_(sub)))
s.execute(purse.moves.delete().where(Move.amount < 0))
say([m.text for m in s.scalars(purse.moves.select().execution_options(populate_existing=True))])
error(lambda: check.moves.insert())
step("delete")
s.delete(purse)
s.rollback()
s.close()
sql()
