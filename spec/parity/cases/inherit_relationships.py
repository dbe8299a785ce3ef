"""Relationships to and from subclasses, self-referential ones, many-to-many between subclasses, backrefs and cascades."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, Table, inspect, select
from sqlalchemy.orm import Session, aliased, backref, declarative_base, relationship, selectinload, with_parent

Base = declarative_base()
reads = Table("reads", Base.metadata, Column("reader_id", ForeignKey("reader.id"), primary_key=True),
              Column("book_id", ForeignKey("book.id"), primary_key=True))


class Person(Base):
    __tablename__ = "person"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    kind = Column(String(20))
    boss_id = Column(ForeignKey("chief.id", use_alter=True, name="fk_boss"))
    boss = relationship("Chief", foreign_keys=[boss_id], back_populates="people", post_update=True)
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "person"}


class Chief(Person):
    __tablename__ = "chief"
    id = Column(ForeignKey("person.id"), primary_key=True)
    rank = Column(Integer)
    people = relationship("Person", foreign_keys=[Person.boss_id], back_populates="boss", order_by="Person.id",
                          primaryjoin="Chief.id == Person.boss_id", remote_side="Person.boss_id")
    __mapper_args__ = {"polymorphic_identity": "chief", "inherit_condition": id == Person.id}


class Reader(Person):
    __tablename__ = "reader"
    id = Column(ForeignKey("person.id"), primary_key=True)
    card = Column(String(10))
    books = relationship("Book", secondary=reads, back_populates="readers", order_by="Book.id")
    __mapper_args__ = {"polymorphic_identity": "reader"}


class Item(Base):
    __tablename__ = "item"
    id = Column(Integer, primary_key=True)
    kind = Column(String(20))
    label = Column(String(20))
    owner_id = Column(ForeignKey("person.id"))
    owner = relationship(Person, backref=backref("items", cascade="all, delete-orphan", order_by="Item.id"))
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "item"}


class Book(Item):
    __tablename__ = "book"
    id = Column(ForeignKey("item.id"), primary_key=True)
    pages = Column(Integer)
    readers = relationship("Reader", secondary=reads, back_populates="books", order_by="Reader.id")
    __mapper_args__ = {"polymorphic_identity": "book"}


e = engine()
Base.metadata.create_all(e)
forget()
session = Session(e)
chief = Chief(name="cora", rank=1)
ann = Reader(name="ann", card="r1", boss=chief)
bob = Person(name="bob", boss=chief)
b1 = Book(label="b1", pages=100, owner=bob)
b2 = Book(label="b2", pages=200, owner=ann)
ann.books.append(b1)
ann.books.append(b2)
say(chief.people, b1.readers, bob.items, ann.items)
session.add(chief)
step("flush")
session.flush()
forget()
say(ann.boss_id == chief.id, [p.name for p in chief.people])
session.commit()
step("lazy loads")
x = session.scalars(select(Person).where(Person.name == "ann")).one()
say(x, x.boss.name, [b.label for b in x.books], [b.pages for b in x.items])
step("eager loads")
session.expunge_all()
for p in session.scalars(select(Person).order_by(Person.name).options(selectinload(Person.items), selectinload(Reader.books))):
    say(p.name, p.items, p.books if isinstance(p, Reader) else "-")
step("joins")
say(session.execute(select(Reader.name, Book.label).join(Reader.books).order_by(Book.label)).all())
sql()
boss = aliased(Chief)
say(session.execute(select(Person.name, boss.name).join(Person.boss.of_type(boss)).order_by(Person.name)).all())
sql()
say(session.scalars(select(Chief.name).where(Chief.people.any(Person.name == "bob"))).all())
sql()
say(session.scalars(select(Person.name).where(Person.items.of_type(Book).any(Book.pages > 150))).all())
sql()
say(session.scalars(select(Reader.name).where(Reader.boss.has(Chief.rank == 1))).all())
sql()
ann = session.scalars(select(Reader)).one()
say(session.scalars(select(Book.label).where(with_parent(ann, Reader.books)).order_by(Book.label)).all())
sql()
say(session.scalars(select(Reader.name).where(Reader.books.contains(ann.books[0]))).all())
sql()
step("changes")
ann.books.remove(ann.books[0])
say(inspect(ann).attrs.books.history.deleted, len(ann.books))
session.flush()
sql()
ann.boss = None
session.flush()
sql()
say([p.name for p in session.scalars(select(Chief)).one().people])
step("delete with cascade")
bob = session.scalars(select(Person).where(Person.name == "bob")).one()
ann.books.clear()
session.delete(bob)
session.commit()
sql()
say(session.scalars(select(Item.label)).all())
session.delete(session.scalars(select(Chief)).one())
session.flush()
sql()
say(session.scalars(select(Person.boss_id)).all())
