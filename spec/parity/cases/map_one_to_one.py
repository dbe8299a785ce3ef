"""One-to-one in all its forms: both sides, replaced, swapped, orphaned, a shared key, null again, and wrong use."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, UniqueConstraint, event, inspect, select
from sqlalchemy.orm import Session, backref, declarative_base, joinedload, relationship, selectinload

Base = declarative_base()


def refused(fn):
    try:
        fn()
    except Exception:
        return say("refused")
    say("no error")


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String(10))
    profile = relationship("Profile", back_populates="user", uselist=False, cascade="all, delete-orphan")
    desk = relationship("Desk", back_populates="user", uselist=False)
    badge = relationship("Badge", back_populates="user", uselist=False, passive_deletes=True, cascade="all, delete-orphan")
    spouse_id = Column(ForeignKey("users.id"))
    spouse = relationship("User", remote_side=id, uselist=False, post_update=True, foreign_keys=spouse_id)


class Profile(Base):
    __tablename__ = "profile"
    id = Column(ForeignKey("users.id"), primary_key=True)
    bio = Column(String(10))
    user = relationship(User, back_populates="profile")


class Desk(Base):
    __tablename__ = "desk"
    id = Column(Integer, primary_key=True)
    user_id = Column(ForeignKey("users.id"), unique=True)
    user = relationship(User, back_populates="desk")


class Badge(Base):
    __tablename__ = "badge"
    id = Column(Integer, primary_key=True)
    user_id = Column(ForeignKey("users.id", ondelete="CASCADE"), nullable=False)
    user = relationship(User, back_populates="badge", single_parent=True)
    color = relationship("Color", back_populates="badge", cascade="all, delete-orphan", single_parent=True)
    color_id = Column(ForeignKey("color.id"))


class Color(Base):
    __tablename__ = "color"
    id = Column(Integer, primary_key=True)
    badge = relationship(Badge, back_populates="color", uselist=False)


e = engine()
Base.metadata.create_all(e)
forget()
event.listen(User.desk, "set", lambda t, v, o, i: say("  set desk", t.name, getattr(v, "id", None), o.id if isinstance(o, Desk) else "none"))
event.listen(Desk.user, "set", lambda t, v, o, i: say("  set user", t.id, v and v.name, o.name if isinstance(o, User) else "none"))
s = Session(e)
step("both sides")
ann, bob = User(id=1, name="ann"), User(id=2, name="bob")
d1, d2 = Desk(id=1), Desk(id=2)
say(ann.desk, d1.user)
ann.desk = d1
say(d1.user.name)
d2.user = ann
say(ann.desk.id, d1.user)
bob.desk = d1
ann.profile = Profile(bio="x")
ann.badge = Badge(color=Color())
s.add_all([ann, bob])
say(sorted(type(o).__name__ for o in s.new))
s.commit()
step("replace")
ann.profile = Profile(bio="y")
say(inspect(ann).attrs.profile.history, len(s.deleted))
error(lambda: s.flush())
s.rollback()
say(ann.profile.bio)
step("swap")
first, second = ann.desk, bob.desk
ann.desk = second
bob.desk = first
say(ann.desk.id, bob.desk.id, d1.user.name, d2.user.name)
error(lambda: s.flush())
s.rollback()
say(ann.desk.id, bob.desk.id, d1.user.name)
step("take away")
bob.desk = None
say(d1.user, inspect(d1).attrs.user.history)
s.flush()
say(d1.user_id, bob.desk)
step("move")
s.expire_all()
d2.user = bob
say(sorted(inspect(ann).unloaded), bob.desk.id)
s.flush()
say(ann.desk, bob.desk.id)
s.commit()
step("orphan")
p = ann.profile
ann.profile = None
say(p in s.deleted, inspect(p).attrs.user.history)
s.flush()
say(inspect(p).deleted, ann.profile)
s.rollback()
say(ann.profile is p)
color = ann.badge.color
ann.badge.color = None
s.flush()
say(inspect(color).deleted)
s.rollback()
error(lambda: setattr(Badge(user=bob), "color", color))
s.rollback()
step("spouse")
ann.spouse = bob
s.flush()
bob.spouse = ann
s.commit()
say(ann.spouse.name, bob.spouse.spouse is bob)
ann.spouse = None
s.flush()
step("delete")
bob.spouse = None
s.delete(ann)
s.flush()
say(s.scalars(select(Badge.id)).all(), s.scalars(select(Profile.id)).all(), s.scalars(select(Desk.user_id).order_by(Desk.id)).all())
s.rollback()
step("load")
s.expunge_all()
for u in s.scalars(select(User).options(joinedload(User.desk), joinedload(User.profile), selectinload(User.badge)
                                        .joinedload(Badge.color)).order_by(User.id)):
    say(u.name, u.desk and u.desk.id, u.profile and u.profile.bio, u.badge and u.badge.color.id)
s.expunge_all()
u = s.get(User, 2)
say(u.profile, u.desk.user is u)
step("queries")
say(select(User).where(User.profile == None))
say(select(User).where(User.profile != None))
say(select(User).where(User.profile.has(bio="x")))
say(select(Profile).where(Profile.user == u))
say(select(User).where(User.desk == u.desk))
say(select(User).where(~User.desk.has()))
say(s.scalars(select(User.name).where(User.profile == None)).all())
say(s.scalars(select(User.name).join(User.desk).where(Desk.id == 2)).all())
step("wrong")
refused(lambda: setattr(u, "desk", [Desk()]))
refused(lambda: setattr(u, "desk", Profile()))
error(lambda: select(User).where(User.desk.any()))
s.rollback()
s.add(Badge(id=9))
error(lambda: s.flush())
s.rollback()
sql()
