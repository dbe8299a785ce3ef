"""Declarative, a personnel register: abstract base with a naming convention and a type map, mixins with
declared_attr, __table_args__, __mapper_args__, defaults of all kinds, natural and composite keys, an explicit
__table__."""
import datetime
from typing import Optional
from typing_extensions import Annotated
from sqlalchemy import *
from sqlalchemy.orm import *
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateTable
from parity import *

counter = iter(range(100, 200))


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s", "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s", "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s"})
    type_annotation_map = {str: String(40), datetime.date: Date}


class Stamped:
    created = mapped_column(Integer, default=lambda: next(counter), sort_order=90)
    changed = mapped_column(Integer, default=0, onupdate=text("changed + 1"), sort_order=91)


class Named:
    name: Mapped[str]

    @declared_attr.directive
    def __tablename__(cls):
        return cls.__name__.lower() + "s"

    @declared_attr
    def parent_code(cls):
        return mapped_column(ForeignKey("divisions.code"), index=True)


class Record(Stamped, Base):
    __abstract__ = True
    __mapper_args__ = {"eager_defaults": True}

    def label(self):
        return "%s/%s" % (type(self).__name__, self.created)


class Division(Record):
    __tablename__ = "divisions"
    code: Mapped[str] = mapped_column(String(5), primary_key=True)
    budget: Mapped[Optional[int]] = mapped_column("budget_eur", server_default=text("1000"))
    __table_args__ = (CheckConstraint("budget_eur > 0", name="budget"), UniqueConstraint("created"))


class Employee(Named, Record):
    id: Mapped[int] = mapped_column(primary_key=True)
    hired: Mapped[datetime.date]
    grade: Mapped[str] = mapped_column(String(1), default="C", insert_default="B")
    badge: Mapped[Optional[str]] = mapped_column(default=lambda ctx: "B-" + ctx.get_current_parameters()["name"])
    division: Mapped["Division"] = relationship(backref=backref("staff", order_by="Employee.id"))


class Shift(Record):
    __tablename__ = "shifts"
    day: Mapped[int] = mapped_column(primary_key=True)
    slot: Mapped[int] = mapped_column(primary_key=True)
    who_id: Mapped[int] = mapped_column(ForeignKey("employees.id"))
    who: Mapped[Employee] = relationship()
    __mapper_args__ = {"eager_defaults": False, "primary_key": ["day", "slot"]}


class Legacy(Base):
    __table__ = Table("old_badges", Base.metadata, Column("no", Integer, primary_key=True),
        Column("holder", String(20)),
                      Column("state", String(10), server_default="valid"))
    number = __table__.c.no


e = engine()
Base.metadata.create_all(e)
forget()
for t in Base.metadata.sorted_tables:
    say(t.name, list(t.c.keys()), sorted(str(c.name) for c in t.constraints), [i.name for i in t.indexes])
say(CreateTable(Division.__table__).compile(dialect=sqlite.dialect()))
say(CreateTable(Employee.__table__).compile(dialect=postgresql.dialect()))
say([a.key for a in inspect(Division).column_attrs], [c.name for c in inspect(Shift).primary_key])
say(sorted(a.key for a in inspect(Legacy).column_attrs), [r.key for r in inspect(Employee).relationships])

with Session(e) as s:
    step("insert")
    d = Division(code="OPS")
    ann = Employee(name="ann", hired=datetime.date(2024, 2, 29), division=d)
    bob = Employee(name="bob", hired=datetime.date(2025, 1, 1), grade="A", badge="X", division=d)
    say(ann.grade, ann.badge, d.budget, d.created)
    s.add_all([ann, bob, Shift(day=1, slot=2, who=ann), Shift(day=1, slot=1, who=bob)])
    s.flush()
    sql()
    say(d.budget, d.created, ann.grade, bob.grade, ann.badge, bob.badge, ann.label(), ann.changed)
    step("update")
    ann.name = "anne"
    d.budget = 5
    s.flush()
    sql()
    say(ann.changed, d.changed, [x.name for x in d.staff])
    step("get")
    shift = s.get(Shift, (1, 2))
    shift.slot = 3
    s.flush()
    sql()
    say(shift.who is ann, inspect(shift).identity, shift.changed)
    s.add(Legacy(number=7, holder="zed"))
    s.commit()
    step("legacy")
    old = s.scalars(select(Legacy).where(Legacy.number == 7)).one()
    say(old.number, old.holder, old.state)
    sql()
    step("errors")
    s.add(Division(code="BAD", budget=-1))
    error(s.commit)
    s.rollback()
    s.add(Employee(hired=datetime.date(2024, 1, 1), badge="b", division=s.get(Division, "OPS")))
    error(s.flush)
    error(s.flush)
    s.rollback()
    sql()
    refused(lambda: Employee(nickname="x"))
    error(lambda: s.get(Shift, 1))
    say(s.scalar(select(func.count()).select_from(Employee)))
    sql()
