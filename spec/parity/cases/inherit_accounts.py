# Concrete tables: AbstractConcreteBase and ConcreteBase, queries over the union, relationships and plain subclasses.
from parity import *
from sqlalchemy import Column, Integer, String, ForeignKey, select, func
from sqlalchemy.ext.declarative import AbstractConcreteBase, ConcreteBase
from sqlalchemy.orm import declarative_base, relationship, Session, configure_mappers, declared_attr

Base = declarative_base()


class Owner(Base):
    __tablename__ = "owner"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))


class Account(AbstractConcreteBase, Base):
    strict_attrs = True
    number = Column(String(10))

    @declared_attr
    def owner_id(cls):
        return Column(ForeignKey("owner.id"))

    @declared_attr
    def owner(cls):
        return relationship("Owner")


class Savings(Account):
    __tablename__ = "savings"
    id = Column(Integer, primary_key=True)
    rate = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "savings", "concrete": True}


class Giro(Account):
    __tablename__ = "giro"
    id = Column(Integer, primary_key=True)
    limit = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "giro", "concrete": True}


class Place(ConcreteBase, Base):
    __tablename__ = "place"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    __mapper_args__ = {"polymorphic_identity": "place", "concrete": True}


class Harbour(Place):
    __tablename__ = "harbour"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    berths = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "harbour", "concrete": True}


class Old(Place):
    __tablename__ = "old"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    ruin = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "old", "concrete": True}


configure_mappers()
eng = engine()
Base.metadata.create_all(eng)
forget()
s = Session(eng)
step("store")
ann = Owner(name="ann")
s.add_all([Savings(number="s1", rate=3, owner=ann), Giro(number="g1", limit=100, owner=ann), Giro(number="g2")])
s.add_all([Place(id=1, name="field"), Harbour(id=1, name="quay", berths=5), Old(id=2, name="wall", ruin=1)])
s.commit()
step("query the abstract base")
for a in s.scalars(select(Account).order_by(Account.number)):
    say(type(a).__name__, a.number, a.owner.name if a.owner else None)
say([a.number for a in s.scalars(select(Account).where(Account.number.like("g%")).order_by(Account.number))])
step("query one table")
say([(g.number, g.limit) for g in s.scalars(select(Giro).order_by(Giro.id))])
say(s.get(Savings, 1).rate, s.get(Giro, 2).owner)
say(s.scalars(select(Owner.name).join(Giro, Giro.owner_id == Owner.id)).all())
step("query the concrete base")
s.expunge_all()
for p in s.scalars(select(Place).order_by(Place.name)):
    say(type(p).__name__, p.id, p.name, getattr(p, "berths", None))
say([p.name for p in s.scalars(select(Harbour))])
say(s.execute(select(func.count()).select_from(Place)).scalar())
step("identity is by class")
a, b = s.get(Place, 1), s.get(Harbour, 1)
say(type(a).__name__, type(b).__name__, sa.inspect(a).identity, sa.inspect(b).identity)
say(a is b, sa.inspect(b).mapper.class_, s.get(Old, 1), s.get(Old, 2).ruin)
step("update and delete")
b.berths = 6
b.name = "pier"
s.flush()
sql()
s.delete(a)
s.delete(s.get(Old, 2))
s.commit()
say([p.name for p in s.scalars(select(Place))])
step("nothing of the abstract base is a table")
say(sorted(Base.metadata.tables), hasattr(Account, "__table__"), sa.inspect(Savings).concrete)
error(lambda: s.add(Account(number="x")) or s.flush())
s.rollback()
say(sorted(k for k in sa.inspect(Giro).attrs.keys()))
say(sorted(c.key for c in sa.inspect(Harbour).column_attrs))
step("end")
s.close()
