"""Columns of a model: order, mixins, abstract bases, table arguments, naming conventions, names unlike attributes."""
from parity import *
from sqlalchemy import (CheckConstraint, Column, DateTime, ForeignKey, Index, Integer, MetaData, Numeric, String,
    UniqueConstraint, func, inspect, select)
from sqlalchemy.orm import Session, declarative_base, mapped_column, relationship
from sqlalchemy.schema import CreateIndex, CreateTable

Base = declarative_base(metadata=MetaData(naming_convention={
    "ix": "ix_%(column_0_label)s", "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s", "pk": "pk_%(table_name)s"}))


def refused(fn):
    try:
        fn()
    except Exception:
        return say("refused")
    say("no error")


class Stamped:
    created = mapped_column(DateTime, server_default=func.now(), sort_order=90)
    updated = mapped_column(DateTime, onupdate=func.now(), sort_order=91)


class Named:
    name = mapped_column(String(30), nullable=False, index=True)


class Model(Base):
    __abstract__ = True
    id = mapped_column(Integer, primary_key=True, sort_order=-10)

    def label(self):
        return "%s %s" % (self.__tablename__, self.id)


class Team(Named, Model):
    __tablename__ = "teams"
    city = mapped_column("town", String(40))
    rank = mapped_column(Integer, CheckConstraint("rank > 0", name="positive"), unique=True)


class Player(Named, Stamped, Model):
    __tablename__ = "players"
    __table_args__ = (
        UniqueConstraint("team_id", "shirt_no"), CheckConstraint("shirt_no < 100", name="shirt"),
        Index("ix_name_shirt", "name", "shirt_no"), {"comment": "who plays", "info": {"area": "sport"}})
    shirt = mapped_column("shirt_no", Integer, key="shirt_no", comment="on the back")
    team_id = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))
    wage = mapped_column("wage_eur", Numeric(8, 2), info={"unit": "EUR"})
    team = relationship(Team, backref="players")


class Line(Model):
    __tablename__ = "lines"
    __table_args__ = {"info": {"kind": "dict only"}}
    a = Column(Integer)
    b = Column("bb", Integer, nullable=False)


e = engine()
for cls in (Team, Player, Line):
    table = cls.__table__
    say(cls, table.name, table.fullname, [c.name for c in table.columns], [c.key for c in table.columns])
    say([a.key for a in inspect(cls).column_attrs])
    say(CreateTable(table).compile(dialect=e.dialect))
    for ix in sorted(table.indexes, key=lambda i: i.name):
        say(CreateIndex(ix).compile(dialect=e.dialect))
    say(sorted(str(c.name) for c in table.constraints))
say(Player.__table__.comment, Player.__table__.info, Line.__table__.info)
say(Player.__table__.c.wage_eur.info, Player.wage.info, Player.__table__.c.shirt_no.comment)
say([t.name for t in Base.metadata.sorted_tables], sorted(Base.metadata.tables))
say(Player.wage, Player.shirt, Team.city, Player.wage.key, Player.wage.expression)
say(inspect(Player).get_property_by_column(Player.__table__.c.wage_eur).key)
say(select(Player), select(Team.city, Player.wage).join(Team.players))
say(select(Team).filter_by(city="Rome"))
error(lambda: select(Team).filter_by(town="Rome"))
step("create")
Base.metadata.create_all(e)
forget()
names = inspect(e)
say(sorted(i["name"] for i in names.get_indexes("players")), names.get_pk_constraint("players")["name"])
say([c["name"] for c in names.get_columns("players")], names.get_foreign_keys("players")[0]["name"])
say(sorted(u["name"] for u in names.get_unique_constraints("players")))
forget()
step("rows")
with Session(e) as s:
    red = Team(name="red", city="Rome", rank=1)
    ann = Player(name="ann", shirt=7, wage=10, team=red)
    s.add(ann)
    s.commit()
    step("read")
    say(ann.label(), red.label(), ann.wage, ann.shirt, red.city, ann.updated, ann.created is not None)
    row = s.execute(select(Player.wage, Player.shirt, Team.city).join(Player.team)).one()
    say(row._fields, row.wage, row.shirt, row.city)
    step("change")
    ann.shirt = 9
    s.flush()
    say(inspect(ann).attrs.shirt.history, ann.updated is not None)
    refused(lambda: Player(shirt_no=3))
    refused(lambda: Player(nothing=3))
    s.add(Line(a=1))
    error(s.flush)
    s.rollback()
    sql()
step("wrong")


def no_key():
    class NoKey(Base):
        __tablename__ = "no_key"
        x = Column(Integer)


def no_table():
    class NoTable(Base):
        x = Column(Integer, primary_key=True)


def twice():
    class Again(Base):
        __tablename__ = "teams"
        id = Column(Integer, primary_key=True)


def reserved():
    class Reserved(Base):
        __tablename__ = "reserved"
        id = Column(Integer, primary_key=True)
        metadata = Column(Integer)


def bad_args():
    class BadArgs(Base):
        __tablename__ = "bad_args"
        __table_args__ = UniqueConstraint("id")
        id = Column(Integer, primary_key=True)


for fn in (no_key, no_table, twice, reserved, bad_args):
    error(fn)
