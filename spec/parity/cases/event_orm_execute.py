"""do_orm_execute and with_loader_criteria: soft deletion, tenancy, inspection, rewriting and replacing of results."""
from parity import *
from sqlalchemy import Boolean, Column, ForeignKey, Integer, String, delete, event, func, insert, select, text, update
from sqlalchemy.orm import (Session, aliased, declarative_base, joinedload, relationship, selectinload, sessionmaker,
                            with_loader_criteria)

Base = declarative_base()


class SoftDelete:
    deleted = Column(Boolean, default=False, nullable=False)


class Tenant:
    tenant = Column(Integer, nullable=False)


class Author(SoftDelete, Tenant, Base):
    __tablename__ = "author"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    books = relationship("Book", back_populates="author", order_by="Book.id")


class Book(SoftDelete, Base):
    __tablename__ = "book"
    id = Column(Integer, primary_key=True)
    title = Column(String(20))
    author_id = Column(ForeignKey("author.id"))
    author = relationship("Author", back_populates="books")


e = engine()
Base.metadata.create_all(e)
Maker = sessionmaker(e)
with Maker.begin() as s:
    for i in (1, 2, 3):
        s.add(Author(name="a%d" % i, tenant=i % 2, deleted=i == 3, books=[
            Book(title="t%d" % i), Book(title="u%d" % i, deleted=True)]))
forget()
step("what a listener sees")


def look(st):
    say(" ", st.is_select, st.is_insert, st.is_update, st.is_delete, st.is_orm_statement, st.is_select and st.is_column_load,
        st.is_select and st.is_relationship_load, st.is_select and st.is_from_statement, st.is_executemany, st.bind_mapper.class_ if st.bind_mapper else None,
        [m.class_.__name__ for m in st.all_mappers], st.is_select and st.lazy_loaded_from is not None)


event.listen(Maker, "do_orm_execute", look)
s = Maker()
a = s.scalars(select(Author).order_by(Author.id).options(selectinload(Author.books))).first()
b = s.get(Book, 3)
say(b.author.name)
s.expire(a)
say(a.name)
s.execute(select(Author.name, Book.title).join(Author.books)).all()
s.execute(select(Author.__table__.c.id)).all()
s.execute(text("select 1"))
s.execute(update(Book).where(Book.id == 6).values(title="six"))
s.execute(delete(Book).where(Book.id == 6))
s.execute(insert(Book), [{"title": "n1", "deleted": False}, {"title": "n2", "deleted": False}])
s.query(Author).filter_by(id=1).one()
s.refresh(a)
s.scalars(select(Author).from_statement(text("select * from author order by id"))).all()
s.rollback()
s.close()
event.remove(Maker, "do_orm_execute", look)
forget()
step("soft deletion")


@event.listens_for(Maker, "do_orm_execute")
def alive(st):
    if st.is_select and not st.is_column_load and not st.is_relationship_load and not st.execution_options.get("all", False):
        st.statement = st.statement.options(
            with_loader_criteria(SoftDelete, lambda cls: cls.deleted == sa.false(), include_aliases=True))


s = Maker()
say([a.name for a in s.scalars(select(Author).order_by(Author.id))])
sql()
a = s.get(Author, 1)
say([b.title for b in a.books])
sql()
say(s.get(Author, 3))
sql()
s.expunge_all()
say([(a.name, [b.title for b in a.books]) for a in
     s.scalars(select(Author).options(joinedload(Author.books)).order_by(Author.id)).unique()])
sql()
say(s.execute(select(Author.name, Book.title).outerjoin(Author.books).order_by(Book.id)).all())
sql()
x = aliased(Book)
say(s.scalars(select(x.title).order_by(x.id)).all())
sql()
say(s.scalar(select(func.count()).select_from(Book)))
sql()
say(s.scalars(select(Author.name).where(Author.books.any(Book.title == "u1"))).all())
sql()
say(len(s.scalars(select(Author), execution_options={"all": True}).all()))
sql()
s.close()
step("tenancy")
T = sessionmaker(e, info={"tenant": 1})


@event.listens_for(T, "do_orm_execute")
def tenancy(st):
    tenant = st.session.info["tenant"]
    if st.is_select or st.is_update or st.is_delete:
        st.statement = st.statement.options(with_loader_criteria(Author, lambda cls: cls.tenant == tenant))


with T() as t:
    say([a.name for a in t.scalars(select(Author).order_by(Author.id))])
    sql()
    say(t.get(Author, 2))
    t.info["tenant"] = 0
    say([a.name for a in t.scalars(select(Author).order_by(Author.id))])
    say(t.execute(update(Author).values(name="zero")).rowcount)
    sql()
    say(t.execute(delete(Author).where(Author.name == "none"), execution_options={"synchronize_session": False}).rowcount)
    b = t.scalars(select(Book).where(Book.id == 1)).one()
    say(b.author)
    sql()
step("criteria by hand")
with Session(e) as s:
    crit = with_loader_criteria(Book, Book.title.like("t%"))
    a = s.scalars(select(Author).options(crit, selectinload(Author.books)).order_by(Author.id)).first()
    say([b.title for b in a.books])
    sql()
    s.expire(a)
    say([b.title for b in a.books])
    sql()
    error(lambda: s.scalars(select(Author).options(with_loader_criteria(Author, "x")).order_by(Author.id)).all())
step("invoke and replace")
R = sessionmaker(e)


@event.listens_for(R, "do_orm_execute")
def replaced(st):
    if st.execution_options.get("cached"):
        result = st.invoke_statement(execution_options={"yield_per": 2})
        frozen = result.freeze()
        say("rows", len(frozen().all()))
        return frozen()
    if st.is_select and st.execution_options.get("more"):
        st.update_execution_options(seen=True)
        say(st.execution_options.get("seen"), st.local_execution_options.get("seen"), st.parameters)


with R() as r:
    say([a.name for a in r.scalars(select(Author).order_by(Author.id), execution_options={"cached": True})])
    say(r.scalars(select(Author.name).where(Author.id == sa.bindparam("i")), {"i": 2}, execution_options={"more": True}).all())
sql()
