"""Declarative, user settings: MutableDict and MutableList, association proxies over objects, values and keys,
validators of collections, JSON, enum, decimal and boolean columns, onupdate functions, server defaults fetched on
access."""
import decimal
import enum
from sqlalchemy import *
from sqlalchemy.ext.associationproxy import association_proxy
from sqlalchemy.ext.mutable import MutableDict, MutableList
from sqlalchemy.orm import *
from parity import *


class Base(DeclarativeBase):
    pass


ticks = iter(range(1, 50))


class Profile(Base):
    __tablename__ = "profiles"
    id = mapped_column(Integer, primary_key=True)
    login = mapped_column(String(20), unique=True, nullable=False)
    prefs = mapped_column(MutableDict.as_mutable(JSON), default=dict)
    history = mapped_column(MutableList.as_mutable(JSON), default=list)
    status = mapped_column(Enum("new", "active", "banned", name="profile_status"), server_default="new")
    credit = mapped_column(Numeric(8, 2), default=decimal.Decimal("1.50"))
    subscribed = mapped_column(Boolean, default=True)
    touched = mapped_column(Integer, onupdate=lambda: next(ticks))
    mails = relationship("Mail", back_populates="profile", cascade="all, delete-orphan", order_by="Mail.id")
    options = relationship("Option", cascade="all, delete-orphan", collection_class=attribute_keyed_dict("key"))
    memberships = relationship("Membership", back_populates="profile", cascade="all, delete-orphan",
                               order_by="Membership.id")
    addresses = association_proxy("mails", "address", creator=lambda a: Mail(address=a))
    settings = association_proxy("options", "value", creator=lambda k, v: Option(key=k, value=v))
    groups = association_proxy("memberships", "group", creator=lambda g: Membership(group=g, role="member"))

    @validates("mails")
    def check_mail(self, key, mail):
        if "@" not in mail.address:
            raise ValueError("no address")
        return mail

    @validates("login", include_backrefs=False)
    def check_login(self, key, value):
        return value.lower()


class Mail(Base):
    __tablename__ = "mails"
    id = mapped_column(Integer, primary_key=True)
    profile_id = mapped_column(ForeignKey("profiles.id"), nullable=False)
    address = mapped_column(String(30))
    profile = relationship(Profile, back_populates="mails")
    owner = association_proxy("profile", "login")


class Option(Base):
    __tablename__ = "options"
    id = mapped_column(Integer, primary_key=True)
    profile_id = mapped_column(ForeignKey("profiles.id"))
    key = mapped_column(String(10))
    value = mapped_column(String(20))


class Group(Base):
    __tablename__ = "groups"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String(10))


class Membership(Base):
    __tablename__ = "memberships"
    id = mapped_column(Integer, primary_key=True)
    profile_id = mapped_column(ForeignKey("profiles.id"))
    group_id = mapped_column(ForeignKey("groups.id"))
    role = mapped_column(String(10))
    profile = relationship(Profile, back_populates="memberships")
    group = relationship(Group)


e = engine()
Base.metadata.create_all(e)
forget()
s = Session(e)
step("create")
p = Profile(id=1, login="ANN", prefs={})
p.addresses = ["a@x", "b@x"]
p.settings["lang"] = "en"
p.settings["tz"] = "utc"
admins, users = Group(id=1, name="admins"), Group(id=2, name="users")
p.groups.append(admins)
p.groups.append(users)
say(p.login, list(p.addresses), dict(p.settings), [g.name for g in p.groups], p.mails[0].owner, p.memberships[1].role)
error(lambda: p.addresses.append("bad"))
refused(lambda: p.mails.append(Option()))
say(len(p.mails), "a@x" in p.addresses, "lang" in p.settings)
s.add(p)
s.flush()
sql()
say(p.status, p.credit, p.subscribed, p.history, p.touched)
sql()
s.commit()
step("mutate")
p.prefs["a_size"] = 3
p.prefs["theme"] = "dark"
p.history.append("login")
p.history.append({"k": [1, None]})
say(p in s.dirty, s.is_modified(p), inspect(p).attrs.prefs.history.added)
s.commit()
sql()
say(p.prefs, p.history, p.touched)
p.prefs.update({"theme": "light"})
del p.prefs["a_size"]
p.history.remove("login")
s.commit()
sql()
say(p.prefs, p.history, p.touched, p.prefs.pop("theme"), p in s.dirty)
s.rollback()
say(p.prefs)
step("proxies")
say([g.name for g in p.groups])
p.addresses.remove("a@x")
p.addresses.append("c@x")
p.settings["lang"] = "de"
del p.settings["tz"]
p.groups.remove(admins)
s.commit()
sql()
say(list(p.addresses), dict(p.settings), [g.name for g in p.groups])
step("query")
say(s.scalars(select(Profile.login).where(Profile.addresses == "c@x")).all())
say(s.scalars(select(Profile.login).where(Profile.groups.contains(users))).all())
say(s.scalars(select(Profile.login).where(Profile.groups.any(name="users"))).all())
say(s.scalars(select(Profile.login).where(Profile.addresses.like("z%"))).all())
say(s.scalars(select(Mail.id).where(Mail.owner == "ann")).all())
sql()
step("values")
p.status = "active"
p.credit = p.credit * 2
p.subscribed = False
s.commit()
say(p.status, p.credit, p.subscribed)
p.status = "active"
say(p in s.dirty, s.is_modified(p))
say(p.status, s.scalar(select(Profile.prefs["theme"].as_string())))
s.add(Profile(login="Ann"))
error(s.commit)
s.rollback()
p.mails = []
s.commit()
say(s.scalar(select(func.count()).select_from(Mail)))
s.delete(p)
s.commit()
sql()
say(inspect(p).detached, inspect(p).was_deleted, s.scalars(select(Group.name).order_by(Group.id)).all())
