# Single tables below joined ones: a hierarchy of both kinds, self references, deletes, bulk statements, eager loads.
from parity import *
from sqlalchemy import Column, Integer, String, ForeignKey, select, func, update, insert
from sqlalchemy.orm import (declarative_base, relationship, Session, aliased, joinedload, selectinload,
                            with_polymorphic, selectin_polymorphic)

Base = declarative_base()


class Party(Base):
    __tablename__ = "party"
    id = Column(Integer, primary_key=True)
    type = Column(String(20), nullable=False)
    name = Column(String(20))
    parent_id = Column(ForeignKey("party.id"))
    children = relationship("Party", back_populates="parent", order_by="Party.id", cascade="all")
    parent = relationship("Party", back_populates="children", remote_side=[id])
    __mapper_args__ = {"polymorphic_on": type, "polymorphic_identity": "party"}


class Person(Party):
    __tablename__ = "person"
    id = Column(ForeignKey("party.id"), primary_key=True)
    born = Column(Integer)
    pet_names = relationship("PetName", order_by="PetName.id", cascade="all, delete-orphan")
    __mapper_args__ = {"polymorphic_identity": "person"}


class Clerk(Person):
    desk = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "clerk"}


class Chief(Clerk):
    car = Column(String(20))
    __mapper_args__ = {"polymorphic_identity": "chief"}


class Firm(Party):
    __tablename__ = "firm"
    id = Column(ForeignKey("party.id"), primary_key=True)
    tax = Column(String(20))
    __mapper_args__ = {"polymorphic_identity": "firm", "polymorphic_load": "inline"}


class PetName(Base):
    __tablename__ = "pet_name"
    id = Column(Integer, primary_key=True)
    word = Column(String(20))
    person_id = Column(ForeignKey("person.id"))


eng = engine()
Base.metadata.create_all(eng)
forget()
s = Session(eng)
step("store")
firm = Firm(name="acme", tax="t1")
chief = Chief(name="cleo", born=1970, desk=1, car="red", parent=firm)
clerk = Clerk(name="carl", born=1980, desk=2, parent=chief)
s.add_all([firm, chief, clerk, Person(name="pete", born=1990, parent=firm)])
s.commit()
chief.pet_names.append(PetName(word="boss"))
s.commit()
step("each class")
for cls in (Party, Person, Clerk, Chief, Firm):
    s.expunge_all()
    say(cls, [(type(p).__name__, p.name) for p in s.scalars(select(cls).order_by(cls.id))])
    sql()
step("columns on demand")
s.expunge_all()
found = s.scalars(select(Party).order_by(Party.id)).all()
say(found[2].born, found[3].desk, found[0].tax)
step("all at once")
s.expunge_all()
W = with_polymorphic(Party, [Person, Clerk, Chief, Firm])
say([(p.name, getattr(p, "desk", None)) for p in s.scalars(select(W).where(W.Clerk.desk.is_not(None)).order_by(W.id))])
s.expunge_all()
q = select(Party).options(selectin_polymorphic(Party, [Person, Chief]), selectinload(Person.pet_names))
say([(p.name, getattr(p, "born", None)) for p in s.scalars(q.order_by(Party.id))])
step("a tree of mixed classes")
s.expunge_all()
top = s.scalars(select(Firm).options(joinedload(Firm.children).joinedload(Party.children))).unique().one()
say([(type(c).__name__, c.name, [g.name for g in c.children]) for c in top.children])
P = aliased(Party)
say(s.execute(select(Clerk.name, P.name).join(Clerk.parent.of_type(P)).order_by(Clerk.id)).all())
C = aliased(Clerk)
say(s.execute(select(Party.name, C.desk).join(Party.children.of_type(C)).order_by(C.id)).all())
say(s.scalars(select(Party.name).where(Party.children.of_type(Clerk).any(Clerk.desk == 2))).all())
step("bulk")
say(s.execute(update(Clerk).values(desk=Clerk.desk + 10).where(Clerk.desk < 5).execution_options(
    synchronize_session="fetch")).rowcount)
say(s.scalars(select(Clerk.desk).order_by(Clerk.id)).all())
s.execute(insert(Clerk), [{"name": "bulk", "born": 2000, "desk": 7}, {"name": "bulk2", "born": 2001, "desk": 8}])
say(s.execute(select(Clerk.name, Clerk.type, Clerk.born).where(Clerk.name.like("bulk%")).order_by(Clerk.id)).all())
s.execute(update(Chief), [{"id": 2, "car": "blue", "born": 1971}])
say(s.execute(select(Chief.car, Chief.born)).one())
step("moves and deletes")
carl = s.scalars(select(Clerk).where(Clerk.name == "carl")).one()
carl.parent = top
s.flush()
say([c.name for c in top.children])
s.delete(top)
s.commit()
say(s.execute(select(Party.name).order_by(Party.id)).scalars().all(), s.scalar(select(func.count(PetName.id))))
step("end")
s.close()
