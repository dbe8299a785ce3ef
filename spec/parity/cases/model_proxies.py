"""Association proxies: over objects, scalars, dicts, sets and chains; what they create, remove and ask the database."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, Table, select
from sqlalchemy.ext.associationproxy import association_proxy
from sqlalchemy.orm import Session, attribute_keyed_dict, backref, declarative_base, relationship

Base = declarative_base()
user_tag = Table("user_tag", Base.metadata, Column("user_id", ForeignKey("users.id"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id"), primary_key=True))


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    tag_objects = relationship("Tag", secondary=user_tag, order_by="Tag.name")
    tags = association_proxy("tag_objects", "name", creator=lambda v: Tag(name=v))
    memberships = relationship("Membership", back_populates="user", cascade="all, delete-orphan", order_by="Membership.id")
    groups = association_proxy("memberships", "group", creator=lambda group: Membership(group=group, role="new"))
    group_names = association_proxy("memberships", "group_name")
    notes = relationship("Note", collection_class=attribute_keyed_dict("key"), cascade="all, delete-orphan")
    note_texts = association_proxy("notes", "text", creator=lambda k, v: Note(key=k, text=v))
    marks = relationship("Mark", collection_class=set, cascade="all, delete-orphan")
    mark_values = association_proxy("marks", "value", creator=lambda v: Mark(value=v))
    profile = relationship("Profile", uselist=False, back_populates="user", cascade="all, delete-orphan")
    city = association_proxy("profile", "city", creator=lambda v: Profile(city=v))


class Tag(Base):
    __tablename__ = "tags"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))


class Group(Base):
    __tablename__ = "groups"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))


class Membership(Base):
    __tablename__ = "memberships"
    id = Column(Integer, primary_key=True)
    user_id = Column(ForeignKey("users.id"))
    group_id = Column(ForeignKey("groups.id"))
    role = Column(String(10))
    user = relationship(User, back_populates="memberships")
    group = relationship(Group, backref="memberships")
    user_name = association_proxy("user", "name")
    group_name = association_proxy("group", "name")


class Note(Base):
    __tablename__ = "notes"
    id = Column(Integer, primary_key=True)
    user_id = Column(ForeignKey("users.id"))
    key = Column(String(10))
    text = Column(String(20))


class Mark(Base):
    __tablename__ = "marks"
    id = Column(Integer, primary_key=True)
    user_id = Column(ForeignKey("users.id"))
    value = Column(String(5))


class Profile(Base):
    __tablename__ = "profiles"
    id = Column(Integer, primary_key=True)
    user_id = Column(ForeignKey("users.id"))
    city = Column(String(20))
    user = relationship(User, back_populates="profile")


def refused(fn):
    try:
        fn()
    except Exception:
        return say("refused")
    say("no error")


e = engine()
Base.metadata.create_all(e)
forget()
ann = User(name="ann")
say(ann.tags, len(ann.tags), ann.city, ann.groups)
ann.tags.append("red")
ann.tags.extend(["blue", "green"])
say(ann.tags, [t.name for t in ann.tag_objects], "blue" in ann.tags, ann.tags[0], len(ann.tags))
ann.tags.remove("blue")
ann.tags.insert(0, "first")
say(ann.tags, ann.tags.pop(), [t.name for t in ann.tag_objects])
ann.tags[0] = "renamed"
say(ann.tags, ann.tag_objects[0].name)
ann.tags = ["a", "b"]
say(ann.tags, len(ann.tag_objects))
ann.groups.append(Group(name="staff"))
say(ann.groups[0].name, ann.memberships[0].role, ann.memberships[0].user is ann, ann.memberships[0].user_name)
say(list(ann.group_names))
ann.note_texts["k"] = "v"
ann.note_texts["m"] = "w"
say(sorted(ann.note_texts.items()), ann.notes["k"].text, "k" in ann.note_texts, ann.note_texts.get("x", "none"))
ann.note_texts["k"] = "changed"
del ann.note_texts["m"]
say(sorted(ann.note_texts.items()), sorted(ann.notes.keys()))
ann.mark_values.add("x")
ann.mark_values.add("x")
ann.mark_values.add("y")
say(sorted(ann.mark_values), len(ann.mark_values), len(ann.marks), "y" in ann.mark_values)
ann.mark_values.discard("y")
ann.mark_values.discard("zz")
say(sorted(ann.mark_values))
refused(lambda: ann.mark_values.remove("zz"))
ann.city = "Rome"
say(ann.profile.city, ann.city)
ann.city = "Oslo"
say(ann.profile.city)
s = Session(e)
step("flush")
s.add(ann)
s.commit()
step("read")
say(sorted(ann.tags), ann.city, list(ann.group_names), sorted(ann.note_texts.items()), sorted(ann.mark_values))
step("queries")
say(select(User).where(User.tags == "a"))
say(select(User).where(User.tags.contains("a")))
say(select(User).where(User.tags.like("a%")))
say(select(User).where(User.city == "Oslo"))
say(select(User).where(User.city == None))
say(select(User).where(User.city != "Oslo"))
say(select(User).where(User.groups.any(Group.name == "staff")))
error(lambda: select(User).where(User.group_names == "staff"))
say(select(User).where(User.memberships.any(Membership.group_name == "staff")))
say(select(Membership).where(Membership.user_name == "ann"))
say(select(User).where(User.groups.contains(ann.groups[0])))
say(select(User).where(User.profile.has(Profile.city.in_(["Oslo"]))), select(User).where(User.city.in_(["Oslo"])))
step("run")
say(s.scalars(select(User.name).where(User.tags == "a", User.city == "Oslo")).all())
say(s.scalars(select(User.name).where(User.groups.any(name="staff"))).all())
step("change")
ann.tags.remove("a")
ann.groups.remove(ann.groups[0])
ann.note_texts.clear()
ann.mark_values.clear()
s.flush()
say(ann.memberships, ann.notes, len(ann.marks))
step("assign in bulk")
ann.note_texts = {"p": "1", "q": "2"}
ann.mark_values = {"m"}
s.flush()
ann.note_texts = {"q": "3"}
s.flush()
step("end")
say(User.tags.target_class, User.tags.value_attr, User.tags.scalar, User.city.scalar)
s.rollback()
forget()
refused(lambda: User(nothing=1))
s.close()
