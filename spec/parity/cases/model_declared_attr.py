"""declared_attr: what each class that mixes in gets of its own: names, columns, relationships, arguments."""
from parity import *
from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, event, func, inspect, select
from sqlalchemy.orm import Session, column_property, declarative_base, declared_attr, relationship

Base = declarative_base()
calls = []


class Model:
    id = Column(Integer, primary_key=True)

    @declared_attr.directive
    def __tablename__(cls):
        return cls.__name__.lower() + "s"


class Owned:
    @declared_attr
    def owner_id(cls):
        calls.append("owner_id " + cls.__name__)
        return Column(ForeignKey("users.id"), nullable=cls.__name__ != "Note")

    @declared_attr
    def owner(cls):
        return relationship("User", backref=cls.__tablename__, foreign_keys=[cls.owner_id])

    @declared_attr.directive
    def __table_args__(cls):
        return (Index("ix_%s_owner" % cls.__tablename__, "owner_id"), {"info": {"owned": cls.__name__}})


class Sized:
    text = Column(String(80))

    @declared_attr
    def size(cls):
        return column_property(func.length(cls.text))


class Gone:
    gone = Column(Boolean, default=False, nullable=False)

    @declared_attr.directive
    def __mapper_args__(cls):
        return {"eager_defaults": False, "confirm_deleted_rows": cls.__name__ == "Note"}


class User(Model, Base):
    name = Column(String(20))


class Note(Owned, Sized, Gone, Model, Base):
    pass


class Task(Owned, Sized, Model, Base):
    done = Column(Boolean, default=False)


class Keyed:
    @declared_attr.cascading
    def id(cls):
        if cls.__name__ == "Person":
            return Column(Integer, primary_key=True)
        return Column(ForeignKey("people.id"), primary_key=True)


class Person(Keyed, Base):
    __tablename__ = "people"
    kind = Column(String(10))

    @declared_attr.directive
    def __mapper_args__(cls):
        if cls.__name__ == "Person":
            return {"polymorphic_on": "kind", "polymorphic_identity": "person"}
        return {"polymorphic_identity": cls.__name__.lower()}


class Pilot(Person):
    __tablename__ = "pilots"
    hours = Column(Integer)


class Nurse(Person):
    __tablename__ = "nurses"
    ward = Column(String(10))


for cls in (User, Note, Task, Person, Pilot, Nurse):
    t = cls.__table__
    say(cls, t.name, [(c.name, c.nullable, [f.target_fullname for f in c.foreign_keys]) for c in t.columns])
say(calls)
say(Note.__table__.info, Task.__table__.info, sorted(i.name for i in Task.__table__.indexes))
say(Note.owner_id is Task.owner_id, Note.__table__.c.owner_id.table.name, Task.__table__.c.owner_id.table.name)
say(inspect(Note).confirm_deleted_rows, inspect(Task).confirm_deleted_rows)
say(sorted(inspect(Note).relationships.keys()), sorted(inspect(User).relationships.keys()))
say(inspect(Pilot).polymorphic_identity, inspect(Pilot).inherits.class_, inspect(Person).polymorphic_on)
say(sorted(inspect(Person).polymorphic_map.keys()))
say(select(Note.size).where(Note.size > 3))
say(select(Pilot))
e = engine()
Base.metadata.create_all(e)
forget()
step("rows")
with Session(e) as s:
    ann = User(name="ann")
    note = Note(text="hello", owner=ann)
    task = Task(text="wash up", owner=ann)
    s.add_all([ann, note, task])
    s.flush()
    say(note.size, task.size, note.gone, task.done, [n.text for n in ann.notes], [t.text for t in ann.tasks])
    step("commit")
    s.commit()
    say([n.text for n in ann.notes], ann.notes[0].size)
    step("where")
    say(s.scalars(select(Note.text).join(Note.owner).where(User.name == "ann", Note.size > 3)).all())
    say(s.scalars(select(User.name).where(User.tasks.any(Task.size > 100))).all())
    step("people")
    s.add_all([Pilot(hours=3), Nurse(ward="B"), Person()])
    s.flush()
    s.expire_all()
    step("read people")
    for p in s.scalars(select(Person).order_by(Person.id)):
        say(p, p.id, p.kind)
    step("note without owner")
    s.add(Note(text="x"))
    error(s.flush)
    s.rollback()
step("late")


@event.listens_for(Base, "instrument_class", propagate=True)
def instrument(mapper, cls):
    say("instrument", cls.__name__, mapper.local_table.name)


class Memo(Owned, Model, Base):
    title = Column(String(10), default="none")


say(calls)
say(Memo.owner.property.mapper.class_, hasattr(User, "memos"))
with Session(e) as s:
    Base.metadata.create_all(e)
    forget()
    memo = Memo(owner=User(name="bob"))
    s.add(memo)
    s.flush()
    say(memo.title, memo.owner.memos[0] is memo)
    s.rollback()
sql()
