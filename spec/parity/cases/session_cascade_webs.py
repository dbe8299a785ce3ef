"""Cascades in a web: orphans of two parents, deletes by the database, passive_deletes, re-adding, cascade_iterator."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, Table, event, func, inspect, select
from sqlalchemy.orm import Session, backref, declarative_base, relationship

Base = declarative_base()
tags = Table("tags", Base.metadata, Column("task_id", ForeignKey("task.id", ondelete="CASCADE"), primary_key=True),
             Column("label_id", ForeignKey("label.id"), primary_key=True))


class Project(Base):
    __tablename__ = "project"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    tasks = relationship("Task", back_populates="project", cascade="all, delete-orphan", order_by="Task.id")
    files = relationship("File", back_populates="project", cascade="all", passive_deletes=True, order_by="File.id")
    logs = relationship("Log", passive_deletes="all", primaryjoin="Project.id == foreign(Log.project_id)")
    links = relationship("Link", order_by="Link.id")


class Task(Base):
    __tablename__ = "task"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    project_id = Column(ForeignKey("project.id"))
    person_id = Column(ForeignKey("person.id"))
    project = relationship(Project, back_populates="tasks")
    person = relationship("Person", back_populates="tasks")
    labels = relationship("Label", secondary=tags, backref="tasks", order_by="Label.id")
    steps = relationship("Step", cascade="all, delete-orphan", backref=backref("task"), order_by="Step.id")


class Person(Base):
    __tablename__ = "person"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    tasks = relationship(Task, back_populates="person", cascade="save-update, merge, delete-orphan", order_by=Task.id)


class Step(Base):
    __tablename__ = "step"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    task_id = Column(ForeignKey("task.id"), nullable=False)


class File(Base):
    __tablename__ = "file"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    project_id = Column(ForeignKey("project.id", ondelete="CASCADE"))
    project = relationship(Project, back_populates="files")


class Log(Base):
    __tablename__ = "log"
    id = Column(Integer, primary_key=True)
    project_id = Column(Integer)


class Link(Base):
    __tablename__ = "link"
    id = Column(Integer, primary_key=True)
    project_id = Column(ForeignKey("project.id"))


class Label(Base):
    __tablename__ = "label"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))


db = engine()
if not is_postgresql:
    event.listen(db, "connect", lambda c, r: c.execute("PRAGMA foreign_keys=ON"))
Base.metadata.create_all(db)
forget()
session = Session(db)


def web():
    person = Person(name="ann")
    red, blue = Label(name="red"), Label(name="blue")
    return Project(name="p", tasks=[
        Task(name="t1", person=person, labels=[red, blue], steps=[Step(name="s1"), Step(name="s2")]),
        Task(name="t2", person=person, labels=[red])], files=[File(name="f1"), File(name="f2")],
        logs=[Log()], links=[Link()])


def counts():
    say({c.__name__: session.scalar(select(func.count()).select_from(c)) for c in (
        Project, Task, Person, Step, File, Log, Link, Label)}, session.scalar(select(func.count()).select_from(tags)))


step("in")
project = web()
session.add(project)
say(sorted(type(o).__name__ for o in session.new))
say(sorted(type(o).__name__ for o, m, s, d in inspect(Project).cascade_iterator("save-update", inspect(project))))
say(sorted(type(o).__name__ for o, m, s, d in inspect(Project).cascade_iterator("delete", inspect(project))))
session.commit()
forget()
counts()

step("a task leaves its project")
t1, t2 = project.tasks
forget()
project.tasks.remove(t2)
say(inspect(t2).persistent, t2.person.name, t2 in session.deleted)
session.flush()
forget()
say(inspect(t2).deleted, [t.name for t in t1.person.tasks])
counts()
session.rollback()

step("a task leaves its person")
t1 = project.tasks[0]
forget()
t1.person = None
session.flush()
sql()
say(inspect(t1).deleted, [t.name for t in project.tasks])
session.rollback()

step("and is given to somebody else")
t1, t2 = project.tasks
forget()
t1.person = Person(name="bob")
project.tasks.remove(t2)
other = Project(name="q", tasks=[t2])
session.add(other)
session.flush()
sql()
say(t1.person.name, t2.project.name, inspect(t2).persistent)
session.rollback()
say(t2.project.name, len(project.tasks))

step("pending orphans")
lost = Task(name="lost", steps=[Step(name="ls")])
session.add(lost)
error(session.flush)
session.rollback()
lost = Task(name="lost", person=session.scalars(select(Person)).one())
session.add(lost)
error(session.flush)
session.rollback()
lost = Task(name="never in")
project.tasks.append(lost)
say(lost in session)
project.tasks.remove(lost)
say(lost in session, inspect(lost).transient)
session.flush()
say(lost in session)
session.rollback()

step("deleting the project")
say(project.files[0].name)
forget()
session.delete(project)
say(sorted(type(o).__name__ for o in session.deleted))
forget()
session.flush()
forget()
counts()
session.rollback()

step("delete, and change your mind")
session.delete(project)
session.add(project)
say(project in session.deleted, project in session)
session.flush()
forget()
say(inspect(project).persistent)
counts()
session.rollback()
session.delete(project.tasks[0])
session.flush()
say([t.name for t in project.tasks], inspect(project.tasks[0]).deleted)
session.expire(project)
say([t.name for t in project.tasks])
error(lambda: session.delete(Task(name="transient")))
error(lambda: session.delete(5))
session.rollback()

step("labels go, tasks stay")
forget()
red = session.scalars(select(Label).filter_by(name="red")).one()
session.delete(red)
session.flush()
forget()
say([l.name for t in project.tasks for l in t.labels])
session.rollback()

step("expunge")
task = project.tasks[0]
say([task.person.name, len(task.steps), len(project.files), len(project.links)])
session.expunge(project)
say(project in session, task in session, task.steps[0] in session, project.links[0] in session, task.person in session)
session.add(project)
say(project in session, task in session)
session.close()
