"""Custom joins: primaryjoin, secondaryjoin, foreign and remote, composite keys, viewonly, order_by."""
from parity import *
from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Integer, String, and_, desc, join, select
from sqlalchemy.orm import (Session, aliased, backref, configure_mappers, declarative_base, foreign, joinedload,
    relationship, remote, selectinload)

Base = declarative_base()


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String(10))
    addresses = relationship("Address", back_populates="user", order_by="desc(Address.id)")
    boston = relationship("Address", viewonly=True, order_by="Address.street",
        primaryjoin="and_(User.id == Address.user_id, Address.city == 'Boston')")
    first_two = relationship("Address", viewonly=True, primaryjoin=lambda: and_(User.id == Address.user_id, Address.id < 3))
    cities = relationship("City", viewonly=True, secondary="addresses", primaryjoin="User.id == Address.user_id",
        secondaryjoin="foreign(Address.city) == City.name", order_by="City.name")
    visits = relationship("Visit", primaryjoin="foreign(Visit.who) == User.name", order_by=lambda: Visit.id)


class Address(Base):
    __tablename__ = "addresses"
    id = Column(Integer, primary_key=True)
    user_id = Column(ForeignKey("users.id"))
    street = Column(String(10))
    city = Column(String(10))
    user = relationship(User, back_populates="addresses")


class City(Base):
    __tablename__ = "cities"
    name = Column(String(10), primary_key=True)
    big = Column(Integer)


class Visit(Base):
    __tablename__ = "visits"
    id = Column(Integer, primary_key=True)
    who = Column(String(10))
    user = relationship(User, primaryjoin=foreign(who) == remote(User.name), overlaps="visits")


class Folder(Base):
    __tablename__ = "folders"
    account = Column(Integer, primary_key=True, autoincrement=False)
    id = Column(Integer, primary_key=True, autoincrement=False)
    parent_id = Column(Integer)
    name = Column(String(10))
    __table_args__ = (ForeignKeyConstraint(["account", "parent_id"], ["folders.account", "folders.id"]),)
    parent = relationship("Folder", remote_side=[account, id], backref="children", overlaps="parent,children")


class Path(Base):
    __tablename__ = "paths"
    path = Column(String(20), primary_key=True)
    below = relationship("Path", viewonly=True, order_by=path,
        primaryjoin=remote(foreign(path)).like(path.concat("/%")))


class A(Base):
    __tablename__ = "a"
    id = Column(Integer, primary_key=True)
    b_id = Column(ForeignKey("b.id"))
    d = relationship("D", viewonly=True, uselist=False, primaryjoin="A.b_id == B.id",
        secondary="join(B, C, C.b_id == B.id)", secondaryjoin="D.c_id == C.id")


class B(Base):
    __tablename__ = "b"
    id = Column(Integer, primary_key=True)


class C(Base):
    __tablename__ = "c"
    id = Column(Integer, primary_key=True)
    b_id = Column(ForeignKey("b.id"))


class D(Base):
    __tablename__ = "d"
    id = Column(Integer, primary_key=True)
    c_id = Column(ForeignKey("c.id"))


configure_mappers()
e = engine()
Base.metadata.create_all(e)
forget()
for r in (User.addresses, User.boston, User.cities, User.visits, Visit.user, Folder.parent, Folder.children, Path.below, A.d):
    p = r.property
    say(r, p.direction.name, p.viewonly, p.primaryjoin, p.secondaryjoin)
    say(sorted(c.name for c in p.local_columns), sorted(c.name for c in p.remote_side))
say(select(User).join(User.boston), select(User).join(User.cities))
say(select(User).where(User.boston.any(street="x")))
say(select(Path).join(Path.below.of_type(aliased(Path))))
say(select(User).options(joinedload(User.boston), joinedload(User.first_two)))
s = Session(e)
step("rows")
s.add_all([City(name="Boston", big=1), City(name="Rome", big=0)])
ann = User(name="ann", addresses=[Address(street="b", city="Boston"), Address(street="a", city="Boston"), Address(street="c", city="Rome")])
s.add(ann)
s.commit()
step("lazy")
say([a.id for a in ann.addresses], [a.street for a in ann.boston], [a.street for a in ann.first_two], [c.name for c in ann.cities])
step("viewonly does not write")
ann.boston.append(Address(street="z", city="Boston"))
say(s.new, s.is_modified(ann))
s.flush()
s.expire(ann)
say(len(ann.boston))
step("eager")
s.expunge_all()
ann = s.scalars(select(User).options(selectinload(User.boston), joinedload(User.cities))).unique().one()
say([a.street for a in ann.boston], [c.name for c in ann.cities])
step("by a name")
ann.visits = [Visit(), Visit()]
s.flush()
say([v.who for v in ann.visits])
s.expire_all()
v = s.get(Visit, 1)
say(v.user is ann)
v.user = None
s.flush()
say(v.who)
step("composite tree")
root = Folder(account=1, id=1, name="root")
kid = Folder(account=1, id=2, name="kid", parent=root)
s.add(kid)
s.commit()
say(kid.parent.name, [f.name for f in root.children], kid.parent_id)
say(s.scalars(select(Folder.name).where(Folder.parent == root)).all())
step("move to the top")
kid.parent_id = None
s.commit()
say(kid.parent, root.children)
step("paths")
s.add_all([Path(path="/a"), Path(path="/a/b"), Path(path="/a/b/c"), Path(path="/d")])
s.commit()
say([p.path for p in s.get(Path, "/a").below])
step("secondary join")
s.add_all([B(id=1), B(id=2)])
s.flush()
s.add_all([C(id=1, b_id=1), C(id=2, b_id=2)])
s.flush()
s.add_all([A(id=1, b_id=2), D(id=1, c_id=1), D(id=2, c_id=2)])
s.commit()
say(s.get(A, 1).d.id)
s.expunge_all()
say(s.scalars(select(A).options(joinedload(A.d))).one().d.id)
say(s.scalars(select(A.id).where(A.d.has(D.id == 2))).all())
sql()
s.close()
