"""Generic associations: an address for anybody, by table per parent, by discriminator and by a generic foreign key."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, and_, event, select
from sqlalchemy.ext.associationproxy import association_proxy
from sqlalchemy.orm import Session, backref, declarative_base, declared_attr, foreign, relationship, remote

Base = declarative_base()


class HasNotes:
    @declared_attr
    def notes(cls):
        cls.Note = type("%sNote" % cls.__name__, (Base,), {
            "__tablename__": "%s_note" % cls.__tablename__,
            "id": Column(Integer, primary_key=True),
            "text": Column(String(20)),
            "parent_id": Column(ForeignKey("%s.id" % cls.__tablename__)),
        })
        return relationship(cls.Note, order_by=cls.Note.id, cascade="all, delete-orphan")


class Collection(Base):
    __tablename__ = "collection"
    id = Column(Integer, primary_key=True)
    owner_kind = Column(String(20))
    addresses = relationship("Address", order_by="Address.id", back_populates="collection")
    __mapper_args__ = {"polymorphic_on": owner_kind}


class Address(Base):
    __tablename__ = "address"
    id = Column(Integer, primary_key=True)
    street = Column(String(20))
    collection_id = Column(ForeignKey("collection.id"))
    collection = relationship("Collection", back_populates="addresses")
    parent = association_proxy("collection", "parent")


class HasAddresses:
    @declared_attr
    def collection_id(cls):
        return Column(ForeignKey("collection.id"))

    @declared_attr
    def collection(cls):
        kind = cls.__name__.lower()
        part = type("%sCollection" % cls.__name__, (Collection,), {"__mapper_args__": {"polymorphic_identity": kind}})
        cls.addresses = association_proxy("collection", "addresses", creator=lambda addresses: part(addresses=addresses))
        return relationship(part, backref=backref("parent", uselist=False))


class Customer(HasNotes, HasAddresses, Base):
    __tablename__ = "customer"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))


class Supplier(HasNotes, HasAddresses, Base):
    __tablename__ = "supplier"
    id = Column(Integer, primary_key=True)
    company = Column(String(20))


class Comment(Base):
    __tablename__ = "comment"
    id = Column(Integer, primary_key=True)
    text = Column(String(20))
    kind = Column(String(20))
    parent_id = Column(Integer)


for cls in (Customer, Supplier):
    kind = cls.__name__.lower()
    cls.comments = relationship(
        Comment, primaryjoin=and_(cls.id == foreign(remote(Comment.parent_id)), Comment.kind == kind), order_by=Comment.id,
        backref=backref("%s_parent" % kind, primaryjoin=remote(cls.id) == foreign(Comment.parent_id), overlaps="comments"),
        overlaps="comments,customer_parent,supplier_parent")

    @event.listens_for(cls.comments, "append")
    def append(target, value, initiator, kind=kind):
        value.kind = kind


e = engine()
Base.metadata.create_all(e)
forget()
say(sorted(Base.metadata.tables))
s = Session(e)
step("write")
c = Customer(name="c", notes=[Customer.Note(text="n1"), Customer.Note(text="n2")], addresses=[Address(street="a"), Address(street="b")])
v = Supplier(company="v", notes=[Supplier.Note(text="n3")], addresses=[Address(street="c")])
s.add(c)
s.flush()
sql()
s.add(v)
s.flush()
sql()
c.comments.append(Comment(text="good"))
v.comments.append(Comment(text="bad"))
s.commit()
sql()
step("read")
say([n.text for n in c.notes], [a.street for a in c.addresses], [x.text for x in c.comments])
sql()
for a in s.scalars(select(Address).order_by(Address.id)):
    say(a.street, a.parent, a.collection)
sql()
x = s.scalars(select(Comment).where(Comment.kind == "supplier")).one()
say(x.supplier_parent.company, x.text)
sql()
step("queries")
say(s.scalars(select(Customer.name).where(Customer.notes.any(text="n2"))).all())
sql()
say(s.scalars(select(Supplier.company).where(Supplier.comments.any(Comment.text == "bad"))).all())
sql()
say(s.scalars(select(Customer.name).join(Customer.collection).join(Collection.addresses).where(Address.street == "b")).all())
sql()
step("change")
c.addresses.append(Address(street="d"))
c.notes.pop(0)
s.commit()
sql()
say([a.street for a in c.addresses], [n.text for n in c.notes])
s.delete(v)
forget()
s.flush()
sql()
