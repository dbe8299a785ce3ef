"""of_type() of a class that is configured to load a subclass with it: every loader, the columns that come."""
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *
class Base(DeclarativeBase):
    pass
class Company(Base):
    __tablename__ = "company"
    id = mapped_column(Integer, primary_key=True)
    people = relationship("Person", order_by="Person.id")
class Person(Base):
    __tablename__ = "person"
    id = mapped_column(Integer, primary_key=True)
    kind = mapped_column(String(9))
    company_id = mapped_column(ForeignKey("company.id"))
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "p"}
class Engineer(Person):
    __tablename__ = "engineer"
    id = mapped_column(ForeignKey("person.id"), primary_key=True)
    lang = mapped_column(String(9))
    __mapper_args__ = {"polymorphic_identity": "e", "polymorphic_load": "inline"}
class Lead(Engineer):
    stars = mapped_column(Integer)
    __mapper_args__ = {"polymorphic_identity": "l"}
e = engine()
Base.metadata.create_all(e)
forget()
def show(title, stmt):
    step(title)
    with Session(e) as s:
        s.scalars(stmt).unique().all()
        sql()
    forget()
q = select(Company)
with Session(e) as s:
    s.add(Company(id=1, people=[Engineer(id=1, lang="x"), Person(id=2)]))
    s.commit()
forget()
show("contains", q.join(Company.people).options(contains_eager(Company.people)))
show("contains of_type joined", q.join(Company.people.of_type(Person)).options(contains_eager(Company.people.of_type(Person))))
show("contains of_type", q.join(Company.people).options(contains_eager(Company.people.of_type(Person))))
show("contains of_type entity", q.join(Person).options(contains_eager(Company.people.of_type(Person))))
show("contains of_type sub", q.join(Company.people.of_type(Engineer)).options(contains_eager(Company.people.of_type(Engineer))))
show("joined", q.options(joinedload(Company.people)))
show("joined of_type", q.options(joinedload(Company.people.of_type(Person))))
show("joined of_type sub", q.options(joinedload(Company.people.of_type(Engineer))))
show("selectin of_type", q.options(selectinload(Company.people.of_type(Person))))
show("selectin of_type sub", q.options(selectinload(Company.people.of_type(Engineer))))
show("subquery of_type", q.options(subqueryload(Company.people.of_type(Person))))
show("immediate of_type", q.options(immediateload(Company.people.of_type(Person))))
