"""Cascades of relationships, post_update, keys that change, and rows that refer to themselves."""
from parity import *
from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Integer, String, inspect, select
from sqlalchemy.orm import Session, declarative_base, object_session, relationship

e = engine()
step("save-update")
Base = declarative_base()


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    mails = relationship("Mail", back_populates="user", order_by="Mail.id")
    notes = relationship("Note", cascade="all, delete-orphan", order_by="Note.id")


class Mail(Base):
    __tablename__ = "mails"
    id = Column(Integer, primary_key=True)
    user_id = Column(ForeignKey("users.id"))
    text = Column(String)
    user = relationship("User", back_populates="mails")


class Note(Base):
    __tablename__ = "notes"
    id = Column(Integer, primary_key=True)
    user_id = Column(ForeignKey("users.id"))


Base.metadata.create_all(e)
forget()
session = Session(e)
user = User(id=1)
m1, m2 = Mail(id=1), Mail(id=2)
user.mails = [m1, m2]
session.add(user)
say(user in session, m1 in session, m2 in session)
m3 = Mail(id=3)
user.mails.append(m3)
say(m3 in session)
user.mails.remove(m3)
say(m3 in session, m3.user)
session.add(m3)
session.commit()
m4 = Mail(id=4)
m4.user = user
say(m4 in session, m4 in user.mails)
session.add(m4)
session.flush()
u2 = User(id=2)
m1.user = u2
say(u2 in session, [m.id for m in user.mails], [m.id for m in u2.mails])
session.commit()
step("an object of another session")
other = Session(e)
m = other.get(Mail, 2)
error(lambda: session.add(m))
other.close()
step("delete")
note = Note(id=1)
user.notes.append(note)
session.commit()
session.delete(user)
say(note in session.deleted, m2 in session.deleted)
session.commit()
say(inspect(note).was_deleted, inspect(note).detached, m2.user_id)
step("delete-orphan")
user = User(id=3, notes=[Note(id=2), Note(id=3)])
session.add(user)
session.commit()
gone = user.notes.pop(0)
say(gone in session, gone in session.deleted)
session.commit()
say(object_session(gone), [n.id for n in user.notes])
moved = user.notes[0]
u4 = User(id=4)
session.add(u4)
u4.notes = [moved]
user.notes.remove(moved)
session.commit()
say(moved.user_id, session.scalars(select(Note.id)).all())
never = Note(id=9)
u4.notes.append(never)
u4.notes.remove(never)
say(never in session)
session.add(Note(id=10))
session.commit()
say(session.scalars(select(Note.id).order_by(Note.id)).all())
step("expunge, refresh, merge")
session.expunge(u4)
say(u4 in session, moved in session)
back = session.merge(u4)
say(back is u4, [n.id for n in back.notes], back.notes[0] is moved)
session.refresh(back)
m2.text = "x"
m2.user = back
session.flush()
session.expunge(m2)
say(back in session)
session.rollback()
session.close()
sql()
Base.metadata.drop_all(e)
forget()

step("wrong cascades")
error(lambda: relationship("X", cascade="all, everything"))
Base = declarative_base()


class Pet(Base):
    __tablename__ = "pets"
    id = Column(Integer, primary_key=True)
    owner_id = Column(ForeignKey("owners.id"))
    owner = relationship("Owner", cascade="all, delete-orphan")


class Owner(Base):
    __tablename__ = "owners"
    id = Column(Integer, primary_key=True)


error(Pet)
Base.registry.dispose()
Base = declarative_base()


class Pet2(Base):
    __tablename__ = "pets"
    id = Column(Integer, primary_key=True)
    owner_id = Column(ForeignKey("owners.id"))
    owner = relationship("Owner2", cascade="all, delete-orphan", single_parent=True)


class Owner2(Base):
    __tablename__ = "owners"
    id = Column(Integer, primary_key=True)


Base.metadata.create_all(e)
forget()
o = Owner2(id=1)
a = Pet2(id=1, owner=o)
error(lambda: Pet2(id=2, owner=o))
session.add(a)
session.commit()
a.owner = None
session.commit()
say(session.scalars(select(Owner2.id)).all(), a.owner_id)
session.close()
sql()
Base.metadata.drop_all(e)
forget()

step("database deletes")
Base = declarative_base()


class Box(Base):
    __tablename__ = "boxes"
    id = Column(Integer, primary_key=True)
    things = relationship("Thing", back_populates="box", cascade="all, delete", passive_deletes=True)
    kept = relationship("Kept", passive_deletes="all")


class Thing(Base):
    __tablename__ = "things"
    id = Column(Integer, primary_key=True)
    box_id = Column(ForeignKey("boxes.id", ondelete="CASCADE"))
    box = relationship("Box", back_populates="things")


class Kept(Base):
    __tablename__ = "kept"
    id = Column(Integer, primary_key=True)
    box_id = Column(ForeignKey("boxes.id", ondelete="SET NULL"))


Base.metadata.create_all(e)
forget()
session.add(Box(id=1, things=[Thing(id=1), Thing(id=2)], kept=[Kept(id=1)]))
session.commit()
session.delete(session.get(Box, 1))
session.commit()
b = Box(id=2, things=[Thing(id=3), Thing(id=4)])
session.add(b)
session.flush()
session.delete(b)
session.flush()
session.rollback()
session.close()
sql()
Base.metadata.drop_all(e)
forget()

step("post_update")
Base = declarative_base()


class Part(Base):
    __tablename__ = "parts"
    id = Column(Integer, primary_key=True, autoincrement=False)
    gadget_id = Column(ForeignKey("gadgets.id", name="fk_gadget"))


class Gadget(Base):
    __tablename__ = "gadgets"
    id = Column(Integer, primary_key=True, autoincrement=False)
    favorite_id = Column(ForeignKey("parts.id", name="fk_favorite"))
    parts = relationship(Part, primaryjoin=id == Part.gadget_id)
    favorite = relationship(Part, primaryjoin=favorite_id == Part.id, post_update=True)


Base.metadata.create_all(e)
forget()
part = Part(id=5)
g = Gadget(id=7, parts=[part, Part(id=6)], favorite=part)
session.add(g)
session.commit()
say(g.favorite_id, [p.id for p in g.parts])
g.favorite = g.parts[1]
session.commit()
for p in list(g.parts):
    session.delete(p)
session.delete(g)
session.commit()
session.close()
sql()
Base.metadata.drop_all(e)
forget()

step("rows of one table")
Base = declarative_base()


class Node(Base):
    __tablename__ = "nodes"
    id = Column(Integer, primary_key=True)
    parent_id = Column(ForeignKey("nodes.id"))
    name = Column(String)
    children = relationship("Node", back_populates="parent", order_by="Node.id")
    parent = relationship("Node", back_populates="children", remote_side=[id])


Base.metadata.create_all(e)
forget()
root = Node(id=3, name="root", children=[Node(id=2, name="mid", children=[Node(id=1, name="leaf")])])
session.add(root)
session.commit()
say(root.children[0].children[0].parent.parent.name)
session.delete(root)
session.commit()
say(session.execute(select(Node.id, Node.parent_id).order_by(Node.id)).all())
session.close()
sql()
Base.metadata.drop_all(e)
forget()

step("keys that change")
Base = declarative_base()


class Person(Base):
    __tablename__ = "people"
    name = Column(String(50), primary_key=True)
    ads = relationship("Ad", passive_updates=False, order_by="Ad.id")


class Ad(Base):
    __tablename__ = "ads"
    id = Column(Integer, primary_key=True)
    name = Column(ForeignKey("people.name", initially="DEFERRED", deferrable=True))


Base.metadata.create_all(e)
forget()
jo = Person(name="jo", ads=[Ad(id=1), Ad(id=2)])
session.add(jo)
session.commit()
jo.name = "joe"
session.commit()
say([a.name for a in jo.ads], inspect(jo).identity)
say(session.get(Person, "jo"), session.get(Person, "joe") is jo)
session.close()
sql()
