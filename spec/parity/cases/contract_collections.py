"""Collections as lists, sets and maps: every method, slices and assignment, back references, histories and events."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, event, inspect, select
from sqlalchemy.orm import (Session, attribute_keyed_dict, column_keyed_dict, declarative_base, keyfunc_mapping,
                            relationship)

Base = declarative_base()


class Slot(Base):
    __tablename__ = "slots"
    id = Column(Integer, primary_key=True)
    rank = Column(Integer)
    board_id = Column(ForeignKey("boards.id"))


class Board(Base):
    __tablename__ = "boards"
    id = Column(Integer, primary_key=True)
    cards = relationship("Card", back_populates="board", order_by="Card.id", cascade="all, delete-orphan")
    labels = relationship("Label", collection_class=set, back_populates="board", order_by="Label.id")
    fields = relationship("Field", collection_class=attribute_keyed_dict("key"), cascade="all, delete-orphan")
    by_rank = relationship("Slot", collection_class=keyfunc_mapping(lambda slot: slot.rank * 10))
    by_column = relationship("Slot", collection_class=column_keyed_dict(Slot.__table__.c.rank), viewonly=True)


class Card(Base):
    __tablename__ = "cards"
    id = Column(Integer, primary_key=True)
    text = Column(String(9))
    board_id = Column(ForeignKey("boards.id"))
    board = relationship(Board, back_populates="cards")


class Label(Base):
    __tablename__ = "labels"
    id = Column(Integer, primary_key=True)
    text = Column(String(9))
    board_id = Column(ForeignKey("boards.id"))
    board = relationship(Board, back_populates="labels")


class Field(Base):
    __tablename__ = "fields"
    id = Column(Integer, primary_key=True)
    key = Column(String(9))
    value = Column(String(9))
    board_id = Column(ForeignKey("boards.id"))


for attribute in (Board.cards, Board.labels, Board.fields):
    for name in ("append", "remove", "bulk_replace"):
        def listener(target, value, initiator, name=name, key=attribute.key):
            values = value if name == "bulk_replace" else [value]
            say("   ", key, name, [getattr(v, "text", getattr(v, "key", None)) for v in values], initiator.key)
        event.listen(attribute, name, listener)
event.listen(Card.board, "set", lambda t, v, old, i: say("    board", t.text, v is None, getattr(old, "id", None)))


def texts(items):
    return [x.text for x in items]


def changes(obj, key):
    h = inspect(obj).attrs[key].history
    return [sorted(getattr(x, "text", getattr(x, "key", None)) for x in part or ()) for part in h]


e = engine()
Base.metadata.create_all(e)
forget()
session = Session(e)
step("a list")
b = Board(id=1)
a, c, d, x, y = (Card(text=t) for t in "acdxy")
b.cards.append(a)
b.cards.insert(0, c)
b.cards.extend([d, x])
say(texts(b.cards), len(b.cards), b.cards[0].text, d in b.cards, y in b.cards, b.cards.index(x))
b.cards.remove(a)
b.cards.insert(1, y)
say(texts(b.cards), a.board)
say(b.cards.pop().text, b.cards.pop(0).text, texts(b.cards))
b.cards.remove(d)
refused(lambda: b.cards.remove(d))
b.cards.append(d)
b.cards.append(d)
say(texts(b.cards))
session.add(b)
session.commit()
say(texts(b.cards), [k.board is b for k in b.cards])
step("replacing it")
new = Card(text="n")
b.cards = [b.cards[1], new]
say(changes(b, "cards"), texts(b.cards))
session.flush()
b.cards.reverse()
say(texts(b.cards), changes(b, "cards"))
b.cards.sort(key=lambda k: k.text)
say(texts(b.cards))
b.cards.clear()
say(changes(b, "cards"), session.deleted, new.board)
session.rollback()
say(texts(b.cards))
refused(lambda: setattr(b, "cards", Card()))
refused(lambda: b.cards.append(Label(text="l")) or session.flush())
session.rollback()
step("from the other side")
z = Card(text="z", board=b)
say(texts(b.cards), z in session.new)
session.flush()
z.board = None
say(changes(b, "cards"))
session.flush()
step("a set")
red, blue = Label(text="red"), Label(text="blue")
b.labels.add(red)
b.labels.update([red, blue])
say(len(b.labels), red in b.labels, red.board is b, sorted(texts(b.labels)))
b.labels.discard(red)
b.labels.discard(red)
refused(lambda: b.labels.remove(red))
say(red.board, changes(b, "labels"))
b.labels = {Label(text="tan")}
say(changes(b, "labels"))
session.flush()
b.labels.add(red)
b.labels.remove(red)
session.commit()
say(sorted(texts(b.labels)), red.board_id)
step("a map")
b.fields["size"] = Field(key="size", value="xl")
b.fields.set(Field(key="hue", value="dim"))
say(sorted(b.fields), b.fields["size"].value, "hue" in b.fields, len(b.fields), b.fields.get("no"))
session.flush()
b.fields["size"] = Field(key="size", value="s")
say(b.fields["size"].value, sorted((k, v.value) for k, v in b.fields.items()))
session.commit()
old = b.fields["hue"]
b.fields["hue"] = Field(key="hue", value="lit")
say(changes(b, "fields"), old in session.deleted)
session.flush()
b.fields.remove(b.fields["size"])
say(sorted(b.fields.keys()), changes(b, "fields"))
say(b.fields.pop("hue").value, b.fields.pop("hue", None))
session.commit()
say(b.fields, session.scalars(select(Field)).all())
b.fields = {"one": Field(key="one")}
refused(lambda: setattr(b, "fields", {"two": Field(key="three")}))
session.commit()
say(sorted(b.fields))
step("maps by function and column")
b.by_rank.set(Slot(rank=2))
b.by_rank[30] = Slot(rank=3)
session.commit()
say(sorted(b.by_rank), sorted(b.by_column), b.by_rank[20].rank, b.by_column[3].rank)
step("duplicates, membership and lost lists")
cards = b.cards
session.expire(b)
say(cards is b.cards, len(b.cards))
kept = b.cards
b.cards = []
say(len(kept))
kept.append(Card(text="late"))
session.rollback()
say(texts(b.cards))
sql()
