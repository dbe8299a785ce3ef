"""The bulk methods: bulk_save_objects, bulk_insert_mappings, bulk_update_mappings and their options."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, event, inspect, select, text
from sqlalchemy.orm import Session, declarative_base, relationship

Base = declarative_base()


class Staff(Base):
    __tablename__ = "staff"
    id = Column(Integer, primary_key=True)
    kind = Column(String(10))
    name = Column("full_name", String(50))
    grade = Column(Integer, default=1)
    changed = Column(Integer, onupdate=7)
    desks = relationship("Desk", order_by="Desk.id")
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "staff"}


class Boss(Staff):
    __tablename__ = "boss"
    id = Column(ForeignKey("staff.id"), primary_key=True)
    budget = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "boss"}


class Desk(Base):
    __tablename__ = "desk"
    id = Column(Integer, primary_key=True)
    label = Column(String(20))
    owner_id = Column(ForeignKey("staff.id"))


e = engine()
Base.metadata.create_all(e)
forget()
for name in ("before_insert", "after_insert", "before_update", "after_update"):
    event.listen(Base, name, lambda m, c, o, name=name: say("  *", name), propagate=True)
session = Session(e)
event.listen(session, "before_flush", lambda *a: say("  * before_flush"))
event.listen(session, "after_bulk_update", lambda ctx: say("  * after_bulk_update"))


def rows(t="staff"):
    return session.execute(text("select * from %s order by id" % t)).all()


step("bulk_insert_mappings")
session.bulk_insert_mappings(Staff, [{"name": "a"}, {"name": "b", "grade": 5}, {"name": "c"}])
say(rows(), len(session.identity_map))
step("with nulls rendered")
session.bulk_insert_mappings(Desk, [{"label": "x", "owner_id": 1}, {"label": "y", "owner_id": None}], render_nulls=True)
session.bulk_insert_mappings(Desk, [{"label": "u", "owner_id": 1}, {"label": "v", "owner_id": None}])
say(rows("desk"))
step("return_defaults")
maps = [{"name": "d", "grade": 2}, {"name": "e", "grade": 3}]
session.bulk_insert_mappings(Staff, maps, return_defaults=True)
say([sorted(m.items()) for m in maps])
step("joined inheritance")
session.bulk_insert_mappings(Boss, [{"name": "f", "budget": 100}, {"name": "g", "budget": 200}])
say(rows(), rows("boss"))

step("bulk_update_mappings")
session.bulk_update_mappings(Staff, [{"id": 1, "name": "A"}, {"id": 2, "name": "B"}, {"id": 3, "grade": 9}])
session.bulk_update_mappings(Boss, [{"id": 6, "name": "F", "budget": 101}])
say(rows(), rows("boss"))
error(lambda: session.bulk_update_mappings(Staff, [{"name": "no key"}]))
error(lambda: session.bulk_update_mappings(Staff, [{"id": 77, "name": "no row"}]))
session.rollback()
say(rows())

step("bulk_save_objects of new objects")
s = [Staff(name="h"), Boss(name="i", budget=1), Staff(name="j", desks=[Desk(label="ignored")])]
session.bulk_save_objects(s)
say([inspect(o).transient for o in s], [o.id for o in s], len(session.new), rows("desk"))
step("return_defaults")
s = [Staff(name="k"), Staff(name="l", grade=4), Boss(name="m", budget=2)]
session.bulk_save_objects(s, return_defaults=True)
say([o.id for o in s], s[0].grade, [inspect(o).transient for o in s])
session.commit()
step("bulk_save_objects of loaded objects")
loaded = session.scalars(select(Staff).order_by(Staff.id)).all()
loaded[0].name = "H"
loaded[2].grade = 8
say(len(session.dirty))
session.bulk_save_objects(loaded)
say(inspect(loaded[0]).modified, len(session.dirty), [r[2] for r in rows()])
session.bulk_save_objects(loaded, update_changed_only=False)
sql()
session.rollback()
step("order kept")
session.bulk_save_objects([Staff(name="n"), Desk(label="n"), Staff(name="o"), Desk(label="o")])
error(lambda: session.bulk_save_objects([Staff(id=1, name="twice")]))
session.rollback()
session.close()
sql()
