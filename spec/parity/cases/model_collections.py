"""Collections: lists, sets, maps keyed by attribute, column or function; events, histories, replacement."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, event, inspect
from sqlalchemy.orm import (Session, attribute_keyed_dict, column_keyed_dict, declarative_base, keyfunc_mapping,
    relationship)
from sqlalchemy.ext.orderinglist import ordering_list

Base = declarative_base()


class Shelf(Base):
    __tablename__ = "shelves"
    id = Column(Integer, primary_key=True)
    books = relationship("Book", backref="shelf", order_by="Book.id")
    cds = relationship("Cd", collection_class=set, backref="shelf")
    by_code = relationship("Box", collection_class=attribute_keyed_dict("code"), cascade="all, delete-orphan", backref="shelf")
    slides = relationship("Slide", order_by="Slide.position", collection_class=ordering_list("position"))


class Book(Base):
    __tablename__ = "books"
    id = Column(Integer, primary_key=True)
    shelf_id = Column(ForeignKey("shelves.id"))
    name = Column(String(10))


class Cd(Base):
    __tablename__ = "cds"
    id = Column(Integer, primary_key=True)
    shelf_id = Column(ForeignKey("shelves.id"))
    name = Column(String(10))


class Box(Base):
    __tablename__ = "boxes"
    id = Column(Integer, primary_key=True)
    shelf_id = Column(ForeignKey("shelves.id"))
    code = Column(String(10))
    size = Column(Integer)


class Slide(Base):
    __tablename__ = "slides"
    id = Column(Integer, primary_key=True)
    shelf_id = Column(ForeignKey("shelves.id"))
    name = Column(String(10))
    position = Column(Integer)


class Disk(Base):
    __tablename__ = "disks"
    id = Column(Integer, primary_key=True)
    rack_id = Column(ForeignKey("racks.id"))
    no = Column(Integer)
    kind = Column(String(5))


class Rack(Base):
    __tablename__ = "racks"
    id = Column(Integer, primary_key=True)
    by_no = relationship("Disk", collection_class=column_keyed_dict(Disk.__table__.c.no), overlaps="by_pair")
    by_pair = relationship("Disk", collection_class=keyfunc_mapping(lambda d: "%s-%s" % (d.no, d.kind)), overlaps="by_no", viewonly=True)


def refused(fn):
    try:
        fn()
    except Exception:
        return say("refused")
    say("no error")


e = engine()
Base.metadata.create_all(e)
forget()


def names(objects):
    return [o.name for o in objects]


def listen(attr):
    event.listen(attr, "append", lambda t, v, i: say("append", attr.key, getattr(v, "name", None)))
    event.listen(attr, "remove", lambda t, v, i: say("remove", attr.key, getattr(v, "name", None)))
    event.listen(attr, "bulk_replace", lambda t, vs, i: say("bulk_replace", attr.key, sorted(v.name for v in vs)))


listen(Shelf.books)
listen(Shelf.cds)
event.listen(Shelf.books, "init_collection", lambda t, c, a: say("init_collection", len(c)))
event.listen(Shelf.books, "dispose_collection", lambda t, c, a: say("dispose_collection", len(c)))
step("list")
a, b, c, d = [Book(name=n) for n in "abcd"]
shelf = Shelf()
say(shelf.books, a.shelf)
shelf.books.append(a)
shelf.books.extend([b, c])
shelf.books.insert(1, d)
say(names(shelf.books), d.shelf is shelf, len(shelf.books), c in shelf.books)
shelf.books[0] = Book(name="e")
say(names(shelf.books), a.shelf)
say(shelf.books.pop().name, shelf.books.pop(0).name, names(shelf.books))
shelf.books.remove(d)
refused(lambda: shelf.books.remove(d))
shelf.books = [a, b]
say(names(shelf.books))
shelf.books = [b, c]
say(names(shelf.books), a.shelf)
shelf.books.clear()
say(names(shelf.books))
refused(lambda: shelf.books.append("x"))
refused(lambda: setattr(shelf, "books", 5))
step("set")
x, y = Cd(name="x"), Cd(name="y")
shelf.cds.add(x)
shelf.cds.add(x)
shelf.cds.add(y)
say(sorted(names(shelf.cds)), len(shelf.cds), x in shelf.cds, x.shelf is shelf)
shelf.cds.remove(x)
shelf.cds.discard(x)
refused(lambda: shelf.cds.remove(x))
y.shelf = None
say(len(shelf.cds))
shelf.cds = {x}
say(names(shelf.cds))
step("map")
shelf.by_code["k1"] = Box(code="k1", size=1)
shelf.by_code.set(Box(code="k2", size=2))
say(sorted(shelf.by_code.keys()), shelf.by_code["k2"].size, "k1" in shelf.by_code)
Box(code="k3", size=3).shelf = shelf
say(sorted(shelf.by_code.keys()), shelf.by_code["k3"].shelf is shelf)
old = shelf.by_code["k1"]
shelf.by_code["k1"] = Box(code="k1", size=10)
say(old.shelf, shelf.by_code["k1"].size, shelf.by_code.get("zz"))
say(shelf.by_code.pop("k3").size, sorted(shelf.by_code.keys()))
step("flush")
s = Session(e)
shelf.books = [a, b]
s.add(shelf)
s.commit()
step("load")
say(names(shelf.books), names(shelf.cds), sorted((k, v.size) for k, v in shelf.by_code.items()))
step("map changes")
del shelf.by_code["k2"]
shelf.by_code["k4"] = Box(code="k4")
s.flush()
say(sorted(shelf.by_code.keys()))
shelf.by_code["k4"].code = "k5"
s.flush()
say(sorted(shelf.by_code.keys()))
s.expire(shelf)
say(sorted(shelf.by_code.keys()))
shelf.by_code = {"k1": shelf.by_code["k1"]}
s.flush()
step("histories")
shelf.books.append(c)
shelf.books.remove(a)
h = inspect(shelf).attrs.books.history
say(names(h.added), names(h.unchanged), names(h.deleted), h.has_changes())
s.flush()
say(inspect(shelf).attrs.books.history.has_changes())
step("append to the unloaded")
s.commit()
d.shelf = shelf
sql()
say("books" in inspect(shelf).unloaded)
say(names(shelf.books))
step("ordering list")
shelf.slides.append(Slide(name="s1"))
shelf.slides.append(Slide(name="s2"))
shelf.slides.insert(0, Slide(name="s0"))
say([(x.name, x.position) for x in shelf.slides])
s.flush()
shelf.slides.pop(0)
say([(x.name, x.position) for x in shelf.slides])
s.commit()
say([(x.name, x.position) for x in shelf.slides])
step("keys by column and function")
rack = Rack()
rack.by_no[3] = Disk(no=3, kind="ssd")
rack.by_no.set(Disk(no=4, kind="hdd"))
s.add(rack)
s.commit()
say(sorted(rack.by_no.keys()), sorted(rack.by_pair.keys()))
sql()
s.close()
