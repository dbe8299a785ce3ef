# Mappings that cannot be: missing and ambiguous keys, wrong names, wrong back references, classes without keys.
from parity import *
from sqlalchemy import Column, Integer, String, ForeignKey, Table, select
from sqlalchemy.orm import declarative_base, relationship, synonym, selectinload


def attempt(title, build):
    step(title)
    Base = declarative_base()

    def run():
        build(Base)
        Base.registry.configure()
    (refused if title == "bad order" else error)(run)


def model(Base, name, **attrs):
    attrs.setdefault("__tablename__", name.lower())
    if "id" not in attrs:
        attrs["id"] = Column(Integer, primary_key=True)
    return type(name, (Base,), attrs)


def no_key(Base):
    model(Base, "Parent", kids=relationship("Kid"))
    model(Base, "Kid")


def ambiguous(Base):
    model(Base, "Address")
    model(Base, "Customer", billing_id=Column(ForeignKey("address.id")), shipping_id=Column(ForeignKey("address.id")),
          billing=relationship("Address"))


def unknown_target(Base):
    model(Base, "Parent", kids=relationship("Kidd"))


def back_populates_missing(Base):
    model(Base, "Parent", kids=relationship("Kid", back_populates="mother"))
    model(Base, "Kid", parent_id=Column(ForeignKey("parent.id")))


def same_direction(Base):
    model(Base, "Parent", kids=relationship("Kid", back_populates="parent"))
    model(Base, "Kid", parent_id=Column(ForeignKey("parent.id")), parent=relationship(
        "Parent", back_populates="kids", remote_side="Kid.parent_id"))


def backref_taken(Base):
    model(Base, "Parent", kids=relationship("Kid", backref="parent"))
    model(Base, "Kid", parent_id=Column(ForeignKey("parent.id")), parent=relationship("Parent"))


def unknown_table(Base):
    model(Base, "Kid", parent_id=Column(ForeignKey("nowhere.id")), parent=relationship("Kid"))


def no_primary_key(Base):
    model(Base, "Thing", id=Column(Integer))


def no_table(Base):
    type("Loose", (Base,), {"id": Column(Integer, primary_key=True)})


def bad_orphan(Base):
    model(Base, "Parent")
    model(Base, "Kid", parent_id=Column(ForeignKey("parent.id")), parent=relationship("Parent", cascade=(
        "all, delete-orphan")))


def bad_cascade(Base):
    model(Base, "Parent", kids=relationship("Kid", cascade="all, remove"))


def bad_lazy(Base):
    model(Base, "Parent", kids=relationship("Kid", lazy="sometimes"))
    model(Base, "Kid", parent_id=Column(ForeignKey("parent.id")))


def bad_order(Base):
    model(Base, "Parent", kids=relationship("Kid", order_by="Kid.nothing"))
    model(Base, "Kid", parent_id=Column(ForeignKey("parent.id")))


def bad_identity(Base):
    P = model(Base, "Parent", type=Column(String(5)), __mapper_args__={"polymorphic_on": "nothing"})


def joined_without_key(Base):
    P = model(Base, "Parent")
    type("Sub", (P,), {"__tablename__": "sub", "id": Column(Integer, primary_key=True)})


def bad_synonym(Base):
    model(Base, "Parent", other=synonym("nothing"))


def taken_table(Base):
    model(Base, "Parent")
    model(Base, "Again", __tablename__="parent")


def viewonly_cascade(Base):
    model(Base, "Parent", kids=relationship("Kid", viewonly=True, cascade="all, delete"))
    model(Base, "Kid", parent_id=Column(ForeignKey("parent.id")))


def reserved(Base):
    model(Base, "Parent", metadata=Column(String(5)))


def bad_secondary(Base):
    Table("link", Base.metadata, Column("a", ForeignKey("parent.id")))
    model(Base, "Parent", kids=relationship("Kid", secondary="link"))
    model(Base, "Kid")


for build in (no_key, ambiguous, unknown_target, back_populates_missing, same_direction, backref_taken, unknown_table,
              no_primary_key, no_table, bad_orphan, bad_cascade, bad_lazy, bad_order, bad_identity,
              joined_without_key, bad_synonym, taken_table, viewonly_cascade, reserved, bad_secondary):
    attempt(build.__name__.replace("_", " "), build)
step("a broken mapper breaks the others until it is gone")
Base = declarative_base()
Fine = model(Base, "Fine")
model(Base, "Broken", kids=relationship("Nobody"))
error(lambda: Fine())
error(lambda: select(Fine).options(selectinload("x")))
error(lambda: Fine())
step("end")
