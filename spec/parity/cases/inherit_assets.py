"""Inheritance, assets: concrete tables with a polymorphic union, AbstractConcreteBase, joined tables three deep,
relations on each, a discriminator that is a foreign key's property, eager loads of subclass attributes and per-class
events."""
from sqlalchemy import *
from sqlalchemy.ext.declarative import AbstractConcreteBase, ConcreteBase
from sqlalchemy.orm import *
from parity import *


class Base(DeclarativeBase):
    pass


class Owner(Base):
    __tablename__ = "owners"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String(10))


class Asset(ConcreteBase, Base):
    __tablename__ = "assets"
    id = mapped_column(Integer, primary_key=True)
    label = mapped_column(String(10))
    owner_id = mapped_column(ForeignKey("owners.id"))
    owner = relationship(Owner)
    __mapper_args__ = {"polymorphic_identity": "asset", "concrete": True}


class Car(Asset):
    __tablename__ = "cars"
    id = mapped_column(Integer, primary_key=True)
    label = mapped_column(String(10))
    wheels = mapped_column(Integer)
    owner_id = mapped_column(ForeignKey("owners.id"))
    owner = relationship(Owner)
    __mapper_args__ = {"polymorphic_identity": "car", "concrete": True}


class House(Asset):
    __tablename__ = "houses"
    id = mapped_column(Integer, primary_key=True)
    label = mapped_column(String(10))
    rooms = mapped_column(Integer)
    owner_id = mapped_column(ForeignKey("owners.id"))
    owner = relationship(Owner)
    __mapper_args__ = {"polymorphic_identity": "house", "concrete": True}


class Doc(AbstractConcreteBase, Base):
    strict_attrs = True
    title = mapped_column(String(10))


class Letter(Doc):
    __tablename__ = "letters"
    id = mapped_column(Integer, primary_key=True)
    stamp = mapped_column(String(5))
    __mapper_args__ = {"polymorphic_identity": "letter", "concrete": True}


class Invoice(Doc):
    __tablename__ = "invoices"
    id = mapped_column(Integer, primary_key=True)
    amount = mapped_column(Integer)
    __mapper_args__ = {"polymorphic_identity": "invoice", "concrete": True}


class Node(Base):
    __tablename__ = "nodes"
    id = mapped_column(Integer, primary_key=True)
    kind = mapped_column(String(10))
    name = mapped_column(String(10))
    parent_id = mapped_column(ForeignKey("nodes.id"))
    children = relationship("Node", order_by="Node.id", back_populates="parent")
    parent = relationship("Node", remote_side=[id], back_populates="children")
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "node", "with_polymorphic": "*"}


class Server(Node):
    __tablename__ = "servers"
    id = mapped_column(ForeignKey("nodes.id"), primary_key=True)
    cpu = mapped_column(Integer)
    disks = relationship("Disk", order_by="Disk.id", cascade="all, delete-orphan")
    __mapper_args__ = {"polymorphic_identity": "server"}


class Database(Server):
    __tablename__ = "dbs"
    id = mapped_column(ForeignKey("servers.id"), primary_key=True)
    product = mapped_column(String(10))
    __mapper_args__ = {"polymorphic_identity": "db"}


class Disk(Base):
    __tablename__ = "disks"
    id = mapped_column(Integer, primary_key=True)
    server_id = mapped_column(ForeignKey("servers.id"))
    gb = mapped_column(Integer)


e = engine()
Base.metadata.create_all(e)
forget()
s = Session(e)
step("concrete")
ann = Owner(id=1, name="ann")
s.add_all([Asset(id=1, label="ring", owner=ann), Car(id=1, label="vw", wheels=4, owner=ann),
    House(id=1, label="hut", rooms=2)])
s.commit()
sql()
say([(type(a).__name__, a.id, a.label,
    a.owner and a.owner.name) for a in s.scalars(select(Asset).order_by(Asset.label))])
sql()
say([(c.label, c.wheels) for c in s.scalars(select(Car).where(Car.wheels == 4))], s.get(House, 1).rooms)
sql()
s.expunge_all()
say([(a.label, a.owner and a.owner.name) for a in s.scalars(select(Asset).options(joinedload(Asset.owner))
    .order_by(Asset.label))])
sql()
say([a.label for a in s.scalars(select(Asset).where(Asset.label.like("%u%")).order_by(Asset.label))])
c = s.get(Car, 1)
c.label = "bmw"
s.flush()
s.delete(c)
s.commit()
sql()
say(inspect(Car).concrete, inspect(Car).inherits.class_, sorted(t.name for t in inspect(Car).tables))
step("abstract concrete")
s.add_all([Letter(id=1, title="hi", stamp="de"), Invoice(id=1, title="pay", amount=5),
    Invoice(id=2, title="pay2", amount=50)])
s.commit()
sql()
say([(type(d).__name__, d.id, d.title) for d in s.scalars(select(Doc).order_by(Doc.title))])
sql()
say(s.scalars(select(Invoice.title).where(Invoice.amount > 9)).all(), s.get(Letter, 1).stamp)
error(lambda: Doc(title="x"))
forget()
step("deep")
root = Node(id=1, name="root", children=[Server(id=2, name="web", cpu=4,
    disks=[Disk(id=1, gb=10), Disk(id=2, gb=20)]), Database(
    id=3, name="pg", cpu=16, product="pg", disks=[Disk(id=3, gb=99)])])
s.add(root)
s.commit()
sql()
s.expunge_all()
nodes = s.scalars(select(Node).order_by(Node.id)).all()
sql()
say([(type(n).__name__, n.name, sorted(inspect(n).unloaded)) for n in nodes])
say([getattr(n, "product", "-") for n in nodes])
sql()
s.expunge_all()
n = s.scalars(select(Node).options(selectinload(Node.children.of_type(Server)).selectinload(Server.disks))
    .where(Node.id == 1)).one()
say([(type(c).__name__, [d.gb for d in c.disks]) for c in n.children])
sql()
s.expunge_all()
say([(d.name, d.product, [x.gb for x in d.disks]) for d in s.scalars(select(Server).options(joinedload(Server.disks))
    .order_by(
    Server.id)).unique() if isinstance(d, Database)])
sql()
say(s.execute(select(Database.name, Database.cpu, Database.product)).all())
sub = aliased(Server, flat=True)
say(s.scalars(select(Node.name).join(Node.children.of_type(sub)).where(sub.cpu > 8)).all())
sql()
step("events")
log = []
for cls in (Node, Server, Database):
    for name in ("init", "load"):
        event.listen(cls, name, lambda *a, c=cls.__name__, n=name: log.append((c, n)))
    for name in ("before_insert", "after_update", "before_delete"):
        event.listen(cls, name, lambda m, c2, t, c=cls.__name__, n=name: log.append((c, n, m.class_.__name__, t.name)))
event.listen(Node, "load", lambda t, ctx: log.append(("propagated", type(t).__name__)), propagate=True)
event.listen(Server.cpu, "set", lambda t, v, o, i: log.append(("set", type(t).__name__, v)), propagate=True)
s.add(Database(id=9, name="my", cpu=1, product="my"))
s.flush()
d = s.get(Node, 3)
d.cpu = 17
d.product = "pg2"
s.flush()
s.expunge(d)
d = s.get(Server, 3)
s.delete(d)
s.flush()
say(*log)
sql()
s.rollback()
step("structure")
say(sorted(t.name for t in inspect(Database).tables), [m.class_.__name__ for m in inspect(Database).iterate_to_root()])
say([c.name for c in inspect(Database).primary_key], inspect(Database).polymorphic_identity,
    [m.class_.__name__ for m in inspect(Node).with_polymorphic_mappers])
say(sorted(inspect(Database).all_orm_descriptors.keys()), inspect(Database).base_mapper.class_,
    inspect(Node).isa(inspect(Server)))
