"""Properties in every shape: added later, renamed, over explicit tables, two names for a column, expressions."""
from parity import *
from sqlalchemy import Column, Computed, ForeignKey, Integer, MetaData, String, Table, func, inspect, literal_column, select
from sqlalchemy.orm import (Session, column_property, declarative_base, declared_attr, deferred, query_expression, relationship,
                            synonym, undefer, undefer_group, with_expression, load_only)

md = MetaData(naming_convention={"ix": "ix_%(table_name)s_%(column_0_name)s", "fk": "fk_%(table_name)s_%(referred_table_name)s"})
Base = declarative_base(metadata=md)
raw = Table("raw", md, Column("id", Integer, primary_key=True), Column("user name", String(10), key="uname"),
            Column("size", Integer, info={"unit": "cm"}), Column("hidden", String(5), default="h"), Column("owner_id", ForeignKey("owner.id")))


def refused(fn):
    try:
        fn()
    except Exception:
        return say("refused")
    say("no error")


class Owner(Base):
    __tablename__ = "owner"
    id = Column(Integer, primary_key=True)
    first = Column(String(10), info={"a": 1}, doc="first name")
    last = Column("surname", String(10))
    full = column_property(first + " " + last, info={"b": 2})
    initials = column_property(func.substr(first, 1, 1).concat(func.substr(last, 1, 1)), deferred=True)
    bio = deferred(Column(String(10)), group="big")
    photo = deferred(Column(String(10)), group="big")
    secret = deferred(Column(String(10)), raiseload=True)
    extra = query_expression(literal_column("0"))
    note = query_expression()


class Raw(Base):
    __table__ = raw
    name = raw.c.uname
    width = column_property(raw.c.size, active_history=True)
    double = column_property(raw.c.size * 2)
    owner = relationship(Owner, backref="raws")


class Sorted:
    z = Column(Integer)

    @declared_attr
    def made_by(cls):
        return Column(String(5), default=cls.__name__)


class Abstract(Base):
    __abstract__ = True
    id = Column(Integer, primary_key=True)
    tag = Column(String(5), index=True)


class One(Sorted, Abstract):
    __tablename__ = "one"
    first = Column(Integer)
    parent_id = Column(ForeignKey("owner.id"))


Owner.raw_count = column_property(select(func.count(raw.c.id)).where(raw.c.owner_id == Owner.id).correlate_except(raw)
                                  .scalar_subquery())
Owner.nick = Column("nick_name", String(10))
Owner.alias = synonym("nick")
One.late = Column(Integer, default=5)
One.parent = relationship(Owner, backref="ones")
inspect(One).add_property("later", One.__table__.c.first)
say([c.name for c in Owner.__table__.c], [c.name for c in One.__table__.c], sorted(i.name for i in One.__table__.indexes),
    [c.name for c in One.__table__.foreign_key_constraints])
e = engine()
Base.metadata.create_all(e)
forget()
for cls in (Owner, Raw, One):
    m = inspect(cls)
    say(cls, sorted(m.attrs.keys()), sorted(m.column_attrs.keys()), sorted(m.columns.keys()))
say(Owner.first.info, Owner.full.info, inspect(Raw).attrs.width.columns[0].info, Owner.first.property.doc, Raw.name.key)
say(Owner.last.name, Owner.last.key, Raw.name.property.columns[0].name, inspect(Raw).get_property_by_column(raw.c.uname).key)
say(inspect(Owner).attrs.full.expression, inspect(Owner).attrs.bio.deferred, inspect(Owner).attrs.bio.group)
say(select(Owner))
say(select(Raw).where(Raw.name == "x", Raw.double > 3))
say(select(Owner.full, Owner.raw_count).where(Owner.alias == "n"))
s = Session(e)
step("rows")
o = Owner(first="Ann", last="Lee", bio="b", photo="p", secret="s", alias="al")
r = Raw(name="r", width=2, owner=o)
say(o.full, o.raw_count, o.extra, o.nick, r.double, r.hidden)
s.add_all([o, r, One(parent=o, later=9)])
s.flush()
say(r.hidden, r.double, sorted(inspect(o).unloaded))
say(o.full, o.raw_count)
s.commit()
step("deferred")
o = s.scalars(select(Owner)).one()
say(sorted(inspect(o).unloaded), o.raw_count)
say(o.bio)
say(o.photo, o.initials)
error(lambda: o.secret)
s.expunge_all()
o = s.scalars(select(Owner).options(undefer_group("big"), undefer(Owner.initials), with_expression(Owner.note, Owner.first + "!"),
                                    with_expression(Owner.extra, func.length(Owner.last)))).one()
say(sorted(inspect(o).unloaded), o.note, o.extra)
s.expunge_all()
o = s.scalars(select(Owner).options(load_only(Owner.full))).one()
say(sorted(inspect(o).unloaded))
s.expunge_all()
o = s.scalars(select(Owner)).one()
step("change")
r = s.scalars(select(Raw)).one()
r.width = 7
say(inspect(r).attrs.width.history, r.double)
r.double = 4
say(r.double, r in s.dirty)
s.flush()
say(r.double)
s.commit()
say(r.double, r.width, o.raws[0] is r, o.raw_count)
x = s.scalars(select(One)).one()
say(x.first, x.later, x.late, x.made_by, x.parent is o)
x.later = 4
s.flush()
say(x.first)
s.refresh(x)
say(x.first, x.later)
step("refresh")
s.refresh(o, ["full", "bio"])
say(o.full, o.bio)
s.expire(o, ["raw_count"])
say(o.raw_count)
step("queries")
say(s.execute(select(Owner.full, Owner.initials, Owner.raw_count)).all())
say(s.scalars(select(Owner.id).where(Owner.full.like("Ann%")).order_by(Owner.full.desc())).all())
say(s.execute(select(Raw.double, func.count()).group_by(Raw.double)).all())
say(s.execute(select(Owner.alias, Raw.name).join(Raw.owner)).one()._fields)
refused(lambda: Raw(uname="x"))
refused(lambda: Raw(size=1))
s.rollback()
sql()
