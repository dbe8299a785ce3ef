"""What a mapping can carry besides columns: SQL expressions, hybrids, synonyms, several tables, versions, mixins."""
from parity import *
from sqlalchemy import (
    Column, ForeignKey, Integer, String, Table, UniqueConstraint, func, inspect, join, select, text, literal_column,
)
from sqlalchemy.ext.hybrid import Comparator, hybrid_method, hybrid_property
from sqlalchemy.orm import (
    Session, column_property, declarative_base, declared_attr, object_session, query_expression,
    reconstructor, relationship, synonym, validates, with_expression,
)

Base = declarative_base()


class Upper(Comparator):
    def __eq__(self, other):
        return func.upper(self.__clause_element__()) == func.upper(other)


class Writer(Base):
    __tablename__ = "writers"
    id = Column(Integer, primary_key=True)
    first = Column(String)
    last = Column(String)
    full = column_property(first + " " + last)
    nick = Column("nick_name", String)
    alias = synonym("nick")
    books = relationship("Book", back_populates="writer")
    asked = query_expression()
    asked_or = query_expression(literal_column("'-'"))

    @hybrid_property
    def both(self):
        return self.first + self.last

    @hybrid_property
    def initial(self):
        return self.first[0]

    @initial.inplace.setter
    def _set_initial(self, value):
        self.first = value + self.first[1:]

    @initial.inplace.expression
    @classmethod
    def _initial(cls):
        return func.substr(cls.first, 1, 1)

    @initial.inplace.update_expression
    @classmethod
    def _initial_update(cls, value):
        return [(cls.first, value)]

    @hybrid_property
    def word(self):
        return self.last.upper()

    @word.inplace.comparator
    @classmethod
    def _word(cls):
        return Upper(cls.last)

    @hybrid_method
    def longer(self, n):
        return len(self.last) > n

    @longer.inplace.expression
    @classmethod
    def _longer(cls, n):
        return func.length(cls.last) > n

    @property
    def book_count(self):
        return object_session(self).scalar(select(func.count(Book.id)).where(Book.writer_id == self.id))

    @validates("nick", "last")
    def check(self, key, value):
        say("validates", key, value)
        if not value:
            raise ValueError(key)
        return value.strip()

    @reconstructor
    def loaded(self):
        self.seen = "loaded"

    def __init__(self, **kw):
        for key in ("first", "last", "nick", "id"):
            setattr(self, key, kw[key])
        self.seen = "made"


class Book(Base):
    __tablename__ = "books"
    id = Column(Integer, primary_key=True)
    writer_id = Column(ForeignKey("writers.id"))
    title = Column(String)
    pages = Column(Integer, default=0)
    version = Column(Integer, nullable=False)
    writer = relationship("Writer", back_populates="books")
    __mapper_args__ = {"version_id_col": version}


Writer.total = column_property(
    select(func.coalesce(func.sum(Book.pages), 0)).where(Book.writer_id == Writer.id).correlate_except(Book).scalar_subquery()
)

e = engine()
Base.metadata.create_all(e)
forget()
session = Session(e)
step("expressions")
w = Writer(id=1, first="Ada", last=" Poe ", nick="ap")
say(w.seen, w.last, w.alias, w.full, w.both, w.initial, w.word, w.longer(2))
session.add(w)
session.add(Book(id=1, title="x", pages=10, writer=w))
session.flush()
session.add(Book(id=2, title="y", pages=20, writer=w))
session.commit()
say(w.full, w.total, w.book_count)
w.initial = "I"
say(w.first, w.full)
session.commit()
say(w.full, w.asked, w.asked_or)
session.close()
step("queries")
w = session.scalars(select(Writer).where(Writer.full == "Ida Poe")).one()
say(w.seen, w.asked, w.asked_or)
say(select(Writer.id).where(Writer.initial == "I").order_by(Writer.both))
say(select(Writer.id).where(Writer.word == "poe"), select(Writer.id).where(Writer.longer(3)))
say(select(Writer.alias).where(Writer.alias.like("a%")).filter_by(alias="ap"))
say(select(Writer.initial), select(Writer.total.label("t")).order_by("t"))
say(session.execute(select(Writer.initial, Writer.alias, Writer.both)).all()[0]._mapping)
session.expunge_all()
w = session.scalars(select(Writer).options(with_expression(Writer.asked, func.length(Writer.last)), with_expression(Writer.asked_or, Writer.nick))).one()
say(w.asked, w.asked_or)
step("update through hybrid")
session.execute(sa.update(Writer).where(Writer.id == 1).values({Writer.initial: "U"}))
say(w.first)
session.execute(sa.update(Writer).where(Writer.word == "POE").values(alias="new"))
say(w.nick)
session.rollback()
step("validates")
error(lambda: setattr(w, "nick", ""))
w.alias = " z "
say(w.nick, session.dirty)
session.rollback()

step("version")
b = session.get(Book, 1)
say(b.version)
b.title = "x2"
session.flush()
say(b.version)
session.execute(text("UPDATE books SET version = 9 WHERE id = 1"))
b.title = "x3"
say(str(error(session.flush))[:60])
session.rollback()
say(b.version, b.title)
session.delete(b)
session.execute(text("UPDATE books SET version = 9 WHERE id = 1"))
error(session.commit)
session.rollback()
session.close()

step("class over a join")
ta = Table("account", Base.metadata, Column("id", Integer, primary_key=True), Column("name", String))
tb = Table(
    "contact", Base.metadata, Column("id", Integer, primary_key=True), Column("account_id", Integer, ForeignKey("account.id")),
    Column("mail", String),
)
both = join(ta, tb)


class AccountContact(Base):
    __table__ = both
    id = column_property(ta.c.id, tb.c.account_id)
    contact_id = tb.c.id


class Loud(Base):
    __table__ = select(ta.c.id, func.upper(ta.c.name).label("loud")).where(ta.c.name != None).subquery("loud_names")
    __mapper_args__ = {"primary_key": [__table__.c.id]}


Base.metadata.create_all(e)
forget()
ac = AccountContact(name="me", mail="me@x")
session.add(ac)
session.commit()
say(ac.id, ac.contact_id, ac.mail)
ac.name, ac.mail = "you", "you@x"
session.commit()
say(session.scalars(select(Loud.loud)).all(), session.scalars(select(AccountContact)).one() is ac)
session.delete(ac)
session.commit()

step("mixins")


class Common:
    @declared_attr.directive
    def __tablename__(cls):
        return cls.__name__.lower() + "_tbl"

    id = Column(Integer, primary_key=True)
    writer_id = Column(ForeignKey("writers.id"))

    @declared_attr
    def writer(cls):
        return relationship("Writer")

    @declared_attr
    def key(cls):
        return column_property(select(func.count(Writer.id)).where(Writer.id == cls.writer_id).scalar_subquery())

    @declared_attr.directive
    def __table_args__(cls):
        return (UniqueConstraint("writer_id", name="uq_" + cls.__name__),)


class Prize(Common, Base):
    year = Column(Integer)


class Blog(Common, Base):
    url = Column(String)


say(Prize.__table__.name, [c.name for c in Prize.__table__.c], Blog.__table__.name, [c.name for c in Blog.__table__.c])
say(sorted(c.name for c in Blog.__table__.constraints if c.name))
say(select(Prize), select(Blog.id).join(Blog.writer))
m = inspect(Writer)
say([c.key for c in m.column_attrs][:3], list(m.synonyms.keys()), list(m.relationships.keys()))
sql()
