# Explicit tables, columns under other names, composite and natural keys, deferred groups.
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *

Base = declarative_base()

shelf_table = Table(
    "shelf",
    Base.metadata,
    Column("room", String(5), primary_key=True),
    Column("no", Integer, primary_key=True, autoincrement=False),
    Column("shelf_label", String(20), key="label"),
)


class Shelf(Base):
    __table__ = shelf_table
    number = shelf_table.c.no
    boxes = relationship("Box", back_populates="shelf", order_by="Box.code")


class Box(Base):
    __tablename__ = "box"
    code = Column("box_code", String(10), primary_key=True)
    shelf_room = Column("r", String(5))
    shelf_no = Column("n", Integer)
    summary = deferred(Column(Text), group="texts")
    report = deferred(Column(Text), group="texts")
    photo = deferred(Column(LargeBinary))
    shelf = relationship(Shelf, back_populates="boxes")
    __table_args__ = (ForeignKeyConstraint(["r", "n"], ["shelf.room", "shelf.no"]),)


class Loan(Base):
    __table__ = Table(
        "loan",
        Base.metadata,
        Column("_id", Integer, primary_key=True),
        Column("_box", ForeignKey("box.box_code")),
        Column("_who", String(10)),
        Column("_secret", String(10)),
    )
    __mapper_args__ = {"exclude_properties": ["_secret"], "column_prefix": "c"}


e = engine()
Base.metadata.create_all(e)
forget()
say(inspect(Shelf).attrs.keys(), inspect(Shelf).primary_key)
say(inspect(Box).attrs.keys(), Box.__table__.c.keys())
say(sorted(inspect(Loan).attrs.keys()))
say(inspect(Box).get_property_by_column(Box.__table__.c.r).key)
with Session(e) as s:
    one = Shelf(room="A", number=1, label="letters")
    two = Shelf(room="A", number=2)
    s.add_all([two, one])
    s.add_all([Box(code="b2", shelf=one, summary="s2", report="r2"), Box(code="b1", shelf=one, photo=b"\x01\x02")])
    s.add(Box(code="b3", shelf=two))
    s.commit()
    step("get")
    say(s.get(Shelf, ("A", 1)).label, s.get(Shelf, {"room": "A", "number": 2}).label, s.get(Shelf, ("B", 1)))
    say(inspect(one).identity, inspect(one).identity_key[1], inspect(Shelf).primary_key_from_instance(two))
    error(lambda: s.get(Shelf, "A"))
    error(lambda: s.get(Shelf, {"room": "A", "no": 2}))
    step("collections")
    say([(b.code, b.shelf_room, b.shelf_no) for b in one.boxes])
    step("deferred group")
    s.expire_all()
    b = s.get(Box, "b2")
    say(sorted(inspect(b).unloaded))
    sql()
    say(b.summary)
    say(sorted(inspect(b).unloaded), b.report)
    step("deferred alone")
    say(s.scalars(select(Box).where(Box.code == "b1")).one().photo)
    s.expunge_all()
    step("undefer group")
    say([x.report for x in s.scalars(select(Box).options(undefer_group("texts")).order_by(Box.code))])
    step("move")
    b = s.get(Box, "b3")
    b.shelf = s.get(Shelf, ("A", 1))
    s.flush()
    say(b.shelf_room, b.shelf_no)
    step("natural key changes")
    b.code = "b9"
    s.flush()
    say(inspect(b).identity, s.get(Box, "b3"), s.get(Box, "b9") is b)
    step("prefix")
    s.add(Loan(c_box="b9", c_who="Ann"))
    s.commit()
    say(s.execute(select(Loan.c_id, Loan.c_who)).all())
    say(select(Loan))
    refused(lambda: Loan(_who="x"))
sql()


class Lost(Base):
    __tablename__ = "lost"
    id = Column(Integer, primary_key=True)
    box = relationship("Bex")


say("late names")
error(configure_mappers)
error(lambda: Lost())
error(lambda: Shelf(room="C", number=4))
