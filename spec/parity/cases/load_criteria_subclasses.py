"""with_loader_criteria() where columns of subclasses come by statements of their own, and their relationships."""
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *


class Base(DeclarativeBase):
    pass


class Person(Base):
    __tablename__ = "person"
    id = mapped_column(Integer, primary_key=True)
    kind = mapped_column(String(9))
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "p"}


class Engineer(Person):
    __tablename__ = "engineer"
    id = mapped_column(ForeignKey("person.id"), primary_key=True)
    lang = mapped_column(String(9))
    tools = relationship("Tool", order_by="Tool.id")
    __mapper_args__ = {"polymorphic_identity": "e", "polymorphic_load": "selectin"}


class Lead(Engineer):
    __tablename__ = "lead"
    id = mapped_column(ForeignKey("engineer.id"), primary_key=True)
    stars = mapped_column(Integer)
    __mapper_args__ = {"polymorphic_identity": "l", "polymorphic_load": "selectin"}


class Tool(Base):
    __tablename__ = "tool"
    id = mapped_column(Integer, primary_key=True)
    engineer_id = mapped_column(ForeignKey("engineer.id"))


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    s.add_all([Person(id=1), Engineer(id=2, lang="x", tools=[Tool(id=1), Tool(id=2)]), Lead(id=3, lang="y", stars=3),
               Engineer(id=4, lang="z")])
    s.commit()
forget()


def show(title, *options):
    step(title)
    with Session(e) as s:
        for x in s.scalars(select(Person).order_by(Person.id).options(*options)).unique():
            say(x, sorted(inspect(x).unloaded))
        sql()
        for x in s.scalars(select(Person).order_by(Person.id)):
            if isinstance(x, Engineer):
                say(x.lang, [t.id for t in x.tools])
        sql()
    forget()


show("none")
show("engineer", with_loader_criteria(Engineer, Engineer.lang != "x"))
show("with aliases", with_loader_criteria(Engineer, lambda cls: cls.lang != "y", include_aliases=True))
show("not propagated", with_loader_criteria(Engineer, Engineer.lang != "z", propagate_to_loaders=False))
show("person", with_loader_criteria(Person, Person.id != 2, include_aliases=True))
show("lead", with_loader_criteria(Lead, Lead.stars > 5))
show("below", with_loader_criteria(Tool, Tool.id > 1), selectinload(Engineer.tools))
show("below joined", with_loader_criteria(Tool, Tool.id > 1), selectin_polymorphic(Person, [Engineer]), joinedload(Engineer.tools))
show("other values", with_loader_criteria(Engineer, lambda cls: cls.lang != "x", include_aliases=True))
