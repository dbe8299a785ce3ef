# Three levels of joined tables: what each flush and each load says, updates over tables, deletes, changing keys.
from parity import *
from sqlalchemy import Column, Integer, String, ForeignKey, select, func, update
from sqlalchemy.orm import (declarative_base, relationship, Session, with_polymorphic, selectin_polymorphic, aliased,
                            joinedload, selectinload)

Base = declarative_base()


class Item(Base):
    __tablename__ = "item"
    id = Column(Integer, primary_key=True)
    type = Column(String(10))
    title = Column(String(30))
    notes = relationship("Note", back_populates="item", cascade="all, delete-orphan", order_by="Note.id")
    __mapper_args__ = {"polymorphic_on": "type", "polymorphic_identity": "item"}


class Note(Base):
    __tablename__ = "note"
    id = Column(Integer, primary_key=True)
    item_id = Column(ForeignKey("item.id"), nullable=False)
    text = Column(String(30))
    item = relationship("Item", back_populates="notes")


class Book(Item):
    __tablename__ = "book"
    id = Column(ForeignKey("item.id"), primary_key=True)
    pages = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "book"}


class Atlas(Book):
    __tablename__ = "atlas"
    id = Column(ForeignKey("book.id"), primary_key=True)
    scale = Column(Integer)
    maps = relationship("Map", order_by="Map.id", cascade="all, delete-orphan")
    __mapper_args__ = {"polymorphic_identity": "atlas"}


class Map(Base):
    __tablename__ = "map"
    id = Column(Integer, primary_key=True)
    name = Column(String(10))
    atlas_id = Column(ForeignKey("atlas.id"))


class Disc(Item):
    __tablename__ = "disc"
    id = Column(ForeignKey("item.id"), primary_key=True)
    minutes = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "disc"}


eng = engine()
Base.metadata.create_all(eng)
forget()
s = Session(eng)
step("inserts go from the base down")
atlas = Atlas(title="World", pages=300, scale=1000, maps=[Map(name="sea"), Map(name="land")])
book = Book(title="Novel", pages=200, notes=[Note(text="torn")])
disc = Disc(title="Song", minutes=4)
s.add_all([atlas, book, disc, Item(title="Thing")])
s.commit()
step("one statement per table")
say([(type(i).__name__, i.title) for i in s.scalars(select(Item).order_by(Item.id))])
say(atlas.scale, atlas.pages, disc.minutes)
step("subclass query joins")
s.expunge_all()
say([(b.title, b.pages) for b in s.scalars(select(Book).order_by(Book.pages))])
say([(a.title, a.scale) for a in s.scalars(select(Atlas).where(Atlas.pages > 100))])
step("lazy columns of a subclass")
s.expunge_all()
first = s.scalars(select(Item).where(Item.title == "World")).one()
say(sorted(sa.inspect(first).unloaded))
say(first.scale, first.pages)
step("with_polymorphic")
s.expunge_all()
W = with_polymorphic(Item, "*")
for i in s.scalars(select(W).order_by(W.id)):
    say(i.type, i.title, getattr(i, "pages", "-"), getattr(i, "minutes", "-"))
say(s.scalars(select(W.title).where((W.Book.pages > 250) | (W.Disc.minutes < 5)).order_by(W.title)).all())
step("selectin_polymorphic")
s.expunge_all()
q = select(Item).options(selectin_polymorphic(Item, [Book, Atlas, Disc]), selectinload(Atlas.maps)).order_by(Item.id)
for i in s.scalars(q):
    say(i.type, getattr(i, "pages", "-"), [m.name for m in getattr(i, "maps", [])])
step("update touches only what changed")
atlas = s.scalars(select(Atlas)).one()
atlas.scale = 500
s.flush()
sql()
atlas.title, atlas.pages = "Earth", 301
s.flush()
sql()
atlas.maps.pop(0)
atlas.notes.append(Note(text="new"))
s.commit()
step("bulk update of a base column")
say(s.execute(update(Item).where(Item.type == "book").values(title="Tale")).rowcount)
book = s.scalars(select(Book).where(Book.type == "book")).one()
say(book.title, book.notes[0].text)
step("joins to and from a hierarchy")
say(s.execute(select(Note.text, Item.title).join(Note.item).order_by(Note.id)).all())
say(s.execute(select(Note.text, Book.pages).join(Note.item.of_type(Book)).where(Book.pages > 250)).all())
B = aliased(Book, flat=True)
say(s.execute(select(Note.text, B.title).join(B, Note.item_id == B.id).order_by(Note.id)).all())
error(lambda: s.scalars(select(Note).options(joinedload(Note.item.of_type(W)))).first())
F = with_polymorphic(Item, [Book, Disc], flat=True)
n = s.scalars(select(Note).options(joinedload(Note.item.of_type(F))).order_by(Note.id)).first()
say(type(n.item).__name__, n.item.title)
say(s.scalars(select(Item.title).where(Item.notes.any(Note.text == "new"))).all())
step("deletes go from the leaf up")
s.delete(atlas)
s.delete(s.scalars(select(Disc)).one())
s.commit()
say(s.execute(select(Item.type, func.count()).group_by(Item.type).order_by(Item.type)).all())
step("end")
s.close()
