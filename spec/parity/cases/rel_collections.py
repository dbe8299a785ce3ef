"""Relationships, a chat: set, keyed and custom collections, dynamic and write_only, passive_deletes, save-update and
delete cascades limited, single_parent, events of collections, lists assigned, sliced and cleared."""
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *


class Base(DeclarativeBase):
    pass


membership = Table("membership", Base.metadata, Column("room_id", ForeignKey("rooms.id"), primary_key=True),
                   Column("user_id", ForeignKey("users.id"), primary_key=True))


class Room(Base):
    __tablename__ = "rooms"
    id = mapped_column(Integer, primary_key=True)
    topic = mapped_column(String(20))
    users = relationship("User", secondary=membership, collection_class=set, back_populates="rooms")
    labels = relationship("Label", collection_class=attribute_keyed_dict("key"), cascade="all, delete-orphan")
    posts = relationship("Post", lazy="dynamic", back_populates="room", order_by="Post.id",
        cascade="all, delete-orphan")
    logs = relationship("Log", lazy="write_only", passive_deletes=True, cascade="all, delete-orphan", order_by="Log.id")
    pinned_id = mapped_column(ForeignKey("pins.id"))
    pinned = relationship("Pin", single_parent=True, cascade="all, delete-orphan")
    notes = relationship("Note", cascade="save-update, merge", order_by="Note.id")


class User(Base):
    __tablename__ = "users"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String(20))
    rooms = relationship(Room, secondary=membership, back_populates="users", order_by=Room.id)


class Label(Base):
    __tablename__ = "labels"
    id = mapped_column(Integer, primary_key=True)
    room_id = mapped_column(ForeignKey("rooms.id"))
    key = mapped_column(String(10))
    value = mapped_column(String(10))


class Post(Base):
    __tablename__ = "posts"
    id = mapped_column(Integer, primary_key=True)
    room_id = mapped_column(ForeignKey("rooms.id"))
    body = mapped_column(String(30))
    room = relationship(Room, back_populates="posts")


class Log(Base):
    __tablename__ = "logs"
    id = mapped_column(Integer, primary_key=True)
    room_id = mapped_column(ForeignKey("rooms.id", ondelete="CASCADE"))
    line = mapped_column(String(30))


class Pin(Base):
    __tablename__ = "pins"
    id = mapped_column(Integer, primary_key=True)


class Note(Base):
    __tablename__ = "notes"
    id = mapped_column(Integer, primary_key=True)
    room_id = mapped_column(ForeignKey("rooms.id"))


def names(xs):
    return sorted(x.name for x in xs)


for target in (Room.users, Room.labels, Room.posts):
    event.listen(target, "append", lambda o, v, i, k=target.key: say("append", k, v))
    event.listen(target, "remove", lambda o, v, i, k=target.key: say("remove", k, v))
e = engine()
if e.dialect.name == "sqlite":
    event.listen(e, "connect", lambda conn, record: conn.execute("PRAGMA foreign_keys = ON"))
Base.metadata.create_all(e)
forget()
s = Session(e)
ann, bob, cyd = User(id=1, name="ann"), User(id=2, name="bob"), User(id=3, name="cyd")
room = Room(id=1, topic="lua")
step("set")
room.users.add(ann)
room.users.add(ann)
bob.rooms.append(room)
room.users.add(cyd)
room.users.discard(cyd)
room.users.discard(cyd)
say(names(room.users), len(room.users), ann in room.users, cyd.rooms, [r.topic for r in bob.rooms])
refused(lambda: room.users.remove(cyd))
step("keyed")
room.labels["lang"] = Label(id=1, key="lang", value="lua")
room.labels.set(Label(id=2, key="os", value="any"))
room.labels["lang"] = Label(id=3, key="lang", value="c")
say({k: v.value for k, v in room.labels.items()})
step("flush")
bob.rooms.remove(room)
s.add(room)
s.flush()
bob.rooms.append(room)
room.posts.append(Post(id=1, body="hi"))
room.posts.append(Post(id=2, body="there"))
room.logs.add(Log(id=1, line="open"))
room.logs.add_all([Log(id=2, line="join"), Log(id=3, line="talk")])
room.pinned = Pin(id=1)
room.notes = [Note(id=1), Note(id=2)]
s.commit()
sql()
step("dynamic")
say([p.body for p in room.posts], room.posts.count(), room.posts.filter(Post.body == "hi").one().id)
say(room.posts.filter_by(id=2).first().body, [p.id for p in room.posts.order_by(None).order_by(Post.id.desc())])
first = room.posts[0]
room.posts.remove(first)
room.posts.append(Post(id=5, body="new"))
say([p.body for p in room.posts], inspect(first).deleted)
sql()
step("write only")
say([l.line for l in s.scalars(room.logs.select().where(Log.id > 1))])
room.logs.remove(s.get(Log, 2))
s.flush()
s.execute(room.logs.insert(), [{"id": 10, "line": "bulk"}, {"id": 11, "line": "more"}])
s.execute(room.logs.update().values(line=Log.line + "!").where(Log.id > 5))
s.execute(room.logs.delete().where(Log.id == 11))
say(s.execute(select(Log.id, Log.room_id, Log.line).order_by(Log.id)).all())
sql()
step("changes")
room.users = {ann, cyd}
say(names(room.users), names(inspect(room).attrs.users.history.added), names(inspect(room).attrs.users.history.deleted))
room.labels = {"os": Label(id=4, key="os", value="bsd")}
s.commit()
sql()
say(names(room.users), sorted(room.labels), [r.id for r in bob.rooms])
step("list")
room.notes.pop(0)
room.notes.insert(0, Note(id=7))
say([n.id for n in room.notes])
room.notes.insert(0, Note(id=8))
say(room.notes.pop().id, [n.id for n in room.notes])
s.commit()
sql()
step("single parent")
fresh = Pin(id=5)
spare = Room(id=2, pinned=fresh)
error(lambda: Room(id=3, pinned=fresh))
say(spare.pinned is fresh, fresh in s)
room.pinned = Pin(id=2)
s.flush()
sql()
step("delete")
room.notes.clear()
room.users.discard(cyd)
s.commit()
forget()
s.delete(room)
s.commit()
sql()
say([s.scalar(select(func.count()).select_from(c)) for c in (Room, User, Label, Post, Log, Pin, Note)])
