"""INSERT, UPDATE and DELETE of classes: in bulk, with RETURNING, as upsert, of joined tables, in step with a session."""
from parity import *
from sqlalchemy import Column, DateTime, ForeignKey, Integer, String, bindparam, delete, func, insert, inspect, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, declarative_base, relationship

Base = declarative_base()


class Pet(Base):
    __tablename__ = "pets"
    id = Column(Integer, primary_key=True)
    name = Column(String(30), unique=True)
    owner = Column(String)
    kind = Column(String)
    visits = relationship("Visit")

    def __repr__(self):
        return f"Pet({self.id}, {self.name}, {fmt(self.owner)}, {fmt(self.kind)})"


class Visit(Base):
    __tablename__ = "visits"
    id = Column(Integer, primary_key=True)
    pet_id = Column(ForeignKey("pets.id"))
    reason = Column(String)

    def __repr__(self):
        return f"Visit({self.id}, {self.pet_id}, {self.reason})"


class Person(Base):
    __tablename__ = "persons"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    type = Column(String)
    __mapper_args__ = {"polymorphic_identity": "person", "polymorphic_on": "type"}


class Doctor(Person):
    __tablename__ = "doctors"
    id = Column(ForeignKey("persons.id"), primary_key=True)
    field = Column(String)
    __mapper_args__ = {"polymorphic_identity": "doctor"}

    def __repr__(self):
        return f"Doctor({self.id}, {self.name}, {self.field})"


class Note(Base):
    __tablename__ = "notes"
    id = Column(Integer, primary_key=True)
    text = Column(String)
    code = Column(String)
    at = Column(DateTime)


e = engine()
Base.metadata.create_all(e)
forget()
session = Session(e)
DATA = [
    {"name": "rex", "owner": "Ann", "kind": "dog"}, {"name": "mia", "owner": "Bob", "kind": "cat"},
    {"name": "tik", "kind": "bird"}, {"name": "ola", "owner": "Dan", "kind": "cow"},
]


def fresh():
    session.rollback()
    session.execute(delete(Pet))
    session.execute(insert(Pet), [{"id": i, **row, "owner": row.get("owner")} for i, row in enumerate(DATA, 1)])
    session.commit()
    forget()


step("bulk insert")
result = session.execute(insert(Pet), [{"name": "a", "owner": "x"}, {"name": "b", "owner": "y"}])
say(session.scalars(select(Pet.name).order_by(Pet.id)).all(), session.new, len(session.identity_map))
session.rollback()
step("bulk insert returning")
pets = session.scalars(insert(Pet).returning(Pet, sort_by_parameter_order=True), [{"id": i, **r, "owner": "Q"} for i, r in enumerate(DATA, 1)])
got = pets.all()
say([str(p) for p in got], [inspect(p).persistent for p in got])
session.rollback()
step("heterogeneous")
got = session.scalars(insert(Pet).returning(Pet), [{"id": i, **row} for i, row in enumerate(DATA, 1)]).all()
say(sorted(str(p) for p in got))
session.rollback()
session.execute(insert(Pet), [{"name": "p1", "kind": "dog"}, {"name": "p2", "kind": None}, {"name": "p3", "kind": "cat"}])
session.rollback()
step("render_nulls")
session.execute(
    insert(Pet).execution_options(render_nulls=True),
    [{"name": "p1", "kind": "dog"}, {"name": "p2", "kind": None}, {"name": "p3", "kind": "cat"}],
)
session.rollback()
step("joined inheritance")
got = session.scalars(insert(Doctor).returning(Doctor, sort_by_parameter_order=True), [{"name": "dr a", "field": "teeth"}, {"name": "dr b", "field": "eyes"}]).all()
say([(d.name, d.field, d.type) for d in got])
session.commit()
step("expressions")
notes = session.scalars(
    insert(Note).values(code="N", at=func.now()).returning(Note, sort_by_parameter_order=True), [{"text": "one"}, {"text": "two"}]
).all()
say([(n.text, n.code, n.at is not None) for n in notes])
session.rollback()

fresh()
step("insert of values")
visits = session.scalars(
    insert(Visit).values([
        {"pet_id": select(Pet.id).where(Pet.name == "mia").scalar_subquery(), "reason": "claws", "id": 1},
        {"pet_id": select(Pet.id).where(Pet.name == "rex").scalar_subquery(), "reason": "teeth", "id": 2},
    ]).returning(Visit)
).all()
say(sorted(str(v) for v in visits))
session.rollback()
session.execute(insert(Pet).values([{"name": "q"}, {"name": "r", "owner": "R"}]))
session.rollback()

step("upsert")
dialect_insert = postgresql.insert if is_postgresql else sqlite.insert
stmt = dialect_insert(Pet).values([{"name": "rex", "owner": "Zed"}, {"name": "new", "owner": "Nel"}])
stmt = stmt.on_conflict_do_update(index_elements=[Pet.name], set_=dict(owner=stmt.excluded.owner))
rex = session.scalars(select(Pet).where(Pet.name == "rex")).one()
got = session.scalars(stmt.returning(Pet), execution_options={"populate_existing": True}).all()
say(sorted((p.name, p.owner) for p in got), rex.owner, rex in got)
session.rollback()

fresh()
step("bulk update by key")
rex = session.get(Pet, 1)
session.execute(update(Pet), [{"id": 1, "owner": "Ann II"}, {"id": 3, "owner": "Cid"}])
say(rex.owner, session.get(Pet, 3).owner)
error(lambda: session.execute(update(Pet), [{"name": "rex", "owner": "?"}]))
session.rollback()
error(lambda: session.execute(update(Pet).where(Pet.name == bindparam("n")), [{"n": "rex", "owner": "A"}]))
session.rollback()
session.connection().execute(update(Pet).where(Pet.name == bindparam("n")), [{"n": "rex", "owner": "A"}, {"n": "tik", "owner": "B"}])
say(session.execute(select(Pet.name, Pet.owner).order_by(Pet.id)).all())
session.rollback()
step("of joined tables")
ids = session.scalars(select(Doctor.id).order_by(Doctor.id)).all()
session.execute(update(Doctor), [
    {"id": ids[0], "name": "dr aa", "field": "gums"}, {"id": ids[1], "name": "dr bb", "field": "ears"},
])
say([str(d) for d in session.scalars(select(Doctor).order_by(Doctor.id))])
session.rollback()

fresh()
step("update with where")
rex, mia = session.get(Pet, 1), session.get(Pet, 2)
say(session.execute(update(Pet).where(Pet.name.in_(["rex", "mia"])).values(owner="both")).rowcount)
say(rex.owner, mia.owner)
session.execute(update(Pet).where(Pet.name == "rex").values(owner="x").execution_options(synchronize_session=False))
say(rex.owner)
session.execute(update(Pet).where(Pet.name == "rex").values(owner=Pet.owner + "!"), execution_options={"synchronize_session": "fetch"})
say(rex.owner)
got = session.scalars(update(Pet).where(Pet.name == "rex").values(owner="ret").returning(Pet)).all()
say(got[0] is rex, rex.owner)
step("delete with where")
session.execute(delete(Pet).where(Pet.name.in_(["rex", "ola"])))
say(rex in session, inspect(rex).deleted, inspect(rex).persistent)
say(session.scalars(delete(Pet).where(Pet.id == 2).returning(Pet.name)).all(), mia in session)
session.rollback()
say(rex in session, rex.owner)

step("inherited, with criteria on another table")
session.execute(update(Doctor).where(Doctor.id == ids[0]).values(field="one"))
session.execute(
    update(Doctor).where(Doctor.id == select(Person.id).where(Person.name == "dr a").scalar_subquery()).values(field="two")
)
say([str(d) for d in session.scalars(select(Doctor).order_by(Doctor.id))])
session.execute(update(Doctor).where(Doctor.id == Person.id, Person.name == "dr b").values(field="three"))
say([str(d) for d in session.scalars(select(Doctor).order_by(Doctor.id)
    .execution_options(populate_existing=True))])
session.execute(delete(Doctor).where(Doctor.id == ids[0]))
session.execute(delete(Person).where(Person.id == ids[0]))
say(session.scalars(select(Person.name).order_by(Person.id)).all())
session.rollback()
sql()
