# One table that refers to itself, twice; a network of friends; primaryjoins of one's own and views.
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *

Base = declarative_base()

friends = Table(
    "friends",
    Base.metadata,
    Column("a_id", ForeignKey("person.id"), primary_key=True),
    Column("b_id", ForeignKey("person.id"), primary_key=True),
)


class Person(Base):
    __tablename__ = "person"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    boss_id = Column(ForeignKey("person.id"))
    mentor_id = Column(ForeignKey("person.id"))
    active = Column(Boolean, default=True)
    boss = relationship("Person", foreign_keys=[boss_id], remote_side=[id], back_populates="team")
    team = relationship("Person", foreign_keys=[boss_id], back_populates="boss", order_by="Person.name")
    mentor = relationship("Person", foreign_keys="Person.mentor_id", remote_side="Person.id")
    friends = relationship(
        "Person",
        secondary=friends,
        primaryjoin=id == friends.c.a_id,
        secondaryjoin=id == friends.c.b_id,
        backref=backref("liked_by", order_by=id),
        order_by=id,
    )
    active_team = relationship(
        "Person",
        primaryjoin="and_(Person.id == foreign(Person.boss_id), Person.active == True)",
        viewonly=True,
        order_by="Person.id",
    )
    tasks = relationship("Task", foreign_keys="Task.owner_id", back_populates="owner")
    reviews = relationship("Task", foreign_keys="[Task.reviewer_id]", back_populates="reviewer")


class Task(Base):
    __tablename__ = "task"
    id = Column(Integer, primary_key=True)
    title = Column(String(20))
    owner_id = Column(ForeignKey("person.id"))
    reviewer_id = Column(ForeignKey("person.id"))
    owner = relationship(Person, foreign_keys=owner_id, back_populates="tasks")
    reviewer = relationship(Person, foreign_keys=reviewer_id, back_populates="reviews")


def names(items):
    return [x.name for x in items]


e = engine()
Base.metadata.create_all(e)
forget()
say(Person.boss.property.direction.name, Person.team.property.direction.name, Person.friends.property.direction.name)
say(Person.team)
say(Person.friends)
with Session(e) as s:
    ada = Person(name="Ada")
    bo = Person(name="Bo", boss=ada)
    cy = Person(name="Cy", boss=bo, mentor=ada, active=False)
    di = Person(name="Di", mentor=cy)
    ada.team.append(di)
    say(names(ada.team), di.boss is ada)
    s.add_all([di, cy, bo, ada])
    s.flush()
    cy.friends.append(di)
    s.flush()
    di.liked_by.append(ada)
    s.flush()
    step("flush order")
    say([(p.id, p.name) for p in sorted(s.identity_map.values(), key=lambda p: p.id)])
    s.commit()
    step("walk")
    say(cy.boss.boss.name, names(ada.team), names(ada.active_team), names(bo.active_team))
    say(names(cy.friends), names(di.liked_by))
    step("joins")
    boss = aliased(Person, name="boss")
    say(s.execute(select(Person.name, boss.name).join(Person.boss.of_type(boss)).order_by(Person.id)).all())
    say(s.execute(select(Person.name, boss.name).outerjoin(boss, Person.boss).order_by(Person.name)).all())
    say(s.scalars(select(Person.name).where(Person.team.any(name="Di"))).all())
    say(s.scalars(select(Person.name).where(Person.boss.has(Person.name == "Ada")).order_by(Person.name)).all())
    say(s.scalars(select(Person.name).where(Person.boss == None)).all())
    say(s.scalars(select(Person.name).where(Person.boss != ada)).all())
    say(s.scalars(select(Person.name).where(Person.friends.contains(di)).order_by(Person.id)).all())
    step("two keys")
    t = Task(title="paint", owner=bo, reviewer=di)
    s.add(t)
    say([x.title for x in bo.tasks], [x.title for x in di.reviews], [x.title for x in bo.reviews])
    s.flush()
    say(t.owner_id == bo.id, t.reviewer_id == di.id)
    t.reviewer, t.owner = t.owner, t.reviewer
    say([x.title for x in bo.tasks], [x.title for x in bo.reviews])
    s.commit()
    step("wrong writes")
    ada.active_team.append(cy)
    s.commit()
    say(cy.boss.name, names(ada.active_team))
    step("delete the boss")
    s.delete(bo)
    s.flush()
    say(cy.boss_id, cy.boss)
    s.commit()
    say(s.execute(select(friends).order_by(friends.c.a_id, friends.c.b_id)).all())
sql()


class Bad(Base):
    __tablename__ = "bad"
    id = Column(Integer, primary_key=True)
    one_id = Column(ForeignKey("person.id"))
    two_id = Column(ForeignKey("person.id"))
    person = relationship(Person)


error(configure_mappers)
