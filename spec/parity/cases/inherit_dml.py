"""Bulk statements, merge, version counters, row switches and bulk methods on joined inheritance."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, delete, insert, inspect, select, update
from sqlalchemy.orm import Session, declarative_base, make_transient, relationship

Base = declarative_base()


class Animal(Base):
    __tablename__ = "animal"
    id = Column(Integer, primary_key=True)
    name = Column(String(20), default="anon")
    kind = Column(String(10))
    version = Column(Integer, nullable=False)
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "animal", "version_id_col": version}


class Dog(Animal):
    __tablename__ = "dog"
    id = Column(ForeignKey("animal.id", ondelete="CASCADE"), primary_key=True)
    bark = Column(String(20), default="wau")
    tricks = relationship("Trick", cascade="all, delete-orphan", order_by="Trick.id", passive_deletes=True)
    __mapper_args__ = {"polymorphic_identity": "dog"}


class Trick(Base):
    __tablename__ = "trick"
    id = Column(Integer, primary_key=True)
    dog_id = Column(ForeignKey("dog.id", ondelete="CASCADE"))
    name = Column(String(20))


e = engine()
Base.metadata.create_all(e)
forget()
s = Session(e)
step("bulk insert")
s.execute(insert(Dog), [{"id": 1, "name": "rex", "version": 1}, {"id": 2, "bark": "wuff", "version": 1}])
sql()
s.bulk_insert_mappings(Dog, [{"id": 3, "name": "bello", "bark": "x", "version": 1}])
sql()
s.bulk_save_objects([Animal(id=4, name="cow"), Dog(id=5, name="lassie")])
sql()
say(s.execute(select(Dog.id, Dog.name, Dog.bark, Dog.version).order_by(Dog.id)).all())
sql()
step("bulk update by primary key")
s.execute(update(Dog), [{"id": 1, "name": "rexy", "bark": "loud", "version": 1}, {"id": 2, "name": "two", "bark": "b", "version": 1}])
sql()
say(s.execute(select(Dog.id, Dog.name, Dog.bark, Dog.version).order_by(Dog.id)).all())
sql()
step("criteria")
r = s.execute(update(Animal).where(Animal.kind == "dog").values(name=Animal.name + "!"))
say(r.rowcount)
sql()
d = s.get(Dog, 1)
r = s.execute(update(Dog).where(Dog.bark == "loud").values(bark="soft"))
say(r.rowcount, d.bark)
sql()
say(sorted(s.scalars(update(Animal).where(Animal.id < 3).values(name="n").returning(Animal.id)).all()), d.name)
sql()
r = s.execute(delete(Animal).where(Animal.id == 4))
say(r.rowcount)
sql()
step("version")
d.name = "a"
d.bark = "b"
s.flush()
sql()
say(d.version)
d.bark = "c"
s.flush()
sql()
say(d.version)
s.execute(Animal.__table__.update().where(Animal.__table__.c.id == 1).values(version=99))
d.bark = "d"
error(s.flush)
s.rollback()
forget()
step("merge")
s.add(Dog(id=1, name="m", tricks=[Trick(id=1, name="sit"), Trick(id=2, name="roll")]))
s.commit()
forget()
m = s.merge(Dog(id=1, name="merged", bark="merged", tricks=[Trick(id=1, name="stand"), Trick(id=3, name="new")]))
say(m.name, [t.name for t in m.tricks], inspect(m).attrs.bark.history)
s.flush()
sql()
say(m.version, s.merge(Animal(id=1, name="as animal")) is m)
s.flush()
sql()
step("row switch")
s.delete(m)
s.add(Dog(id=1, name="switched"))
s.flush()
sql()
say(s.execute(select(Dog.name, Dog.bark, Dog.version)).all())
say(s.scalars(select(Trick.name).order_by(Trick.id)).all())
s.commit()
forget()
step("delete with passive_deletes")
x = s.scalars(select(Dog)).one()
sql()
s.delete(x)
s.commit()
sql()
step("make transient")
y = Dog(name="y", tricks=[Trick(name="t")])
s.add(y)
s.commit()
say(y.name, y.bark, [t.name for t in y.tricks])
forget()
s.expunge(y)
make_transient(y)
y.id = None
y.tricks = []
s.add(y)
s.flush()
sql()
say(y.kind, y.version, s.scalar(select(sa.func.count(Dog.id))))
