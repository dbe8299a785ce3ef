"""What one flush does with a network: a tree turned round, moved children, one-to-one swaps, m2m both ways, cycles."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, Table, inspect, select
from sqlalchemy.orm import Session, backref, declarative_base, relationship

Base = declarative_base()
friends = Table("friends", Base.metadata, Column("a_id", ForeignKey("person.id"), primary_key=True),
                Column("b_id", ForeignKey("person.id"), primary_key=True))
member = Table("member", Base.metadata, Column("person_id", ForeignKey("person.id"), primary_key=True),
               Column("club_id", ForeignKey("club.id"), primary_key=True))


class Person(Base):
    __tablename__ = "person"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    boss_id = Column(ForeignKey("person.id"))
    favourite_id = Column(ForeignKey("club.id", use_alter=True, name="fk_favourite"))
    reports = relationship("Person", backref=backref("boss", remote_side=id), order_by="Person.id")
    friends = relationship("Person", secondary=friends, primaryjoin=id == friends.c.a_id,
                           secondaryjoin=id == friends.c.b_id, backref="friend_of", order_by="Person.id")
    clubs = relationship("Club", secondary=member, back_populates="members", order_by="Club.id")
    favourite = relationship("Club", foreign_keys=favourite_id, post_update=True)
    badge = relationship("Badge", uselist=False, back_populates="person", cascade="all, delete-orphan")


class Club(Base):
    __tablename__ = "club"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    chair_id = Column(ForeignKey("person.id"))
    chair = relationship(Person, foreign_keys=chair_id)
    members = relationship(Person, secondary=member, back_populates="clubs", order_by=Person.id)


class Badge(Base):
    __tablename__ = "badge"
    id = Column(Integer, primary_key=True)
    text = Column(String(20))
    person_id = Column(ForeignKey("person.id"), nullable=False)
    person = relationship(Person, back_populates="badge")


db = engine()
Base.metadata.create_all(db)
forget()
session = Session(db)


def flush(title):
    step(title)
    session.flush()
    sql()


forget()
ann, bob, cyd, dan = [Person(name=n) for n in ("ann", "bob", "cyd", "dan")]
ann.reports = [bob, cyd]
cyd.reports = [dan]
session.add(dan)
flush("from the leaf")
say([(p.id, p.name, p.boss_id) for p in (ann, bob, cyd, dan)])

dan.boss = None
dan.reports.append(ann)
flush("turned round")
say([(p.name, p.boss_id) for p in (ann, bob, cyd, dan)])

chess, golf = Club(name="chess", chair=ann), Club(name="golf", chair=bob)
ann.favourite, bob.favourite = golf, chess
chess.members = [ann, bob]
cyd.clubs.append(golf)
session.add(chess)
session.flush()
flush("clubs with chairs, people with favourites")
say([(p.name, p.favourite_id) for p in (ann, bob)], [(c.name, c.chair_id) for c in (chess, golf)])

chess.members.remove(ann)
session.flush()
chess.members.append(cyd)
session.flush()
cyd.clubs.remove(golf)
golf.members.extend([ann, dan])
flush("memberships from both sides")
say([c.name for c in cyd.clubs], [m.name for m in chess.members], [m.name for m in golf.members])

ann.friends = [bob, cyd]
bob.friends = [ann]
dan.friend_of = [ann, dan]
flush("friends")
say([f.name for f in ann.friends], [f.name for f in dan.friends], [f.name for f in ann.friend_of])
ann.friends = [cyd, dan]
flush("friends replaced")

ann.badge = Badge(text="A")
session.flush()
bob.badge = Badge(text="B")
flush("badges")
first = ann.badge
ann.badge = Badge(text="A2")
say(inspect(first).attrs.person.history, first in session.deleted)
flush("a badge replaced")
say(inspect(first).deleted, first.person)
ann.badge.text = "new A"
bob.badge.text = "new B"
cyd.badge = Badge(text="C")
session.delete(dan.badge) if dan.badge else say("dan has none")
flush("updates before inserts of one table")
moved = bob.badge
bob.badge = None
dan.badge = moved
flush("a badge that moves")
say(moved.person.name, inspect(moved).persistent)
session.commit()

step("keys given and keys made")
forget()
session.add_all([Person(id=50, name="x"), Person(name="y"), Person(id=40, name="z"), Club(name="q"), Person(name="w")])
flush("mixed")
session.rollback()

step("nothing to do")
forget()
ann.name = ann.name
bob.reports = bob.reports
session.add(ann)
session.flush()
say(list(session.dirty), session.is_modified(ann), session.is_modified(bob))
ann.name = "other"
ann.name = "ann"
say([p.name for p in session.dirty], session.is_modified(ann))
session.flush()
sql()

step("a cycle of rows")
forget()
e, f = Person(name="e"), Person(name="f")
e.boss, f.boss = f, e
session.add(e)
error(session.flush)
session.rollback()

step("deleting everything")
forget()
for person in list(session.scalars(select(Person).order_by(Person.id))):
    person.favourite = None
session.flush()
sql()
for each in [chess, golf, ann, bob, cyd, dan]:
    session.delete(each)
forget()
session.flush()
sql()
session.rollback()

step("a part only")
ann.name, bob.name = "ann 2", "bob 2"
forget()
session.flush([ann])
sql()
say(bob in session.dirty, ann in session.dirty)
session.rollback()
