"""People who follow people: a many-to-many of a table with itself, queried and loaded from both ends."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, Table, func, inspect, not_, or_, select
from sqlalchemy.orm import (Session, aliased, contains_eager, declarative_base, joinedload, relationship, selectinload,
                            subqueryload, with_parent)

Base = declarative_base()

follows = Table("follows", Base.metadata, Column("follower_id", ForeignKey("people.id"), primary_key=True),
                Column("followed_id", ForeignKey("people.id"), primary_key=True), Column("since", Integer, default=2000))


class Person(Base):
    __tablename__ = "people"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    boss_id = Column(ForeignKey("people.id"))
    boss = relationship("Person", remote_side=[id], back_populates="team")
    team = relationship("Person", back_populates="boss", order_by="Person.id")
    following = relationship("Person", secondary=follows, primaryjoin=id == follows.c.follower_id,
                             secondaryjoin=id == follows.c.followed_id, back_populates="followers", order_by=id)
    followers = relationship("Person", secondary=follows, primaryjoin=id == follows.c.followed_id,
                             secondaryjoin=id == follows.c.follower_id, back_populates="following", order_by=id)


e = engine()
Base.metadata.create_all(e)


def names(people):
    return [p.name for p in people]


step("flush")
with Session(e) as s:
    ann, bob = Person(id=1, name="ann"), Person(id=2, name="bob")
    cid, dan = Person(id=3, name="cid"), Person(id=4, name="dan")
    ann.following = [bob, cid]
    ann.followers.append(dan)
    bob.followers.append(cid)
    cid.boss = ann
    bob.boss = ann
    dan.boss = bob
    s.add_all([ann, bob, cid, dan])
    say(names(dan.following), names(cid.followers), names(ann.team))
    s.commit()
forget()
for name, loader in (("selectin", selectinload), ("joined", joinedload), ("subquery", subqueryload)):
    step(name)
    with Session(e) as s:
        stmt = select(Person).options(loader(Person.following).options(loader(Person.following), loader(Person.boss)))
        for p in s.scalars(stmt.order_by(Person.id)).unique():
            say(p.name, [[q.name, q.boss and q.boss.name, names(q.following)] for q in p.following])
step("any")
with Session(e) as s:
    say(names(s.scalars(select(Person).where(Person.following.any(name="bob")).order_by(Person.id))))
    say(names(s.scalars(select(Person).where(~Person.followers.any()).order_by(Person.id))))
    say(names(s.scalars(select(Person).where(Person.boss.has(Person.name == "ann")).order_by(Person.id))))
    other = aliased(Person, name="other")
    say(names(s.scalars(select(Person).where(Person.team.of_type(other).any(other.following.any(name="ann")))
                        .order_by(Person.id))))
    say(names(s.scalars(select(Person).where(Person.following.any(Person.following.any(Person.name == "bob"))))))
step("contains")
with Session(e) as s:
    bob = s.get(Person, 2)
    say(names(s.scalars(select(Person).where(Person.following.contains(bob)).order_by(Person.id))))
    say(names(s.scalars(select(Person).where(not_(Person.following.contains(bob))).order_by(Person.id))))
    say(names(s.scalars(select(Person).where(or_(Person.followers.contains(bob), Person.boss == bob))
                        .order_by(Person.id))))
    alias = aliased(Person)
    say(names(s.scalars(select(alias).where(alias.following.contains(bob)).order_by(alias.id))))
step("with_parent")
with Session(e) as s:
    ann = s.get(Person, 1)
    say(names(s.scalars(select(Person).where(with_parent(ann, Person.following)).order_by(Person.id))))
    say(names(s.scalars(select(Person).where(with_parent(ann, Person.team)).order_by(Person.id.desc()))))
    alias = aliased(Person, name="them")
    say(names(s.scalars(select(alias).where(with_parent(ann, Person.followers.of_type(alias))))))
    bob = s.get(Person, 2)
    say(names(s.scalars(select(Person).where(with_parent(bob, Person.boss)))))
a, b = aliased(Person, name="a"), aliased(Person, name="b")
step("joins")
with Session(e) as s:
    stmt = select(Person.name, a.name, b.name).join(Person.following.of_type(a)).join(a.boss.of_type(b))
    say(s.execute(stmt.order_by(Person.id, a.id)).all())
    stmt = select(Person, func.count(a.id)).outerjoin(a, Person.followers).group_by(Person.id).order_by(Person.id)
    say([[p.name, n] for p, n in s.execute(stmt)])
    stmt = select(Person.name, follows.c.since).join(follows, Person.id == follows.c.follower_id).order_by(
        Person.id, follows.c.followed_id)
    say(s.execute(stmt).all())
    stmt = select(Person).join(Person.boss.of_type(b)).options(contains_eager(Person.boss.of_type(b))).order_by(
        b.name, Person.name)
    say([[p.name, p.boss.name] for p in s.scalars(stmt)])
step("both ways from one row")
with Session(e) as s:
    stmt = select(Person).join(a, Person.following).join(b, Person.followers).options(
        contains_eager(Person.following.of_type(a)), contains_eager(Person.followers, alias=b)).order_by(
        Person.id, a.id, b.id)
    for p in s.scalars(stmt).unique():
        say(p.name, names(p.following), names(p.followers))
step("changes on either side")
with Session(e) as s:
    ann, dan = s.get(Person, 1), s.get(Person, 4)
    say(inspect(ann).attrs.following.history)
    ann.following.remove(s.get(Person, 3))
    ann.following.append(dan)
    say(names(dan.followers), names(s.get(Person, 3).followers))
    say(inspect(ann).attrs.following.history, inspect(dan).attrs.followers.history)
    s.commit()
    step("after")
    say(names(ann.following), names(dan.followers))
    dan.following.append(dan)
    s.delete(ann)
    s.flush()
    forget()
    say(s.execute(select(follows.c.follower_id, follows.c.followed_id).order_by(follows.c.follower_id, follows.c.followed_id)).all())
    say([[p.name, p.boss_id] for p in s.scalars(select(Person).order_by(Person.id))])
    s.rollback()
step("end")
