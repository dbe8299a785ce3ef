# Mixins, an abstract base, naming conventions and declared attributes of a clinic's models.
from sqlalchemy import *
from sqlalchemy.orm import *
from sqlalchemy.schema import CreateTable, CreateIndex
from parity import *

convention = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
Base = declarative_base(metadata=MetaData(naming_convention=convention))


class Audited:
    created_by = Column(String(20), default="system")
    revision = Column(Integer, default=1, onupdate=lambda ctx: ctx.get_current_parameters().get("revision") or 2)


class HasDoctor:
    @declared_attr
    def doctor_id(cls):
        return Column(ForeignKey("doctor.id"), nullable=False)

    @declared_attr
    def doctor(cls):
        return relationship("Doctor")


class Entity(Base):
    __abstract__ = True
    id = Column(Integer, primary_key=True)

    @declared_attr
    def __tablename__(cls):
        return cls.__name__.lower()

    def describe(self):
        return "%s #%s" % (type(self).__name__, self.id)


class Doctor(Audited, Entity):
    name = Column(String(40), nullable=False, index=True)
    field = Column(String(20))
    __table_args__ = (UniqueConstraint("name", "field"), CheckConstraint("length(name) > 1", name="name_long"))
    patients = relationship("Patient", back_populates="doctor", order_by="Patient.name")


class Patient(Audited, Entity):
    name = Column(String(40))
    doctor_id = Column(ForeignKey("doctor.id"))
    doctor = relationship("Doctor", back_populates="patients")


class Visit(HasDoctor, Entity):
    day = Column(Date, nullable=False)
    patient_id = Column(ForeignKey("patient.id"), index=True)
    patient = relationship(Patient, backref=backref("visits", order_by="Visit.day.desc()"))
    __table_args__ = {"comment": "one row a visit"}


class Bill(HasDoctor, Entity):
    amount = Column(Numeric(8, 2))
    __mapper_args__ = {"batch": False}


configure_mappers()
e = engine()
for table in Base.metadata.sorted_tables:
    say(CreateTable(table).compile(dialect=e.dialect))
    for index in sorted(table.indexes, key=lambda i: i.name):
        say(CreateIndex(index).compile(dialect=e.dialect))
say([t.name for t in Base.metadata.sorted_tables])
say(inspect(Doctor).attrs.keys())
say(inspect(Bill).batch, inspect(Doctor).batch, Bill.__table__.c.keys())
say(Visit.__table__.comment, Doctor.__table__.primary_key.name)
say(sorted(c.name for c in Doctor.__table__.constraints))
say(Bill.doctor.property.mapper.class_, Visit.doctor.property is Bill.doctor.property)
say(Doctor.created_by.property.columns[0] is Patient.created_by.property.columns[0])
Base.metadata.create_all(e)
forget()
with Session(e) as s:
    grey = Doctor(name="Grey", field="eyes")
    ann = Patient(name="Ann", doctor=grey)
    bob = Patient(name="Bob", doctor=grey, created_by="desk")
    s.add(grey)
    s.flush()
    step("flushed")
    say(grey.describe(), ann.describe(), ann.created_by, bob.created_by, ann.revision)
    s.add_all([Visit(day=datetime.date(2026, 1, d), patient=ann, doctor=grey) for d in (3, 1, 2)])
    s.add_all([Bill(amount=decimal.Decimal("10.50"), doctor=grey), Bill(amount=7, doctor=grey)])
    s.commit()
    step("visits")
    say([v.day for v in ann.visits])
    say([p.name for p in grey.patients])
    bob.name = "Bobby"
    s.flush()
    step("onupdate")
    say(bob.revision)
    s.add(Doctor(name="Grey", field="eyes"))
    error(s.flush)
    s.rollback()
    s.add(Doctor(name="X"))
    error(s.flush)
    s.rollback()
    step("after errors")
    say(s.scalars(select(Doctor.name)).all(), bob.name)
sql()
